"""Hypothesis strategies for whole syntax trees: `files()` draws any that a text can be read as."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from trigdsl.syntax import nodes as n
from trigdsl.syntax.grammar import keywords

_UNITS = ("w", "d", "h", "m", "s")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def optional(strategy: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return st.none() | strategy


def several(strategy: SearchStrategy[Any], least: int = 0, most: int = 2) -> SearchStrategy[Any]:
    return st.lists(strategy, min_size=least, max_size=most).map(tuple)


# Small parts

odd_names = st.text(st.characters(exclude_characters="`\n", exclude_categories=["Cs"]), min_size=1, max_size=6)
words = st.sampled_from(
    ["cart", "purchase", "größe", "_x1", "user", "event", "any", "time", "stop", "Order Completed", "2nd", "cart.value"]
)
tricky_words = st.deferred(lambda: st.sampled_from(sorted(keywords().reserved | keywords().soft)))
texts_of_names = words | tricky_words | odd_names
names = st.builds(n.Name, text=texts_of_names)
paths = several(texts_of_names, 1, 3)
values = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ["", "a\n b\n", '"""', "\\", "é\t"]
)
texts = st.builds(n.Text, value=values, block=st.booleans())
counts = st.integers(0, 200)
dates = st.dates(dt.date(1, 1, 1), dt.date(9999, 12, 31))
percents = st.integers(0, 100).map(float) | st.sampled_from([0.5, 99.9, 0.0001, 33.3])


@st.composite
def _durations(draw: Callable[..., Any]) -> n.Duration:
    units = draw(st.lists(st.sampled_from(_UNITS), min_size=1, max_size=3, unique=True).map(sorted))
    ordered = [unit for unit in _UNITS if unit in units]
    return n.Duration(parts=tuple((draw(counts), unit) for unit in ordered))


durations = _durations()
times = st.builds(n.TimeOfDay, seconds=st.integers(0, 86_399) | st.integers(0, 23).map(lambda hour: hour * 3600))
zones = st.sampled_from([n.Zone(name="local"), n.Zone(name="utc")]) | st.builds(
    n.Zone, name=values, quoted=st.just(True)
)
limit_periods = st.sampled_from(["day", "week", "month", "ever"]).map(
    lambda kind: n.LimitPeriod(kind=kind)
) | st.builds(n.LimitPeriod, kind=st.just("duration"), duration=durations)
weekdays = st.lists(st.sampled_from(_WEEKDAYS), min_size=1, max_size=7, unique=True).map(tuple) | st.sampled_from(
    [_WEEKDAYS[:5], _WEEKDAYS[5:]]
)

# Literals

numbers = st.builds(n.Number, value=st.integers(0, 10**18) | st.floats(0, allow_nan=False, allow_infinity=False))
plain_literals = (
    texts | numbers | durations | st.builds(n.Boolean, value=st.booleans()) | st.builds(n.Date, value=dates)
)
fixed = st.deferred(
    lambda: (
        plain_literals
        | st.builds(n.Negative, operand=numbers)
        | st.builds(n.ListLiteral, items=several(fixed | fixed_records))
    )
)
fixed_records = st.deferred(lambda: records_of(fixed | fixed_records))


def records_of(of: SearchStrategy[Any]) -> SearchStrategy[n.RecordLiteral]:
    entry = st.builds(n.Entry, key=paths | st.tuples(values), value=of)
    return st.builds(n.RecordLiteral, entries=several(entry))


# Events

single_events = (
    st.builds(n.Event, name=texts_of_names)
    | st.just(n.AnyEvent())
    | st.builds(
        n.SystemEvent, kind=st.sampled_from(["sent", "opened", "clicked", "bounced", "unsubscribed"]), rule=names
    )
)
event_sets = st.deferred(
    lambda: (
        single_events
        | single_events
        | st.builds(n.EventGroup, events=several(event_sets, 2, 3))
        | st.builds(n.EventWhere, event=event_sets, condition=expressions)
    )
)
periods = (
    st.sampled_from([n.Period(kind="today"), n.Period(kind="ever")])
    | st.builds(n.Period, kind=st.just("last"), duration=durations)
    | st.builds(n.Period, kind=st.just("since"), event=event_sets)
)

# Expressions

leaves = plain_literals | st.builds(n.Path, parts=paths) | st.builds(n.Member, name=names, negated=st.booleans())


def _larger(inner: SearchStrategy[Any]) -> SearchStrategy[Any]:
    comparisons = st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "contains", "starts with", "ends with"])
    values_of_lists = inner | records_of(inner)
    return st.one_of(
        st.builds(n.Not, operand=inner),
        st.builds(n.And, operands=several(inner, 2, 3)),
        st.builds(n.Or, operands=several(inner, 2, 3)),
        st.builds(n.Compare, operator=comparisons, left=inner, right=inner),
        st.builds(n.Matches, operand=inner, pattern=texts),
        st.builds(n.In, operand=inner, container=inner, negated=st.booleans()),
        st.builds(n.Exists, operand=inner, negated=st.booleans()),
        st.builds(n.Default, operand=inner, fallback=inner),
        st.builds(n.Arithmetic, operator=st.sampled_from("+-*/"), left=inner, right=inner),
        st.builds(n.Negative, operand=inner),
        st.builds(
            n.Call, name=names | st.builds(n.Name, text=st.sampled_from(["min", "count"])), arguments=several(inner)
        ),
        st.builds(n.ListLiteral, items=several(values_of_lists)),
    )


