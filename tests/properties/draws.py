"""A seed → small draws of one case: durations, dates, windows, and moments on the boundaries they make."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

ZONES = ("UTC", "Asia/Seoul", "America/New_York", "Europe/London", "Asia/Kolkata", "Australia/Lord_Howe")
BASES = (
    ("UTC", "2026-11-20 09:00"),
    ("UTC", "2026-11-30 00:00"),
    ("Asia/Seoul", "2026-11-20 00:00"),
    ("Asia/Kolkata", "2027-02-27 09:00"),
    ("America/New_York", "2026-10-31 09:00"),
    ("America/New_York", "2026-11-01 00:00"),
    ("America/New_York", "2027-03-13 09:00"),
    ("America/New_York", "2027-03-14 00:00"),
    ("Europe/London", "2027-03-27 21:00"),
    ("Australia/Lord_Howe", "2027-04-03 21:00"),
    ("Australia/Lord_Howe", "2026-10-03 09:00"),
)
CLOCK_CHANGES = (
    ("America/New_York", "2026-10-31 23:00"),
    ("America/New_York", "2027-03-13 23:00"),
    ("Europe/London", "2027-03-27 23:00"),
    ("Australia/Lord_Howe", "2027-04-03 23:00"),
    ("Australia/Lord_Howe", "2026-10-03 23:00"),
)
"""The last hours before the clocks change."""
DURATIONS = ("30m", "1h", "90m", "2h", "3h", "12h", "1d", "2d")
TIMES = ("00:00", "01:30", "02:30", "09:00", "12:00", "21:00")
EVENTS = ("a", "b", "c")
THEMES = ("windows", "limits", "chains", "silences", "segments", "zones", "reactions", "stacks", "calendars", "clocks")
"""What the cases of a theme have more of."""
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(duration: str) -> int:
    """The length of a duration of one part."""
    return int(duration[:-1]) * UNITS[duration[-1]]


class Draws:
    """The random numbers of a case, its theme, and the lattice of its times."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.theme = self.pick("", "", *THEMES)
        self.zone, base = self.random.choice(CLOCK_CHANGES if self.theme == "clocks" else BASES)
        self.base = datetime.fromisoformat(base).replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)
        known = ("30m", "1h", "90m") if self.theme == "clocks" else DURATIONS
        self.lengths = self.random.sample(known, self.pick(1, 2, 2, 3))
        self.names = [f"r{place}" for place in range(self.random.choice((1, 2, 2, 3, 3, 4, 5)))]

    def maybe(self, chance: float, *themes: str) -> bool:
        """A draw that is likelier in cases of these themes."""
        return self.random.random() < (min(chance * 3, 0.8) if self.theme in themes else chance)

    def pick(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    def length(self) -> str:
        return self.pick(*self.lengths, self.lengths[0], self.lengths[0])

    def date(self, last: int = 3) -> str:
        """A date at most one day before and some days after the base's."""
        day = self.base.astimezone(ZoneInfo(self.zone)).date() + timedelta(days=self.random.randint(-1, last))
        return day.isoformat()

    def time(self) -> str:
        return self.pick("01:30", "01:45", "02:00", "02:15", "02:30") if self.theme == "clocks" else self.pick(*TIMES)

    def zone_words(self) -> str:
        if self.theme == "clocks":
            return self.pick("", "", f' "{self.zone}"')
        return self.pick("", "", "", " local", " utc", ' "America/New_York"', f' "{self.zone}"', f' "{self.zone}"')

    def window(self) -> str:
        if self.theme == "clocks":
            return self.pick("01:00-01:45", "02:10-02:50", "01:30-02:30", "02:00-03:00", "22:00-01:30", "23:30-02:15")
        if self.maybe(0.1):
            return "09:00-12:00, 21:00-24:00"
        start, end = self.random.sample(TIMES, 2)
        return f"{start}-{end}"

    def days(self) -> str:
        weekdays = ", ".join(self.random.sample(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), self.pick(2, 3, 5)))
        return self.pick(f"on {weekdays}", "on weekdays", "on weekends", "on cal", "not on cal", "not on cal")

    def moment(self) -> datetime:
        """A moment a few of the program's durations after the base, or a second beside it."""
        at = self.base
        for length in self.lengths:
            at += timedelta(seconds=seconds(length) * self.pick(0, 0, 0, 1, 1, 2, 3))
        return at + timedelta(seconds=self.pick(0, 0, 0, 0, 0, 0, 1, -1))

    @staticmethod
    def written(at: datetime) -> str:
        return at.isoformat().replace("+00:00", "Z")
