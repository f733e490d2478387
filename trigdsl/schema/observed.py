"""Values, one after the other → what kinds of value a field has, how often, and what it holds.

What is kept of a field is bounded, whatever the data: counts, an example of each kind, a few values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from attrs import define, field

from trigdsl.engine.reading import read_date, read_instant
from trigdsl.model.values import Value

MOST_VALUES = 8
"""How many different texts a field may have to be told as a choice of a few."""
MOST_KEYS = 60
"""How many keys the records at one place may have before they count as keys that data made up."""
MOST_FIELDS = 1_000
"""How many fields of one event are told apart; further ones are left out."""
MOST_DEPTH = 8
"""How many levels deep fields are told apart; deeper records are taken as they are."""
LONGEST_VALUE = 40
"""Characters of a text that may stand among the few."""

_KINDS: dict[type, str] = {
    bool: "boolean",
    int: "number",
    float: "number",
    str: "text",
    list: "list",
    dict: "record",
    datetime: "instant",
    date: "date",
    timedelta: "duration",
}


@define
class Observed:
    """A field: all values that were at one place of the records of one event.

    `kinds` counts the values by their type; `missing` those that were null.  Of texts, `dates` and `instants`
    are those that can be read so.  `values` counts the different texts, None when there are too many.  `fields`
    are those of the records that stood here, None when they have too many keys, or stand too deep.
    """

    kinds: Counter[str] = field(factory=Counter)
    missing: int = 0
    examples: dict[str, Value] = field(factory=dict)
    fractions: int = 0
    dates: int = 0
    instants: int = 0
    values: Counter[str] | None = field(factory=Counter)
    elements: Counter[str] = field(factory=Counter)
    fields: dict[str, Observed] | None = field(factory=dict)

    @property
    def count(self) -> int:
        """How many values were there, nulls aside."""
        return self.kinds.total()

    def add(self, value: Value, depth: int = 0) -> None:
        """Take a value in."""
        if value is None:
            self.missing += 1
            return
        kind = _KINDS[type(value)]
        self.kinds[kind] += 1
        self.examples.setdefault(kind, value)
        if isinstance(value, str):
            self._text(value)
        elif isinstance(value, float):
            self.fractions += not value.is_integer()
        elif isinstance(value, list):
            self.elements.update({_KINDS[type(one)] for one in value if one is not None})
        elif isinstance(value, dict):
            self.record(value, depth + 1)

    def record(self, value: Mapping[str, Value], depth: int = 0) -> None:
        """Take the fields of a record in."""
        if self.fields is None:
            return
        if depth > MOST_DEPTH:
            self.fields = None
            return
        for key, held in value.items():
            found = self.fields.get(key)
            if found is None:
                if depth and len(self.fields) == MOST_KEYS:
                    self.fields = None
                    return
                if len(self.fields) == MOST_FIELDS:
                    continue
                found = self.fields[key] = Observed()
            found.add(held, depth)

    def _text(self, value: str) -> None:
        if read_date(value) is not None:
            self.dates += 1
        elif read_instant(value) is not None:
            self.instants += 1
        if self.values is not None:
            self.values[value] += 1
            if len(self.values) > MOST_VALUES or len(value) > LONGEST_VALUE:
                self.values = None

    def type(self) -> str | None:
        """The type to declare: the commonest, of equally common ones the first that was seen; None with no value.

        Texts that are all dates, or all instants, are declared so.
        """
        if not self.kinds:
            return None
        kind = max(self.kinds, key=lambda one: self.kinds[one])
        if kind == "text":
            texts = self.kinds["text"]
            kind = "date" if self.dates == texts else "instant" if self.instants == texts else "text"
        return kind

    def conflicts(self) -> list[tuple[str, int, Value]]:
        """The kinds, their counts and an example each, the commonest first, when there are several."""
        found = [(kind, count, self.examples[kind]) for kind, count in self.kinds.most_common()]
        return found if len(found) > 1 else []

    def choices(self) -> list[str]:
        """The few different texts that a field has, when they come again and again; else none."""
        if not self.values or set(self.kinds) != {"text"} or self.dates or self.instants:
            return []
        return sorted(self.values) if self.count >= 3 * len(self.values) else []
