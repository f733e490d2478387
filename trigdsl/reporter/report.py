"""All that a report tells: the figures of decisions, and what only a replay knows beside them."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, field, frozen

from trigdsl.replayer.summary import GoalSummary, Summary
from trigdsl.reporter.figures import Figures


@define
class Unread:
    """Lines of files of decisions that hold none: how many, and the first of them with the reason."""

    count: int = 0
    first: str = ""

    def note(self, file: str, line: int, reason: str) -> None:
        """Count one more."""
        self.count += 1
        self.first = self.first or f"{file}:{line}: {reason}"


@frozen(kw_only=True)
class Report:
    """What a page shows.

    `summary` is that of the replay which made the decisions; without one the page says what is not known.  `zone` is
    the name of the zone in which all decisions are told, None when each is told in its user's own.  `prose` says
    what each rule does; `stories` why a decision was made, by its place among all decisions from 0.
    """

    figures: Figures
    title: str
    sources: tuple[str, ...]
    zone: str | None
    summary: Summary | None = None
    prose: Mapping[str, str] = field(factory=dict)
    stories: Mapping[int, str] = field(factory=dict)
    unread: Unread | None = None

    @property
    def goals(self) -> dict[str, tuple[GoalSummary, ...]]:
        """What became of the goals, by rule; empty when it is not known."""
        return {rule.rule: rule.goals for rule in self.summary.rules if rule.goals} if self.summary else {}

    @property
    def users(self) -> int:
        """Of how many users those who were reached are a share: all of the replay, if all are shown."""
        known = self.summary is not None and not self.summary.shown.get("users")
        return self.summary.users if known and self.summary is not None else self.figures.users

    @property
    def fits(self) -> bool:
        """Whether the summary counts the very decisions that the figures count, as far as it is known."""
        counted = {rule.rule: rule.statuses for rule in self.figures.rules() if any(rule.statuses.values())}
        told = (
            {rule.rule: rule.statuses for rule in self.summary.rules if any(rule.statuses.values())}
            if self.summary
            else counted
        )
        return counted == told

    @property
    def zone_words(self) -> str:
        """Whose clock days, weeks and hours go by."""
        if self.zone is None:
            return "each user's own time zone"
        return f"the time zone {self.zone}" if self.zone != "UTC" else "UTC"
