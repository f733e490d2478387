"""Points of caps and limits: full, and the moments at which what filled them no longer counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from trigdsl.checker.program import CheckedProgram, CheckedRule
from trigdsl.compiler.expressions import length_of
from trigdsl.compiler.policies import cap_label
from trigdsl.coverage.points import Point, around, point
from trigdsl.coverage.record import Decided, Record, RunName, Tried
from trigdsl.coverage.runs import key_of, keys_of
from trigdsl.engine.dates import date_of
from trigdsl.engine.zones import Zone
from trigdsl.model.values import DAY, Micros
from trigdsl.source import Span
from trigdsl.syntax import nodes

Pair: TypeAlias = tuple[Micros, Micros, Zone]
"""When something counted that fills the whole, when later something more was tried, and the user's zone then."""

Pairs: TypeAlias = Callable[[Record], Iterable[Pair]]


def of_caps(checked: CheckedProgram, rule: CheckedRule) -> Iterator[Point]:
    """The points of all caps that bind a send of the rule."""
    tags = {tag.text for one in rule.node.clauses if isinstance(one, nodes.Tags) for tag in one.names}
    steps = [step for step in rule.node.steps if not step.urgent]
    sends = [action for step in steps for action in step.actions if isinstance(action, nodes.Send)]
    for channel in dict.fromkeys(send.channel.text for send in sends):
        for own in checked.channels.get(channel, ()):
            if isinstance(own, nodes.Cap):
                yield from _cap(checked, rule, own, cap_label(channel, own), _on(channel))
        for top in checked.caps:
            if _binds(top, channel, tags):
                yield from _cap(checked, rule, top, cap_label(None, top), _counts(top))


def _binds(cap: nodes.CapDecl, channel: str, tags: set[str]) -> bool:
    return cap.name is None or (cap.name.text == channel if cap.scope == "channel" else cap.name.text in tags)


def _on(channel: str) -> Callable[[str], bool]:
    return lambda other: other == channel


def _counts(cap: nodes.CapDecl) -> Callable[[str], bool]:
    return lambda channel: cap.scope != "channel" or (cap.name is not None and cap.name.text == channel)


def _cap(
    checked: CheckedProgram,
    rule: CheckedRule,
    cap: nodes.Cap | nodes.CapDecl,
    label: str,
    counts: Callable[[str], bool],
) -> Iterator[Point]:
    tagged = None
    if isinstance(cap, nodes.CapDecl) and cap.scope == "tag" and cap.name is not None:
        tagged = {one.name for one in checked.rules if _has_tag(one, cap.name.text)}

    def pairs(record: Record) -> Iterator[Pair]:
        """What fills the cap, as long as it counts, and each later send of this rule that it was asked for."""
        counted: list[Micros] = []
        for (index, place), one in record.in_order():
            if not _is_asked(checked, (index, place), one) or not counts(one.decision.channel or ""):
                continue
            if tagged is not None and one.decision.rule not in tagged:
                continue
            if index == rule.index and len(counted) >= cap.count:
                yield counted[-cap.count], one.decision.time, one.zone
            if one.decision.status == "sent":
                counted.append(one.decision.time)

    def is_full(record: Record) -> bool:
        return any(
            one.decision.status == "capped" and one.decision.reason == label for one in record.of_rule(rule.index)
        )

    yield point(rule.name, "cap", f"cap `{label}` is full", cap.span, is_full)
    yield from _period(rule.name, "cap", cap.period, cap.span, pairs, "a send")


def _has_tag(rule: CheckedRule, name: str) -> bool:
    return any(tag.text == name for one in rule.node.clauses if isinstance(one, nodes.Tags) for tag in one.names)


def _is_asked(checked: CheckedProgram, at: tuple[int, int], one: Decided) -> bool:
    """Whether caps were asked for a decision: they are not for urgent sends, nor count them."""
    rule, place = at
    is_send = one.decision.action == "send" and one.decision.status in ("sent", "capped")
    return is_send and not checked.rules[rule].node.steps[place].urgent


def of_limit(rule: CheckedRule, limit: nodes.Limit) -> Iterator[Point]:
    """The points of `once` and `at most`."""

    def is_reached(record: Record) -> bool:
        refused = any(tried.outcome == "limit" for tried in record.tried.get(rule.index, ()))
        return refused or any(one.decision.reason == "limit" for one in record.of_rule(rule.index))

    def pairs(record: Record) -> Iterator[Pair]:
        """What fills the limit, as long as it counts, and each later asking of it.

        What counts is the first action of a run that was carried out.
        """
        keys = keys_of(record, rule)
        asked = [(one.time, one.zone, key_of(one, rule)) for one in record.tried.get(rule.index, ()) if _asks(one)]
        counted: dict[RunName | None, tuple[Micros, str | None]] = {}
        for one in record.of_rule(rule.index):
            is_first = one.decision.status in ("sent", "control") and one.run not in counted
            if is_first:
                counted[one.run] = (one.decision.time, keys.get(one.run))
            if is_first or one.decision.reason == "limit":
                asked.append((one.decision.time, one.zone, keys.get(one.run)))
        for time, own, key in asked:
            earlier = sorted(then for then, same in counted.values() if then < time and same == key)
            if len(earlier) >= limit.count:
                yield earlier[-limit.count], time, own

    text = f"`{' '.join(limit.span.text.split())}` holds a run back"
    yield point(rule.name, "limit", text, limit.span, is_reached)
    yield from _period(rule.name, "limit", limit.period, limit.span, pairs, "a run")


def _asks(tried: Tried) -> bool:
    """Whether a trigger came so far that its limit was asked."""
    return tried.outcome in ("started", "limit", "pending", "restart", "full")


# ------------------------------------------------------------------------ periods
def _period(rule: str, kind: str, period: nodes.LimitPeriod, span: Span, pairs: Pairs, what: str) -> Iterator[Point]:
    """What is tried when the period of something that counted ends."""
    if period.kind == "ever":
        return
    said = f"{what} when the period of an earlier one ends"
    if period.duration is not None:
        length = length_of(period.duration)

        def since(record: Record) -> Iterable[Micros]:
            return (time - earlier - length for earlier, time, _ in pairs(record))

        yield from around(rule, kind, said, period.duration.span, since, length)
        return

    def after_midnight(record: Record) -> Iterable[Micros]:
        """From the local midnight that ends the period of an earlier one, which is that of the day after at most."""
        for earlier, time, own in pairs(record):
            day, tod = divmod(own.local(time), DAY)
            held = _number(period.kind, own.day(earlier))
            if held == _number(period.kind, day - 1) and held != _number(period.kind, day):
                yield tod
            elif held == _number(period.kind, day) != _number(period.kind, day + 1):
                yield tod - DAY

    yield from around(rule, kind, said, span, after_midnight)


def _number(kind: str, day: int) -> object:
    """The day, week or month that a day lies in."""
    if kind == "day":
        return day
    date = date_of(day)
    return date.isocalendar()[:2] if kind == "week" else (date.year, date.month)
