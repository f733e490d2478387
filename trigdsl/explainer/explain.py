"""Rules, records and a user → what happened to the user and why, and why not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from attrs import frozen

from trigdsl.checker.program import CheckedProgram
from trigdsl.engine.links import user_of
from trigdsl.engine.program import Program
from trigdsl.engine.tracing import Trace, TracingMachine
from trigdsl.explainer.clauses import Clauses
from trigdsl.explainer.reasons import Reasons
from trigdsl.explainer.silences import Silences
from trigdsl.explainer.story import Explanation
from trigdsl.explainer.telling import Telling
from trigdsl.loading import Functions, load_checked, parse_checked
from trigdsl.model.inputs import Input
from trigdsl.model.values import Micros
from trigdsl.records.errors import BadRecord
from trigdsl.records.native import input_of
from trigdsl.records.times import parse_time
from trigdsl.replayer.driver import Replay

SPEAKING = ("sent", "control")
"""Statuses of a rule that was not silent: it did what it is for, or deliberately did not."""

Profiles = tuple[tuple[str, dict[str, Any]], ...]


@frozen
class Explainable:
    """A program that can be explained; make one with `parse` or `load`."""

    program: Program
    checked: CheckedProgram

    def _repr_html_(self) -> str | None:
        return self.program._repr_html_()

    def explain(
        self,
        records: Iterable[Mapping[str, Any]],
        *,
        user: str,
        rule: str | None = None,
        at: str | int | float | datetime | None = None,
        drain: bool = False,
        on_reject: Callable[[Any, str], None] | None = None,
    ) -> Explanation:
        """The story of one user over records in any order, of all users.

        With `rule` only what concerns that rule is told.  With `at` an instant, it is told as it stood then: the
        clock stops there, and later records are not handled.  With `drain` the clock goes on until nothing waits.
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
        return self.explain_inputs(inputs, user=user, rule=rule, until=until, drain=drain)

    def explain_inputs(
        self,
        inputs: list[Input],
        *,
        user: str,
        rule: str | None = None,
        until: Micros | None = None,
        drain: bool = False,
        profiles: Profiles = (),
    ) -> Explanation:
        """`explain` for records that are read already. `profiles` hold before everything else."""
        rules = self._rules(rule)
        trace, known = self.trace(inputs, user, until=until, drain=drain, profiles=profiles)
        reasons = Reasons(trace, Clauses(self.checked), self.program.event_names)
        silences = Silences(reasons)
        decisions = [one for one in trace.entries if one.decision is not None and one.rule in rules]
        spoke = {one.rule for one in decisions if one.decision is not None and one.decision.status in SPEAKING}
        return Explanation(
            user=known,
            lines=tuple(Telling(reasons, rules).lines()),
            reasons=tuple(reasons.reason(one) for one in decisions),
            silences=tuple(
                silences.silence(index, [one for one in trace.entries if one.rule == index])
                for index in sorted(rules - spoke)
            ),
        )

    def trace(
        self,
        inputs: list[Input],
        user: str,
        *,
        until: Micros | None = None,
        drain: bool = False,
        profiles: Profiles = (),
    ) -> tuple[Trace, str]:
        """The trace of a user, and the id by which the user is known, when the one given is an alias."""
        trace = Trace(lambda one: one == user)
        inputs, until = _of_user(inputs, user, until, drain)
        machine = TracingMachine(self.program, trace)
        replay = Replay(self.program, inputs, until=until, drain=drain, profiles=profiles, machine=machine)
        for _ in replay:
            pass
        known = user_of(replay.links, user)
        return (
            (trace, user) if known == user else self.trace(inputs, known, until=until, drain=drain, profiles=profiles)
        )

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
