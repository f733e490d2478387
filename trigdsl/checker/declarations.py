"""Channels, caps, segments and invariants → findings about what they say; tests have a module of their own."""

from __future__ import annotations

from trigdsl.checker import messages
from trigdsl.checker.context import FREE, IN_INVARIANT, IN_SEGMENT
from trigdsl.checker.expressions import Expressions
from trigdsl.checker.findings import words
from trigdsl.checker.scenarios import check_test
from trigdsl.syntax.nodes import (
    Between,
    Cap,
    CapDecl,
    ChannelDecl,
    Invariant,
    Item,
    LengthLimit,
    NoSendAfter,
    Policy,
    Requires,
    SegmentDecl,
    Test,
)


def check_declaration(item: Item, expressions: Expressions) -> None:
    """One top-level item that is no rule."""
    match item:
        case ChannelDecl():
            _check_channel(item, expressions)
        case CapDecl(count=count) if count < 1:
            expressions.findings.add(messages.cap_of_zero(words(item, r"cap\b.*?\b0+\b")))
        case SegmentDecl(condition=condition):
            expressions.condition(condition, IN_SEGMENT)
        case Test():
            check_test(item, expressions)
        case Invariant(promise=NoSendAfter(event=event)):
            expressions.events(event, IN_INVARIANT)


def _check_channel(channel: ChannelDecl, expressions: Expressions) -> None:
    first: dict[str, Policy] = {}
    for policy in channel.policies:
        _check_policy(policy, expressions)
        kind = "between" if isinstance(policy, Between) else "limit" if isinstance(policy, LengthLimit) else None
        other = first.setdefault(kind, policy) if kind else policy
        if kind and other is not policy:
            name = channel.name.text
            expressions.findings.add(messages.duplicate_policy(kind, name, policy.span, other.span))


def _check_policy(policy: Policy, expressions: Expressions) -> None:
    match policy:
        case Cap(count=count) if count < 1:
            expressions.findings.add(messages.cap_of_zero(words(policy, r"cap\s+\d+")))
        case Requires(condition=condition):
            expressions.condition(condition, FREE)
