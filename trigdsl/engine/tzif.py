"""The bytes of a TZif file (RFC 8536) → when a zone's offset changes, and the rule for the time after.

Only the 64-bit block of version 2 and later and its footer, a POSIX TZ string, are read.  Abbreviations, leap
seconds and what says whether a time is daylight saving time play no part in civil time.
"""

from __future__ import annotations

import re
import struct

from attrs import frozen

from trigdsl.engine.dates import day_in_month, days_in_month, month_start, weekday
from trigdsl.model.values import DAY, HOUR, SECOND, Micros


@frozen
class RuleDate:
    """A date of every year, as POSIX writes it: `M3.2.0` (week 2 of month 3, Sunday), `J60`, `59`.

    `time` counts from the start of that day and may lie before or after it.
    """

    kind: str
    numbers: tuple[int, ...]
    time: Micros

    def in_year(self, year: int) -> Micros:
        """What the wall clock shows then, in microseconds as if it were UTC."""
        return self._day(year) * DAY + self.time

    def _day(self, year: int) -> int:
        new_year = month_start(year, 1)
        if self.kind == "J":
            leap_day_before = self.numbers[0] >= 60 and days_in_month(year, 2) == 29
            return new_year + self.numbers[0] - 1 + leap_day_before
        if self.kind == "":
            return new_year + self.numbers[0]
        month, week, sunday_based = self.numbers
        first = month_start(year, month)
        first += ((sunday_based - 1) - weekday(first)) % 7
        last = day_in_month(year, month, 31)
        return min(first + (week - 1) * 7, last - (last - first) % 7)


@frozen
class Rule:
    """Daylight saving time that comes and goes every year. Offsets are east of UTC."""

    standard: Micros
    daylight: Micros
    begins: RuleDate
    ends: RuleDate

    def changes(self, year: int) -> list[tuple[Micros, Micros]]:
        """The instants of a year at which the offset changes and the offsets from then on, in order."""
        return sorted(
            [
                (self.begins.in_year(year) - self.standard, self.daylight),
                (self.ends.in_year(year) - self.daylight, self.standard),
            ]
        )


@frozen
class ZoneData:
    """`first_offset` until the first change; `changes` are instants and the offset from then on; then `rule`."""

    first_offset: Micros
    changes: tuple[tuple[Micros, Micros], ...]
    rule: Rule | None


def read(data: bytes) -> ZoneData:
    """Read a whole TZif file. Raises ValueError when it is none, or of version 1."""
    if data[:4] != b"TZif" or data[4:5] < b"2":
        raise ValueError("not a TZif file of version 2 or later")
    start = 44 + _block_length(data, 0, time_size=4)
    times, types, offsets, end = _block(data, start)
    footer = data[end:].decode("ascii").strip("\n")
    changes = tuple((time * SECOND, offsets[kind]) for time, kind in zip(times, types, strict=True))
    return ZoneData(offsets[0], changes, _rule(footer))


def _counts(data: bytes, start: int) -> tuple[int, int, int, int, int, int]:
    is_ut, is_standard, leaps, times, types, characters = struct.unpack_from(">6l", data, start + 20)
    return is_ut, is_standard, leaps, times, types, characters


def _block_length(data: bytes, start: int, time_size: int) -> int:
    is_ut, is_standard, leaps, times, types, characters = _counts(data, start)
    return times * (time_size + 1) + types * 6 + characters + leaps * (time_size + 4) + is_standard + is_ut


def _block(data: bytes, start: int) -> tuple[tuple[int, ...], bytes, list[Micros], int]:
    """Times of change in seconds, the type from each on, the offset of each type, and where the block ends."""
    times, types = _counts(data, start)[3:5]
    at = start + 44
    changes = struct.unpack_from(f">{times}q", data, at)
    at += times * 8
    kinds = data[at : at + times]
    at += times
    offsets = [struct.unpack_from(">l", data, at + 6 * kind)[0] * SECOND for kind in range(types)]
    return changes, kinds, offsets, start + 44 + _block_length(data, start, time_size=8)


_NAME = r"(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]+>)"
_TIME = r"([+-]?\d{1,3}(?::\d\d){0,2})"
_DATE = r"(M|J|)(\d+(?:\.\d+\.\d+)?)(?:/" + _TIME + ")?"
_FOOTER = re.compile(f"{_NAME}{_TIME}(?:{_NAME}{_TIME}?,{_DATE},{_DATE})?")


def _rule(footer: str) -> Rule | None:
    match = _FOOTER.fullmatch(footer)
    if match is None and footer:
        raise ValueError(f"not a POSIX time zone: `{footer}`")
    if match is None or match[4] is None:
        return None
    standard = -_micros(match[1])
    daylight = -_micros(match[2]) if match[2] else standard + HOUR
    return Rule(standard, daylight, _date(*match.group(3, 4, 5)), _date(*match.group(6, 7, 8)))


def _date(kind: str, numbers: str, time: str | None) -> RuleDate:
    return RuleDate(kind, tuple(map(int, numbers.split("."))), _micros(time or "2"))


def _micros(text: str) -> Micros:
    """`5`, `-3`, `05:30:10` as microseconds."""
    seconds = 0
    for part, unit in zip(text.lstrip("+-").split(":"), (3600, 60, 1), strict=False):
        seconds += int(part) * unit
    return -seconds * SECOND if text.startswith("-") else seconds * SECOND
