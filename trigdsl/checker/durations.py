"""Periods, silences and time limits of a program → findings about those that have no length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trigdsl.checker import messages
from trigdsl.checker.findings import Findings
from trigdsl.syntax.nodes import (
    Duration,
    Goal,
    IgnoredTrigger,
    Item,
    LimitPeriod,
    Node,
    Period,
    SilenceTrigger,
    Unless,
)
from trigdsl.syntax.walk import walk


def check_lengths_of_time(items: Iterable[Item], findings: Findings) -> None:
    """Durations of 0 where only a longer one can be meant; `after 0m` and `expires 0m` have a meaning."""
    for item in items:
        for node in walk(item):
            for what, duration in _lengths(node):
                if duration is not None and not any(count for count, _ in duration.parts):
                    findings.add(messages.zero_duration(what, duration.span))


def _lengths(node: Node) -> Iterator[tuple[str, Duration | None]]:
    match node:
        case Period(duration=duration):
            yield "a period", duration
        case LimitPeriod(duration=duration):
            yield "a period of a cap or limit", duration
        case SilenceTrigger(duration=duration) | IgnoredTrigger(duration=duration):
            yield "a silence", duration
        case Unless(within=duration) | Goal(within=duration):
            yield "a time limit", duration
