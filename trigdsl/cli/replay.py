"""`trig replay`: rules and files of events → decisions and a summary."""

from __future__ import annotations

import sys
from typing import IO, TYPE_CHECKING

import click

from trigdsl.cli.arguments import column_map, instant, one_of, refuse_overwriting, rules_and_events, split_commas
from trigdsl.cli.exits import FINE, RULES_AT_FAULT
from trigdsl.cli.on_spark import run_on_spark, spark_options
from trigdsl.model.decisions import STATUSES
from trigdsl.model.values import Micros

if TYPE_CHECKING:
    from trigdsl.checker.program import CheckedProgram
    from trigdsl.engine.program import Program
    from trigdsl.replayer.job import Job
    from trigdsl.replayer.summary import Shown, Summary
    from trigdsl.reporter.figures import Figures


@click.command(short_help="Run rules over files of events.")
@click.argument("paths", nargs=-1, metavar="RULES EVENTS...")
@click.option("-e", "expression", metavar="TEXT", help="Rules as text, in place of RULES.")
@click.option("--out", metavar="FILE", help="Write the decisions as JSON Lines; - is standard output.")
@click.option("--until", callback=instant, metavar="TIME", help="Stop the clock then; later inputs are not handled.")
@click.option("--drain", is_flag=True, help="After the last input let the clock run until nothing waits any more.")
@click.option("--report", metavar="FILE.html", help="Write a page with charts, tables and the decisions.")
@click.option("--rejects", metavar="FILE", help="Write the records that could not be used.")
@click.option("--strict", is_flag=True, help="Stop at the first record that cannot be used, with status 1.")
@click.option("--map", "maps", multiple=True, metavar="FIELD=COLUMN,...", help="Other names of user, time, event, id.")
@click.option("--only", multiple=True, metavar="STATUS,...", help="Show only decisions of this status.")
@click.option("--rule", "rules", multiple=True, metavar="RULE", help="Show only this rule.")
@click.option("--user", "users", multiple=True, metavar="USER", help="Show only this user.")
@click.option(
    "--sorted",
    "is_sorted",
    is_flag=True,
    help="The input is in time order: stream it; an alias holds from where it is.",
)
@click.option("--profiles", metavar="FILE", help="Attributes of users that hold before everything else.")
@click.option("--invariants", is_flag=True, help="Check the invariants of the rules; status 1 when one is broken.")
@click.option(
    "--workers", type=click.IntRange(1), metavar="N", help="Split users over N processes; all cores if not given."
)
@click.option("--on", "engine", type=click.Choice(["spark"]), help="Run on Apache Spark, not in processes of our own.")
@click.option("--master", metavar="URL", help="With --on spark: where Spark runs; local[*] if not given.")
@click.option("--conf", "options", multiple=True, metavar="KEY=VALUE", help="With --on spark: an option of Spark.")
@click.option("--plan", is_flag=True, help="Say how it would run, and why so, and run nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary, or the plan, as JSON.")
def replay(
    *,
    paths: tuple[str, ...],
    expression: str | None,
    out: str | None,
    report: str | None,
    until: Micros | None,
    drain: bool,
    rejects: str | None,
    strict: bool,
    maps: tuple[str, ...],
    only: tuple[str, ...],
    rules: tuple[str, ...],
    users: tuple[str, ...],
    is_sorted: bool,
    profiles: str | None,
    invariants: bool,
    workers: int | None,
    engine: str | None,
    master: str | None,
    options: tuple[str, ...],
    plan: bool,
    as_json: bool,
) -> int:
    """Run RULES over EVENTS and say what would have been sent, to whom, when, and why not.

    RULES is a .trig file or a folder. EVENTS are files or folders of .jsonl, .csv, .parquet or .arrow, plain,
    .gz or .zst; - is standard input. --only, --rule and --user limit what is shown, never what runs.

    \b
    Example:
      trig replay rules.trig events.jsonl --out decisions.jsonl --report report.html
      trig replay -e 'if signup then after 1h send push unless purchase' events.csv --map user=customer_id
    """
    rules_path, events = rules_and_events(paths, expression)
    if until is not None and drain:
        raise click.UsageError("--until and --drain exclude each other")
    for name, path in (("--rejects", rejects), ("--report", report)):
        if path == "-":
            raise click.UsageError(f"{name} wants the name of a file")
    columns = column_map(maps)
    spark = spark_options(master, options, is_on=engine is not None)
    if engine is not None and (is_sorted or plan or workers or report):
        raise click.UsageError("--sorted, --workers, --plan and --report do not go with --on spark")
    refuse_overwriting([out, rejects, report], [rules_path, profiles, *events])

    from trigdsl.cli.program import checked_or_exit, program_or_exit

    checked = None
    if report is None:
        program = program_or_exit(rules_path, expression)
    else:
        program, checked = checked_or_exit(rules_path, expression, explained=True)
    shown = _shown(program, only, rules, users)

    from trigdsl.replayer.job import Job, all_cores

    if plan:
        return _print_plan(program, is_sorted, invariants, workers or all_cores(), bool(columns), as_json)

    figures = None
    if report is not None:
        from trigdsl.reporter.figures import Figures

        figures = Figures(program)
    job = Job(
        program=program,
        events=events,
        columns=columns,
        profiles=profiles,
        until=until,
        drain=drain,
        is_sorted=is_sorted,
        strict=strict,
        invariants=invariants,
        shown=shown,
        out=sys.stdout.buffer if out == "-" else out,
        rejects=rejects,
        workers=workers or all_cores(),
        on_decision=None if figures is None else figures.add,
    )
    if engine is not None:
        summary = run_on_spark(job, master, spark)
    elif figures is not None or program.functions:
        # Figures, and functions of others, may want what is left out.
        summary = _run(job)
    else:
        from trigdsl.records.lean import columns_alone

        with columns_alone(events):
            summary = _run(job)
    if summary is None:
        return RULES_AT_FAULT
    if figures is not None and report is not None and checked is not None:
        _write_report(report, figures, summary, checked, job)
    _print(summary, as_json, sys.stderr if out == "-" else sys.stdout)
    return FINE if summary.holds else RULES_AT_FAULT


