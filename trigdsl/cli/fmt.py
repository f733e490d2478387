"""`trig fmt`: files of rules → the same files in the one form."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from attrs import define

from trigdsl.cli.exits import CALL_AT_FAULT, FINE, RULES_AT_FAULT

if TYPE_CHECKING:
    from trigdsl.formatter.files import Formatted

STANDARD_INPUT = "-"
_COLOURS = {"+": "32", "-": "31", "@": "36"}


@click.command(short_help="Write rules in their one form.")
@click.argument("paths", nargs=-1, required=True, metavar="PATHS…")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a file would change.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
def fmt(paths: tuple[str, ...], check: bool, diff: bool) -> int:
    """Write the .trig files PATHS, and those in the folders among them, in their one form.

    Comments stay, and so does what the rules say. `-` formats standard input to standard output. A file with
    mistakes is left as it is and its mistakes are shown; the others are formatted all the same, and the exit
    status is 2.

    \b
    Example:
      trig fmt rules/
      trig fmt --check --diff rules.trig
    """
    if STANDARD_INPUT in paths and len(paths) > 1:
        raise click.UsageError("`-` stands alone: it formats standard input to standard output")
    run = _Run(writes=not (check or diff), shows=diff)
    for name in _files(paths, run):
        run.format(name)
    if paths != (STANDARD_INPUT,):
        run.summarize()
    if run.broken:
        return CALL_AT_FAULT
    return RULES_AT_FAULT if check and run.changed else FINE


@define
class _Run:
    """One call of the command: what it does with a file, and how many came out how."""

    writes: bool
    shows: bool
    changed: int = 0
    unchanged: int = 0
    broken: int = 0

    def format(self, name: str) -> None:
        """Format one file, or say what is wrong with it."""
        from trigdsl.formatter.files import replace_file
        from trigdsl.formatter.form import UnformattableError

        try:
            formatted = _formatted(name)
            if formatted.changed and self.writes and name != STANDARD_INPUT:
                replace_file(name, formatted.after)
        except UnformattableError as error:
            from trigdsl.cli.program import print_diagnostics

            print_diagnostics(error.diagnostics, sys.stderr)
            self.broken += 1
        except UnicodeDecodeError as error:
            self.fail(name, f"byte {error.start + 1} is no UTF-8")
        except OSError as error:
            self.fail(name, (error.strerror or str(error)).lower())
        else:
            self.tell(formatted)

    def fail(self, name: str, why: str) -> None:
        click.echo(f"error: `{name}`: {why}", err=True)
        self.broken += 1

    def tell(self, formatted: Formatted) -> None:
        """Say of one file what was done."""
        self.changed += formatted.changed
        self.unchanged += not formatted.changed
        if self.shows:
            _print_diff(formatted)
        elif formatted.name == STANDARD_INPUT and self.writes:
            sys.stdout.buffer.write(formatted.after.encode("utf-8"))
        elif formatted.changed:
            click.echo(f"{'formatted' if self.writes else 'would format'} {formatted.name}", err=True)

    def summarize(self) -> None:
        """Say how many files came out how."""
        done = "formatted" if self.writes else "to format"
        counts = ((self.changed, done), (self.unchanged, "unchanged"), (self.broken, "with mistakes"))
        parts = [f"{_files_counted(count)} {what}" for count, what in counts if count]
        click.echo(", ".join(parts), err=True)


def _files(paths: tuple[str, ...], run: _Run) -> list[str]:
    """Every file that the paths name; a folder without any is a mistake."""
    from trigdsl.formatter.files import files_at

    found: list[str] = []
    for path in paths:
        try:
            found += files_at(path)
        except OSError as error:
            run.fail(path, error.strerror or str(error))
    return list(dict.fromkeys(found))


def _formatted(name: str) -> Formatted:
    from trigdsl.formatter.files import format_bytes

    if name == STANDARD_INPUT:
        return format_bytes(name, sys.stdin.buffer.read())
    return format_bytes(name, Path(name).read_bytes())


def _print_diff(formatted: Formatted) -> None:
    from trigdsl.cli.program import in_color
    from trigdsl.diagnostics.excerpt import visible
    from trigdsl.diagnostics.render_text import paint
    from trigdsl.formatter.diff import diff_lines

    color = in_color(sys.stdout)
    for line in diff_lines(formatted):
        code = _COLOURS.get(line[:1], "")
        click.echo(paint(visible(line), code, color and bool(code)), color=color)


def _files_counted(count: int) -> str:
    return f"{count} file{'' if count == 1 else 's'}"
