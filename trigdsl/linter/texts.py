"""Texts of sends → values that may be missing or are personal, and that nothing else in the program provides for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trigdsl.diagnostics.diagnostic import Diagnostic
from trigdsl.linter.facts import Facts
from trigdsl.linter.logic import implies
from trigdsl.linter.report import note
from trigdsl.source import Span
from trigdsl.syntax.nodes import (
    And,
    Boolean,
    Default,
    Exists,
    Expression,
    Nothing,
    Path,
    Send,
    SetAttribute,
    Text,
    WhenVariant,
)

_PRINTED = re.compile(r"\{\{-?\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*(\|[^{}]*?)?-?\}\}")
_PROVIDED = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*(?:\|\s*default\b|is\s+(?:not\s+)?defined\b)")


def lint_texts(facts: Facts) -> Iterator[Diagnostic]:
    """What can be said of the values that texts print."""
    missing = _known_to_miss(facts)
    declares = bool(facts.program.event_fields) and facts.program.user_fields is None
    told: set[str] = set()
    for rule in facts.rules:
        there: set[tuple[str, ...]] = set()
        for step in rule.node.steps:
            for action in step.actions:
                if isinstance(action, SetAttribute) and not isinstance(action.value, Nothing):
                    there.add(("user", action.attribute.text))
                elif isinstance(action, Send):
                    for text, condition in _texts(action):
                        held = [one for one in (rule.node.condition, step.guard, condition) if one is not None]
                        yield from _printed(text, held, missing - there)
                        if declares:
                            yield from _undeclared(text, told)


def _texts(send: Send) -> Iterator[tuple[Text, Expression | None]]:
    """The texts of a send that nothing takes the place of, and the condition under which each is chosen."""
    if isinstance(send.content, Text):
        yield send.content, None
    for place, variant in enumerate(send.variants):
        last = place == len(send.variants) - 1
        if isinstance(variant.content, Text) and (last or not isinstance(variant, WhenVariant)):
            yield variant.content, variant.condition if isinstance(variant, WhenVariant) else None


def _known_to_miss(facts: Facts) -> set[tuple[str, ...]]:
    """The attributes that the program itself provides for being missing, or removes."""
    found: set[tuple[str, ...]] = set()
    for node in facts.nodes:
        match node:
            case Exists(operand=Path(parts=parts)) | Default(operand=Path(parts=parts)):
                found.add(parts)
            case SetAttribute(attribute=attribute, value=Nothing()):
                found.add(("user", attribute.text))
            case Text(value=value) if "default" in value or "defined" in value:
                found |= {tuple(one[1].split(".")) for one in _PROVIDED.finditer(value)}
    return {parts for parts in found if parts[0] == "user"}


def _printed(text: Text, held: list[Expression], missing: set[tuple[str, ...]]) -> Iterator[Diagnostic]:
    for found in _PRINTED.finditer(text.value):
        parts = tuple(found[1].split("."))
        if parts not in missing or "default" in (found[2] or "") or "{%" in text.value:
            continue
        condition = And((Boolean(True), *held))
        if not implies(condition, Exists(Path(parts))):
            message = f"`{found[1]}` may be missing, as the program knows elsewhere, and then nothing is sent"
            help = f"write `{{{{ {found[1]} | default('…') }}}}`, or ask for `{found[1]} exists`"
            yield note("missing-default", _place(text, found), message, help)


def _undeclared(text: Text, told: set[str]) -> Iterator[Diagnostic]:
    for found in _PRINTED.finditer(text.value):
        if found[1].startswith("user.") and found[1] not in told:
            told.add(found[1])
            message = f"`{found[1]}` is a person's data, and the program does not declare what it uses of them"
            help = f"declare it: `user {{ {found[1].removeprefix('user.')}: text }}`"
            yield note("undeclared-personal-data", _place(text, found), message, help)


def _place(text: Text, found: re.Match[str]) -> Span:
    """Where a tag of a template stands in the source; the whole text where escapes hide it."""
    before = text.value[: found.start()].count(found[0])
    start = -1
    for _ in range(before + 1):
        start = text.span.text.find(found[0], start + 1)
    if start < 0:
        return text.span
    return Span(text.span.source, text.span.start + start, text.span.start + start + len(found[0]))
