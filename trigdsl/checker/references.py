"""Scope and trees → findings about names that point to nothing, or to the wrong thing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from importlib.resources import files
from typing import Any

from attrs import frozen

from trigdsl.checker import messages
from trigdsl.checker.findings import Findings, words
from trigdsl.checker.names import RESERVED_EVENTS
from trigdsl.checker.scope import Scope
from trigdsl.engine.calendars import HolidayCalendar, MissingExtra, UnknownRegion
from trigdsl.engine.zones import zone
from trigdsl.model.decisions import STATUSES
from trigdsl.source import Span
from trigdsl.syntax.nodes import (
    AddTo,
    CapDecl,
    Emit,
    Event,
    EveryDateOf,
    ExpectRule,
    HolidayDecl,
    IgnoredTrigger,
    Item,
    Member,
    MembershipTrigger,
    Name,
    Node,
    NoSendAfter,
    NoSendBetween,
    OnCalendar,
    RemoveFrom,
    Send,
    SystemEvent,
    TestEvent,
    TestUser,
    Timezone,
    Zone,
)
from trigdsl.syntax.walk import walk

SYSTEM_EVENTS = ("sent", "opened", "clicked", "bounced", "unsubscribed")


def check_references(items: Iterable[Item], scope: Scope, findings: Findings) -> None:
    """Resolves every name in the trees."""
    references = References(scope, findings)
    for item in items:
        for node in walk(item):
            if check := _CHECKS.get(type(node)):
                check(references, node)


@frozen
class References:
    """Resolves one node's name at a time."""

    scope: Scope
    findings: Findings

    def event(self, node: Event) -> None:
        self._event_name(node.name, node.span)

    def event_of(self, node: Emit | TestEvent) -> None:
        self._event_name(node.event.text, node.event.span)

    def _event_name(self, name: str, span: Span) -> None:
        scope = self.scope
        if name in RESERVED_EVENTS:
            self.findings.add(messages.reserved_event(name, span))
        elif name in scope.wires and name not in scope.events:
            declared = scope.events[scope.wires[name]]
            alias = declared.wire or declared.name
            self.findings.add(messages.wire_name_used(name, scope.wires[name], span, alias.span))

    def system_event(self, node: SystemEvent) -> None:
        if node.kind == "ignored":
            self.findings.add(messages.ignored_elsewhere(node.rule.text, node.span))
        elif node.kind not in SYSTEM_EVENTS:
            span = words(node, r"\w+")
            self.findings.add(messages.unknown_system_event(node.kind, node.rule.text, span, SYSTEM_EVENTS))
        else:
            self._rule(node.rule)

    def rule_of(self, node: IgnoredTrigger | ExpectRule) -> None:
        self._rule(node.rule)
        if isinstance(node, ExpectRule) and node.status not in (None, *STATUSES):
            status = str(node.status)
            self.findings.add(messages.unknown_status(status, words(node, rf"\b{status}\b"), STATUSES))

    def _rule(self, name: Name) -> None:
        if name.text not in self.scope.rule_names:
            self.findings.add(messages.unknown_rule(name.text, name.span, self.scope.rule_names))

    def member(self, node: Member | MembershipTrigger) -> None:
        self._member(node.name)

    def _member(self, name: Name) -> None:
        names = {*self.scope.segments, *self.scope.lists}
        if name.text not in names:
            self.findings.add(messages.unknown_member(name.text, name.span, names))

    def changed_list(self, node: AddTo | RemoveFrom) -> None:
        self._list(node.list)

    def _list(self, name: Name) -> None:
        segment = self.scope.segments.get(name.text)
        if segment:
            self.findings.add(messages.segment_is_no_list(name.text, name.span, segment.name.span))

    def test_user(self, node: TestUser) -> None:
        for name in node.lists:
            self._member(name)
            self._list(name)

    def calendar_of(self, node: EveryDateOf | OnCalendar) -> None:
        name = node.calendar
        if name.text not in self.scope.calendars:
            self.findings.add(messages.unknown_calendar(name.text, name.span, self.scope.calendars))

    def zone(self, node: Zone) -> None:
        if node.quoted or node.name not in ("local", "utc"):
            self._zone_name(node.name, node.span)

    def timezone(self, node: Timezone) -> None:
        self._zone_name(node.name, words(node, r'"[^"]*"'))

    def _zone_name(self, name: str, span: Span) -> None:
        if zone(name) is None:
            self.findings.add(messages.unknown_zone(name, span, _zone_names()))

    def region(self, node: HolidayDecl) -> None:
        try:
            HolidayCalendar(node.region.value)
        except UnknownRegion as error:
            self.findings.add(messages.unknown_region(node.region.value, node.region.span, error.matches))
        except MissingExtra:
            self.findings.add(messages.holidays_not_installed(node.region.span))

    def send_target(self, node: NoSendAfter | NoSendBetween) -> None:
        targets = {*self.scope.rule_names, *self.scope.channels, *self.scope.sent_on}
        if node.name and node.name.text not in targets:
            self.findings.add(messages.unknown_target(node.name.text, node.name.span, targets))

    def channel_of(self, node: Send | CapDecl) -> None:
        name = node.channel if isinstance(node, Send) else node.name
        scope = node.scope if isinstance(node, CapDecl) else "channel"
        if name and scope == "channel" and name.text in ("all", "tag"):
            self.findings.add(messages.reserved_channel(name.text, name.span))


@cache
def _zone_names() -> tuple[str, ...]:
    return tuple(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


_CHECKS: dict[type[Node], Callable[[References, Any], None]] = {
    Event: References.event,
    Emit: References.event_of,
    TestEvent: References.event_of,
    SystemEvent: References.system_event,
    IgnoredTrigger: References.rule_of,
    ExpectRule: References.rule_of,
    Member: References.member,
    MembershipTrigger: References.member,
    AddTo: References.changed_list,
    RemoveFrom: References.changed_list,
    TestUser: References.test_user,
    EveryDateOf: References.calendar_of,
    HolidayDecl: References.region,
    OnCalendar: References.calendar_of,
    Zone: References.zone,
    Timezone: References.timezone,
    NoSendAfter: References.send_target,
    NoSendBetween: References.send_target,
    Send: References.channel_of,
    CapDecl: References.channel_of,
}
