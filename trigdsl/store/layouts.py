"""A program → its layout: what the numbers in a stored state mean; and from one layout to another.

A state names rules, history slots, caps and invariants by their numbers in the program that wrote it.  A store keeps
the layout of each program that wrote to it, and a state says which was its own.  So a later program finds what is
still its: a rule by its name, a slot by what it asks, a cap by its label, an invariant by its name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cached_property

from attrs import frozen

from trigdsl.engine.history import Window
from trigdsl.engine.program import CompiledRule, Program, SendAction
from trigdsl.store.errors import StoreTooNew
from trigdsl.store.packing import decode, encode

FORM = 1
"""The form of layouts that is written."""


@frozen
class RuleLayout:
    """A rule as a state knows it: its name, a fingerprint of its text, and of each step the first action.

    An action is its kind, channel and target, as a decision tells them.
    """

    name: str
    fingerprint: str
    steps: tuple[tuple[str, str | None, str | None], ...]


@frozen
class SlotLayout:
    """A history slot: what it asks, and how long it keeps (microseconds; 0: it is bounded otherwise)."""

    key: str
    length: int


@frozen(slots=False)
class Layout:
    """What the numbers in a state mean: each is the place of a name here, from 0."""

    rules: tuple[RuleLayout, ...]
    slots: tuple[SlotLayout, ...]
    caps: tuple[str, ...]
    invariants: tuple[str, ...]

    @cached_property
    def encoded(self) -> bytes:
        """The layout as bytes: equal for equal layouts."""
        rules = [[rule.name, rule.fingerprint, [list(step) for step in rule.steps]] for rule in self.rules]
        slots = [[slot.key, slot.length] for slot in self.slots]
        return encode([FORM, rules, slots, list(self.caps), list(self.invariants)])


def decode_layout(data: bytes) -> Layout:
    """The layout of `encoded` bytes. Raises StoreTooNew for a form that is not known."""
    form, *parts = decode(data)
    if form > FORM:
        raise StoreTooNew("the layout of the program that wrote the states", form, FORM)
    rules, slots, caps, invariants = parts
    return Layout(
        tuple(RuleLayout(name, mark, tuple((kind, *to) for kind, *to in steps)) for name, mark, steps in rules),
        tuple(SlotLayout(key, length) for key, length in slots),
        tuple(caps),
        tuple(invariants),
    )


def layout_of(program: Program) -> Layout:
    """The layout of a program."""
    slots = zip(_apart(program.slot_keys), program.slots, strict=True)
    return Layout(
        tuple(RuleLayout(rule.name, rule.fingerprint, _steps(rule)) for rule in program.rules),
        tuple(SlotLayout(key, slot.length if isinstance(slot, Window) else 0) for key, slot in slots),
        tuple(_apart(cap.label for cap in program.caps)),
        tuple(invariant.name for invariant in program.invariants),
    )


def _steps(rule: CompiledRule) -> tuple[tuple[str, str | None, str | None], ...]:
    found = []
    for step in rule.steps:
        action = step.actions[0]
        channel = action.channel.name if isinstance(action, SendAction) else None
        found.append((action.kind, channel, action.target))
    return tuple(found)


def _apart(names: Iterable[str]) -> list[str]:
    """Names, equal ones told apart by their order."""
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return found


@frozen
class Numbers:
    """From the numbers of one layout to those of another; what is not there any more has none."""

    rules: dict[int, int]
    slots: dict[int, int]
    caps: dict[int, int]
    invariants: dict[int, int]


def numbers(old: Layout, new: Layout) -> Numbers:
    """How what a state of the old layout numbers goes in the new one."""
    return Numbers(
        _places([rule.name for rule in old.rules], [rule.name for rule in new.rules]),
        _places([slot.key for slot in old.slots], [slot.key for slot in new.slots]),
        _places(old.caps, new.caps),
        _places(old.invariants, new.invariants),
    )


def _places(old: Iterable[str], new: Iterable[str]) -> dict[int, int]:
    places = {name: place for place, name in enumerate(new)}
    return {place: places[name] for place, name in enumerate(old) if name in places}
