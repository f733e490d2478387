"""Coverage → JSON's values: every point, where it stands, and whether it was exercised."""

from __future__ import annotations

from typing import Any

from trigdsl.coverage.covering import Coverage, RuleCoverage
from trigdsl.coverage.points import Point


def to_dict(coverage: Coverage) -> dict[str, Any]:
    """`percent`, `covered`, `points` (how many), and the same for each of `rules` with its points."""
    return {
        "percent": coverage.percent,
        "covered": len(coverage.covered),
        "points": len(coverage.points),
        "rules": [_rule(one) for one in coverage.rules],
    }


def _rule(one: RuleCoverage) -> dict[str, Any]:
    return {
        "rule": one.rule.name,
        "percent": one.percent,
        "covered": len(one.covered),
        "points": [_point(point, point in one.covered) for point in one.points],
    }


def _point(point: Point, covered: bool) -> dict[str, Any]:
    line, column = point.span.position
    return {
        "kind": point.kind,
        "about": point.about,
        "case": point.case,
        "covered": covered,
        "file": point.span.source.name,
        "line": line,
        "column": column,
        "source": point.span.text,
    }