expressions = st.deferred(lambda: st.recursive(leaves | history, _larger, max_leaves=6))
history = st.one_of(
    st.builds(n.Happened, event=event_sets, period=periods, negated=st.booleans()),
    st.builds(n.Aggregate, function=st.just("count"), event=event_sets, period=optional(periods)),
    st.builds(
        n.Aggregate,
        function=st.sampled_from(["sum", "avg", "min", "max", "first", "last", "distinct"]),
        event=event_sets,
        path=paths,
        period=optional(periods),
    ),
    st.builds(n.TimeSince, event=event_sets, previous=st.booleans()),
    st.builds(n.Previous, event=event_sets, path=paths),
)
records = records_of(expressions)

# Triggers

schedules = st.one_of(
    st.just(n.EveryDay()),
    st.builds(n.EveryWeekday, days=weekdays),
    st.builds(n.EveryMonth, day=st.integers(1, 31)),
    st.sampled_from([n.EveryYear(month=2, day=29), n.EveryYear(month=12, day=1)]),
    st.builds(n.EveryYearOf, attribute=names),
    st.builds(n.EveryDateOf, calendar=names),
    st.builds(n.OnDate, date=dates),
)
triggers = st.one_of(
    st.builds(n.EventTrigger, event=event_sets),
    st.builds(n.EventTrigger, event=event_sets, ordinal=st.integers(1, 130), every=st.booleans()),
    st.builds(n.SilenceTrigger, event=event_sets, duration=durations),
    st.builds(n.BecomesTrigger, attribute=names, value=fixed),
    st.builds(n.ChangesTrigger, attribute=names),
    st.builds(n.MembershipTrigger, name=names, enters=st.booleans()),
    st.builds(n.CalendarTrigger, schedule=schedules, at=times, zone=optional(zones)),
    st.builds(n.IgnoredTrigger, rule=names, duration=durations),
)

# Steps

template_files = st.builds(n.TemplateFile, path=values)
contents = texts | template_files | st.just(n.Nothing())
fields_of_send = st.builds(
    n.RecordLiteral,
    entries=several(st.builds(n.Entry, key=paths, value=expressions | records | template_files)),
)
whens = st.builds(n.WhenVariant, condition=expressions, content=contents, label=optional(names))
otherwises = st.builds(n.WhenVariant, condition=st.none(), content=contents, label=optional(names))
shares = st.builds(n.ShareVariant, percent=st.sampled_from([0.0, 0.5, 33.3]), content=contents, label=optional(names))
variants = (
    st.tuples(several(whens), st.tuples(otherwises)).map(lambda parts: parts[0] + parts[1])
    | several(whens, 1)
    | several(shares, 1, 3)
)
sends = st.builds(n.Send, channel=names, content=optional(texts | template_files), fields=optional(fields_of_send))
sends_with_variants = st.builds(n.Send, channel=names, variants=variants, fields=optional(fields_of_send))
sets = st.builds(n.SetAttribute, attribute=names, value=expressions | st.just(n.Nothing()))
list_changes = st.builds(n.AddTo, list=names) | st.builds(n.RemoveFrom, list=names)
calls = st.builds(
    n.CallAction, name=names, arguments=several(st.builds(n.Entry, key=paths, value=expressions | records))
)
actions = sends | sets | list_changes | st.builds(n.Emit, event=names, record=optional(records)) | calls

betweens = st.deferred(lambda: st.builds(n.Between, ranges=several(time_ranges, 1), zone=optional(zones)))
time_ranges = st.builds(n.TimeRange, start=times, end=times | st.just(n.TimeOfDay(seconds=86_400))).filter(
    lambda window: window.start != window.end
)
day_conditions = st.builds(n.OnDays, days=weekdays) | st.builds(n.OnCalendar, calendar=names, negated=st.booleans())
unlesses = st.builds(n.Unless, event=event_sets, within=optional(durations))


@st.composite
def steps(draw: Callable[..., Any]) -> n.Step:
    between, days = draw(optional(betweens)), draw(several(day_conditions))
    last = draw(actions | sends_with_variants)
    after = draw(st.sampled_from(["after", "calendar_days", ""]))
    return n.Step(
        actions=(*draw(several(actions, 0, 1)), last),
        after=draw(durations) if after == "after" else None,
        calendar_days=draw(counts) if after == "calendar_days" else None,
        **draw(st.fixed_dictionaries({}) | st.fixed_dictionaries({"at": times, "zone": optional(zones)})),
        guard=draw(optional(expressions)),
        unless=draw(several(unlesses)),
        between=between,
        days=days,
        else_skip=bool(between or days) and draw(st.booleans()),
        expires=draw(optional(durations)),
        priority=draw(optional(st.integers(-9, 9))),
        urgent=draw(st.booleans()),
    )


