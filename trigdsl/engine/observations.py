"""What the machine notes beside decisions: runs started, conversions, and data warnings."""

from __future__ import annotations

from collections import Counter

from attrs import Factory, define

from trigdsl.model.values import Value


@define
class Odd:
    """A kind of data warning at one place: how often, and an example of the operands."""

    count: int
    example: tuple[Value, Value]


@define
class Observations:
    """Counts over all users. Rules go by number, places by the number of their node.

    `exposed` and `converted` count runs with a goal by (rule, variant, is control): those whose first send was
    made, and those of them whose user then did what the goal names, in time.  `taken_alias` is an example of
    the aliases that were another user's already.  `inputs_only` where no timer makes any: when profiles are set, and
    under the short cut.
    """

    runs: Counter[int] = Factory(Counter)
    exposed: Counter[tuple[int, str | None, bool]] = Factory(Counter)
    converted: Counter[tuple[int, str | None, bool]] = Factory(Counter)
    odd: dict[tuple[int, str, str], Odd] = Factory(dict)
    unknown_zones: dict[str, int] = Factory(dict)
    taken_aliases: int = 0
    taken_alias: str | None = None
    inputs_only: bool = False

    def note_odd(self, place: int, a: Value, b: Value) -> None:
        key = (place, type(a).__name__, type(b).__name__)
        found = self.odd.get(key)
        if found is None:
            self.odd[key] = Odd(1, (a, b))
        else:
            found.count += 1

    def note_zone(self, value: Value) -> None:
        name = value if isinstance(value, str) else repr(value)
        self.unknown_zones[name] = self.unknown_zones.get(name, 0) + 1

    def note_taken(self, alias: str, count: int = 1) -> None:
        """An id was to be linked to a user, and is another's already."""
        self.taken_aliases += count
        self.taken_alias = self.taken_alias or alias
