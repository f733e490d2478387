"""A program → its layout: what the numbers in a stored state mean; and from one layout to another.

A state names rules, history slots, caps and invariants by their numbers in the program that wrote it.  A store keeps
the layout of each program that wrote to it, and a state says which was its own.  So a later program finds what is
still its: a rule by its name, a slot by what it asks, a cap by its label, an invariant by its name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import cached_property

from attrs import frozen

from trigdsl.engine.action_types import SendAction
from trigdsl.engine.history import Window
from trigdsl.engine.program import CompiledRule, Program
from trigdsl.store.errors import StoreTooNew
from trigdsl.store.packing import decode, encode

FORM = 2
"""The form of layouts that is written."""

_NUMBER = re.compile(r" #\d+$")


@frozen
class RuleLayout:
    """A rule as a state knows it: its name, a fingerprint of its text, and of each step the first action.

    An action is its kind, channel and target, as a decision tells them.  `text` and `folder` are what it takes to
    compile the rule when it has become another one; form 1 had no text.  `is_old` tells that it has already.
    """

    name: str
    fingerprint: str
    steps: tuple[tuple[str, str | None, str | None], ...]
    text: str | None = None
    folder: str = ""
    is_old: bool = False


@frozen
class SlotLayout:
    """A history slot: what it asks, and how long it keeps (microseconds; 0: it is bounded otherwise)."""

    key: str
    length: int

    @property
    def asks(self) -> str:
        """The key without the number that tells slots apart which ask the same."""
        return _NUMBER.sub("", self.key)


@frozen(slots=False)
class Layout:
    """What the numbers in a state mean: each is the place of a name here, from 0."""

    rules: tuple[RuleLayout, ...]
    slots: tuple[SlotLayout, ...]
    caps: tuple[str, ...]
    invariants: tuple[str, ...]

    @property
    def has_old_rules(self) -> bool:
        return any(rule.is_old for rule in self.rules)

    @cached_property
    def encoded(self) -> bytes:
        """The layout as bytes: equal for equal layouts."""
        rules = [
            [rule.name, rule.fingerprint, [list(step) for step in rule.steps], rule.text, rule.folder, rule.is_old]
            for rule in self.rules
        ]
        slots = [[slot.key, slot.length] for slot in self.slots]
        return encode([FORM, rules, slots, list(self.caps), list(self.invariants)])


def decode_layout(data: bytes) -> Layout:
    """The layout of `encoded` bytes. Raises StoreTooNew for a form that is not known."""
    form, *parts = decode(data)
    if form > FORM:
        raise StoreTooNew("the layout of the program that wrote the states", form, FORM)
    rules, slots, caps, invariants = parts
    return Layout(
        tuple(
            RuleLayout(name, mark, tuple((kind, *to) for kind, *to in steps), *more)
            for name, mark, steps, *more in rules
        ),
        tuple(SlotLayout(key, length) for key, length in slots),
        tuple(caps),
        tuple(invariants),
    )


def layout_of(program: Program) -> Layout:
    """The layout of a program."""
    slots = zip(_apart(program.slot_keys), program.slots, strict=True)
    return Layout(
        tuple(
            RuleLayout(rule.name, rule.fingerprint, _steps(rule), rule.text, rule.folder, rule.is_old)
            for rule in program.rules
        ),
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
    """From the numbers of one layout to those of another; what is not there any more has none.

    Rules go by their names: an old rule, too, to the rule that it became.  `slots` goes from the other layout to this
    one, since several of its slots may ask the same: what an old rule asks is asked by the living one as well.
    """

    rules: dict[int, int]
    slots: dict[int, int]
    caps: dict[int, int]
    invariants: dict[int, int]


def numbers(old: Layout, new: Layout) -> Numbers:
    """How what a state of the old layout numbers goes in the new one."""
    living = {rule.name: place for place, rule in enumerate(new.rules) if not rule.is_old}
    return Numbers(
        {place: living[rule.name] for place, rule in enumerate(old.rules) if rule.name in living},
        _sources(old, new),
        _places(old.caps, new.caps),
        _places(old.invariants, new.invariants),
    )


def _sources(old: Layout, new: Layout) -> dict[int, int]:
    """For each slot of the new layout the old one that asks the same: of several, the one that goes back longest."""
    known: dict[str, list[int]] = {}
    for place, slot in enumerate(old.slots):
        known.setdefault(slot.asks, []).append(place)
    found = {}
    for place, slot in enumerate(new.slots):
        if slot.asks in known:
            key = slot.key
            found[place] = max(known[slot.asks], key=lambda one: (old.slots[one].length, old.slots[one].key == key))
    return found


def _places(old: Iterable[str], new: Iterable[str]) -> dict[int, int]:
    places = {name: place for place, name in enumerate(new)}
    return {place: places[name] for place, name in enumerate(old) if name in places}
