"""Segments → what they depend on, and findings about those that depend on themselves or on time alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trigdsl.checker import messages
from trigdsl.checker.cycles import find_cycles
from trigdsl.checker.findings import Findings, words
from trigdsl.checker.program import CheckedProgram
from trigdsl.checker.scope import Scope
from trigdsl.diagnostics.diagnostic import Label
from trigdsl.syntax.nodes import (
    EventWhere,
    Expression,
    Member,
    MembershipTrigger,
    Name,
    Node,
    Path,
    SegmentDecl,
    TimeSince,
)
from trigdsl.syntax.walk import walk


def check_segments(scope: Scope, findings: Findings) -> None:
    """Cycles among the segments, and time in those that a rule watches."""
    _check_cycles(scope, findings)
    watched: dict[str, Name] = {}
    for rule in scope.rules:
        trigger = rule.node.trigger
        if isinstance(trigger, MembershipTrigger) and trigger.name.text in scope.segments:
            watched.setdefault(trigger.name.text, trigger.name)
    for name, use in watched.items():
        for segment in (scope.segments[name], *segments_behind(scope.segments[name].condition, scope)):
            _check_time(name, use, segment, findings)


def segments_behind(condition: Expression, scope: Scope | CheckedProgram) -> Iterator[SegmentDecl]:
    """The segments that a condition asks for, directly or through others, each once."""
    seen: set[str] = set()
    pending: list[Node] = [condition]
    while pending:
        for member in members(pending.pop()):
            segment = scope.segments.get(member.name.text)
            if segment and member.name.text not in seen:
                seen.add(member.name.text)
                pending.append(segment.condition)
                yield segment


def members(node: Node) -> Iterable[Member]:
    return [part for part in walk(node) if isinstance(part, Member)]


def _check_cycles(scope: Scope, findings: Findings) -> None:
    asked = {
        name: {member.name.text: member for member in members(segment.condition) if member.name.text in scope.segments}
        for name, segment in scope.segments.items()
    }
    for cycle in find_cycles({name: tuple(others) for name, others in asked.items()}):
        steps = [asked[one][other] for one, other in zip(cycle, (*cycle[1:], cycle[0]), strict=True)]
        labels = [Label(step.name.span, f"and this asks for `{step.name.text}`") for step in steps[1:]]
        findings.add(messages.segment_cycle(cycle, steps[0].name.span, labels))


def _check_time(watched: str, use: Name, segment: SegmentDecl, findings: Findings) -> None:
    for node in _decided_late(segment.condition):
        if isinstance(node, Path) and node.parts[0] in ("now", "local"):
            findings.add(messages.time_in_segment(watched, ".".join(node.parts), node.span, use.span))
        elif isinstance(node, TimeSince):
            span = words(node, r"time\s+since(\s+previous)?")
            findings.add(messages.time_in_segment(watched, " ".join(span.text.split()), span, use.span))


def _decided_late(condition: Expression) -> Iterator[Node]:
    """The parts of a condition that are looked at anew at every moment.

    A `where` is decided when its event arrives, but for what it reads of `now`.
    """
    in_where = {
        id(part)
        for node in walk(condition)
        if isinstance(node, EventWhere)
        for part in walk(node.condition)
        if not (isinstance(part, Path) and part.parts[0] == "now")
    }
    return (node for node in walk(condition) if id(node) not in in_where)
