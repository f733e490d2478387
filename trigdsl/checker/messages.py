"""The wording of everything the checker says: one function for each mistake, a diagnostic each.

Messages are one sentence without capital and full stop, the author's words in backticks; the help is an action.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trigdsl.diagnostics.diagnostic import Diagnostic, Label, Severity
from trigdsl.diagnostics.suggest import did_you_mean, suggest
from trigdsl.source import Span

_WEEKDAYS = frozenset({"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"})
_ARTICLES = {"instant": "an instant"}


def _error(code: str, span: Span, message: str, help: str | None, *labels: Label) -> Diagnostic:
    return Diagnostic(code=code, severity=Severity.ERROR, message=message, span=span, help=help, labels=labels)


def _warning(code: str, span: Span, message: str, help: str | None, *labels: Label) -> Diagnostic:
    return Diagnostic(code=code, severity=Severity.WARNING, message=message, span=span, help=help, labels=labels)


def a(kind: str) -> str:
    """A type with its article: `a number`, `an instant`, `text or a number`; text goes without."""
    if "|" in kind:
        return _either([a(one) for one in sorted(kind.split("|"), key=lambda one: one != "text")])
    return "text" if kind == "text" else _ARTICLES.get(kind, f"a {kind}")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _either(kinds: Sequence[str]) -> str:
    return " or ".join(part for part in (", ".join(kinds[:-1]), kinds[-1]) if part)


# --------------------------------------------------------------------------------------- names and declarations


def duplicate_name(kind: str, name: str, span: Span, first: Span, first_kind: str | None = None) -> Diagnostic:
    there = f", as a {first_kind}" if first_kind and first_kind != kind else ""
    message = f"the {kind} `{name}` is declared already{there}"
    return _error("duplicate-name", span, message, "rename one of the two", Label(first, "first declared here"))


def duplicate_field(name: str, span: Span, first: Span) -> Diagnostic:
    message = f"the field `{name}` is declared twice"
    return _error("duplicate-field", span, message, "remove one of the two", Label(first, "first declared here"))


def duplicate_timezone(span: Span, first: Span) -> Diagnostic:
    message = "a program has one `timezone`, and this is the second"
    return _error("duplicate-timezone", span, message, "remove one of the two", Label(first, "the first"))


def duplicate_user(span: Span, first: Span) -> Diagnostic:
    message = "the fields of `user` are declared already"
    return _error(
        "duplicate-user", span, message, "put all fields into one `user`", Label(first, "first declared here")
    )


def duplicate_wire_name(wire: str, name: str, span: Span, first: Span) -> Diagnostic:
    message = f"records named `{wire}` are the event `{name}` already"
    return _error("duplicate-wire-name", span, message, f"use `{name}` in both places", Label(first, "named here"))


def duplicate_policy(policy: str, channel: str, span: Span, first: Span) -> Diagnostic:
    message = f"the channel `{channel}` has one `{policy}`, and this is the second"
    help = "join the windows with a comma" if policy == "between" else "remove one of the two"
    return _error("duplicate-policy", span, message, help, Label(first, "the first"))


def unnamed_rules_clash(name: str, span: Span, first: Span) -> Diagnostic:
    message = f"two rules of this program are called `{name}`, by name or by their place in a file"
    return _error(
        "unnamed-rules-clash", span, message, "name the rule: `rule some_name:`", Label(first, "the other one")
    )


def unnamed_rule(name: str, span: Span) -> Diagnostic:
    message = f"this rule has no name and is called `{name}` by its place, which changes when rules are moved"
    return _warning("unnamed-rule", span, message, "name the rule: `rule some_name:`")


def builtin_function(name: str, span: Span) -> Diagnostic:
    message = f"the host registers a function `{name}`, which the language has already"
    return _error("duplicate-name", span, message, "register it under another name")


def reserved_channel(name: str, span: Span) -> Diagnostic:
    message = f"`{name}` is no name for a channel, since `cap {name}` means something else"
    return _error("reserved-channel-name", span, message, "choose another name")


def reserved_event(name: str, span: Span) -> Diagnostic:
    message = f"`{name}` is no name for an event: the language uses the word itself"
    return _error("reserved-event-name", span, message, "choose another name, or an alias: `event my_name = …`")


def reserved_wire_name(name: str, span: Span) -> Diagnostic:
    message = f"records named `{name}` are always rejected, so this event never happens"
    return _error("reserved-event-name", span, message, "correct the name on the wire")


def wire_name_used(wire: str, name: str, span: Span, alias: Span) -> Diagnostic:
    message = f"`{wire}` is called `{name}` in this program"
    return _error("wire-name", span, message, f"write `{name}`", Label(alias, "named here"))


# --------------------------------------------------------------------------------------- names that nothing has


def unknown_rule(name: str, span: Span, rules: Iterable[str]) -> Diagnostic:
    help = did_you_mean(name, rules) or "name a rule of this program"
    return _error("unknown-rule", span, f"there is no rule `{name}`", help)


def unknown_calendar(name: str, span: Span, calendars: Iterable[str]) -> Diagnostic:
    help = did_you_mean(name, calendars) or f"declare it: `calendar {name} = [2026-12-24]`"
    if name.lower() in _WEEKDAYS:
        help = f"write `{name.lower()[:3]}` for the day of the week"
    return _error("unknown-calendar", span, f"there is no calendar `{name}`", help)


def unknown_member(name: str, span: Span, names: Iterable[str]) -> Diagnostic:
    help = did_you_mean(name, names) or f"declare it: `segment {name} = …` or `list {name}`"
    return _error("unknown-segment", span, f"there is no segment or list `{name}`", help)


def unknown_function(name: str, span: Span, functions: Iterable[str]) -> Diagnostic:
    help = did_you_mean(name, functions) or "register it with the host, or use a built-in function"
    return _error("unknown-function", span, f"there is no function `{name}`", help)


def unknown_zone(name: str, span: Span, zones: Iterable[str]) -> Diagnostic:
    help = did_you_mean(name, zones) or 'write an IANA name such as `"Europe/Berlin"`'
    return _error("unknown-zone", span, f"there is no time zone `{name}`", help)


def unknown_region(name: str, span: Span, close: Sequence[str]) -> Diagnostic:
    written = [f'`"{one}"`' for one in close]
    help = f"did you mean {_either(written)}?" if close else 'write a country or a part of one, `"KR"` or `"US-CA"`'
    return _error("unknown-region", span, f"there are no holidays of a region `{name}`", help)


def holidays_not_installed(span: Span) -> Diagnostic:
    message = "the holidays of a country need the `holidays` package, which is not installed"
    return _error("missing-extra", span, message, "install it: `pip install 'trigdsl[holidays]'`")


def unknown_system_event(kind: str, rule: str, span: Span, kinds: Sequence[str]) -> Diagnostic:
    help = did_you_mean(kind, kinds) or f"write one of {_listed(kinds)} before the rule"
    return _error("unknown-system-event", span, f"`{kind} {rule}` is no event: rules have no `{kind}`", help)


def ignored_elsewhere(rule: str, span: Span) -> Diagnostic:
    message = f"`ignored {rule}` stands only as a trigger, with `after` and a duration"
    return _error("unknown-system-event", span, message, f"write `no opened {rule} since sent {rule}`")


def unknown_target(name: str, span: Span, names: Iterable[str]) -> Diagnostic:
    help = did_you_mean(name, names) or "name a rule, or a channel that a rule sends on"
    message = f"there is no rule `{name}`, and nothing is sent on a channel `{name}`"
    return _warning("unknown-target", span, message, help)


def unknown_status(name: str, span: Span, statuses: Sequence[str]) -> Diagnostic:
    help = did_you_mean(name, statuses) or f"write one of {_listed(statuses)}"
    return _error("unknown-status", span, f"`{name}` is no status of a decision", help)


def unknown_channel(name: str, span: Span, channels: Iterable[str]) -> Diagnostic:
    help = did_you_mean(name, channels) or "name a channel that a rule sends on"
    return _error("unknown-channel", span, f"nothing is sent on a channel `{name}`", help)


def unknown_variant(name: str, rule: str, span: Span, labels: Sequence[str]) -> Diagnostic:
    meant = did_you_mean(name, labels)
    help = meant or (f"write one of {_listed(labels)}" if labels else f"leave `as {name}` out")
    return _error("unknown-variant", span, f"`{rule}` has no variant `{name}`", help)


def unknown_zone_of_user(name: str, span: Span) -> Diagnostic:
    message = f"there is no time zone `{name}`, so the times of this test are those of the program's"
    return _warning("unknown-zone", span, message, 'write an IANA name such as `"Europe/Berlin"`')


def unknown_field(
    owners: Sequence[str], path: str, span: Span, fields: Iterable[str], *, prefix: str = "", fatal: bool = True
) -> Diagnostic:
    """None of `owners` (events, or `user`) declares `path`; `prefix` is what stood before it: `user.`."""
    meant = suggest(path, fields)
    several = len(owners) > 1
    message = f"none of {_listed(owners)} has a field `{path}`" if several else f"`{owners[0]}` has no field `{path}`"
    declare = f"declare `{path}` in one of them" if several else f"declare `{path}` in `{owners[0]}`"
    help = f"did you mean `{prefix}{meant}`?" if meant else f"correct the name, or {declare}"
    report = _error if fatal else _warning
    return report("unknown-field", span, message, help)


def unknown_root_field(root: str, path: str, span: Span, fields: Sequence[str]) -> Diagnostic:
    known = [f"{root}.{field}" for field in fields]
    help = did_you_mean(path, known) or (f"write one of {_listed(known)}" if known else f"write `{root}` alone")
    return _error("unknown-field", span, f"there is no `{path}`", help)


def likely_misspelt(name: str, span: Span, meant: str) -> Diagnostic:
    message = f"the event `{name}` is used only here, and looks like `{meant}`"
    return _warning("misspelt-event", span, message, f"write `{meant}`, or declare it: `event {name}`")


# --------------------------------------------------------------------------------------- segments and lists


def segment_is_no_list(name: str, span: Span, declared: Span) -> Diagnostic:
    message = f"`{name}` is a segment: who is in it follows from its condition"
    return _error("not-a-list", span, message, "use a list", Label(declared, "declared here"))


def segment_cycle(names: Sequence[str], span: Span, labels: Iterable[Label]) -> Diagnostic:
    if len(names) == 1:
        message = f"the segment `{names[0]}` depends on itself"
    else:
        message = f"the segments {_listed(names)} depend on each other"
    return _error("segment-cycle", span, message, "take one of them out of the other's condition", *labels)


def time_in_segment(segment: str, what: str, span: Span, use: Span) -> Diagnostic:
    message = f"`{what}` changes with time alone, so nobody can tell when a user enters or leaves `{segment}`"
    help = "use `in last D` or `today`, or test the segment with `user in` instead"
    return _error("time-in-segment", span, message, help, Label(use, f"`{segment}` is watched here"))


# --------------------------------------------------------------------------------------- types and functions


def type_mismatch(operator: str, left: str, right: str, span: Span, help: str | None = None) -> Diagnostic:
    message = f"`{operator}` does not fit {a(left)} and {a(right)}"
    return _error("type-mismatch", span, message, help or "compare and reckon with values of one type")


def operand_mismatch(operator: str, wanted: str, given: str, span: Span) -> Diagnostic:
    message = f"`{operator}` wants {wanted} here, and this is {a(given)}"
    return _error("type-mismatch", span, message, "use a value of that type")


def conflicting_use(owner: str, path: str, kind: str, other: str, span: Span, there: Span) -> Diagnostic:
    message = f"`{path}` of `{owner}` is used as {a(kind)} here, and as {a(other)} elsewhere"
    declared = f"user {{ {path}: {other} }}" if owner == "user" else f"event {owner} {{ {path}: {other} }}"
    help = f"correct one of the two, or declare the field, as in `{declared}`"
    return _warning("conflicting-use", span, message, help, Label(there, f"used as {a(other)} here"))


def argument_mismatch(function: str, wanted: Sequence[str], given: str, span: Span) -> Diagnostic:
    types = _either([a(kind) for kind in wanted])
    message = f"`{function}` wants {types} here, and this is {a(given)}"
    return _error("type-mismatch", span, message, f"give it {types}")


def value_mismatch(target: str, wanted: str, given: str, span: Span) -> Diagnostic:
    message = f"`{target}` is declared as {a(wanted)}, and this is {a(given)}"
    return _error("type-mismatch", span, message, f"use {a(wanted)}, or declare another type")


def not_a_condition(given: str, span: Span) -> Diagnostic:
    message = f"a condition is true or false, and this is {a(given)}"
    return _error("condition-not-boolean", span, message, "compare it with something, or ask whether it `exists`")


def event_as_condition(name: str, span: Span) -> Diagnostic:
    message = f"`{name}` is an event, which is neither true nor false"
    return _error("event-as-condition", span, message, f"write `{name} ever`, or `{name} in last 7d`")


def argument_count(function: str, wanted: str, given: int, span: Span) -> Diagnostic:
    message = f"`{function}` takes {wanted}, and this gives {given}"
    return _error("argument-count", span, message, f"give it {wanted}")


def bad_regex(reason: str, span: Span) -> Diagnostic:
    help = "correct the pattern: the syntax is RE2's, without look-around and back references"
    return _error("bad-regex", span, f"this is no regular expression: {reason}", help)


def unreadable_date(text: str, kind: str, span: Span) -> Diagnostic:
    form = "2026-11-20" if kind == "date" else "2026-11-20T10:00:00Z"
    message = f'`"{text}"` cannot be read as {a(kind)}'
    return _error("unreadable-date", span, message, f'write it like `"{form}"`')


def zero_duration(what: str, span: Span) -> Diagnostic:
    message = f"{what} of no length holds nothing"
    return _warning("zero-duration", span, message, "write a length such as `1d`")


# --------------------------------------------------------------------------------------- where and history


def history_in_where(span: Span, condition: Span, segment: str | None = None) -> Diagnostic:
    if segment is None:
        message = "a `where` looks at one event and cannot ask for the history of others"
    else:
        message = f"a `where` looks at one event, and the segment `{segment}` asks for the history of others"
    help = "move this part out of the `where`, to the condition of the rule"
    return _error("history-in-where", span, message, help, Label(condition, "in this `where`"))


def unbounded_where(read: str, span: Span, period: bool) -> Diagnostic:
    message = f"a `where` that reads `{read}` needs a period, or every such event would have to be kept for ever"
    if period:
        return _error("unbounded-where", span, message, "add `in last D` or `today`, or take it out of the `where`")
    return _error("unbounded-where", span, message, f"take `{read}` out of the `where`")


def unbounded_distinct(span: Span) -> Diagnostic:
    message = "`distinct` needs a period, or every value would have to be kept for ever"
    return _error("unbounded-distinct", span, message, "add `in last D` or `today`")


def trigger_outside_where(path: str, span: Span) -> Diagnostic:
    message = "`trigger` is for a `where`; elsewhere the triggering event is `event`"
    return _warning("trigger-outside-where", span, message, f"write `event{path.removeprefix('trigger')}`")


def no_triggering_event(path: str, why: str, span: Span) -> Diagnostic:
    message = f"`{path}` is read from the triggering event, and {why} has none, so it is missing"
    return _warning("no-triggering-event", span, message, "read an attribute of the user or the history instead")


# --------------------------------------------------------------------------------------- rules and steps


def rule_cycle(names: Sequence[str], span: Span, labels: Iterable[Label]) -> Diagnostic:
    if len(names) == 1:
        message = f"the rule `{names[0]}` triggers itself without a delay"
    else:
        message = f"the rules {_listed(names)} trigger each other without a delay"
    help = "put a delay before one of these steps: `then after 1m …`"
    return _error("rule-cycle", span, message, help, *labels)


def calendar_days_without_at(span: Span) -> Diagnostic:
    message = "a step after calendar days needs a time of day"
    return _error("calendar-days-without-at", span, message, "add it: `after 1 calendar day at 10:00`")


def too_few_calendar_days(span: Span) -> Diagnostic:
    return _error("too-few-calendar-days", span, "calendar days are counted from 1", "write 1 or more, or `at` alone")


def urgent_with_window(span: Span, window: Span) -> Diagnostic:
    message = "an `urgent` step heeds no window, and this one has one of its own"
    return _error("urgent-with-window", span, message, "remove the window or `urgent`", Label(window, "its window"))


def for_each_without_event(why: str, span: Span) -> Diagnostic:
    message = f"`for each` looks at the triggering event, and {why} has none"
    return _error("for-each-without-event", span, message, "remove `for each`, or let an event trigger the rule")


def for_each_field(event: str, path: str, span: Span, clause: Span) -> Diagnostic:
    message = f"`{event}` has no field `{path}`, so it can never end a run kept apart by it"
    help = f"declare `{path}` in `{event}`, or leave `{event}` out here"
    return _error("for-each-field", span, message, help, Label(clause, "runs are kept apart here"))


def campaign_backwards(span: Span, start: Span) -> Diagnostic:
    message = "the campaign ends before it starts"
    return _error("campaign-backwards", span, message, "correct one of the dates", Label(start, "it starts here"))


def text_too_long(length: int, limit: int, channel: str, span: Span, policy: Span) -> Diagnostic:
    message = f"this text has {length} characters, and `{channel}` takes {limit}"
    return _error("text-too-long", span, message, "shorten the text", Label(policy, "the limit"))


def cap_of_zero(span: Span) -> Diagnostic:
    message = "a cap of 0 holds back every send but the urgent ones"
    return _warning("cap-of-zero", span, message, "write 1 or more, or remove the sends")


def limit_of_zero(span: Span) -> Diagnostic:
    return _warning(
        "cap-of-zero", span, "at most 0 runs means that the rule never acts", "write 1 or more, or remove the rule"
    )


# --------------------------------------------------------------------------------------- templates


def broken_template(reason: str, span: Span, *labels: Label) -> Diagnostic:
    return _error("template", span, f"the template is broken: {reason}", "mend the template", *labels)


def unknown_in_template(kind: str, name: str, span: Span, known: Iterable[str], *labels: Label) -> Diagnostic:
    """`kind` is `filter`, `test` or `function`."""
    help = did_you_mean(name, known) or f"use one of the {kind}s that templates have, or none"
    return _error("template", span, f"templates have no {kind} `{name}`", help, *labels)


def filter_called(name: str, span: Span, *labels: Label) -> Diagnostic:
    message = f"templates have no function `{name}`"
    return _error("template", span, message, f"use the filter: `value | {name}`", *labels)


def no_template_files(span: Span) -> Diagnostic:
    return _error("template", span, "a program given as text has no template files", "write the text itself")


def template_outside(path: str, span: Span) -> Diagnostic:
    message = f"the template `{path}` is outside the program's folder"
    return _error("template", span, message, "move it into the program's folder")


def unreadable_template(path: str, why: str, span: Span, beside: Iterable[str]) -> Diagnostic:
    """`beside` are the files that there are, as a program would write them."""
    help = did_you_mean(path, beside) or f"put it at {path.rpartition('/')[2]} beside the rules"
    return _error("template", span, f"cannot read the template `{path}`: {why}", help)


# --------------------------------------------------------------------------------------- tests


def nothing_to_count_from(span: Span) -> Diagnostic:
    message = "the first line of a test has no line before it to count from"
    return _error("nothing-to-count-from", span, message, "write a date and a time: `2026-11-20 10:00`")


def beyond_the_calendar(span: Span) -> Diagnostic:
    return _error("impossible-date", span, "this comes to a time beyond the years that there are", "bring it nearer")


def test_without_expect(span: Span) -> Diagnostic:
    return _warning("test-without-expect", span, "this test expects nothing, so it always passes", "add an `expect`")
