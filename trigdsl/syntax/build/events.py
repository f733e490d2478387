"""Events named in rules: their trees, whether read as events or as expressions → event sets."""

from __future__ import annotations

from abc import abstractmethod

from lark import Token, Tree

from trigdsl.syntax import messages
from trigdsl.syntax.build.base import split_path, token_of
from trigdsl.syntax.build.literals import Literals
from trigdsl.syntax.nodes import (
    AnyEvent,
    Duration,
    Event,
    EventGroup,
    EventSet,
    EventWhere,
    Expression,
    Period,
    SystemEvent,
)
from trigdsl.syntax.spans import Branch, Part

_LOOSE = frozenset({"or", "and"})
_GROUPS = frozenset({"either", "or"})


class Events(Literals):
    """Trees → event sets.  Conditions after `where` come from the builder of expressions."""

    @abstractmethod
    def expression(self, part: Part) -> Expression: ...

    def event(self, part: Part) -> EventSet:
        """An event, a group or an event with `where`; anything else is noted."""
        assert not isinstance(part, Token)
        match part.data:
            case "event" | "path":
                return self.named_event(token_of(part))
            case "any_event":
                return self.node(AnyEvent, part)
            case "system_event":
                kind, rule = part.children
                return self.node(SystemEvent, part, kind=str(kind), rule=self.name(rule))
            case "group":
                return self.event(part.children[0])
            case "either" | "or":
                return self.node(EventGroup, part, events=tuple(self.event(child) for child in part.children))
            case "where_group":
                return self.event_where(part.children[0], part.children[1])
        self.found(messages.not_an_event(self.span(part)))
        return self.node(Event, part, name=self.span(part).text)

    def named_event(self, token: Token) -> Event | AnyEvent:
        if token.type == "SENT":
            self.found(messages.sent_of_which_rule(self.span(token)))
            return self.node(AnyEvent, token)
        if token.type == "PATH":
            self.found(messages.dotted_event(self.span(token)))
        return self.node(Event, token, name=split_path(token)[0])

    def event_where(self, event: Part, condition: Part) -> EventWhere:
        """`E where C`; a group without parentheses and a C that reads two ways are noted."""
        if isinstance(event, Tree) and event.data in _GROUPS:
            self.found(messages.where_after_group(self.span(event)))
        of = self.event(event)
        return self.node(EventWhere, self.span(event, condition), event=of, condition=self.where(event, condition))

    def where(self, event: Part, condition: Part) -> Expression:
        if isinstance(condition, Tree) and condition.data in _LOOSE:
            first = " ".join(self.span(event, condition.children[0]).text.split())
            self.found(messages.ambiguous_where(self.span(condition), first))
        return self.expression(condition)

    def event_and_where(self, part: Branch) -> EventSet:
        """The event of a modifier or clause: its first child, and the `where` that may follow."""
        event, where = part.children[0], part.children[1]
        if where is None:
            return self.event(event)
        return self.event_where(event, where.children[0])

    def property(self, part: Part, function: str) -> tuple[EventSet, tuple[str, ...]]:
        """`E.p`, `(E where C).p`, `E.p where C`: the event and the names of the property."""
        assert not isinstance(part, Token)
        if part.data == "path" and token_of(part).type == "PATH":
            return self._property_of_path(token_of(part))
        if part.data == "property":
            event, condition, tail = part.children
            of = self.event(event) if condition is None else self.event_where(event, condition)
            return of, split_path(tail)
        if part.data == "where_group":
            of, path = self.property(part.children[0], function)
            condition = self.where(part.children[0], part.children[1])
            return self.node(EventWhere, self.span(*part.children), event=of, condition=condition), path
        self.found(messages.not_a_property(self.span(part), function))
        return self.event_or_stub(part), ("value",)

    def event_or_stub(self, part: Branch) -> EventSet:
        return self.node(Event, part, name=self.span(part).text)

    def _property_of_path(self, token: Token) -> tuple[EventSet, tuple[str, ...]]:
        first, *path = split_path(token)
        end = len(first) + (2 if token.startswith("`") else 0)
        place = Token.new_borrow_pos("NAME", token[:end], token)
        place.end_pos = (token.start_pos or 0) + end
        if token.startswith("sent."):
            self.found(messages.sent_of_which_rule(self.span(place)))
        if token.startswith(("any.", "sent.")):
            return self.node(AnyEvent, place), tuple(path)
        return self.node(Event, place, name=first), tuple(path)

    def period(self, part: Branch) -> Period:
        """in last D   |   since E   |   today   |   ever"""
        duration: Duration | None = None
        event: EventSet | None = None
        if part.data == "in_last":
            duration = self.duration(part.children[1])
        elif part.data == "since":
            event = self.event(part.children[0])
        kind = "last" if part.data == "in_last" else str(part.data)
        return self.node(Period, part, kind=kind, duration=duration, event=event)
