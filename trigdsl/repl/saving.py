"""What happened to a user in a session → a `test` block that tells it, and expects what its rules decide then.

A test knows one set of rules and puts what happens at a moment before what is due then, so it may decide otherwise
than the session did; then that is said, and the test expects what it does decide.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter

from attrs import evolve, frozen

from trigdsl.engine.dates import day_number
from trigdsl.engine.zones import Zone
from trigdsl.formatter import format_text
from trigdsl.model.decisions import Decision
from trigdsl.model.inputs import Input
from trigdsl.model.values import DAY, EPOCH, SECOND, Micros, Value
from trigdsl.repl.refusal import Refusal
from trigdsl.repl.world import World
from trigdsl.source import Source
from trigdsl.syntax import nodes
from trigdsl.syntax.printer import print_tree
from trigdsl.tester.expectations import judge
from trigdsl.tester.run import TestResult, run_test
from trigdsl.tester.stories import Line, Properties, Story
from trigdsl.tester.timeline import zone_of

LONGEST_QUOTE = 100
"""Texts of more characters are not quoted in expectations."""


@frozen
class Saved:
    """A test block in the one form, and what must be said about it: nothing when it tells just what happened."""

    text: str
    notes: tuple[str, ...]


def save(world: World, user: str, title: str) -> Saved:
    """The session of a user as a test; raises Refusal when nothing happened to them, or what no test can write."""
    story = _story(world, user)
    happened = [_seen(one) for one in world.decisions if one.user == user]
    result = _run(world, story, title)
    if _until(result, world.now) != happened and (longer := _with_clock(world, user, story)) is not None:
        again = _run(world, longer, title)
        if _until(again, world.now) == happened:
            story, result = longer, again
    told = _until(result, world.now)
    test = story.test(title, _expectations(result))
    return Saved(format_text(Source("saved", print_tree(test))), tuple(_notes(happened, told, result)))


# ------------------------------------------------------------------------ the story
def _story(world: World, user: str) -> Story:
    inputs = [given for given in world.inputs if world.user_of(given.user) == user]
    if not inputs:
        raise Refusal(f"nothing happened to `{user}`", "a test needs an event or a change of the user")
    known = world.known.get(user)
    profile = _record(known.profile) if known is not None else {}
    zone = zone_of(profile, world.program)
    start = inputs[0].time
    day, time = divmod(zone.local(start), DAY)
    if zone.instant(day, time) != start or time % SECOND:
        raise Refusal(
            "a test cannot write the moment at which it starts", "start at a second that the clock shows once"
        )
    lines = tuple(line for given in inputs for line in _lines(world, given, (given.time - start) // SECOND))
    lists = tuple(sorted(known.lists)) if known is not None else ()
    return Story((EPOCH + dt.timedelta(days=day)).date(), time // SECOND, lines, _properties(profile), lists)


def _lines(world: World, given: Input, at: int) -> Iterator[Line]:
    """An input as the lines of a test; a profile update and its event are lines of one moment."""
    for name, held in (given.set or {}).items():
        yield Line(at, "set", name, value=_plain(held))
    yield from (Line(at, "add", name) for name in given.add or ())
    yield from (Line(at, "remove", name) for name in given.remove or ())
    if given.event is not None:
        name = world.program.event_names.get(given.event, given.event)
        yield Line(at, "event", name, _properties(_record(given.properties or {})))


def _properties(record: dict[str, Value]) -> Properties:
    return tuple(((key,), held) for key, held in record.items())


def _record(record: Mapping[str, Value]) -> dict[str, Value]:
    """A record without parts that are missing, which a test leaves out."""
    return {key: _plain(part) for key, part in record.items() if part is not None}


def _plain(held: Value) -> Value:
    if isinstance(held, dict):
        return _record(held)
    if isinstance(held, list):
        if any(part is None for part in held):
            raise Refusal("a test cannot write a list with a part that is missing")
        return [_plain(part) for part in held]
    return held


def _with_clock(world: World, user: str, story: Story) -> Story | None:
    """The story with a change at its end that changes nothing, so that the clock runs until the present moment."""
    state = world.state(user)
    start = next(given.time for given in world.inputs if world.user_of(given.user) == user)
    seconds, rest = divmod(world.now - start, SECOND)
    if rest or state is None:
        return None
    profile, declared = state.profile or {}, world.checked.user_fields
    names = ["timezone"] if declared is None else [path[0] for path in declared if len(path) == 1]
    absent = [name for name in names if name not in profile]
    if absent:
        line = Line(seconds, "set", absent[0], value=None)
    elif isinstance(kept := next((profile[name] for name in names), None), str | int | float | bool):
        line = Line(seconds, "set", names[0], value=kept)
    else:
        return None
    return evolve(story, lines=(*story.lines, line))


# ------------------------------------------------------------------------ what it decides
def _run(world: World, story: Story, title: str) -> TestResult:
    text = print_tree(story.test(title, [nodes.ExpectSends(0)]))
    source = Source("saved test", text)
    program, checked = world.texts.compile(source)
    test = next(one for one in checked.tests if one.span.source is source)
    return run_test(test, program)


_seen = attrgetter(
    "rule", "step", "action", "status", "reason", "time", "channel", "variant", "text", "fields", "target", "value"
)
"""What of a decision a test and a session have in common."""


def _until(result: TestResult, now: Micros) -> list[tuple[object, ...]]:
    return [_seen(one) for one in result.decisions if one.time <= now and one.status != "pending"]


def _expectations(result: TestResult) -> list[nodes.ExpectSends | nodes.ExpectRule]:
    """The number of sends, and all that was decided as closely as it can be written; each holds."""
    sends = sum(one.action == "send" and one.status == "sent" for one in result.decisions)
    out: list[nodes.ExpectSends | nodes.ExpectRule] = [nodes.ExpectSends(sends)]
    for decision in result.decisions:
        line = _expectation(decision, result.zone)
        if line not in out and judge(line, result.decisions, result.timeline).met:
            out.append(line)
    return out


def _expectation(decision: Decision, zone: Zone) -> nodes.ExpectRule:
    quoted = decision.status == "sent" and decision.text is not None and 0 < len(decision.text) <= LONGEST_QUOTE
    label = decision.variant if decision.variant is not None and decision.variant.isidentifier() else None
    return nodes.ExpectRule(
        rule=nodes.Name(decision.rule),
        status=None if decision.status == "sent" else decision.status,
        reason=None if decision.reason is None else nodes.Text(decision.reason),
        at=_at(decision.time, zone),
        channel=None if decision.channel is None else nodes.Name(decision.channel),
        variant=None if label is None else nodes.Name(label),
        containing=nodes.Text(decision.text or "") if quoted else None,
    )


def _at(time: Micros, zone: Zone) -> nodes.At | None:
    """A moment on the user's clock; None for one that a test cannot write."""
    day, of_day = divmod(zone.local(time), DAY)
    if of_day % SECOND or zone.instant(day, of_day) != time:
        return None
    date = (EPOCH + dt.timedelta(days=day)).date()
    assert day_number(date) == day
    return nodes.At(date, nodes.TimeOfDay(of_day // SECOND))


def _notes(happened: list[tuple[object, ...]], told: list[tuple[object, ...]], result: TestResult) -> Iterable[str]:
    if told != happened:
        differ = [one for one in (*happened, *told) if (one in happened) is not (one in told)]
        rules = ", ".join(dict.fromkeys(f"`{one[0]}`" for one in differ)) or "the order of decisions"
        yield f"the test does not go as the session did, for {rules}: it has the present rules from the start, and"
        yield "lines of a moment come before what is due then"
    for violation in result.violations:
        yield f"the test fails: the invariant `{violation.invariant}` is broken in it"
