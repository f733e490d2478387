"""Numbers, durations, times, dates and texts: tokens → values and literal nodes."""

from __future__ import annotations

import datetime as dt
import math
import re
from itertools import pairwise

from lark import Token

from trigdsl.source import Span
from trigdsl.syntax import messages
from trigdsl.syntax.build.base import Base, split_path
from trigdsl.syntax.build.texts import text_value
from trigdsl.syntax.nodes import Duration, Text, TimeOfDay
from trigdsl.syntax.spans import start_of

UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_PART = re.compile(r"([0-9]+)\s*([smhdw])[a-z]*")
_HUNDRED_YEARS = 36_525 * 86_400
_DAY = 86_400
_DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def parts_of(written: str) -> tuple[tuple[int, str], ...]:
    """The counts and units of a duration: `1h30m` is `((1, "h"), (30, "m"))`; counts are cut to 12 digits."""
    return tuple((int(count[-12:]), unit) for count, unit in _PART.findall(written))


class Literals(Base):
    """Tokens → values; what is out of range is noted and replaced by something harmless."""

    def text(self, token: Token) -> Text:
        return self.node(Text, token, value=self.text_value(token), block=token.startswith('"""'))

    def text_value(self, token: Token) -> str:
        value, wrong = text_value(str(token))
        for start, end in wrong:
            self.found(messages.bad_escape(Span(self.source, start_of(token) + start, start_of(token) + end)))
        return value if not wrong else value.encode("utf-8", "replace").decode("utf-8")

    def key(self, token: Token) -> tuple[str, ...]:
        return (self.text_value(token),) if token.type == "TEXT" else split_path(token)

    def number(self, token: Token) -> int | float:
        written = str(token)
        if math.isinf(float(written)):
            self.found(messages.huge_number(self.span(token)))
            return 0
        return int(written) if written.isdigit() else float(written)

    def whole_number(self, token: Token) -> int:
        number = self.number(token)
        if isinstance(number, int):
            return number
        self.found(messages.no_whole_number(self.span(token)))
        return 1

    def percent(self, token: Token) -> float:
        value = float(token[:-1])
        if value <= 100:
            return value
        self.found(messages.bad_percentage(self.span(token)))
        return 0.0

    def ordinal(self, token: Token) -> int:
        if token.type == "FIRST":
            return 1
        digits = token[:-2].lstrip("0")
        if not digits:
            self.found(messages.bad_ordinal(self.span(token)))
        elif len(digits) > 15:
            self.found(messages.huge_number(self.span(token)))
        return int(digits[:15] or "1")

    def duration(self, token: Token) -> Duration:
        parts = parts_of(token)
        span = self.span(token)
        sizes = [UNITS[unit] for _, unit in parts]
        if any(later >= earlier for earlier, later in pairwise(sizes)):
            self.found(messages.unordered_duration(span))
        elif sum(count * UNITS[unit] for count, unit in parts) > _HUNDRED_YEARS or len(token) > 80:
            self.found(messages.long_duration(span))
        else:
            return self.node(Duration, span, parts=parts)
        return self.node(Duration, span, parts=((1, "s"),))

    def time(self, token: Token, *, ends_window: bool = False) -> TimeOfDay:
        return self.node(TimeOfDay, token, seconds=self._seconds(token, ends_window))

    def _seconds(self, token: Token, ends_window: bool) -> int:
        hours, minutes, seconds = ([int(part) for part in token.split(":")] + [0])[:3]
        total = hours * 3600 + minutes * 60 + seconds
        span = self.span(token)
        if minutes > 59 or seconds > 59 or total > _DAY:
            self.found(messages.impossible_time(span))
        elif token.index(":") == 1:
            self.found(messages.short_time(span, f"0{token}"))
        elif total == _DAY and not ends_window:
            self.found(messages.midnight_at_end_only(span))
        else:
            return total
        return 0

    def date(self, token: Token) -> dt.date:
        try:
            return dt.date.fromisoformat(str(token))
        except ValueError:
            self.found(messages.impossible_date(self.span(token)))
            return dt.date(2000, 1, 1)

    def month_day(self, token: Token) -> tuple[int, int]:
        month, day = (int(part) for part in token.split("-"))
        if 1 <= month <= 12 and 1 <= day <= _DAYS_IN_MONTH[month - 1]:
            return month, day
        self.found(messages.impossible_month_day(self.span(token)))
        return 1, 1
