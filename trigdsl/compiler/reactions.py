"""The plan of an event → one function that does all that the event sets in motion.

What the machine does for any plan, step by step, is written out for this one: the history that it keeps, the silences
that start anew, the runs that may end, the conditions of the rules that it may trigger.  So nothing is looked through
that the event does not concern.  The order is that of the machine's own `_react`, which stays the measure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trigdsl.compiler.triggering import Ways, conditions_of, stands_alone
from trigdsl.engine.context import Test
from trigdsl.engine.history import Count, Latest, Slot, Window
from trigdsl.engine.program import EventPlan, Keep, React
from trigdsl.model.values import LAST_INSTANT, Micros

if TYPE_CHECKING:
    from trigdsl.compiler.unit import Unit


def reaction(
    unit: Unit,
    name: str | None,
    plan: EventPlan,
    slots: tuple[Slot, ...],
    silences: dict[int, Micros | None],
    rules: Ways,
) -> React:
    """The function for events of that name on the wire; `rules` are those that it may trigger.

    `silences` gives for each rule of the plan's silences how long it waits, None where more than that is to be noted.
    """
    body = _Body(unit)
    body.keeps(plan.keeps, slots)
    body.add("c.seq = seq")
    for rule, test in plan.silences:
        body.silence(rule, silences[rule], test)
    if plan.sends or plan.answers:
        body.then_other_events("m.memory.note_answers(plan, p)")
    if plan.goals:
        body.then_other_events("if state.goals: m.memory.note_goals(plan, p)")
    if plan.enders:
        body.then_other_events("if state.runs is not None: m.end_runs(plan, p)")
    body.triggers(name, plan, rules)
    label = "".join(char if char.isalnum() else "_" for char in name or "other")
    said = f"all that `{name}` sets in motion" if name else "all that any other event sets in motion"
    return unit.code.define(f"react_to_{label}", "m, plan, name, p, event_id", said, body.lines)


class _Body:
    """The lines of one function: m is the machine, p the properties of the event."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._is_event_set = True
        self.lines = [
            "c = m.context",
            "state, now = c.state, c.now",
            "state.seq = seq = state.seq + 1",
            "c.name, c.rule, c.captured, c.event, c.trigger = name, None, None, p, p",
        ]

    def add(self, *lines: str) -> None:
        self.lines += lines

    def then_other_events(self, line: str) -> None:
        """A line after which the context may hold another event's properties."""
        self.lines.append(line)
        self._is_event_set = False

    def _set_event(self) -> None:
        if not self._is_event_set:
            self.lines.append("c.rule, c.event, c.trigger, c.captured = None, p, p, None")
            self._is_event_set = True

    def _under(self, test: Test | None, lines: list[str]) -> None:
        """Lines that are done if the event passes a test, which is a function that was compiled already."""
        if test is None:
            self.lines += lines
        else:
            self.lines += [f"if {test.__name__}(c):", *("    " + line for line in lines)]

    # ------------------------------------------------------------------ history
    def keeps(self, keeps: tuple[Keep, ...], slots: tuple[Slot, ...]) -> None:
        """Take the event into the history."""
        if not keeps:
            return
        self.add("h = state.history", f"if h is None: h = state.history = c.history = [None] * {len(slots)}")
        for test, keep in keeps:
            slot: Slot = keep.__self__  # type: ignore[attr-defined]
            is_reset = keep.__name__ == "reset"
            self._under(test, self._reset(slot) if is_reset else self._keep(slot))

    def _reset(self, slot: Slot) -> list[str]:
        return [f"h[{slot.number}] = now"]

    def _keep(self, slot: Slot) -> list[str]:
        number = slot.number
        match slot:
            case Latest():
                return [f"h[{number}] = (now, seq)"]
            case Count():
                return [f"h[{number}] = (h[{number}] or 0) + 1"]
            case Window(read=None, length=length):
                return self._into_window(number, length, "True")
            case Window(read=read, length=length):
                assert read is not None
                lines = self._into_window(number, length, "v")
                return [f"v = {read.__name__}(c)", "if v is not None:", *("    " + line for line in lines)]
        keep = self._unit.code.constant(slot.keep, f"keep of the history's slot {number}")
        return [f"{keep}(c, h)"]

    def _into_window(self, number: int, length: Micros, value: str) -> list[str]:
        return [
            f"k = h[{number}]",
            f"if k is None: h[{number}] = [(now, {value})]",
            "else:",
            f"    k.append((now, {value}))",
            f"    if k[0][0] <= now - {length}: forget_until(k, now - {length})",
        ]

    # ------------------------------------------------------------------ silences
    def silence(self, rule: int, length: Micros | None, test: Test | None) -> None:
        """Start the silence of a rule anew."""
        if length is None:
            self._under(test, [f"m.memory.start_silence({rule}, p, event_id)"])
            return
        lines = [
            "m.timers_changed = True",
            "if state.silences is None: state.silences = {}",
            f"at = now + {length}",
            f"state.silences[{rule}] = [at if at < {LAST_INSTANT} else {LAST_INSTANT}, p, event_id, None]",
        ]
        self._under(test, lines)

    # ------------------------------------------------------------------ triggers
    def triggers(self, name: str | None, plan: EventPlan, rules: Ways) -> None:
        """Try the rules: all conditions first, unless one rule may change what another's condition reads."""
        if not rules:
            return
        if any(stands_alone(rule.node) for rule, _ in rules):
            self.add("m.try_triggers(plan, None, {}, p, event_id, seq)")
            return
        self._set_event()
        if plan.triggered is not None:
            self.add(
                "for index in plan.triggered(c):",
                "    c.rule = rule = m.program.rules[index]",
                "    c.event, c.trigger, c.seq, c.captured = p, p, seq, None",
                "    m.steps.start(rule, p, event_id)",
            )
            return
        reads, ((rule, condition),) = conditions_of(self._unit, name, rules, "p")
        self.add(*reads)
        self._start_one(rule, condition)

    def _start_one(self, rule: int, condition: str) -> None:
        lines = [f"c.rule = rule = m.program.rules[{rule}]", "m.steps.start(rule, p, event_id)"]
        self.add(*(lines if condition == "True" else [f"if {condition}:", *("    " + line for line in lines)]))
