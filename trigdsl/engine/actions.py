"""One action of a step that is carried out → its decision and its effects.

In order: `requires`, the variant and its rendering, the limit of characters, control, caps, done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trigdsl.engine import profiles, quotas
from trigdsl.engine.action_types import (
    CallFunction,
    CompiledAction,
    CompiledVariant,
    Content,
    EmitAction,
    FieldTemplate,
    ListAction,
    Rendered,
    SendAction,
    SetAction,
)
from trigdsl.engine.declared import DeclaredContext
from trigdsl.engine.rendering import MissingValue, TemplateFailure
from trigdsl.engine.shares import share
from trigdsl.engine.state import Run
from trigdsl.engine.timers import later
from trigdsl.model.values import Micros, Value

if TYPE_CHECKING:
    from trigdsl.engine.machine import Machine

_NO_CAPS: dict[int, list[Micros]] = {}


class Actions:
    """Carries out actions of the machine's present user at its present moment."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._c = machine.context

    def perform(self, run: Run, action: CompiledAction, place: int) -> None:
        """Carry out the action at `place` (from 0) of the step at which the run stands."""
        if action.__class__ is SendAction:  # nearly always
            self._send(run, action, place)
            return
        match action:
            case SendAction():
                self._send(run, action, place)
            case SetAction():
                self._set(run, action, place)
            case ListAction():
                self._change_list(run, action, place)
            case EmitAction() | CallFunction():
                self._emit_or_call(run, action, place)

    # ------------------------------------------------------------------ set, add, remove, emit, call
    def _set(self, run: Run, action: SetAction, place: int) -> None:
        value = None if action.evaluate is None else action.evaluate(self._c)
        if value is None and action.evaluate is not None:
            self._machine.decide(run, action, place, "skipped", "missing value")
            return
        if self._done(run, action, place, value=value, has_value=True):
            changes = profiles.Changes()
            if not profiles.set_attribute(self._c.state, action.target, value, changes):
                self._machine.observations.note_zone(value)
            self._machine.changed(changes)

    def _change_list(self, run: Run, action: ListAction, place: int) -> None:
        if self._done(run, action, place):
            changes = profiles.Changes()
            add, remove = ([action.target], []) if action.kind == "add" else ([], [action.target])
            profiles.change_lists(self._c.state, add, remove, changes)
            self._machine.changed(changes)

    def _emit_or_call(self, run: Run, action: EmitAction | CallFunction, place: int) -> None:
        value: Any = action.evaluate(self._c)
        if self._done(run, action, place, value=value, has_value=True) and isinstance(action, EmitAction):
            self._machine.emit(action.wire, value)

    def _done(self, run: Run, action: CompiledAction, place: int, **told: Any) -> bool:
        """Record that the action is carried out; False when the run is a holdout's, which only pretends."""
        self._count(run)
        if run.holdout:
            self._machine.decide(run, action, place, "control", "holdout", **told)
            return False
        self._machine.decide(run, action, place, "sent", **told)
        return True

    # ------------------------------------------------------------------ send
    def _send(self, run: Run, action: SendAction, place: int) -> None:
        machine, decide = self._machine, self._machine.decide
        channel = action.channel
        if channel.requires and not all(test(self._c) for test in channel.requires):
            decide(run, action, place, "skipped", "requires")
            return
        rendered = action.fixed or self._rendered(run, action)
        variant, text, fields = rendered.variant, rendered.text, rendered.fields
        if rendered.skipped is not None:
            decide(run, action, place, "skipped", rendered.skipped, variant=variant)
            return
        if channel.characters is not None and text is not None and len(text) > channel.characters:
            decide(run, action, place, "skipped", "too long", variant=variant)
            return
        if run.holdout or rendered.silent:
            reason = "holdout" if run.holdout else "control" if variant is None else "nothing"
            self._count(run)
            decide(run, action, place, "control", reason, variant=variant, text=text, fields=fields)
            self._expose(run, variant, control=True)
            return
        rule = machine.program.rules[run.rule]
        if action.caps and not rule.steps[run.step].urgent:
            full = self._full_cap(action)
            if full is not None:
                decide(run, action, place, "capped", full, variant=variant)
                return
            self._note_caps(action)
        if not run.counted:
            self._count(run)
        decide(run, action, place, "sent", variant=variant, text=text, fields=fields)
        if rule.goal is not None:
            self._expose(run, variant, control=False)
        if machine.heeds_sends:
            machine.sent(run, channel.name, variant)

    def _full_cap(self, action: SendAction) -> str | None:
        c = self._c
        caps = c.state.caps or _NO_CAPS
        for cap in action.caps:
            times = caps.get(cap.number)
            # Before the zone is looked for: with fewer sends than it counts a cap is not full.
            if (len(times) if times is not None else 0) < cap.count:
                continue
            if quotas.is_full(times, cap.count, cap.period, c.now, c.zone):
                return cap.label
        return None

    def _note_caps(self, action: SendAction) -> None:
        state, now = self._c.state, self._c.now
        if state.caps is None:
            state.caps = {}
        for cap in action.caps:
            times = state.caps.get(cap.number)
            if times is None:
                times = state.caps[cap.number] = []
            quotas.note(times, cap.count, now)

    def _count(self, run: Run) -> None:
        """A run counts for its rule's limit from the first action that was carried out."""
        if not run.counted:
            run.counted = True
            self._machine.steps.note_limit(run)

    def _expose(self, run: Run, variant: str | None, *, control: bool) -> None:
        """The first send of a run, made or withheld, from which its goal counts."""
        goal = self._machine.rule(run).goal
        if goal is None or run.started_goal:
            return
        run.started_goal = True
        state = self._c.state
        # What can no longer be reached is forgotten here, since the event that would reach it may never come.
        state.goals = [kept for kept in state.goals or () if kept[1] >= self._c.now]
        state.goals.append([run.rule, later(self._c.now, goal.length), variant, control, run.event])
        self._machine.observations.exposed[run.rule, variant, control] += 1

    # ------------------------------------------------------------------ contents
    def _rendered(self, run: Run, action: SendAction) -> Rendered:
        if not action.by_share:
            return self._first_that_can(action)
        place = share(self._machine.rule(run).name, self._c.state.user)
        for variant in action.variants:
            assert variant.upto is not None
            if place < variant.upto:
                rendered, missing = self._render(variant, action.fields)
                return rendered or Rendered(variant=variant.label, skipped=f"missing {missing}")
        return Rendered(silent=True)

    def _first_that_can(self, action: SendAction) -> Rendered:
        """The first variant that is true and can be rendered, else why not: what the first one misses."""
        first_missing = None
        for variant in action.variants:
            if variant.test is None or variant.test(self._c):
                rendered, missing = self._render(variant, action.fields)
                if rendered is not None:
                    return rendered
                first_missing = first_missing or missing
        return Rendered(skipped="no variant" if first_missing is None else f"missing {first_missing}")

    def _render(
        self, variant: CompiledVariant, fields: tuple[FieldTemplate, ...] | None
    ) -> tuple[Rendered | None, str | None]:
        """The content of a variant, or else the path that is missing."""
        if variant.silent:
            return Rendered(variant=variant.label, silent=True), None
        try:
            text = None if variant.content is None else self._text(variant.content)
            named = None if fields is None else {one.name: self._field(one, one.name) for one in fields}
        except MissingValue as missing:
            return None, missing.path
        except TemplateFailure as failure:
            return Rendered(variant=variant.label, skipped=f"template error: {failure}"), None
        return Rendered(variant=variant.label, text=text, fields=named), None

    def _text(self, content: Content) -> str:
        """The text of a template, which reads declared dates and instants as such, as expressions do."""
        if not content.declared:
            return content.template.render(self._c)
        return content.template.render(DeclaredContext(self._c, content.declared))

    def _field(self, part: FieldTemplate, name: str) -> Value:
        if part.content is not None:
            return self._text(part.content)
        if part.fields is not None:
            return {one.name: self._field(one, f"{name}.{one.name}") for one in part.fields}
        if part.items is not None:
            return [self._field(one, f"{name}.{one.name}") for one in part.items]
        assert part.evaluate is not None
        value = part.evaluate(self._c)
        if value is None:
            raise MissingValue(name)
        return value
