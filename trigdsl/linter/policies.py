"""Channels and caps → those that hold nothing back, and channels that may wake people up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import frozen

from trigdsl.diagnostics.diagnostic import Diagnostic, Label
from trigdsl.linter.domains import seconds
from trigdsl.linter.facts import Facts, sends
from trigdsl.linter.report import note, warning
from trigdsl.source import Span
from trigdsl.syntax.nodes import Between, Cap, ChannelDecl, LimitPeriod

_LOUD = frozenset({"push", "sms", "call", "voice", "whatsapp", "kakao"})
"""Channels by which a message is heard when it comes."""

_CALENDAR = {"day": ("day", "week", "month", "ever"), "week": ("week", "ever"), "month": ("month", "ever")}
"""Each calendar period, and those that it always lies in as a whole."""


@frozen
class _Cap:
    target: tuple[str, str]
    count: int
    period: LimitPeriod
    span: Span


def lint_policies(facts: Facts) -> Iterator[Diagnostic]:
    """What can be said of channels and caps."""
    yield from _idle_caps(_caps(facts))
    for channel in facts.channels.values():
        yield from _channel(channel, facts)


def _caps(facts: Facts) -> list[_Cap]:
    caps = [
        _Cap(("channel", name), one.count, one.period, one.span)
        for name, policies in facts.program.channels.items()
        for one in policies
        if isinstance(one, Cap)
    ]
    return caps + [
        _Cap((one.scope, one.name.text if one.name else ""), one.count, one.period, one.span)
        for one in facts.program.caps
    ]


def _idle_caps(caps: Sequence[_Cap]) -> Iterator[Diagnostic]:
    """Caps on something on which another cap is always full no later."""
    by_target: dict[tuple[str, str], list[_Cap]] = {}
    for cap in caps:
        by_target.setdefault(cap.target, []).append(cap)
    for cap in caps:
        for other in by_target[cap.target]:
            if other is cap or not _is_idle(cap, other):
                continue
            if _is_idle(other, cap) and cap.span.start < other.span.start:
                continue
            there = Label(other.span, "this one holds back first")
            message = "this cap is never the one that holds back: another is full no later"
            yield warning("idle-cap", cap.span, message, "remove one of the two, or correct the numbers", there)
            break


def _is_idle(cap: _Cap, other: _Cap) -> bool:
    """Whether `other` lets through at most as many in any period of `cap`."""
    if cap.count < other.count:
        return False
    if other.period.kind == "ever":
        return True
    if cap.period.duration is not None and other.period.duration is not None:
        return seconds(other.period.duration) >= seconds(cap.period.duration)
    return other.period.kind in _CALENDAR.get(cap.period.kind, ())


def _channel(channel: ChannelDecl, facts: Facts) -> Iterator[Diagnostic]:
    name = channel.name.text
    steps = [
        step
        for rule in facts.rules
        for step in rule.node.steps
        if any(send.channel.text == name for send in sends(step))
    ]
    if not steps:
        message = f"no rule sends on `{name}`"
        yield note("unused-channel", channel.name.span, message, "remove it, or send on it")
        return
    quiet = any(isinstance(policy, Between) for policy in channel.policies)
    if name in _LOUD and not quiet and any(step.between is None and not step.urgent for step in steps):
        message = f"`{name}` has no quiet hours, so people may be woken by it"
        yield note("no-quiet-hours", channel.name.span, message, "add `between 09:00-21:00`, or what suits")
