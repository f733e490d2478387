"""A case as parts that can be left out one by one, and the cases that are smaller by one of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import evolve, field, frozen


@frozen
class RuleParts:
    """A rule as parts that can be left out one by one."""

    name: str
    trigger: str
    condition: str | None
    steps: tuple[tuple[str, ...], ...]
    clauses: tuple[str, ...]

    @property
    def text(self) -> str:
        condition = f" and {self.condition}" if self.condition else ""
        lines = [f"rule {self.name}: if {self.trigger}{condition}", *(" ".join(step) for step in self.steps)]
        return "\n  ".join([*lines, *self.clauses])


@frozen
class Case:
    """A program, a stream of records, and how far the clock goes."""

    declarations: tuple[str, ...]
    rules: tuple[RuleParts, ...]
    records: tuple[dict[str, Any], ...]
    options: dict[str, Any] = field(factory=dict)

    @property
    def text(self) -> str:
        return "\n".join([*self.declarations, *(rule.text for rule in self.rules)]) + "\n"


def smaller(whole: Case) -> Iterator[Case]:
    """The cases with one record, rule, declaration or part of a rule less."""
    for place in range(len(whole.records)):
        yield evolve(whole, records=without(whole.records, place))
    for place in range(len(whole.rules)):
        yield evolve(whole, rules=without(whole.rules, place))
    for place in range(len(whole.declarations)):
        yield evolve(whole, declarations=without(whole.declarations, place))
    for place, rule in enumerate(whole.rules):
        for less in smaller_rule(rule):
            yield evolve(whole, rules=(*whole.rules[:place], less, *whole.rules[place + 1 :]))
    for place, record in enumerate(whole.records):
        for less_record in smaller_record(record):
            yield evolve(whole, records=(*whole.records[:place], less_record, *whole.records[place + 1 :]))
    if whole.options:
        yield evolve(whole, options={})


def smaller_rule(rule: RuleParts) -> Iterator[RuleParts]:
    if rule.condition:
        yield evolve(rule, condition=None)
    for place in range(len(rule.clauses)):
        yield evolve(rule, clauses=without(rule.clauses, place))
    for place, step in enumerate(rule.steps):
        if len(rule.steps) > 1:
            yield evolve(rule, steps=without(rule.steps, place))
        for part in range(1, len(step)):
            yield evolve(rule, steps=(*rule.steps[:place], without(step, part), *rule.steps[place + 1 :]))


def smaller_record(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for key, value in record.items():
        if key in ("set", "add", "remove", "id") and ("event" in record or len(record) > 3):
            yield {name: held for name, held in record.items() if name != key}
        if isinstance(value, dict):
            yield from (record | {key: {n: v for n, v in value.items() if n != name}} for name in value)


def without(parts: tuple[Any, ...], place: int) -> tuple[Any, ...]:
    return (*parts[:place], *parts[place + 1 :])
