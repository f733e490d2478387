"""Events that can set nothing in motion, known by their name and properties alone.

They need not reach the machine: it would find that nothing waits for them, that nothing of them is kept, and that
the condition of no rule holds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from trigdsl.engine.context import EMPTY, Context
from trigdsl.engine.state import State
from trigdsl.model.values import Value

if TYPE_CHECKING:
    from trigdsl.engine.program import Bound, EventPlan, Program

MayMatter: TypeAlias = Callable[[dict[str, Value], Context], bool]
"""Whether an event with these properties may matter; an odd value that it meets makes `Sieve.met_odd` true."""


def always(_: dict[str, Value], __: Context) -> bool:
    """The test that every event passes."""
    return True


class Sieve:
    """Which events of a program's input can matter.

    `context` is what a test that `test` gives is called with, `always` the one that everything passes.  Whoever calls
    one heeds `met_odd`: a value of a type that a condition does not fit is a warning, which only the machine counts, so
    such an event matters too.
    """

    def __init__(self, program: Program) -> None:
        self.always: MayMatter = always
        self._program = program
        self._all_matter = bool(program.calendar_rules or program.segment_rules)
        self.context = Context(program.zone, program.functions, self._note_odd)
        self.context.state = State("")
        self.met_odd = False

    @property
    def names(self) -> frozenset[str] | None:
        """The names on the wire of all events that can matter; None: any name may be one."""
        program = self._program
        return None if self._all_matter or program.other is not None else frozenset(program.plans)

    def test(self, event: str) -> MayMatter | None:
        """How to tell whether an event of that name can matter, without profile update; None when none can."""
        plan = self._program.plan(event)
        if self._all_matter:
            return always
        if plan is None or (plan.keeps_nothing and not plan.enders and not plan.triggers):
            return None
        return plan.may_trigger if plan.keeps_nothing and not plan.enders and plan.may_trigger else always

    def bounds(self, event: str) -> tuple[Bound, ...] | None:
        """The bounds that decide whether an event of that name can matter, if nothing else does."""
        plan = self._program.plan(event)
        if self._all_matter or plan is None or not plan.keeps_nothing or plan.enders:
            return None
        return plan.bounds

    def may_start(self, plan: EventPlan, properties: dict[str, Value]) -> bool:
        """Whether an event of a plan that `keeps_nothing` may start a run."""
        if plan.may_trigger is None:
            return bool(plan.triggers)
        self.met_odd = False
        return plan.may_trigger(properties, self.context) or self.met_odd

    def matters(self, test: MayMatter, properties: dict[str, Value] | None) -> bool:
        """Whether an event may matter, by the test for its name."""
        self.met_odd = False
        return test(properties or EMPTY, self.context) or self.met_odd

    def _note_odd(self, _: Context, __: int, ___: Value, ____: Value) -> None:
        self.met_odd = True


class OpenSieve(Sieve):
    """Lets through every event that a rule names, for a machine that tells of conditions that did not hold too."""

    def test(self, event: str) -> MayMatter | None:
        return always if self._all_matter or self._program.plan(event) is not None else None

    def bounds(self, event: str) -> tuple[Bound, ...] | None:
        return None

    def may_start(self, plan: EventPlan, properties: dict[str, Value]) -> bool:
        return True
