"""Rules, records and a user → what happened to the user and why, and why not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from trigdsl.checker.program import CheckedProgram
from trigdsl.engine.links import user_of
from trigdsl.engine.program import Program
from trigdsl.engine.tracing import Trace, TracingMachine
from trigdsl.explainer.clauses import Clauses
from trigdsl.explainer.origins import Origins
from trigdsl.explainer.reasons import Reasons
from trigdsl.explainer.silences import Silences, suggested
from trigdsl.explainer.story import Explanation
from trigdsl.explainer.suggesting import Suggesting
from trigdsl.explainer.telling import Telling
from trigdsl.loading import Functions, load_checked, parse_checked
from trigdsl.model.inputs import Input
from trigdsl.model.values import Micros
from trigdsl.records.errors import BadRecord
from trigdsl.records.native import input_of
from trigdsl.records.times import parse_time
from trigdsl.replayer.driver import Replay

Profiles = tuple[tuple[str, dict[str, Any]], ...]


@frozen
class Clock:
    """Where the clock stops, and attributes that hold before everything else."""

    until: Micros | None
    drain: bool
    profiles: Profiles


@frozen
class Traced:
    """The trace of a user, the id by which the user is known, and where the clock stopped; None without inputs."""

    trace: Trace
    user: str
    end: Micros | None


@frozen
class Explainable:
    """A program that can be explained; make one with `parse` or `load`."""

    program: Program
    checked: CheckedProgram

    def explain(
        self,
        records: Iterable[Mapping[str, Any]],
        *,
        user: str,
        rule: str | None = None,
        at: str | int | float | datetime | None = None,
        drain: bool = False,
        suggest: bool = True,
        on_reject: Callable[[Any, str], None] | None = None,
    ) -> Explanation:
        """The story of one user over records in any order, of all users.

        With `rule` only what concerns that rule is told.  With `at` an instant, it is told as it stood then: the
        clock stops there, and later records are not handled.  With `drain` the clock goes on until nothing waits.
        With `suggest` changes of the records are looked for that make silent rules send, and tried; of what nothing
        triggered only with `rule`.
        A record that cannot be used is handed to `on_reject` with the reason, and left out.  Raises ValueError for
        a rule that there is not.
        """
        inputs: list[Input] = []
        for record in records:
            try:
                inputs.append(input_of(record))
            except BadRecord as error:
                if on_reject is not None:
                    on_reject(record, str(error))
        until = None if at is None else parse_time(at)[0]
        return self.explain_inputs(inputs, user=user, rule=rule, until=until, drain=drain, suggest=suggest)

    def explain_inputs(
        self,
        inputs: list[Input],
        *,
        user: str,
        rule: str | None = None,
        until: Micros | None = None,
        drain: bool = False,
        profiles: Profiles = (),
        suggest: bool = True,
    ) -> Explanation:
        """`explain` for records that are read already. `profiles` hold before everything else."""
        rules = self._rules(rule)
        traced = self._traced(inputs, user, Clock(until, drain, profiles))
        reasons = self._reasons(traced.trace)
        silences = Silences(reasons)
        decisions = [one for one in traced.trace.entries if one.decision is not None and one.rule in rules]
        spoke = {one.rule for one in decisions if silences.speaks(one)}
        silent = [(index, silences.silence(index)) for index in sorted(rules - spoke)]
        if suggest:
            # What nothing triggered is looked into only when it is asked for: most rules do not concern most users.
            suggesting = self._suggesting(inputs, traced, Clock(until, drain, profiles))
            silent = [
                (index, suggested(one, suggesting.suggestion(index), reasons))
                if rule is not None or one.stage != "never triggered" else (index, one)
                for index, one in silent
            ]  # fmt: skip
        return Explanation(
            user=traced.user,
            lines=tuple(Telling(reasons, rules).lines()),
            reasons=tuple(reasons.reason(one) for one in decisions),
            silences=tuple(one for _, one in silent),
        )

    def _traced(self, inputs: list[Input], user: str, clock: Clock) -> Traced:
        """The trace of a user, under the id by which the user is known, when the one given is an alias."""
        trace = Trace(lambda one: one == user)
        own, until = _of_user(inputs, user, clock.until, clock.drain)
        replay = Replay(
            self.program, own, until=until, drain=clock.drain, profiles=clock.profiles,
            machine=TracingMachine(self.program, trace),
        )  # fmt: skip
        for _ in replay:
            pass
        known = user_of(replay.links, user)
        if known != user:
            return self._traced(inputs, known, clock)
        return Traced(trace, user, replay.stats.last if until is None else until)

    def _reasons(self, trace: Trace) -> Reasons:
        return Reasons(Origins(trace, Clauses(self.checked), self.program.event_names))

    def _suggesting(self, inputs: list[Input], traced: Traced, clock: Clock) -> Suggesting:
        def run(changed: list[Input], until: Micros) -> Reasons:
            return self._reasons(self._traced(changed, traced.user, evolve(clock, until=until)).trace)

        end = traced.end or 0
        own, _ = _of_user(inputs, traced.user, end, False)
        return Suggesting(program=self.program, run=run, inputs=own, user=traced.user, end=end, drain=clock.drain)

    def _rules(self, name: str | None) -> frozenset[int]:
        found = frozenset(rule.index for rule in self.checked.rules if name is None or rule.name == name)
        if not found:
            raise ValueError(f"no rule `{name}`")
        return found


def _of_user(inputs: list[Input], user: str, until: Micros | None, drain: bool) -> tuple[list[Input], Micros | None]:
    """The user's own inputs and where the clock stops, if the others matter for nothing but that; else all.

    They do matter when ids become one, when the clock runs on after the last of all, and when that may be a duplicate.
    """
    if drain or not inputs or any(one.alias is not None for one in inputs):
        return inputs, until
    last = max(one.time for one in inputs)
    if until is None and all(one.id is not None for one in inputs if one.time == last):
        return inputs, until
    return [one for one in inputs if one.user == user], last if until is None else until


def parse(text: str, name: str = "<text>", functions: Functions | None = None) -> Explainable:
    """Rules given as text, to be explained. Raises TrigError as `trigdsl.parse` does."""
    return Explainable(*parse_checked(text, name, functions, explained=True))


def load(path: str | Path, functions: Functions | None = None) -> Explainable:
    """A `.trig` file or a folder of them, to be explained. Raises as `trigdsl.load` does."""
    return Explainable(*load_checked(path, functions, explained=True))
