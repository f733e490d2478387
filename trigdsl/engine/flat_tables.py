"""A flat program → tables of numbers, from which the compiled kernel decides what `flat_user` decides.

The kernel knows rules, what events do, and what became of a run by numbers alone; `Tables` says what they stand for.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING

from attrs import frozen

from trigdsl.engine.action_types import CompiledCap, CompiledPeriod
from trigdsl.engine.flat import Enders, FlatProgram, FlatRule
from trigdsl.engine.program import EventPlan
from trigdsl.engine.steps import MOST_RUNS
from trigdsl.engine.windows import Window, next_opening
from trigdsl.engine.zones import Zone
from trigdsl.model.values import FIRST_INSTANT, LAST_INSTANT, Micros

if TYPE_CHECKING:
    from trigdsl.native.kernel import Kernel

_LONGEST: Micros = LAST_INSTANT - FIRST_INSTANT + 1
"""As long as ever, for any two instants; longer ones would not fit the kernel's integers."""
_MOST_SENDS = 1 << 40
_MOST_SPANS = 8
_PARTS = ("decisions", "happened", "kernel", "lines", "merging", "names", "sifting", "zone_lines")
_EVERY_DAY = frozenset(range(7))


@frozen
class Kind:
    """What may become of a run of a rule."""

    rule: FlatRule
    status: str
    reason: str | None


class Tables:
    """The tables of a program in a kernel; `kinds` are numbered alike wherever the same program is."""

    def __init__(self, program: FlatProgram, kernel: Kernel) -> None:
        self.program = program
        self.kernel = kernel
        self.kinds: list[Kind] = []
        self._known: dict[tuple[int, str, str | None], int] = {}
        self._zones: dict[Zone, int] = {}
        self._caps: dict[int, int] = {}
        self._effects: dict[tuple[int, tuple[FlatRule, ...], Zone | None, tuple[FlatRule, ...]], int] = {}
        self._enders: dict[int, tuple[Enders, list[tuple[int, int, Micros]]]] = {}
        # Among timers of one moment a silence, which has no priority, comes before the runs of its own rule.
        silences = [(0, rule.index, 0) for rule in program.rules if rule.silence is not None]
        ranked = sorted([*silences, *((-rule.priority, rule.index, 1) for rule in program.rules)])
        ranks = {(index, of_run): rank for rank, (_, index, of_run) in enumerate(ranked)}
        for rule in program.rules:
            self._add_rule(rule, ranks[rule.index, 1], ranks.get((rule.index, 0), -1))
        plans = program.program.plans.values()
        for plan in (*plans, program.program.other or EventPlan()):
            self._ending(program.enders(plan))

    def zone(self, zone: Zone) -> int:
        """The number of a zone."""
        found = self._zones.get(zone)
        if found is None:
            found = self._zones[zone] = self.kernel.add_zone(zone, zone.segments)
        return found

    def effect(
        self, enders: Enders, rules: tuple[FlatRule, ...], zone: Zone | None, silent: tuple[FlatRule, ...]
    ) -> int:
        """The number of what an event does: what it ends and triggers, and the zone that its user then has.

        It starts the silence of the `silent` rules anew.  `enders` must be kept by who gives them: the same ones are
        known by their identity.
        """
        key = (id(enders), rules, zone, silent)
        found = self._effects.get(key)
        if found is None:
            changed = -1 if zone is None else self.zone(zone)
            fired = [rule.number for rule in rules]
            begun = [rule.number for rule in silent]
            found = self._effects[key] = self.kernel.add_effect(fired, self._ending(enders), changed, begun)
        return found

    def _ending(self, enders: Enders) -> list[tuple[int, int, Micros]]:
        known = self._enders.get(id(enders))
        if known is None:
            rules = self.program.by_index
            made = [
                (rules[index].number, self._kind(rules[index], "cancelled", ender.reason), _length(ender.within))
                for index in sorted(enders)
                for ender in enders[index]
            ]
            # Kept with it, so that no other comes to have its identity.
            known = self._enders[id(enders)] = enders, made
        return known[1]

    def _kind(self, rule: FlatRule, status: str, reason: str | None) -> int:
        key = rule.index, status, reason
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = len(self.kinds)
            self.kinds.append(Kind(rule, status, reason))
        return found

    def _add_rule(self, rule: FlatRule, rank: int, silence_rank: int) -> None:
        told = {"restarted": "cancelled"}
        told |= dict.fromkeys(("expired", "outside window", "campaign ended", "limit"), "skipped")
        kinds = {reason: self._kind(rule, status, reason) for reason, status in told.items()}
        kinds |= {reason: self._kind(rule, "pending", reason) for reason in ("due", "window")}
        kinds["sent"] = self._kind(rule, "sent", None)
        self.kernel.add_rule(
            after=_length(rule.after),
            expires=_length(rule.expires),
            at_most=_length(rule.at_most),
            starts=FIRST_INSTANT - 1 if rule.rule.starts is None else rule.rule.starts,
            ends=LAST_INSTANT + 1 if rule.rule.ends is None else rule.rule.ends,
            window=self._window(rule.windows),
            rank=rank,
            silence=_length(rule.silence),
            silence_rank=silence_rank,
            pending=rule.pending,
            else_skip=rule.else_skip,
            limit=-1 if rule.limit is None else self._counted(rule.limit.count, rule.limit.period),
            caps=[(self._cap(cap), self._kind(rule, "capped", cap.label)) for cap in rule.caps],
            kinds=kinds,
        )

    def _cap(self, cap: CompiledCap) -> int:
        found = self._caps.get(cap.number)
        if found is None:
            found = self._caps[cap.number] = self._counted(cap.count, cap.period)
        return found

    def _counted(self, count: int, period: CompiledPeriod) -> int:
        """The number of a new cap."""
        return self.kernel.add_cap(min(count, _MOST_SENDS), period.kind, min(period.length, _LONGEST))

    def _window(self, windows: tuple[Window, ...]) -> int:
        if not windows:
            return -1
        if len(windows) > 1 or not _is_table(windows[0]):
            return self.kernel.add_window(windows, (), 0, -1)
        (window,) = windows
        weekdays = sum(1 << day for day in (_EVERY_DAY if window.weekdays is None else window.weekdays))
        zone = -1 if window.zone is None else self.zone(window.zone)
        return self.kernel.add_window(windows, window.spans, weekdays, zone)


def tables_of(program: FlatProgram) -> Tables | None:
    """The tables of a program in a kernel of its own; None where it, or what goes with it, is not compiled."""
    if not is_kernel_there():
        return None
    from trigdsl.native.kernel import Kernel

    return Tables(program, Kernel(MOST_RUNS, next_opening))


def is_kernel_there() -> bool:
    """Whether the kernel, and what goes with it, is compiled."""
    try:
        for part in _PARTS:
            import_module(f"trigdsl.native.{part}")
    except ImportError:
        return False
    return True


def asked_in_python(program: FlatProgram) -> Iterator[str]:
    """The names of the rules for whose windows the kernel must ask each time, since they are no table."""
    for rule in program.rules:
        if rule.windows and (len(rule.windows) > 1 or not _is_table(rule.windows[0])):
            yield rule.rule.name


def _is_table(window: Window) -> bool:
    """Whether times of day and weekdays are all that a window asks for."""
    some_day = window.weekdays is None or bool(window.weekdays & _EVERY_DAY)
    return some_day and not window.on and not window.not_on and len(window.spans) <= _MOST_SPANS


def _length(length: Micros | None) -> Micros:
    """A length of time as the kernel has it: -1 for none."""
    return -1 if length is None else min(length, _LONGEST)
