"""A replay as somebody asked for it → decisions written, rejected records written, and a summary.

Wires the readers of records, the driver of the engine and the writers together; what each does is its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import IO, Protocol

import msgspec
from attrs import field, frozen

from trigdsl.engine.program import Program
from trigdsl.engine.zones import Zone
from trigdsl.model.decisions import Decision, json_value
from trigdsl.model.inputs import Input
from trigdsl.model.values import Micros, instant_text
from trigdsl.records.passing import Passing
from trigdsl.records.profiles import read_profiles
from trigdsl.records.reading import read_inputs
from trigdsl.records.rejects import Reject, RejectWriter, shown
from trigdsl.replayer.driver import Replay
from trigdsl.replayer.hints import hints
from trigdsl.replayer.lift import Lift, lift
from trigdsl.replayer.stats import GoalCount, Stats
from trigdsl.replayer.summary import GoalSummary, Shown, Summary, Tally, WarningSummary, instant_or_none, shown_as_dict
from trigdsl.replayer.writing import DecisionWriter, decisions_to_file, decisions_to_stream
from trigdsl.replayer.zoned import ZonedMachine

OnDecision = Callable[[Decision, Zone], None]
"""Who wants each decision, with the zone that its user had at that moment."""


class Progress(Protocol):
    """Who wants to know how far a replay is."""

    def read(self, count: int) -> None:
        """`count` more bytes of the input were read."""

    def decision(self) -> None:
        """One more decision was made."""


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
    processes may read at once.  `on_decision` gets the decisions that are `shown`, in their order.
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


def all_cores() -> int:
    """How many processes can run at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(job: Job, progress: Progress) -> Summary:
    """Replay; the file of decisions is there only if this returns.

    Raises RejectedError, OSError and UnreadableFile.
    """
    tally = Tally(job.shown)
    with ExitStack() as stack:
        rejects = stack.enter_context(RejectWriter(job.rejects)) if job.rejects else None

        def on_reject(reject: Reject) -> None:
            tally.reject(reject.file, reject.line, reject.reason)
            if rejects is not None:
                rejects(reject)
            if job.strict:
                raise RejectedError(reject)

        passing = Passing()
        inputs = read_inputs(
            job.events,
            columns=job.columns,
            on_reject=on_reject,
            on_warning=lambda what, _where: tally.record_warning(what),
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
            profiles=read_profiles(job.profiles, job.columns, on_reject) if job.profiles else (),
            on_late=lambda given: on_reject(_late(given, job.events)),
            on_violation=tally.violation if job.invariants else None,
            shows=job.shown.shows,
            machine=machine,
        )
        writer = stack.enter_context(_writer(job.out))
        for decision in replay:
            progress.decision()
            zone = None if machine is None else machine.zone_of(decision)
            if decision in job.shown:
                tally.decision(decision)
                if job.on_decision is not None and zone is not None:
                    job.on_decision(decision, zone)
                if writer is not None:
                    writer.write(decision)
    return _summary(job, tally, replay.stats)


def _writer(out: str | IO[bytes] | None) -> AbstractContextManager[DecisionWriter | None]:
    if out is None:
        return nullcontext()
    return decisions_to_file(out) if isinstance(out, str) else decisions_to_stream(out)


def _summary(job: Job, tally: Tally, stats: Stats) -> Summary:
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
