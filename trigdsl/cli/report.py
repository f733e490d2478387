"""`trig report`: saved decisions → a page with charts, tables and the decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from trigdsl.cli.arguments import refuse_overwriting
from trigdsl.cli.exits import FINE

if TYPE_CHECKING:
    from trigdsl.engine.program import Program
    from trigdsl.engine.zones import Zone
    from trigdsl.replayer.summary import Summary
    from trigdsl.reporter.figures import Figures
    from trigdsl.reporter.report import Unread


@click.command(short_help="Make a page of saved decisions.")
@click.argument("decisions", nargs=-1, required=True, metavar="DECISIONS...")
@click.option("--out", metavar="FILE.html", default="report.html", show_default=True, help="Where the page goes.")
@click.option("--rules", metavar="RULES", help="The rules that made them: titles, what they do, which caps they fill.")
@click.option("--summary", "summary_path", metavar="FILE", help="What trig replay --json printed with them.")
@click.option("--timezone", "zone_name", metavar="ZONE", help="Where days and hours are counted; UTC if nothing says.")
@click.option(
    "--rows", type=click.IntRange(0), metavar="N", help="Decisions in the table at most; 20,000 if not given."
)
@click.option("--title", default="Report of decisions", show_default=True, help="The heading of the page.")
def report(
    *,
    decisions: tuple[str, ...],
    out: str,
    rules: str | None,
    summary_path: str | None,
    zone_name: str | None,
    rows: int | None,
    title: str,
) -> int:
    """Make one page of the DECISIONS that trig replay --out wrote. It needs nothing but a browser.

    DECISIONS are files or folders of .jsonl, plain, .gz or .zst; - is standard input. The page of a replay itself
    (trig replay --report) knows more: each user's time zone, goals, rejected records.

    \b
    Example:
      trig report decisions.jsonl
      trig report decisions.jsonl.gz --rules rules/ --summary summary.json --out june.html
    """
    if out == "-":
        raise click.UsageError("--out wants the name of a file")
    refuse_overwriting([out], [*decisions, rules, summary_path])

    from trigdsl.reporter.report import Report
    from trigdsl.reporter.writing import write_report

    program, prose = _program(rules)
    zone = _zone(zone_name, program)
    summary = _summary(summary_path)
    figures, unread = _figures(decisions, program, zone, rows)
    told = Report(
        figures=figures,
        title=title,
        sources=decisions,
        zone=zone.name,
        summary=summary,
        prose=prose,
        unread=unread,
    )
    write_report(told, out)
    click.echo(f"{figures.decisions:,} decision{'' if figures.decisions == 1 else 's'} in `{out}`")
    if unread is not None:
        lines = "1 line that holds" if unread.count == 1 else f"{unread.count:,} lines that hold"
        click.echo(f"left out {lines} no decision, the first: {unread.first}", err=True)
    return FINE


def _program(rules: str | None) -> tuple[Program | None, dict[str, str]]:
    """The program and what each of its rules does; rules that cannot run end the command."""
    if rules is None:
        return None, {}
    from trigdsl.cli.program import checked_or_exit
    from trigdsl.cli.prose import prose_of

    program, checked = checked_or_exit(rules, None)
    return program, {rule.name: rule.text for rule in prose_of(checked).rules}


def _zone(name: str | None, program: Program | None) -> Zone:
    """The zone that was asked for, else that of the rules, else UTC."""
    from trigdsl.engine.zones import UTC, zone

    if name is None:
        return (None if program is None else program.zone) or UTC
    found = zone(name)
    if found is None:
        raise click.UsageError(f"no time zone `{name}`: give an IANA name such as Europe/Berlin")
    return found


def _summary(path: str | None) -> Summary | None:
    if path is None:
        return None
    import msgspec

    from trigdsl.replayer.summary import Summary

    try:
        with open(path, "rb") as file:
            return msgspec.json.decode(file.read(), type=Summary)
    except OSError as error:
        raise click.UsageError(f"`{path}` cannot be read: {(error.strerror or str(error)).lower()}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise click.UsageError(f"`{path}` is not what trig replay --json printed: {error}") from error


def _figures(
    paths: tuple[str, ...], program: Program | None, zone: Zone, rows: int | None
) -> tuple[Figures, Unread | None]:
    """What the decisions add up to, and the lines that hold none."""
    from trigdsl.cli.progress import ReplayProgress
    from trigdsl.records.errors import UnreadableFile
    from trigdsl.records.files import total_bytes
    from trigdsl.reporter.figures import Figures
    from trigdsl.reporter.report import Unread
    from trigdsl.reporter.sample import MOST_ROWS
    from trigdsl.reporter.saved import read_decisions

    figures = Figures(program, MOST_ROWS if rows is None else rows)
    unread = Unread()
    try:
        with ReplayProgress(total_bytes(paths)) as progress:
            for decision in read_decisions(paths, unread.note, progress.read):
                figures.add(decision, zone)
    except UnreadableFile as error:
        raise click.UsageError(str(error)) from error
    figures.finish()
    return figures, unread if unread.count else None
