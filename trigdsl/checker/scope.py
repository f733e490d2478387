"""Everything that has a name in a program, each name space a table."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from attrs import frozen

from trigdsl.checker.fields import Carrier, Fields, fields_of
from trigdsl.checker.program import CheckedRule
from trigdsl.model.signatures import Signature
from trigdsl.source import Span
from trigdsl.syntax.nodes import (
    CalendarDecl,
    ChannelDecl,
    EventDecl,
    HolidayDecl,
    ListDecl,
    SegmentDecl,
    Timezone,
    UserDecl,
)


@frozen(slots=False)
class Scope:
    """The names of a program, resolved against by every later pass.

    `event_uses` holds, for each event name, where rules and tests use it (declarations aside).
    `lists` are those declared and those that `add to` and `remove from` name.
    """

    rules: tuple[CheckedRule, ...]
    rule_names: Mapping[str, CheckedRule]
    events: Mapping[str, EventDecl]
    event_uses: Mapping[str, list[Span]]
    wires: Mapping[str, str]
    segments: Mapping[str, SegmentDecl]
    declared_lists: Mapping[str, ListDecl]
    lists: frozenset[str]
    channels: Mapping[str, ChannelDecl]
    sent_on: frozenset[str]
    calendars: Mapping[str, CalendarDecl | HolidayDecl]
    user: UserDecl | None
    timezone: Timezone | None
    functions: Mapping[str, Signature]
    event_fields: Mapping[str, Fields]

    @cached_property
    def user_carrier(self) -> Carrier:
        """What `user.` paths read from."""
        return Carrier(None if self.user is None else (("user", fields_of(self.user.fields)),))

    @cached_property
    def event_names(self) -> frozenset[str]:
        """Events that are declared or used."""
        return frozenset((*self.events, *self.event_uses))
