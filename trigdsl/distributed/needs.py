"""A program → what it needs of a table: which events may matter, within which bounds, and which of their properties.

An engine asks no more of its source than that, so that files skip what nobody needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from attrs import frozen

from trigdsl.checker.paths import resolve
from trigdsl.checker.templates import TemplateSyntaxError, parse_template
from trigdsl.engine.program import Bound, Program
from trigdsl.engine.sieve import Sieve
from trigdsl.records.columns import Layout
from trigdsl.records.native import RESERVED
from trigdsl.source import Source
from trigdsl.syntax import nodes
from trigdsl.syntax.parser import parse_file
from trigdsl.syntax.walk import walk

Path: TypeAlias = tuple[str, ...]


@frozen
class Wanted:
    """An event that may matter, by its name on the wire; with `bounds` only if a property is beyond one of them."""

    event: str
    bounds: tuple[Bound, ...] | None = None


@frozen
class Needs:
    """What a program needs of records: the events, None for all; the paths of properties, None for all."""

    events: tuple[Wanted, ...] | None
    paths: frozenset[Path] | None

    def columns(self, layout: Layout) -> list[int]:
        """The columns of a table that are needed, whatever else is in it, in their order."""
        needed = {index for index, part in layout.parts if part not in ("properties", "set", "add", "remove")}
        for index, part, path in layout.paths:
            if part == "properties" and (self.paths is None or any(touch(path, read) for read in self.paths)):
                needed.add(index)
        return sorted(needed)


def needs_of(program: Program) -> Needs:
    """What a program needs; of one without its texts all properties."""
    texts = program.texts
    return Needs(_wanted(program), read_paths(texts.sources, texts.templates))


def touch(one: Path, other: Path) -> bool:
    """Whether one path leads to the other, so that who reads one may see the other."""
    length = min(len(one), len(other))
    return one[:length] == other[:length]


def _wanted(program: Program) -> tuple[Wanted, ...] | None:
    if program.other is not None or program.calendar_rules or program.segment_rules:
        return None
    sieve = Sieve(program)
    names = [name for name in program.plans if name not in RESERVED]
    return tuple(Wanted(name, sieve.bounds(name)) for name in names if sieve.test(name) is not None)


def read_paths(sources: Sequence[Source], templates: Sequence[Source]) -> frozenset[Path] | None:
    """The paths of all properties of events that rules and templates read; None where a whole event is read."""
    if not sources:
        return None
    found: set[Path] = set()
    try:
        for path in _paths(sources, templates):
            if not path:
                return None
            found.add(path)
    except TemplateSyntaxError:
        return None
    return frozenset(found)


def _paths(sources: Sequence[Source], templates: Sequence[Source]) -> Iterator[Path]:
    for template in templates:
        yield from _of_template(template.text)
    for source in sources:
        file = parse_file(source, 0).file
        for node in () if file is None else walk(file):
            match node:
                case nodes.Path():
                    yield from _of_event(node.parts)
                case nodes.Text():
                    yield from _of_template(node.value)
                case nodes.ForEach() | nodes.Previous():
                    yield node.path
                case nodes.Aggregate() if node.path:
                    yield node.path


def _of_template(text: str) -> Iterator[Path]:
    for path in parse_template(text).reads:
        yield from _of_event(path)


def _of_event(parts: Path) -> Iterator[Path]:
    root, rest = resolve(parts)
    if root in ("event", "trigger"):
        yield rest
