"""Helpers: texts → items, expressions, triggers and findings."""

from __future__ import annotations

from trigdsl.source import Source
from trigdsl.syntax import nodes as n
from trigdsl.syntax.parser import ParsedFile, parse_file


def read(text: str) -> ParsedFile:
    return parse_file(Source("<test>", text))


def items(text: str) -> tuple[n.Item, ...]:
    """The items of a text without a mistake."""
    parsed = read(text)
    assert parsed.diagnostics == (), text
    assert parsed.file is not None
    return parsed.file.items


def item(text: str) -> n.Item:
    (only,) = items(text)
    return only


def rule(text: str) -> n.Rule:
    only = item(text)
    assert isinstance(only, n.Rule)
    return only


def trigger(text: str) -> n.Trigger:
    return rule(f"if {text} then send push").trigger


def expression(text: str) -> n.Expression:
    only = item(f"segment s = {text}")
    assert isinstance(only, n.SegmentDecl)
    return only.condition


def step(text: str) -> n.Step:
    (only,) = rule(f"if e {text}").steps
    return only


def clause(text: str) -> n.Clause:
    (only,) = rule(f"if e then send push {text}").clauses
    return only


def event(name: str) -> n.Event:
    return n.Event(name=name)


def name(text: str) -> n.Name:
    return n.Name(text=text)


def path(*parts: str) -> n.Path:
    return n.Path(parts=parts)


def number(value: float) -> n.Number:
    return n.Number(value=value)


def text(value: str) -> n.Text:
    return n.Text(value=value)


def duration(*parts: tuple[int, str]) -> n.Duration:
    return n.Duration(parts=parts)


def at(hours: int, minutes: int = 0, seconds: int = 0) -> n.TimeOfDay:
    return n.TimeOfDay(seconds=hours * 3600 + minutes * 60 + seconds)
