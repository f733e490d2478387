"""A condition → whether it can be true, or false, at all.

Every answer `False` is a proof: it holds for every event, profile and moment, missing values and unknown
conditions included.  `True` only means that no proof was found.  A condition is brought into alternatives, each
a set of facts that would all have to be true; one without a contradiction is enough for `True`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

from attrs import define, evolve, field, frozen

from trigdsl.linter.domains import Point, domain, point, words
from trigdsl.linter.ranges import Range, opposite
from trigdsl.syntax.nodes import (
    And,
    Boolean,
    Compare,
    Exists,
    Expression,
    Happened,
    In,
    ListLiteral,
    Member,
    Not,
    Or,
)

_MOST_ALTERNATIVES = 256
_MIRRORED = {"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
_DISJOINT = frozenset({"number", "boolean", "duration"})
"""Classes whose values are never of another class; a text may be read as a date."""


@frozen
class Fact:
    """`expression` is true, or (not `holds`) it is false."""

    expression: Expression
    holds: bool


def can_be_true(*conditions: Expression) -> bool:
    """Whether the conditions may all be true at one moment."""
    found = alternatives(And(conditions), True)
    return found is None or any(_consistent(facts) for facts in found)


def can_be_false(condition: Expression) -> bool:
    """Whether the condition may be false. (One that may only be true or unknown cannot.)"""
    found = alternatives(condition, False)
    return found is None or any(_consistent(facts) for facts in found)


def implies(condition: Expression, other: Expression) -> bool:
    """Whether `other` is true whenever `condition` is."""
    found = alternatives(condition, True)
    return found is not None and all(_follows(other, facts) for facts in found if _consistent(facts))


def alternatives(condition: Expression, holds: bool) -> list[tuple[Fact, ...]] | None:
    """The ways in which the condition is true (or false); None when they are too many to look at."""
    match condition:
        case Not(operand=operand):
            return alternatives(operand, not holds)
        case Boolean(value=value):
            return [()] if value is holds else []
        case And(operands=operands) | Or(operands=operands):
            parts = [alternatives(operand, holds) for operand in operands]
            found = [part for part in parts if part is not None]
            if isinstance(condition, And) is holds:
                # What is too much to look at is left out of a conjunction: fewer facts never prove more.
                return _joined(found)
            return None if len(found) < len(parts) else _limited([one for part in found for one in part])
        case In(operand=operand, container=ListLiteral(items=items), negated=negated) if negated is not holds:
            if all(point(item) is not None for item in items):
                return _limited([(Fact(Compare("==", operand, item), True),) for item in items])
    return [(_plain(condition, holds),)]


def _joined(parts: Sequence[list[tuple[Fact, ...]]]) -> list[tuple[Fact, ...]] | None:
    size = 1
    for part in parts:
        size *= len(part)
    if size > _MOST_ALTERNATIVES:
        return None
    return [tuple(fact for facts in chosen for fact in facts) for chosen in product(*parts)]


def _limited(found: list[tuple[Fact, ...]]) -> list[tuple[Fact, ...]] | None:
    return found if len(found) <= _MOST_ALTERNATIVES else None


def _plain(condition: Expression, holds: bool) -> Fact:
    """One form for what can be said in two ways: `no E ever` is `E ever` not holding."""
    match condition:
        case Happened(negated=True) | Member(negated=True) | Exists(negated=True) | In(negated=True):
            return Fact(evolve(condition, negated=False), not holds)
        case Compare(operator=operator, left=left, right=right) if operator in _MIRRORED:
            if point(left) is not None and point(right) is None:
                operator, left, right = _MIRRORED[operator], right, left
            return Fact(Compare(operator if holds else opposite(operator), left, right), True)
    return Fact(condition, holds)


@define
class _Value:
    """What the facts say of the value of one expression."""

    classes: set[str] = field(factory=set)
    ranges: dict[str, Range] = field(factory=dict)
    texts: set[str] = field(factory=set)
    other_texts: set[str] = field(factory=set)

    def compare(self, operator: str, at: Point) -> None:
        kind, place = at
        self.classes.add(kind)
        if isinstance(place, str):
            if operator == "==":
                self.texts.add(place)
            elif operator == "!=":
                self.other_texts.add(place)
        else:
            self.ranges.setdefault(kind, Range()).narrow(operator, place)
            if kind == "boolean" and operator in ("==", "!="):
                self.ranges[kind].whole, self.ranges[kind].low = True, max(self.ranges[kind].low, 0)
                self.ranges[kind].high = min(self.ranges[kind].high, 1)

    def is_contradictory(self) -> bool:
        if len(self.classes) > 1 and self.classes & _DISJOINT:
            return True
        # `2026-01-01` and `2026-01-01T00:00Z` are different texts and may be one date.
        if any(not text[:1].isdigit() for text in self.texts & self.other_texts):
            return True
        if len(self.texts) > 1 and any(not text[:1].isdigit() for text in self.texts):
            return True
        return any(held.is_empty for held in self.ranges.values())


def _values(facts: Iterable[Fact]) -> dict[Expression, _Value]:
    values: dict[Expression, _Value] = {}
    for fact in facts:
        match fact:
            case Fact(Compare(operator=operator, left=left, right=right), True) if operator in _MIRRORED:
                at = point(right)
                if at is not None:
                    values.setdefault(left, _value_of(left)).compare(operator, at)
            case Fact(In(operand=operand, container=ListLiteral(items=items)), False):
                held = values.setdefault(operand, _value_of(operand))
                for at in filter(None, map(point, items)):
                    # An element of another type is just unequal, so nothing is said of the class.
                    if isinstance(at[1], str):
                        held.other_texts.add(at[1])
                    elif at[0] in held.ranges:
                        held.ranges[at[0]].narrow("!=", at[1])
    return values


def _value_of(expression: Expression) -> _Value:
    known = domain(expression)
    return _Value() if known is None else _Value({known[0]}, {known[0]: known[1]})


def _consistent(facts: Sequence[Fact]) -> bool:
    """Whether the facts may all hold; `False` is a proof."""
    # Facts about ranges come first, so that `not in` finds the range that it cuts from.
    facts = sorted(facts, key=lambda fact: isinstance(fact.expression, In))
    held = {fact.expression: fact.holds for fact in facts}
    if any(held[fact.expression] is not fact.holds for fact in facts):
        return False
    values = _values(facts)
    for fact in facts:
        match fact:
            case Fact(Exists(operand=operand), False) if operand in values and values[operand].classes:
                return False
            case Fact(Compare(operator="!=" | "<" | ">", left=left, right=right), True) if left == right:
                return False
            case Fact(Compare(operator=operator, left=left, right=right), True) if operator in _MIRRORED:
                if Fact(Compare(opposite(operator), left, right), True) in facts:
                    return False
    return not any(held.is_contradictory() or _no_word(expression, held) for expression, held in values.items())


def _no_word(expression: Expression, held: _Value) -> bool:
    known = words(expression)
    return known is not None and (not held.texts <= known or held.other_texts >= known)


def _follows(condition: Expression, facts: Sequence[Fact], holds: bool = True) -> bool:
    """Whether the facts make the condition true (or false)."""
    match condition:
        case Not(operand=operand):
            return _follows(operand, facts, not holds)
        case Boolean(value=value):
            return value is holds
        case And(operands=operands) | Or(operands=operands):
            every = isinstance(condition, And) is holds
            answers = (_follows(operand, facts, holds) for operand in operands)
            return all(answers) if every else any(answers)
    wanted = _plain(condition, holds)
    return wanted in facts or _compared(wanted, facts)


def _compared(wanted: Fact, facts: Sequence[Fact]) -> bool:
    match wanted:
        case Fact(Compare(operator=operator, left=left, right=right), True) if operator in _MIRRORED:
            at, held = point(right), _values(facts).get(left)
            if at is None or held is None or held.classes != {at[0]} or isinstance(at[1], str):
                return False
            return held.ranges[at[0]].within(operator, at[1])
        case Fact(Exists(operand=operand), True):
            held = _values(facts).get(operand)
            return held is not None and bool(held.classes)
    return False