def _shown(program: Program, only: tuple[str, ...], rules: tuple[str, ...], users: tuple[str, ...]) -> Shown:
    from trigdsl.replayer.summary import Shown

    names = [rule.name for rule in program.rules]
    return Shown(
        statuses=frozenset(one_of(status, STATUSES, "status") for status in split_commas(only)),
        rules=frozenset(one_of(name, names, "rule") for name in split_commas(rules)),
        users=frozenset(users),
    )


def _run(job: Job) -> Summary | None:
    """The summary; None when a strict job met a record that cannot be used, after saying which."""
    from trigdsl.cli.progress import ReplayProgress
    from trigdsl.records.reading import UnreadableFile, total_bytes
    from trigdsl.replayer.job import RejectedError, WorkerEnded, run

    try:
        with ReplayProgress(total_bytes(job.events)) as progress:
            return run(job, progress)
    except RejectedError as error:
        click.echo(f"rejected: {error}", err=True)
        return None
    except (UnreadableFile, WorkerEnded) as error:
        raise click.UsageError(str(error)) from error


def _write_report(path: str, figures: Figures, summary: Summary, checked: CheckedProgram, job: Job) -> None:
    from trigdsl.cli.prose import prose_of
    from trigdsl.reporter.report import Report
    from trigdsl.reporter.writing import write_report

    figures.finish()
    told = Report(
        figures=figures,
        title="Report of a replay",
        sources=job.events,
        zone=None,
        summary=summary,
        prose={rule.name: rule.text for rule in prose_of(checked).rules},
        stories=_stories(figures, summary, checked, job),
    )
    write_report(told, path)


def _stories(figures: Figures, summary: Summary, checked: CheckedProgram, job: Job) -> dict[int, str]:
    """Why decisions in the page's table were made, as far as the events can be read and gathered once more."""
    if "-" in job.events or job.is_sorted or summary.last is None:
        return {}
    from trigdsl.explainer import Explainable
    from trigdsl.records.profiles import read_profiles
    from trigdsl.records.reading import UnreadableFile, read_inputs
    from trigdsl.records.times import parse_time
    from trigdsl.reporter.stories import stories

    def unread(_: object) -> None:
        """What could not be used was told by the replay already."""

    try:
        return stories(
            Explainable(job.program, checked),
            figures.sample,
            read_inputs(job.events, columns=job.columns, on_reject=unread, workers=job.workers),
            until=parse_time(summary.last)[0] if job.until is None else job.until,
            drain=job.drain,
            profiles=read_profiles(job.profiles, job.columns, unread) if job.profiles else (),
        )
    except UnreadableFile:
        # A file that is no longer there, or a pipe: the decisions were made all the same, and tell what they can.
        return {}


def _print_plan(program: Program, is_sorted: bool, invariants: bool, workers: int, mapped: bool, as_json: bool) -> int:
    from trigdsl.replayer.plan import plan_of

    plan = plan_of(program, is_sorted=is_sorted, invariants=invariants, workers=workers, mapped=mapped)
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(plan.to_dict()), indent=2))
    else:
        click.echo("\n".join(plan.lines()))
    return FINE


def _print(summary: Summary, as_json: bool, out: IO[str]) -> None:
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(summary.to_dict()), indent=2), file=out)
        return
    from trigdsl.cli.summary_text import summary_blocks
    from trigdsl.cli.tables import print_blocks

    print_blocks(summary_blocks(summary), out)
