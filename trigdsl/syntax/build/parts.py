"""What follows the actions of a step: modifiers and clauses, and the windows that channels have too."""

from __future__ import annotations

from lark import Token, Tree

from trigdsl.source import Span
from trigdsl.syntax import messages
from trigdsl.syntax.build.actions import Actions
from trigdsl.syntax.build.base import split_path, token_of, tokens, tree, trees, unquoted
from trigdsl.syntax.nodes import (
    Between,
    Campaign,
    Clause,
    Duration,
    ForEach,
    Goal,
    Holdout,
    Limit,
    LimitPeriod,
    OnCalendar,
    OnDays,
    OnEdit,
    StopOn,
    Tags,
    TimeOfDay,
    TimeRange,
    Unless,
    WhilePending,
    Zone,
)
from trigdsl.syntax.spans import Branch, Part

WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
WEEKEND = ("sat", "sun")
_DAY_WORDS = {"weekday": WORKDAYS, "weekdays": WORKDAYS, "weekend": WEEKEND, "weekends": WEEKEND}


class Parts(Actions):
    """Trees → windows, days, modifiers and clauses."""

    # Times and days

    def between(self, part: Branch) -> Between:
        ranges = tuple(self._range(child) for child in trees(part, "range"))
        return self.node(Between, part, ranges=ranges, zone=self.zone(tree(part, "zone")))

    def _range(self, part: Branch) -> TimeRange:
        start_token, end_token = tokens(part, "TIME")
        start, end = self.time(start_token), self.time(end_token, ends_window=True)
        if start.seconds == end.seconds:
            self.found(messages.empty_window(self.span(part)))
            end = TimeOfDay(span=end.span, id=end.id, seconds=86_400)
        return self.node(TimeRange, part, start=start, end=end)

    def zone(self, part: Branch | None) -> Zone | None:
        if part is None:
            return None
        token = token_of(part)
        quoted = token.type == "TEXT"
        return self.node(Zone, part, name=self.text_value(token) if quoted else str(token), quoted=quoted)

    def at(self, part: Branch) -> tuple[TimeOfDay, Zone | None]:
        """at T [zone]"""
        return self.time(tokens(part, "TIME")[0]), self.zone(tree(part, "zone"))

    def weekdays(self, part: Branch) -> tuple[str, ...]:
        """The days a list of weekdays names, each once."""
        days: list[str] = []
        for token in (child for child in part.children if isinstance(child, Token)):
            if str(token) in days:
                self.found(messages.duplicate_day(self.span(token)))
                continue
            days += _DAY_WORDS.get(str(token), (str(token),))
        return tuple(days)

    def days(self, part: Branch) -> OnDays | OnCalendar:
        if part.data == "on_days":
            return self.node(OnDays, part, days=self.weekdays(part))
        negated = part.data == "not_on_calendar"
        return self.node(OnCalendar, part, calendar=self.name(part.children[-1]), negated=negated)

    def limit_period(self, part: Part) -> LimitPeriod:
        token = token_of(part)
        if token.type != "DURATION":
            return self.node(LimitPeriod, part, kind=str(token))
        return self.node(LimitPeriod, part, kind="duration", duration=self.duration(token))

    # Modifiers

    def unless(self, part: Branch) -> Unless:
        event = self.event_and_where(part)
        return self.node(Unless, part, event=event, within=self._within(part))

    def _within(self, part: Branch) -> Duration | None:
        found = tokens(part, "DURATION")
        return self.duration(found[0]) if found else None

    # Clauses

    def clause(self, part: Branch) -> Clause:
        built: Clause = getattr(self, f"_clause_{part.data}")(part)
        return built

    def _clause_stop_on(self, part: Branch) -> StopOn:
        event = self.event_and_where(Tree(part.data, part.children[1:], part.meta))
        return self.node(StopOn, part, event=event)

    def _clause_once(self, part: Branch) -> Limit:
        (period,) = part.children
        over = self.node(LimitPeriod, part, kind="ever") if period is None else self.limit_period(period)
        return self.node(Limit, part, count=1, period=over, once=True)

    def _clause_at_most(self, part: Branch) -> Limit:
        count = self.whole_number(tokens(part, "NUMBER")[0])
        return self.node(Limit, part, count=count, period=self.limit_period(part.children[-1]))

    def _clause_while_pending(self, part: Branch) -> WhilePending:
        policy = str(tokens(part, "IGNORE", "RESTART", "STACK")[0])
        found = tokens(part, "DURATION")
        if found and policy != "restart":
            self.found(messages.restart_only(self.span(tokens(part, "FOR_AT_MOST")[0], found[0])))
            found = []
        at_most = self.duration(found[0]) if found else None
        return self.node(WhilePending, part, policy=policy, at_most=at_most)

    def _clause_for_each(self, part: Branch) -> ForEach:
        token = token_of(part.children[-1])
        path = split_path(token)
        return self.node(ForEach, part, path=path[1:] if token.startswith("event.") else path)

    def _clause_from(self, part: Branch) -> Campaign:
        return self.node(Campaign, part, start=self.date(part.children[0]))

    def _clause_until(self, part: Branch) -> Campaign:
        return self.node(Campaign, part, end=self.date(part.children[0]))

    def _clause_holdout(self, part: Branch) -> Holdout:
        return self.node(Holdout, part, percent=self.percent(part.children[0]))

    def _clause_goal(self, part: Branch) -> Goal:
        event = self.event_and_where(part)
        return self.node(Goal, part, event=event, within=self.duration(part.children[-1]))

    def _clause_on_edit(self, part: Branch) -> OnEdit:
        return self.node(OnEdit, part, policy=str(tokens(part, "KEEP", "RETIME", "CANCEL")[0]))

    def _clause_tag(self, part: Branch) -> Tags:
        return self.node(Tags, part, names=tuple(self.name(child) for child in part.children))


_OF_TWO_WORDS = frozenset(
    {"stop_on", "on_edit", "while_pending", "for_each", "at_most", "not_on_calendar", "else_skip"}
)


def word_of(part: Branch, span: Span) -> str:
    """The keyword a modifier or clause begins with, as messages name it."""
    count = 2 if part.data in _OF_TWO_WORDS else 1
    return " ".join(unquoted(word) for word in span.text.split()[:count])
