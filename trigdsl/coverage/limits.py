"""Points of caps and limits: full, and the moments at which what filled them no longer counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from trigdsl.checker.program import CheckedProgram, CheckedRule
from trigdsl.compiler.expressions import length_of
from trigdsl.compiler.policies import cap_label
from trigdsl.coverage.points import Point, around, point
from trigdsl.coverage.record import Record
from trigdsl.engine.dates import date_of
from trigdsl.engine.zones import Zone
from trigdsl.model.values import DAY, Micros
from trigdsl.source import Span
from trigdsl.syntax import nodes

Counted: TypeAlias = Callable[[Record], list[tuple[Micros, Zone, bool]]]
"""The times at which something was tried that a period bears on, the user's zone, and whether it then counted."""


def of_caps(checked: CheckedProgram, rule: CheckedRule) -> Iterator[Point]:
    """The points of all caps that bind a send of the rule."""
    tags = {tag.text for one in rule.node.clauses if isinstance(one, nodes.Tags) for tag in one.names}
    sends = [action for step in rule.node.steps for action in step.actions if isinstance(action, nodes.Send)]
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

    def tried(record: Record) -> list[tuple[Micros, Zone, bool]]:
        sends = [one for one in record.every() if one.decision.action == "send"]
        return sorted(
            (
                (one.decision.time, one.zone, one.decision.status == "sent")
                for one in sends
                if one.decision.status in ("sent", "capped")
                and counts(one.decision.channel or "")
                and (tagged is None or one.decision.rule in tagged)
            ),
            key=lambda told: told[0],
        )

    def is_full(record: Record) -> bool:
        return any(
            one.decision.status == "capped" and one.decision.reason == label for one in record.of_rule(rule.index)
        )

    yield point(rule.name, "cap", f"cap `{label}` is full", cap.span, is_full)
    yield from _period(rule.name, "cap", cap.period, cap.span, tried, "a send")


def _has_tag(rule: CheckedRule, name: str) -> bool:
    return any(tag.text == name for one in rule.node.clauses if isinstance(one, nodes.Tags) for tag in one.names)


def of_limit(rule: CheckedRule, limit: nodes.Limit) -> Iterator[Point]:
    """The points of `once` and `at most`."""

    def is_reached(record: Record) -> bool:
        refused = any(tried.outcome == "limit" for tried in record.tried.get(rule.index, ()))
        return refused or any(one.decision.reason == "limit" for one in record.of_rule(rule.index))

    def tried(record: Record) -> list[tuple[Micros, Zone, bool]]:
        zone = next((one.zone for one in record.of_rule(rule.index)), None)
        if zone is None:
            return []
        return [(tried.time, zone, tried.outcome == "started") for tried in record.tried.get(rule.index, ())]

    text = f"`{' '.join(limit.span.text.split())}` holds a run back"
    yield point(rule.name, "limit", text, limit.span, is_reached)
    yield from _period(rule.name, "limit", limit.period, limit.span, tried, "a run")


# ------------------------------------------------------------------------ periods
def _period(rule: str, kind: str, period: nodes.LimitPeriod, span: Span, tried: Counted, what: str) -> Iterator[Point]:
    """What is tried when the period of something that counted ends."""
    if period.kind == "ever":
        return
    said = f"{what} when the period of an earlier one ends"
    if period.duration is not None:
        length = length_of(period.duration)

        def since(record: Record) -> Iterable[Micros]:
            times = tried(record)
            for place, (time, _, _) in enumerate(times):
                yield from (time - earlier - length for earlier, _, counted in times[:place] if counted)

        yield from around(rule, kind, said, period.duration.span, since, length)
        return

    def after_midnight(record: Record) -> Iterable[Micros]:
        """From the local midnight that ends the period of an earlier one, which is that of the day after at most."""
        times = tried(record)
        for place, (time, zone, _) in enumerate(times):
            day, tod = divmod(zone.local(time), DAY)
            for earlier, _, counted in times[:place]:
                if not counted:
                    continue
                held = _number(period.kind, zone.day(earlier))
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
