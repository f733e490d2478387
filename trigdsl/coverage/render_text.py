"""Coverage → text for people: a line for each rule, and below it what is missing, where."""

from __future__ import annotations

from collections.abc import Iterator

from trigdsl.coverage.covering import Coverage, RuleCoverage
from trigdsl.coverage.points import Point


def render_text(coverage: Coverage) -> str:
    """The whole; it ends without a line break."""
    return "\n".join(_lines(coverage))


def percent_text(percent: float) -> str:
    """A percentage that is 100 only when nothing is missing, and 0 only when all is."""
    rounded = round(percent, 1)
    if percent < 100 <= rounded:
        rounded = 99.9
    if percent > 0 >= rounded:
        rounded = 0.1
    return f"{rounded:g}%"


def missing_by_about(rule: RuleCoverage) -> list[tuple[Point, list[str]]]:
    """What is missing of a rule: the first point about each thing, and the cases of it that are missing."""
    found: dict[tuple[str, str, tuple[str, int, int]], tuple[Point, list[str]]] = {}
    for one in rule.missing:
        _, cases = found.setdefault((one.kind, one.about, one.place), (one, []))
        if one.case is not None:
            cases.append(one.case)
    return list(found.values())


def _lines(coverage: Coverage) -> Iterator[str]:
    width = max((len(one.rule.name) for one in coverage.rules), default=0)
    for one in coverage.rules:
        counts = f"{len(one.covered):>4} of {len(one.points)}"
        yield f"{one.rule.name:<{width}}  {percent_text(one.percent):>6}{counts}"
        for first, cases in missing_by_about(one):
            line, _ = first.span.position
            told = f": {', '.join(cases)}" if cases else ""
            yield f"    {first.span.source.name}:{line}  {first.kind}  {first.about}{told}"
    covered, points = len(coverage.covered), len(coverage.points)
    yield f"covered {percent_text(coverage.percent)}: {covered} of {points} points"
