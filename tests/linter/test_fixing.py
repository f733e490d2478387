"""Fixes that are made together, and those that touch each other or would break the rules."""

from __future__ import annotations

import click
import pytest

from trigdsl.cli.mending import mended
from trigdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix, Severity
from trigdsl.linter.fixing import fixed
from trigdsl.source import Source, Span

SOURCE = Source("a.trig", "rule r: if x then send push unless y")


def finding(*edits: tuple[int, int, str], source: Source = SOURCE) -> Diagnostic:
    made = tuple(Edit(Span(source, start, end), text) for start, end, text in edits)
    span = made[0].span
    return Diagnostic(code="c", severity=Severity.NOTE, message="m", span=span, fix=Fix("mend it", made))


def test_edits_are_made_where_they_stand() -> None:
    [after], count = fixed([SOURCE], [finding((5, 6, "longer")), finding((27, 36, ""))])
    assert (after.text, count) == ("rule longer: if x then send push", 2)


def test_of_two_that_touch_the_first_is_made() -> None:
    [after], count = fixed([SOURCE], [finding((5, 6, "q")), finding((6, 6, "1"))])
    assert (after.text, count) == ("rule q: if x then send push unless y", 1)
    [after], count = fixed([SOURCE], [finding((5, 6, "q")), finding((7, 7, " "))])
    assert count == 2


def test_all_edits_of_a_fix_are_made_or_none() -> None:
    both = finding((5, 6, "q"), (35, 36, "z"))
    [after], count = fixed([SOURCE], [finding((35, 36, "w")), both])
    assert (after.text, count) == ("rule r: if x then send push unless w", 1)


def test_files_are_mended_each_by_its_own_edits() -> None:
    other = Source("b.trig", "list vip")
    after, count = fixed([SOURCE, other], [finding((5, 8, "gold"), source=other)])
    assert ([one.text for one in after], count) == ([SOURCE.text, "list gold"], 1)


def test_what_would_be_an_error_is_not_mended() -> None:
    with pytest.raises(click.ClickException, match="nothing was mended"):
        mended([SOURCE], None, [finding((18, 27, ""))])


def test_what_stays_without_error_is_mended() -> None:
    [after], count = mended([SOURCE], None, [finding((27, 36, ""))])
    assert (after.text, count) == ("rule r: if x then send push", 1)
