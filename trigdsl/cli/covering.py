"""The options of `trig test` about coverage: what tests exercise of the rules, as text, JSON and a page."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click
from attrs import frozen

if TYPE_CHECKING:
    from trigdsl.coverage import Coverage

F = TypeVar("F", bound=Callable[..., object])


@frozen
class Wanted:
    """What is wanted of coverage: to be told in text, files to write, and the least percentage that will do."""

    told: bool
    json: str | None
    html: str | None
    fail_under: float | None

    @property
    def anything(self) -> bool:
        return self.told or self.json is not None or self.html is not None or self.fail_under is not None

    def write(self, coverage: Coverage, *, quietly: bool) -> None:
        """Write the files, and tell the text unless it is to be quiet."""
        if self.told and not quietly:
            from trigdsl.coverage.render_text import render_text
            from trigdsl.diagnostics.excerpt import visible

            click.echo("\n" + "\n".join(visible(line) for line in render_text(coverage).split("\n")))
        if self.json is not None:
            import msgspec

            from trigdsl.coverage.render_json import to_dict

            Path(self.json).write_bytes(msgspec.json.format(msgspec.json.encode(to_dict(coverage)), indent=2) + b"\n")
        if self.html is not None:
            from trigdsl.coverage.render_html import render_html

            Path(self.html).write_text(render_html(coverage), "utf-8")

    def is_met(self, coverage: Coverage) -> bool:
        """Whether enough is covered; says so when not."""
        if self.fail_under is None or coverage.percent >= self.fail_under:
            return True
        from trigdsl.coverage.render_text import percent_text

        said = f"coverage {percent_text(coverage.percent)} is under {self.fail_under:g}%"
        click.echo(said, file=sys.stderr)
        return False


def coverage_options(command: F) -> F:
    """Give a command the options `--coverage` and what belongs to it."""
    for option in (
        click.option("--fail-under", type=click.FloatRange(0, 100), metavar="PERCENT", help="Fail if less is covered."),
        click.option("--coverage-html", metavar="FILE", help="Write the rules as a page, coloured by coverage."),
        click.option("--coverage-json", metavar="FILE", help="Write coverage as JSON."),
        click.option("--coverage", is_flag=True, help="Tell what the tests exercise of each rule, and what not."),
    ):
        command = option(command)
    return command
