"""A replay as somebody asked for it → decisions written, rejected records written, and a summary.

Wires the readers of records, the driver of the engine and the writers together; what each does is its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import IO, Protocol

import msgspec
from attrs import field, frozen

from trigdsl.engine.flat import flat, flat_part
from trigdsl.engine.flat_tables import is_kernel_there
from trigdsl.engine.program import Program
from trigdsl.engine.zones import Zone
from trigdsl.model.decisions import Decision, json_value
from trigdsl.model.inputs import Input
from trigdsl.model.values import Micros, Value, instant_text
from trigdsl.records.files import COLUMNAR, sources
from trigdsl.records.forms import check_columns
from trigdsl.records.parts import Heeding, Part, PartReport
from trigdsl.records.passing import Passing
from trigdsl.records.reading import read_inputs
from trigdsl.records.rejects import Reject, RejectWriter, Reports, shown
from trigdsl.records.scanned_lines import can_scan
from trigdsl.replayer.driver import Replay
from trigdsl.replayer.hints import hints
from trigdsl.replayer.lift import Lift, lift
from trigdsl.replayer.shard import Asked
from trigdsl.replayer.split import (
    Joins,
    SplitReplay,
    Work,
    WorkerEnded,
    all_parts,
    alone_because,
    can_spill,
    in_process,
    is_worth_it,
)
from trigdsl.replayer.stats import GoalCount, Stats
from trigdsl.replayer.summary import GoalSummary, Shown, Summary, Tally, WarningSummary, instant_or_none, shown_as_dict
from trigdsl.replayer.writing import DecisionWriter, decisions_to_file, decisions_to_stream
from trigdsl.replayer.zoned import ZonedMachine

OnDecision = Callable[[Decision, Zone], None]
"""Who wants each decision, with the zone that its user had at that moment."""

__all__ = ["Job", "Progress", "RejectedError", "WorkerEnded", "all_cores", "run"]


def _processes(work: Work, count: int, stack: ExitStack) -> SplitReplay:
    """What `processes` does, which most replays do not need to import."""
    from trigdsl.replayer.processes import processes

    return processes(work, count, stack)


class Progress(Protocol):
    """Who wants to know how far a replay is."""

    def read(self, count: int) -> None:
        """`count` more bytes of the input were read."""

    def decision(self, count: int = 1) -> None:
        """So many more decisions were made."""


class RejectedError(Exception):
    """A record could not be used, and the job is strict."""

    def __init__(self, reject: Reject) -> None:
        self.reject = reject
        place = reject.file if reject.line is None else f"{reject.file}:{reject.line}"
        super().__init__(f"{place}: {reject.reason}")


@frozen(kw_only=True)
class Job:
    """What to replay, how, and where to.

    `events` are paths of files or folders, `-` for standard input.  `out` is the path of a file or an open
    binary stream for the decisions that are `shown`; `rejects` the path of a file for records that could not
    be used.  With `strict` the first of them raises RejectedError.  With `invariants` those of the program are
    checked, for every user whatever is shown.  `columns` maps fields to columns' names.  `workers` is how many
    processes large files may be split over, which `start` starts.  `on_decision` gets the decisions that are `shown`,
    in their order; then no users are split over processes.  Unless it is `compiled`, Python decides everything.
    """

    program: Program
    events: tuple[str, ...]
    columns: Mapping[str, str] = field(factory=dict)
    profiles: str | None = None
    until: Micros | None = None
    drain: bool = False
    is_sorted: bool = False
    strict: bool = False
    invariants: bool = False
    shown: Shown = field(factory=Shown)
    out: str | IO[bytes] | None = None
    rejects: str | None = None
    workers: int = 1
    on_decision: OnDecision | None = None
    compiled: bool = True
    start: Callable[[Work, int, ExitStack], SplitReplay] = _processes


def all_cores() -> int:
    """How many processes can run at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def rejecting(job: Job, tally: Tally, stack: ExitStack) -> Callable[[Reject], None]:
    """What is done with each record that cannot be used; the file of rejects is closed with the stack.

    It raises RejectedError where the job is strict.
    """
    rejects = stack.enter_context(RejectWriter(job.rejects)) if job.rejects else None

    def on_reject(reject: Reject) -> None:
        tally.reject(reject.file, reject.line, reject.reason)
        if rejects is not None:
            rejects(reject)
        if job.strict:
            raise RejectedError(reject)

    return on_reject


