"""Messages by user and local day → how many a user gets in a week."""

from __future__ import annotations

from collections import Counter

from attrs import define, field

from trigdsl.reporter.civil import week_of

MOST_LISTED = 20
"""User-weeks with more messages than this are one line."""


@define
class Week:
    """The messages of one week: how many, to how many users, and the most that one user got."""

    users: int = 0
    messages: int = 0
    most: int = 0


@define
class Pressure:
    """Counts the messages of each user and week, from Monday to Sunday of the user's own zone.

    A user's messages must come in the order of time; then only the present week of each is kept.
    """

    user_weeks: Counter[int] = field(factory=Counter)
    weeks: dict[int, Week] = field(factory=dict)
    most: int = 0
    most_user: str | None = None
    most_week: int | None = None
    _open: dict[str, tuple[int, int]] = field(factory=dict)

    def add(self, user: str, day: int) -> None:
        """Count one message."""
        week = week_of(day)
        at, count = self._open.get(user, (week, 0))
        if at != week:
            self._close(user, at, count)
            count = 0
        self._open[user] = week, count + 1

    def finish(self) -> None:
        """Count the weeks that are still open: there are no more messages."""
        for user, (week, count) in self._open.items():
            self._close(user, week, count)
        self._open.clear()

    def listed(self) -> list[tuple[str, int]]:
        """How many messages, as text, and in how many user-weeks there were so many; the many are one line."""
        lines = [(str(count), self.user_weeks[count]) for count in range(1, min(self.most, MOST_LISTED) + 1)]
        beyond = sum(weeks for count, weeks in self.user_weeks.items() if count > MOST_LISTED)
        return [*lines, (f"more than {MOST_LISTED}", beyond)] if beyond else lines

    def _close(self, user: str, at: int, count: int) -> None:
        self.user_weeks[count] += 1
        week = self.weeks.setdefault(at, Week())
        week.users += 1
        week.messages += count
        week.most = max(week.most, count)
        if count > self.most:
            self.most, self.most_user, self.most_week = count, user, at
