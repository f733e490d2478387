"""What the checker hands to the compiler: the rules of a program, its declarations and the types it knows."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from trigdsl.model.signatures import Signature
from trigdsl.source import Source
from trigdsl.syntax.nodes import (
    CalendarDecl,
    CapDecl,
    HolidayDecl,
    Invariant,
    Item,
    Policy,
    Rule,
    SegmentDecl,
    Test,
)


@frozen
class CheckedRule:
    """A rule under the name that it goes by.

    `name` is what was written, or `rule_1`, `rule_2`… by its place among the unnamed rules of its file;
    `index` its place in the program, from 0.
    """

    node: Rule
    name: str
    title: str | None
    index: int
    source: Source


@frozen
class CheckedProgram:
    """A program without errors, its names resolved.

    `rules` stand in program order: files in the order given, rules in the order of the text.
    `wire_names` maps events with an alias, by their name in rules, to their name on the wire.
    `event_fields` and `user_fields` map a path to its type's name, for what is declared with fields.
    `lists` are the declared ones and those that `add to` and `remove from` name.
    `items` are all items of all files in their order, those above among them.
    `used_fields` maps undeclared events, and `user` when it is undeclared, to the fields that rules use of them, with
    their types where their use tells.
    `types` maps the id of an expression to its type's name, where that is known.
    """

    rules: tuple[CheckedRule, ...]
    timezone: str | None
    wire_names: dict[str, str]
    event_fields: dict[str, dict[tuple[str, ...], str]]
    user_fields: dict[tuple[str, ...], str] | None
    channels: dict[str, tuple[Policy, ...]]
    caps: tuple[CapDecl, ...]
    calendars: dict[str, CalendarDecl | HolidayDecl]
    segments: dict[str, SegmentDecl]
    lists: frozenset[str]
    tests: tuple[Test, ...]
    invariants: tuple[Invariant, ...]
    items: tuple[Item, ...]
    types: dict[int, str]
    used_fields: dict[str, dict[tuple[str, ...], str | None]]
    host_functions: Mapping[str, Signature]
