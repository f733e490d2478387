"""Constraints on one value → whether any value meets them all."""

from __future__ import annotations

import math

from attrs import define, field

_MOST_POINTS = 64


@define
class Range:
    """Numbers from `low` to `high`, those two left out where they are `open`, without the `excluded` ones.

    Durations count in seconds and dates in days.  `whole`: only whole numbers.
    """

    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False
    whole: bool = False
    excluded: set[float] = field(factory=set)

    def narrow(self, operator: str, value: float) -> None:
        """Keeps only the numbers of which `number OPERATOR value` is true."""
        if operator in (">", ">=", "=="):
            self._from(value, operator == ">")
        if operator in ("<", "<=", "=="):
            self._to(value, operator == "<")
        if operator == "!=":
            self.excluded.add(value)

    @property
    def is_empty(self) -> bool:
        """Whether no number is left; never wrongly."""
        if self.low > self.high:
            return True
        if self.low == self.high:
            single_whole = not self.whole or math.isinf(self.low) or float(self.low).is_integer()
            return self.low_open or self.high_open or self.low in self.excluded or not single_whole
        return self.whole and self._no_whole_number()

    def within(self, operator: str, value: float) -> bool:
        """Whether `number OPERATOR value` is true of every number that is left."""
        outside = Range(self.low, self.high, self.low_open, self.high_open, self.whole, set(self.excluded))
        outside.narrow(_OPPOSITE[operator], value)
        if operator == "==":
            return self.low == self.high == value
        return outside.is_empty

    def _from(self, value: float, open: bool) -> None:
        if value > self.low or (value == self.low and open):
            self.low, self.low_open = value, open

    def _to(self, value: float, open: bool) -> None:
        if value < self.high or (value == self.high and open):
            self.high, self.high_open = value, open

    def _no_whole_number(self) -> bool:
        if math.isinf(self.low) or math.isinf(self.high):
            return False
        first, last = math.ceil(self.low), math.floor(self.high)
        first += self.low_open and first == self.low
        last -= self.high_open and last == self.high
        if last - first >= _MOST_POINTS:
            return False
        return all(number in self.excluded for number in range(first, last + 1))


_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def opposite(operator: str) -> str:
    """The comparison that is true exactly where this one is false."""
    return _OPPOSITE[operator]
