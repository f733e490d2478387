"""How a line begins that moves the clock (`+30m`, `09:00 tomorrow`, `2026-11-20 10:00`) → the moment that is meant."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from attrs import frozen

from trigdsl.engine.dates import day_number, weekday
from trigdsl.engine.zones import Zone
from trigdsl.model.durations import SECONDS_OF_UNIT
from trigdsl.model.values import SECOND, Micros, instant, micros
from trigdsl.repl.refusal import Refusal
from trigdsl.syntax.tokens import Token

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONG = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS = {"today": 0, "tomorrow": 1}
_PAST = ("yesterday", "ago")
LAST: Micros = micros(dt.datetime(9998, 1, 1, tzinfo=dt.UTC))
"""The clock is not moved to this moment or beyond, so that whatever is armed then still has a date."""


@frozen
class After:
    """So long after the present moment."""

    length: Micros

    def resolve(self, now: Micros, zone: Zone) -> Micros:
        """The moment that is meant; `zone` is that of the user."""
        return now + self.length


@frozen
class OnClock:
    """When the user's clock shows a time: on a date, so many days from today, or on the next such weekday.

    Without a day, when it shows that time next.
    """

    second: int
    date: dt.date | None = None
    days: int | None = None
    weekday: int | None = None

    def resolve(self, now: Micros, zone: Zone) -> Micros:
        """The moment that is meant; `zone` is that of the user."""
        today = zone.day(now)
        if self.date is not None:
            return self._at(zone, day_number(self.date))
        if self.days is not None:
            return self._at(zone, today + self.days)
        wanted = range(today, today + 9)
        return next(
            at
            for day in wanted
            if (self.weekday is None or weekday(day) == self.weekday) and (at := self._at(zone, day)) > now
        )

    def _at(self, zone: Zone, day: int) -> Micros:
        return zone.instant(day, self.second * SECOND)


Move = After | OnClock


def read_move(tokens: Sequence[Token]) -> tuple[Move | None, int]:
    """The move that tokens begin with, None without one, and how many of them it takes; raises Refusal."""
    kinds = [token.type for token in tokens[:3]]
    match kinds:
        case ["PLUS", "DURATION", *_]:
            return After(_length(tokens[1])), 2
        case ["PLUS", "NUMBER", "NAME", *_] if tokens[2][0] in SECONDS_OF_UNIT:
            length = f"+{tokens[1]}{tokens[2][0]}"
            raise Refusal("number and unit of a length of time are joined", f"write `{length}`")
        case ["PLUS", *_]:
            raise Refusal("a length of time wants a number and a unit", "write `+30m`, `+2h`, `+1d` or `+1w`")
        case ["MINUS", *_]:
            raise Refusal("the clock goes forward only", "`:back` takes the last line back, `:back 3` the last three")
        case ["DURATION", *_]:
            raise Refusal(f"`{tokens[0]}` alone moves nothing", f"write `+{tokens[0]}` to move the clock")
        case ["DATE", "TIME", *_]:
            return OnClock(_second(tokens[1]), date=_date(tokens[0])), 2
        case ["DATE", *_]:
            return OnClock(0, date=_date(tokens[0])), 1
        case ["TIME", *_] if len(tokens) > 1 and (day := _day(tokens[1])) is not None:
            return OnClock(_second(tokens[0]), days=day.days, weekday=day.weekday), 2
        case ["TIME", "DATE", *_]:
            return OnClock(_second(tokens[0]), date=_date(tokens[1])), 2
        case ["TIME", *_]:
            return OnClock(_second(tokens[0])), 1
        case [_, "TIME", *_] if (day := _day(tokens[0])) is not None:
            return OnClock(_second(tokens[1]), days=day.days, weekday=day.weekday), 2
    return None, 0


@frozen
class _Day:
    """A day without a date: so many days from today, or the next such weekday."""

    days: int | None = None
    weekday: int | None = None


def is_day(word: str) -> bool:
    """Whether a word names a day to which the clock can be moved."""
    return word in _DAYS or word in WEEKDAYS or word in _LONG


def _day(token: Token) -> _Day | None:
    word = str(token).lower()
    if word in _PAST:
        raise Refusal("the clock goes forward only", "`:back` takes the last line back, `:back 3` the last three")
    if word in _DAYS:
        return _Day(days=_DAYS[word])
    return next((_Day(weekday=names.index(word)) for names in (WEEKDAYS, _LONG) if word in names), None)


def _second(token: Token) -> int:
    hour, minute, *rest = (int(part) for part in token.split(":"))
    second = rest[0] if rest else 0
    if not (minute < 60 and second < 60 and (hour, minute, second) <= (24, 0, 0)):
        raise Refusal(f"`{token}` is no time of day", "write 00:00 to 23:59, or with seconds 09:00:30")
    return hour * 3_600 + minute * 60 + second


def _date(token: Token) -> dt.date:
    try:
        return dt.date.fromisoformat(token)
    except ValueError as error:
        raise Refusal(f"`{token}` is no date", "write it as 2026-11-20") from error


def _length(token: Token) -> Micros:
    """A duration token, in its short form (`1h30m`) or in words (`30 minutes`), in microseconds."""
    seconds, digits = 0, ""
    for part in str(token).split():
        for char in part:
            if char.isdigit():
                digits += char
            elif digits:
                seconds += int(digits) * SECONDS_OF_UNIT[char]
                digits = ""
    return seconds * SECOND


def check_move(to: Micros, now: Micros, zone: Zone, *, may_go_back: bool) -> None:
    """Raises Refusal for a moment to which the clock cannot be moved."""
    if to >= LAST:
        raise Refusal("the clock stops before the year 9998", "move it less far")
    if to < now and not may_go_back:
        shown = instant(now) + dt.timedelta(microseconds=zone.offset(now))
        raise Refusal(
            f"the clock stands at {shown:%Y-%m-%d %H:%M} already and goes forward only",
            "`:back` takes the last line back, `:back 3` the last three",
        )
