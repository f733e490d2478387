"""A replay that is asked for → how it will run: what passes where it is read, what takes the short cut, and why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import asdict, frozen

from trigdsl.engine.flat import FlatEffects, FlatProgram, flat, flat_part, obstacles
from trigdsl.engine.flat_tables import asked_in_python, is_kernel_there
from trigdsl.engine.program import EventPlan, Program
from trigdsl.engine.sieve import Sieve
from trigdsl.replayer.plan_files import FilesPlan, files_plans
from trigdsl.replayer.split import alone_because

ANY_OTHER = "any other"


@frozen(kw_only=True)
class Reading:
    """Which events of a name are handled: `never`, `always`, `when` a condition fits, or `beyond` bounds.

    `bounds` are those, as text; where they are all that decides, they are tested before Python sees the event.
    """

    event: str
    handled: str
    bounds: tuple[str, ...] = ()


@frozen(kw_only=True)
class Obstacle:
    """Why the short cut is not taken: `rule` None, because of the whole program or the call."""

    rule: str | None
    why: str


@frozen(kw_only=True)
class RulePlan:
    """Where a rule is decided, `kernel`, `short cut` (in Python) or `machine`; and why not by the kernel."""

    rule: str
    runs: str
    why: tuple[str, ...] = ()


@frozen(kw_only=True)
class Plan:
    """How a replay runs. `engine` is `short cut`, `machine` or `both`; large input is split over `workers` by user.

    `obstacles` say why the short cut is not taken by all rules, `rules` where each one runs.  `alone` says why large
    input is not split, whatever is read.  `columns` are the properties whose columns are read of large files of
    columns that hold events alone; None: all.  `files` says more of each kind.  `compiled` where the short cut is taken
    by the compiled kernel, which asks Python for the windows of the rules `asking`.
    """

    engine: str
    obstacles: tuple[Obstacle, ...]
    rules: tuple[RulePlan, ...]
    readings: tuple[Reading, ...]
    workers: int
    alone: tuple[str, ...] = ()
    columns: tuple[str, ...] | None = None
    files: tuple[FilesPlan, ...] = ()
    compiled: bool = False
    asking: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The plan as JSON can hold it."""
        return asdict(self)

    def _asked(self) -> Iterator[str]:
        if self.asking:
            yield f"  Python is asked for the windows of {', '.join(self.asking)}, which name dates."

    def lines(self) -> Iterator[str]:
        """The plan for people."""
        if self.engine == "short cut":
            how = "compiled" if self.compiled else "in Python, since nothing was compiled when trigdsl was installed"
            yield f"Engine: the short cut, {how}. It is left when records join ids by an `alias`."
            yield from self._asked()
        elif self.engine == "both":
            yield "Engine: rule by rule. The machine decides for all when records join ids by an `alias`."
            for one in self.rules:
                where = "the short cut, compiled" if one.runs == "kernel" else f"the machine, because {_all(one.why)}"
                yield f"  {one.rule}: {where}"
            yield from self._asked()
        else:
            yield "Engine: the machine, because"
            for each in self.obstacles:
                if each.rule is None:
                    yield f"  the program: {each.why}"
            for one in self.rules:
                if one.why:
                    yield f"  {one.rule}: {_all(one.why)}"
        yield "Events"
        for reading in self.readings:
            yield f"  {reading.event}: {_said(reading)}"
        yield "Files"
        for files in self.files:
            yield from files.lines()
        if self.alone:
            yield f"Processes: one, because {' and '.join(self.alone)}."
        elif self.workers > 1:
            yield f"Processes: {self.workers}, each for its own users, when files are large; else one."
            yield "  One decides, and all read, when records join ids by an `alias`."
        else:
            yield "Processes: one."


def plan_of(program: Program, *, is_sorted: bool, invariants: bool, workers: int, mapped: bool = False) -> Plan:
    """How a replay of the program will run; `mapped` where records have other names for their parts."""
    found = [Obstacle(rule=rule, why=why) for rule, why in dict.fromkeys(obstacles(program))]
    if is_sorted:
        found.append(Obstacle(rule=None, why="`--sorted` handles records as they come"))
    if invariants:
        found.append(Obstacle(rule=None, why="`--invariants` watches every send"))
    of_call = is_sorted or invariants
    simple = None if of_call else flat(program) or (flat_part(program) if is_kernel_there() else None)
    compiled = simple is not None and is_kernel_there()
    alone = alone_because(is_sorted=is_sorted) if workers > 1 else []
    columns = None if simple is None or simple.asks_past or found else _columns(simple)
    readings = tuple(_readings(program))
    filtered = [reading.event for reading in readings if reading.handled in ("never", "beyond")]
    return Plan(
        engine="machine" if simple is None else "both" if found else "short cut",
        obstacles=tuple(found),
        rules=tuple(_rules(program, simple, compiled)),
        readings=readings,
        workers=1 if alone else workers,
        alone=tuple(alone),
        columns=columns,
        files=files_plans(columns, _bounded(program), filtered, is_sorted=is_sorted, mapped=mapped),
        compiled=compiled,
        asking=tuple(asked_in_python(simple)) if simple is not None and compiled else (),
    )


def _rules(program: Program, simple: FlatProgram | None, compiled: bool) -> Iterator[RulePlan]:
    """Where each rule runs: those of `simple` take the short cut."""
    bound = {} if program.division is None else program.division.bound
    for rule in program.rules:
        if simple is None or rule.index not in simple.by_index:
            yield RulePlan(rule=rule.name, runs="machine", why=tuple(bound.get(rule.index, ())))
        elif compiled:
            yield RulePlan(rule=rule.name, runs="kernel")
        else:
            yield RulePlan(rule=rule.name, runs="short cut", why=("nothing was compiled when trigdsl was installed",))


def _all(why: tuple[str, ...]) -> str:
    return " and ".join(why)


def _columns(program: FlatProgram) -> tuple[str, ...] | None:
    """The properties that a program reads, if it reads no record as a whole."""
    paths = FlatEffects(program).paths
    return tuple(sorted(".".join(path) for path in paths)) if () not in paths else None


def _bounded(program: Program) -> list[str]:
    """The properties whose bounds decide whether some event passes."""
    sieve = Sieve(program)
    return [".".join(path) for event in program.plans for path, _, _ in sieve.bounds(event) or ()]


def _readings(program: Program) -> Iterator[Reading]:
    sieve = Sieve(program)
    plans: Mapping[str, EventPlan] = program.plans
    for event in sorted(name for name in plans if name != "sent"):
        yield _reading(sieve, program, event, program.event_names.get(event, event))
    # No event on the wire is called so: it stands for all that the program does not name.
    yield _reading(sieve, program, "\0", ANY_OTHER)


def _reading(sieve: Sieve, program: Program, wire: str, name: str) -> Reading:
    plan = program.plan(wire)
    if sieve.test(wire) is None:
        return Reading(event=name, handled="never")
    if plan is None or not plan.keeps_nothing or plan.enders or plan.may_trigger is None:
        return Reading(event=name, handled="always")
    if plan.bounds is None:
        return Reading(event=name, handled="when")
    bounds = tuple(f"{'.'.join(path)} {operator} {number:g}" for path, operator, number in plan.bounds)
    return Reading(event=name, handled="beyond", bounds=bounds)


def _said(reading: Reading) -> str:
    if reading.handled == "never":
        return "counted where they are read"
    if reading.handled == "always":
        return "handled"
    if reading.handled == "when":
        return "handled when a condition fits their properties, else counted where they are read"
    return f"handled when {' or '.join(reading.bounds)}, else counted where they are read"