# Clauses and rules

limits = st.builds(n.Limit, count=counts, period=limit_periods) | st.builds(
    n.Limit, count=st.just(1), period=limit_periods, once=st.just(True)
)
on_edits = st.builds(n.OnEdit, policy=st.sampled_from(["keep", "retime", "cancel"]))
pendings = st.builds(n.WhilePending, policy=st.sampled_from(["ignore", "restart", "stack"])) | st.builds(
    n.WhilePending, policy=st.just("restart"), at_most=durations
)
_single_clauses = (
    limits,
    pendings,
    on_edits,
    st.builds(n.ForEach, path=paths),
    st.builds(n.Campaign, start=dates),
    st.builds(n.Campaign, end=dates),
    st.builds(n.Holdout, percent=percents),
    st.builds(n.Goal, event=event_sets, within=durations),
    st.builds(n.Tags, names=several(names, 1)),
)
single_clauses = st.one_of(*_single_clauses)


@st.composite
def clauses(draw: Callable[..., Any]) -> tuple[n.Clause, ...]:
    chosen = draw(st.lists(st.sampled_from(range(len(_single_clauses))), max_size=3, unique=True))
    single = [draw(_single_clauses[place]) for place in chosen]
    stops = draw(several(st.builds(n.StopOn, event=event_sets)))
    return tuple(draw(st.permutations([*single, *stops])))


rules = st.builds(
    n.Rule,
    trigger=triggers,
    condition=optional(expressions).filter(lambda condition: not isinstance(condition, n.Or)),
    steps=several(steps(), 1),
    name=names,
    title=optional(values),
    clauses=clauses(),
) | st.builds(n.Rule, trigger=triggers, steps=several(steps(), 1), clauses=clauses())

# Declarations

types = st.sampled_from(["text", "number", "boolean", "instant", "date", "duration", "list", "record"])
field_decls = several(st.builds(n.FieldDecl, path=paths, type=types), 0, 3)
policies = st.one_of(
    betweens,
    day_conditions,
    st.builds(n.Cap, count=counts, period=limit_periods),
    st.builds(n.Requires, condition=expressions),
    st.builds(n.LengthLimit, characters=counts),
)
caps = st.builds(n.CapDecl, scope=st.just("all"), name=st.none(), count=counts, period=limit_periods) | st.builds(
    n.CapDecl, scope=st.sampled_from(["channel", "tag"]), name=names, count=counts, period=limit_periods
)

# Tests and invariants

moments_at = st.builds(n.At, date=dates, time=times)
moments = moments_at | st.builds(n.Later, duration=durations)
fixed_sets = st.builds(n.SetAttribute, attribute=names, value=fixed | fixed_records | st.just(n.Nothing()))
expectations = st.builds(n.ExpectSends, count=counts) | st.builds(
    n.ExpectRule,
    rule=names,
    quantifier=st.sampled_from(["", "no", "only"]),
    at=optional(moments_at),
    channel=optional(names),
    variant=optional(names),
    containing=optional(texts),
)
statuses = st.sampled_from(["sent", "cancelled", "capped", "skipped", "control", "pending"])
lines = st.one_of(
    st.builds(n.TestEvent, moment=moments, event=names, record=optional(fixed_records)),
    st.builds(n.TestChange, moment=moments, change=fixed_sets | list_changes),
    expectations,
    st.builds(n.ExpectRule, rule=names, status=statuses, reason=optional(texts), channel=optional(names)),
)
test_users = st.builds(n.TestUser, profile=optional(fixed_records), lists=several(names))
tests = st.builds(n.Test, title=values, user=test_users, lines=several(lines, 0, 3)) | st.builds(
    n.Test, title=values, lines=several(lines, 1, 3)
)
promises = st.one_of(
    st.builds(n.NoSendBetween, name=optional(names), between=betweens),
    st.builds(n.NoSendAfter, name=optional(names), within=durations, event=event_sets),
    st.builds(n.AtMostSends, count=counts, period=limit_periods),
)

items = st.one_of(
    rules,
    rules,
    rules,
    tests,
    st.builds(n.Timezone, name=values),
    st.builds(n.EventDecl, name=names, wire=optional(texts), fields=optional(field_decls)),
    st.builds(n.UserDecl, fields=field_decls),
    st.builds(n.ChannelDecl, name=names, policies=several(policies, 0, 3)),
    caps,
    st.builds(n.CalendarDecl, name=names, dates=several(st.builds(n.Date, value=dates))),
    st.builds(n.HolidayDecl, name=names, region=texts),
    st.builds(n.SegmentDecl, name=names, condition=expressions),
    st.builds(n.ListDecl, name=names),
    st.builds(n.Invariant, name=names, promise=promises),
)


def files(most: int = 3) -> SearchStrategy[n.File]:
    """Trees of up to `most` items."""
    return st.builds(n.File, items=several(items, 0, most))
