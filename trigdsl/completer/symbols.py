"""A top-level item → every name that it declares or uses: what navigation, renaming and completion look up."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any

from attrs import frozen

from trigdsl.checker.fields import leaves
from trigdsl.checker.findings import words
from trigdsl.checker.paths import resolve
from trigdsl.source import Span
from trigdsl.syntax import nodes as n
from trigdsl.syntax.walk import children, walk


class Kind(StrEnum):
    """What a name is the name of: one name space each."""

    EVENT = "event"
    RULE = "rule"
    CHANNEL = "channel"
    MEMBER = "segment or list"
    CALENDAR = "calendar"
    TAG = "tag"
    VARIANT = "variant"
    FUNCTION = "function"
    INVARIANT = "invariant"
    ATTRIBUTE = "attribute"
    FIELD = "field"


@frozen
class Symbol:
    """A name at a place.

    `name` of a variant is `RULE/LABEL`, of an attribute its path without `user`, of a field `EVENT.PATH`.
    `declares` tells a declaration from a use.  `owners` are the events that a field may belong to.
    `quoted`: the place is inside a text, where a name has no backticks.
    """

    kind: Kind
    name: str
    span: Span
    declares: bool = False
    owners: tuple[str, ...] = ()
    quoted: bool = False

    @property
    def key(self) -> tuple[Kind, str]:
        return self.kind, self.name


def symbols_of(item: n.Item) -> Iterator[Symbol]:
    """The names of an item, in no particular order."""
    trigger = _trigger_events(item)
    for node in walk(item):
        if finder := _FINDERS.get(type(node)):
            yield from finder(node)
    yield from _fields(item, trigger, trigger)
    if isinstance(item, n.Rule) and item.name is not None:
        for node in walk(item):
            if isinstance(node, n.WhenVariant | n.ShareVariant) and node.label is not None:
                yield Symbol(Kind.VARIANT, f"{item.name.text}/{node.label.text}", node.label.span, declares=True)


def _trigger_events(item: n.Item) -> tuple[str, ...]:
    """The events whose properties a bare path reads in this item."""
    if isinstance(item, n.Rule) and isinstance(item.trigger, n.EventTrigger | n.SilenceTrigger):
        return _event_names(item.trigger.event)
    return ()


def _event_names(events: n.EventSet) -> tuple[str, ...]:
    return tuple(leaf.name for leaf in leaves(events) if isinstance(leaf, n.Event))


def _fields(node: n.Node, events: tuple[str, ...], trigger: tuple[str, ...]) -> Iterator[Symbol]:
    """The properties of events and attributes of the user that expressions below `node` read."""
    match node:
        case n.EventWhere(event=event, condition=condition):
            yield from _fields(event, events, trigger)
            yield from _fields(condition, _event_names(event), trigger)
            return
        case n.Path(parts=parts):
            root, path = resolve(parts)
            if root == "user" and path:
                yield Symbol(Kind.ATTRIBUTE, ".".join(path), node.span)
            elif root in ("event", "trigger") and path:
                yield Symbol(Kind.FIELD, ".".join(path), node.span, owners=trigger if root == "trigger" else events)
        case n.Aggregate(event=event, path=path) | n.Previous(event=event, path=path) if path:
            written = words(node, r"\." + re.escape(".".join(path)) + r"(?!\w)")
            if written != node.span:
                span = Span(written.source, written.start + 1, written.end)
                yield Symbol(Kind.FIELD, ".".join(path), span, owners=_event_names(event))
    for child in children(node):
        yield from _fields(child, events, trigger)


def _declared(kind: Kind) -> Callable[[Any], Iterator[Symbol]]:
    return lambda node: iter([Symbol(kind, node.name.text, node.name.span, declares=True)])


def _used(kind: Kind, attribute: str = "name") -> Callable[[Any], Iterator[Symbol]]:
    def find(node: Any) -> Iterator[Symbol]:
        name = getattr(node, attribute)
        if name is not None:
            yield Symbol(kind, name.text, name.span)

    return find


def _event(node: n.Event) -> Iterator[Symbol]:
    yield Symbol(Kind.EVENT, node.name, node.span)


def _event_decl(node: n.EventDecl) -> Iterator[Symbol]:
    yield Symbol(Kind.EVENT, node.name.text, node.name.span, declares=True)
    for one in node.fields or ():
        yield Symbol(Kind.FIELD, ".".join(one.path), _key_span(one), declares=True, owners=(node.name.text,))


def _user_decl(node: n.UserDecl) -> Iterator[Symbol]:
    for one in node.fields:
        yield Symbol(Kind.ATTRIBUTE, ".".join(one.path), _key_span(one), declares=True)


def _key_span(node: n.FieldDecl) -> Span:
    return words(node, r"[^\s:]+")


def _test_user(node: n.TestUser) -> Iterator[Symbol]:
    for name in node.lists:
        yield Symbol(Kind.MEMBER, name.text, name.span)
    for entry in node.profile.entries if node.profile is not None else ():
        yield Symbol(Kind.ATTRIBUTE, ".".join(entry.key), words(entry, r"[^\s:]+"))


def _attribute(node: Any) -> Iterator[Symbol]:
    yield Symbol(Kind.ATTRIBUTE, node.attribute.text, node.attribute.span)


def _tags(node: n.Tags) -> Iterator[Symbol]:
    for name in node.names:
        yield Symbol(Kind.TAG, name.text, name.span)


def _cap(node: n.CapDecl) -> Iterator[Symbol]:
    if node.name is not None:
        yield Symbol(Kind.TAG if node.scope == "tag" else Kind.CHANNEL, node.name.text, node.name.span)


def _expectation(node: n.ExpectRule) -> Iterator[Symbol]:
    yield Symbol(Kind.RULE, node.rule.text, node.rule.span)
    if node.channel is not None:
        yield Symbol(Kind.CHANNEL, node.channel.text, node.channel.span)
    if node.variant is not None:
        yield Symbol(Kind.VARIANT, f"{node.rule.text}/{node.variant.text}", node.variant.span)
    if node.reason is not None:
        yield from _reason(node.reason)


_CAPPED = re.compile(r"(?:tag (?P<tag>\S+)|(?P<channel>(?!all )\S+)) \d+ per ")
_ENDED = re.compile(r"(?:unless|stop on) (?P<events>.+)")
_NAMES_OF_EVENTS = re.compile(r"(?:sent|opened|clicked|bounced|unsubscribed) (?P<rule>\S+)|(?P<event>[^ ]+)")


def _reason(node: n.Text) -> Iterator[Symbol]:
    """The names in the reason of an expected decision, such as `unless purchase` or `push 2 per day`."""
    written, start = node.span.text, node.span.start + 1
    if written[1:-1] != node.value:
        return
    if found := _ENDED.fullmatch(node.value):
        base = found.start("events")
        for one in re.finditer(r"(?:(?!\bor\b).)+", found["events"]):
            named = _NAMES_OF_EVENTS.fullmatch(one[0].strip())
            if named is None or one[0].strip() == "any":
                continue
            kind = Kind.RULE if named["rule"] else Kind.EVENT
            name = named["rule"] or named["event"]
            at = start + base + one.start() + one[0].index(name, one[0].find(" ", 1) if named["rule"] else 0)
            yield Symbol(kind, name, Span(node.span.source, at, at + len(name)), quoted=True)
    elif found := _CAPPED.match(node.value):
        group = "tag" if found["tag"] else "channel"
        span = Span(node.span.source, start + found.start(group), start + found.end(group))
        yield Symbol(Kind.TAG if group == "tag" else Kind.CHANNEL, found[group], span, quoted=True)


_FINDERS: dict[type[n.Node], Callable[[Any], Iterator[Symbol]]] = {
    n.EventDecl: _event_decl,
    n.UserDecl: _user_decl,
    n.ChannelDecl: _declared(Kind.CHANNEL),
    n.SegmentDecl: _declared(Kind.MEMBER),
    n.ListDecl: _declared(Kind.MEMBER),
    n.CalendarDecl: _declared(Kind.CALENDAR),
    n.HolidayDecl: _declared(Kind.CALENDAR),
    n.Invariant: _declared(Kind.INVARIANT),
    n.Rule: lambda node: _declared(Kind.RULE)(node) if node.name is not None else iter(()),
    n.Event: _event,
    n.Emit: _used(Kind.EVENT, "event"),
    n.TestEvent: _used(Kind.EVENT, "event"),
    n.SystemEvent: _used(Kind.RULE, "rule"),
    n.IgnoredTrigger: _used(Kind.RULE, "rule"),
    n.ExpectRule: _expectation,
    n.Send: _used(Kind.CHANNEL, "channel"),
    n.CapDecl: _cap,
    n.Tags: _tags,
    n.Member: _used(Kind.MEMBER),
    n.MembershipTrigger: _used(Kind.MEMBER),
    n.AddTo: _used(Kind.MEMBER, "list"),
    n.RemoveFrom: _used(Kind.MEMBER, "list"),
    n.TestUser: _test_user,
    n.EveryDateOf: _used(Kind.CALENDAR, "calendar"),
    n.OnCalendar: _used(Kind.CALENDAR, "calendar"),
    n.Call: _used(Kind.FUNCTION),
    n.CallAction: _used(Kind.FUNCTION),
    n.BecomesTrigger: _attribute,
    n.ChangesTrigger: _attribute,
    n.EveryYearOf: _attribute,
    n.SetAttribute: _attribute,
}