def run(job: Job, progress: Progress) -> Summary:
    """Replay; the file of decisions is there only if this returns.

    Raises RejectedError, OSError, UnreadableFile and WorkerEnded.
    """
    tally = Tally(job.shown)
    with ExitStack() as stack:
        telling = _Telling(rejecting(job, tally, stack), tally.record_warning)
        shards = _shards(job)
        if shards is not None:
            try:
                return summary_of(job, tally, _run_split(job, shards, progress, tally, telling))
            except Joins:
                telling.start_again()
        return summary_of(job, tally, _run_alone(job, progress, tally, telling, stack))


class _Telling:
    """Tells what is wrong with records, once for each even if they are read again from the start."""

    def __init__(self, on_reject: Callable[[Reject], None], on_warning: Callable[[str], None]) -> None:
        self._on_reject = on_reject
        self._on_warning = on_warning
        self._told = [0, 0]
        self._known = [0, 0]

    def start_again(self) -> None:
        """From now on everything comes once more, in the same order."""
        self._known, self._told = self._told, [0, 0]

    def reject(self, reject: Reject) -> None:
        self._told[0] += 1
        if self._told[0] > self._known[0]:
            self._on_reject(reject)

    def warning(self, what: str, _where: str) -> None:
        self._told[1] += 1
        if self._told[1] > self._known[1]:
            self._on_warning(what)


def _run_alone(job: Job, progress: Progress, tally: Tally, telling: _Telling, stack: ExitStack) -> Stats:
    """Decide in this process; large files may be read by several."""
    passing = Passing()
    inputs = read_inputs(
        job.events,
        columns=job.columns,
        on_reject=telling.reject,
        on_warning=telling.warning,
        progress=progress.read,
        passing=passing,
        workers=1 if job.is_sorted else job.workers,
    )
    machine = None
    if job.on_decision is not None:
        machine = ZonedMachine(job.program, tally.violation if job.invariants else None)
    replay = Replay(
        job.program,
        inputs,
        until=job.until,
        drain=job.drain,
        is_sorted=job.is_sorted,
        passing=passing,
        profiles=_profiles(job, telling),
        on_late=lambda given: telling.reject(_late(given, job.events)),
        on_violation=tally.violation if job.invariants else None,
        shown=job.shown,
        machine=machine,
        compiled=job.compiled,
    )
    writer = stack.enter_context(_writer(job.out))
    if not job.is_sorted:
        replay.gather()
        if replay.is_compiled:
            _take_lines(replay, progress, tally, writer)
            return replay.stats
    for decision in replay if job.is_sorted else replay.decisions(replay.stats.last):
        progress.decision()
        zone = None if machine is None else machine.zone_of(decision)
        if decision in job.shown:
            tally.decision(decision)
            if job.on_decision is not None and zone is not None:
                job.on_decision(decision, zone)
            if writer is not None:
                writer.write(decision)
    return replay.stats


def _profiles(job: Job, telling: _Telling) -> Iterable[tuple[str, dict[str, Value]]]:
    """What is set before everything else; its readers are imported only where there is any."""
    if not job.profiles:
        return ()
    from trigdsl.records.profiles import read_profiles

    return read_profiles(job.profiles, job.columns, telling.reject)


def _take_lines(replay: Replay, progress: Progress, tally: Tally, writer: DecisionWriter | None) -> None:
    """Let the compiled kernel decide about what was gathered, and make the lines of what is shown."""
    from trigdsl.replayer.line_batches import merged_lines

    batches = replay.batches(replay.stats.last, iter, None, writer is not None)
    for kinds, lines in merged_lines(replay.program, [next(batches)], [batches]):
        for kind, number in kinds.items():
            tally.count(kind, number)
        progress.decision(kinds.total())
        if writer is not None:
            writer.write_lines(lines)
    tally.reached(replay.reached)


def _shards(job: Job) -> int | None:
    """How many shards users are split over: one where columns of numbers gain by it, None where nothing does."""
    if job.on_decision is not None or job.is_sorted or not is_worth_it(found := sources(job.events)):
        return None
    if job.workers > 1 and not alone_because(is_sorted=job.is_sorted):
        return job.workers
    kinds = set(COLUMNAR)
    if any(source.kind == "csv" for source in found):
        from trigdsl.records.scanned_rows import can_scan_rows

        kinds |= {"csv"} if can_scan_rows() else set()
    if can_scan() and not job.columns:
        kinds.add("jsonl")
    by_columns = can_spill() and any(source.kind in kinds for source in found) and not job.invariants
    return 1 if by_columns and (_decides_by_properties(job) or _is_divided(job)) else None


