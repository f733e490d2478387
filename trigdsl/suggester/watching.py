"""A test → what happened in it, digested for those who ask what it exercises."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from trigdsl.engine.invariants import OnViolation, Watch
from trigdsl.engine.machine import Machine
from trigdsl.engine.program import CompiledAction, Program, SendAction
from trigdsl.engine.program import Test as Condition
from trigdsl.engine.state import Run
from trigdsl.engine.tracing import Entry, Seen, Trace, TracingMachine
from trigdsl.model.values import Micros, Value
from trigdsl.syntax.nodes import Test
from trigdsl.tester.run import TestResult, run_test

RunName = tuple[int, Micros, int]


class View:
    """The trace of a test, by what is asked of it.  Times are microseconds, as in the trace."""

    def __init__(self, result: TestResult, entries: list[Entry]) -> None:
        self.result = result
        self.entries = entries

    @cached_property
    def events(self) -> dict[str, list[Micros]]:
        """When each event came, by its name on the wire."""
        found: dict[str, list[Micros]] = {}
        for entry in self.entries:
            if entry.kind == "input" and entry.given is not None and entry.given.event is not None:
                found.setdefault(entry.given.event, []).append(entry.time)
            elif entry.kind == "caused" and entry.name is not None:
                found.setdefault(entry.name, []).append(entry.time)
        return found

    @cached_property
    def values(self) -> dict[int, list[tuple[Micros, Value]]]:
        """The values that each part of a condition had when it was asked, by the number of its node."""
        found: dict[int, list[tuple[Micros, Value]]] = {}
        for entry in self.entries:
            for seen in entry.seen:
                found.setdefault(seen.node, []).append((entry.time, seen.value))
        return found

    def of(self, rule: int, *kinds: str) -> Iterator[Entry]:
        """The entries of these kinds about a rule."""
        return (entry for entry in self.entries if entry.rule == rule and entry.kind in kinds)

    def armed(self, rule: int, step: int) -> Iterator[Entry]:
        return (entry for entry in self.of(rule, "armed") if entry.step == step)

    def decisions(self, rule: int, step: int | None = None) -> Iterator[Entry]:
        return (entry for entry in self.of(rule, "decision") if step is None or entry.step == step)

    def came(self, names: frozenset[str], at: Micros) -> bool:
        """Whether one of these events came at a moment."""
        return any(at in self.events.get(name, ()) for name in names)


class Watching(TracingMachine):
    """A machine whose trace tells all that was asked for a decision, not only what it hung on."""

    def _seen_for(self, run: Run, action: CompiledAction, status: str, reason: str | None) -> tuple[Seen, ...]:
        if status in ("cancelled", "pending"):
            return ()
        seen = self.seen("guard", run.rule, run.step)
        if reason != "guard" and isinstance(action, SendAction):
            seen += self.seen("requires", action.channel.name)
            if reason != "requires":
                seen += self._variants(run, action)
        return seen

    def _variants(self, run: Run, action: SendAction) -> tuple[Seen, ...]:
        return () if action.by_share else self.seen("when", run.rule, run.step)

    def _is_fired(self, index: int, test: Condition | None, properties: dict[str, Value]) -> bool:
        fired = super()._is_fired(index, test, properties)
        if fired and test is not None:
            self.note("fired", rule=index, seen=self.seen("where", index))
        return fired


def watch(test: Test, program: Program) -> View:
    """Run a test and look on."""
    trace = Trace()

    def machine(program: Program, on_violation: OnViolation) -> Machine:
        made = Watching(program, trace)
        made.watch = Watch(made, on_violation) if program.invariants else None
        return made

    result = run_test(test, program, machine)
    return View(result, trace.entries)
