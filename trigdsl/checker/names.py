"""Syntax trees → the scope: every name in its table, and what is declared twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias, TypeVar

from trigdsl.checker import messages
from trigdsl.checker.fields import fields_of
from trigdsl.checker.findings import Findings, words
from trigdsl.checker.program import CheckedRule
from trigdsl.checker.scope import Scope
from trigdsl.diagnostics.diagnostic import Diagnostic
from trigdsl.engine.functions import BUILTINS
from trigdsl.model.signatures import Signature
from trigdsl.source import Source, Span
from trigdsl.syntax.nodes import (
    AddTo,
    CalendarDecl,
    ChannelDecl,
    Emit,
    Event,
    EventDecl,
    File,
    HolidayDecl,
    Invariant,
    Item,
    ListDecl,
    Node,
    RemoveFrom,
    Rule,
    SegmentDecl,
    Send,
    TestEvent,
    Timezone,
    UserDecl,
)
from trigdsl.syntax.walk import walk

Files: TypeAlias = Sequence[tuple[File, Source]]
Named: TypeAlias = EventDecl | ChannelDecl | SegmentDecl | ListDecl | CalendarDecl | HolidayDecl | Invariant
N = TypeVar("N", EventDecl, ChannelDecl, "CalendarDecl | HolidayDecl", "SegmentDecl | ListDecl", Invariant)
K = TypeVar("K")
S = TypeVar("S", Timezone, UserDecl)

RESERVED_CHANNELS = frozenset({"all", "tag"})
RESERVED_EVENTS = frozenset({"any", "sent", "ignored"})


def collect(files: Files, functions: Mapping[str, Signature], findings: Findings) -> Scope:
    """The scope of a program; of two declarations of one name the first counts."""
    items = [item for file, _ in files for item in file.items]
    nodes = [node for item in items for node in walk(item)]
    events = _table(_of(items, EventDecl), findings)
    members = _table([i for i in items if isinstance(i, SegmentDecl | ListDecl)], findings)
    segments = {name: one for name, one in members.items() if isinstance(one, SegmentDecl)}
    lists = {name: one for name, one in members.items() if isinstance(one, ListDecl)}
    channels = _table(_of(items, ChannelDecl), findings)
    rules = _rules(files)
    _table(_of(items, Invariant), findings)
    _check_declarations(items, findings)
    _check_functions(files, functions, findings)
    return Scope(
        rules=rules,
        rule_names=_rule_names(rules, findings),
        events=events,
        event_uses=_event_uses(nodes),
        wires=_wires(events, findings),
        segments=segments,
        declared_lists=lists,
        lists=frozenset(lists) | (_changed_lists(nodes) - set(segments)),
        channels=channels,
        sent_on=frozenset(node.channel.text for node in nodes if isinstance(node, Send)),
        calendars=_table([i for i in items if isinstance(i, CalendarDecl | HolidayDecl)], findings),
        user=_single(_of(items, UserDecl), messages.duplicate_user, findings),
        timezone=_single(_of(items, Timezone), messages.duplicate_timezone, findings),
        functions=dict(functions),
        event_fields={name: fields_of(d.fields) for name, d in events.items() if d.fields is not None},
    )


def rule_label(rule: Rule) -> Span:
    """What is underlined for a rule as a whole: its name, or its first word when it has none."""
    return rule.name.span if rule.name else words(rule, r"\w+")


def _of(items: Iterable[Item], kind: type[K]) -> list[K]:
    return [item for item in items if isinstance(item, kind)]


def _kind(declared: Named) -> str:
    kinds: dict[type[Named], str] = {
        EventDecl: "event",
        ChannelDecl: "channel",
        SegmentDecl: "segment",
        ListDecl: "list",
        Invariant: "invariant",
    }
    return kinds.get(type(declared), "calendar")


def _table(declared: Iterable[N], findings: Findings) -> dict[str, N]:
    table: dict[str, N] = {}
    for one in declared:
        name = one.name
        first = table.setdefault(name.text, one)
        if first is not one:
            findings.add(messages.duplicate_name(_kind(one), name.text, name.span, first.name.span, _kind(first)))
    return table


def _single(declared: Sequence[S], message: Callable[[Span, Span], Diagnostic], findings: Findings) -> S | None:
    for other in declared[1:]:
        findings.add(message(words(other, r"\w+"), words(declared[0], r"\w+")))
    return declared[0] if declared else None


def _rules(files: Files) -> tuple[CheckedRule, ...]:
    rules: list[CheckedRule] = []
    for file, source in files:
        unnamed = 0
        for node in _of(file.items, Rule):
            if node.name is None:
                unnamed += 1
            name = node.name.text if node.name else f"rule_{unnamed}"
            rules.append(CheckedRule(node, name, node.title, len(rules), source))
    return tuple(rules)


def _rule_names(rules: Iterable[CheckedRule], findings: Findings) -> dict[str, CheckedRule]:
    names: dict[str, CheckedRule] = {}
    for rule in rules:
        first = names.setdefault(rule.name, rule)
        if first is rule:
            continue
        if rule.node.name and first.node.name:
            findings.add(messages.duplicate_name("rule", rule.name, rule.node.name.span, first.node.name.span))
        else:
            unnamed, other = (rule, first) if rule.node.name is None else (first, rule)
            findings.add(messages.unnamed_rules_clash(rule.name, rule_label(unnamed.node), rule_label(other.node)))
    return names


def _event_uses(nodes: Iterable[Node]) -> dict[str, list[Span]]:
    uses: dict[str, list[Span]] = {}
    for node in nodes:
        if isinstance(node, Event):
            uses.setdefault(node.name, []).append(node.span)
        elif isinstance(node, Emit | TestEvent):
            uses.setdefault(node.event.text, []).append(node.event.span)
    return uses


def _changed_lists(nodes: Iterable[Node]) -> set[str]:
    return {node.list.text for node in nodes if isinstance(node, AddTo | RemoveFrom)}


def _wires(events: Mapping[str, EventDecl], findings: Findings) -> dict[str, str]:
    """Wire name → name in rules, for the events with an alias; no two events read the same records."""
    owners: dict[str, EventDecl] = {}
    for one in events.values():
        wire = one.wire.value if one.wire else one.name.text
        first = owners.setdefault(wire, one)
        if first is not one:
            place, there = (one.wire or one.name).span, (first.wire or first.name).span
            findings.add(messages.duplicate_wire_name(wire, first.name.text, place, there))
    return {wire: one.name.text for wire, one in owners.items() if one.wire}


def _check_declarations(items: Iterable[Item], findings: Findings) -> None:
    for item in items:
        if isinstance(item, ChannelDecl) and item.name.text in RESERVED_CHANNELS:
            findings.add(messages.reserved_channel(item.name.text, item.name.span))
        if isinstance(item, EventDecl):
            if item.name.text in RESERVED_EVENTS:
                findings.add(messages.reserved_event(item.name.text, item.name.span))
            if item.wire and item.wire.value in RESERVED_EVENTS - {"any"}:
                findings.add(messages.reserved_wire_name(item.wire.value, item.wire.span))
        if isinstance(item, EventDecl | UserDecl):
            _check_fields(item, findings)


def _check_fields(item: EventDecl | UserDecl, findings: Findings) -> None:
    seen: dict[tuple[str, ...], Span] = {}
    for one in item.fields or ():
        first = seen.setdefault(one.path, one.span)
        if first is not one.span:
            findings.add(messages.duplicate_field(".".join(one.path), one.span, first))


def _check_functions(files: Files, functions: Mapping[str, Signature], findings: Findings) -> None:
    for name in functions:
        if name in BUILTINS and files:
            findings.add(messages.builtin_function(name, Span(files[0][1], 0, 0)))