def _decides_by_properties(job: Job) -> bool:
    """Whether all rules take the short cut, and an event's properties alone decide what it does."""
    simple = flat(job.program)
    return simple is not None and not simple.asks_past


def _is_divided(job: Job) -> bool:
    """Whether the kernel decides for some of the rules."""
    return job.compiled and flat_part(job.program) is not None and is_kernel_there()


def _run_split(job: Job, shards: int, progress: Progress, tally: Tally, telling: _Telling) -> Stats:
    """Decide in several processes; raises Joins, before any decision is made, when that turns out to be impossible."""
    check_columns(job.columns)
    found = sources(job.events)
    asked = Asked(
        program=job.program,
        columns=job.columns,
        until=job.until,
        drain=job.drain,
        invariants=job.invariants,
        shown=job.shown,
        writes=job.out is not None,
        compiled=job.compiled,
    )
    profiles = _profiles(job, telling)
    with ExitStack() as stack:
        writer = stack.enter_context(_writer(job.out))
        numbered = tuple((number, *profile) for number, profile in enumerate(profiles))
        work = Work(asked, all_parts(found), numbered)
        replay = in_process(work, 1, stack) if shards == 1 else job.start(work, shards, stack)

        def on_part(part: Part, report: PartReport, heeding: Heeding) -> None:
            heeding.heed(part, report, Reports(part.source.path, telling.reject, telling.warning))
            progress.read(report.size)

        def on_decisions(count: int, lines: Iterable[bytes]) -> None:
            progress.decision(count)
            if writer is not None:
                writer.write_lines(lines)

        replay.read(on_part)
        replay.decide(tally, on_decisions)
        return replay.stats(tally)


def _writer(out: str | IO[bytes] | None) -> AbstractContextManager[DecisionWriter | None]:
    if out is None:
        return nullcontext()
    return decisions_to_file(out) if isinstance(out, str) else decisions_to_stream(out)


def summary_of(job: Job, tally: Tally, stats: Stats) -> Summary:
    """The summary of a job that is done."""
    titles = {rule.name: rule.title for rule in job.program.rules}
    return Summary(
        inputs=stats.inputs,
        events=stats.events,
        users=stats.users,
        duplicates=stats.duplicates,
        first=instant_or_none(stats.first),
        last=instant_or_none(stats.last),
        users_reached=tally.users_reached,
        rules=tally.rules(titles, stats.runs, _goals(stats)),
        channels=tally.channels(),
        data_warnings=tuple(_data_warnings(stats)),
        record_warnings=tally.record_warnings,
        rejected=tally.rejected,
        hints=hints(job.program, stats.event_names, stats.runs),
        shown=shown_as_dict(job.shown),
        invariants=tally.invariants(job.program.invariants) if job.invariants else None,
    )


def _late(given: Input, paths: tuple[str, ...]) -> Reject:
    """What is told of an input that came too late for a sorted replay; its line is known no more."""
    parts = {name: held for name, held in msgspec.structs.asdict(given).items() if held is not None}
    record = msgspec.json.encode({**parts, "time": instant_text(given.time)}, enc_hook=json_value)
    reason = f"`time` `{instant_text(given.time)}` is earlier than the record before, and the input is to be sorted"
    return Reject(paths[0] if len(paths) == 1 else "input", None, reason, shown(record))


def _goals(stats: Stats) -> dict[str, tuple[GoalSummary, ...]]:
    """What became of the goals, by rule."""
    out: dict[str, tuple[GoalSummary, ...]] = {}
    for goal in stats.goals:
        counted = GoalSummary(
            variant=goal.variant,
            control=goal.control,
            runs=goal.exposed,
            converted=goal.converted,
            rate=goal.converted / goal.exposed,
            lift=None if goal.control else _lift(goal, stats.goals),
        )
        out[goal.rule] = (*out.get(goal.rule, ()), counted)
    return out


def _lift(goal: GoalCount, goals: Sequence[GoalCount]) -> Lift | None:
    """Over the control group that differs least: of the same variant, else of the whole rule."""
    control = [other for other in goals if other.rule == goal.rule and other.control]
    control = [other for other in control if other.variant == goal.variant] or control
    withheld = sum(other.exposed for other in control)
    return lift(goal.converted, goal.exposed, sum(other.converted for other in control), withheld)


def _data_warnings(stats: Stats) -> Iterator[WarningSummary]:
    for warning in sorted(stats.warnings, key=lambda each: -each.count):
        yield WarningSummary(
            rule=warning.rule, place=warning.place, text=warning.text, example=warning.example, count=warning.count
        )
