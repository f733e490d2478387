"""Findings as they are made → diagnostics in the order of the text, each once."""

from __future__ import annotations

import re
from collections.abc import Sequence

from attrs import define, evolve, field

from trigdsl.diagnostics.diagnostic import Diagnostic, Label, Severity
from trigdsl.source import Source, Span
from trigdsl.syntax.nodes import Node


@define
class Findings:
    """Collects what the passes of the checker find."""

    _held: list[Diagnostic] = field(factory=list)

    def add(self, diagnostic: Diagnostic) -> None:
        self._held.append(diagnostic)

    def __len__(self) -> int:
        return len(self._held)

    def move_from(self, place: int, span: Span, labels: tuple[Label, ...]) -> None:
        """Let what was found since there were `place` findings be at `span`, with these labels too."""
        moved = [evolve(found, span=span, labels=(*found.labels, *labels)) for found in self._held[place:]]
        self._held[place:] = moved

    @property
    def has_errors(self) -> bool:
        return any(found.severity is Severity.ERROR for found in self._held)

    def without(self, codes: frozenset[str]) -> Findings:
        """The findings with other codes than these."""
        return Findings([found for found in self._held if found.code not in codes])

    def in_order(self, sources: Sequence[Source]) -> tuple[Diagnostic, ...]:
        """All findings: by file, then by place; one mistake at one place is told once.

        What stands in other sources, which are files of templates, comes last, by their names.
        """
        order: dict[int, object] = {id(source): (number, "") for number, source in enumerate(sources)}
        unique: dict[tuple[object, ...], Diagnostic] = {}
        for found in self._held:
            source = found.span.source
            place = (order.get(id(source), (len(sources), source.name)), found.span.start, found.span.end)
            unique.setdefault((*place, found.code), found)
        return tuple(found for _, found in sorted(unique.items(), key=lambda pair: pair[0][:3]))


_TEXT_OR_COMMENT = re.compile(r'"""(?:\\.|[^\\])*?"""|"(?:\\.|[^"\\])*"|#[^\n]*', re.DOTALL)


def words(node: Node, pattern: str) -> Span:
    """The first words in the node's text, comments aside, that match; the whole node where none do.

    For what has no node of its own, such as the number in `after 0 calendar days`.
    """
    found = re.search(pattern, _TEXT_OR_COMMENT.sub(_blank_comment, node.span.text))
    if not found:
        return node.span
    start = node.span.start
    return Span(node.span.source, start + found.start(), start + found.end())


def _blank_comment(found: re.Match[str]) -> str:
    return " " * len(found[0]) if found[0].startswith("#") else found[0]
