"""A template, and what it reads or applies → where that stands, in the rules or in the template's file.

Jinja2 tells the line alone.  On it, the words are looked for inside the template's tags; in a text of the rules, their
place is then found through escapes and indentation.
"""

from __future__ import annotations

import re

from attrs import frozen

from trigdsl.source import Source, Span
from trigdsl.syntax.build.texts import offsets
from trigdsl.syntax.nodes import TemplateFile, Text

_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|\{[{%#].*", re.DOTALL)


@frozen
class TemplateText:
    """A template as it is rendered, and where it is written: the node that names it, and its file if it has one."""

    text: str
    node: Text | TemplateFile
    file: Source | None = None

    @property
    def whole(self) -> Span:
        """All of it: the text with its quotes, or `template "…"`."""
        return self.node.span

    def span(self, start: int, end: int) -> Span:
        """The characters `start` to `end` (exclusive) of the template."""
        if self.file is not None:
            return Span(self.file, start, end)
        written = self.node.span
        places = [*offsets(written.text), len(written.text)]
        last = places[end - 1]
        # What is written as an escape ends where the next character begins.
        stop = places[end] if written.text[last] == "\\" else last + 1
        return Span(written.source, written.start + places[start], written.start + stop)

    def path(self, path: tuple[str, ...], line: int) -> Span:
        """Where a path is read on a line."""
        first, *rest = path
        keys = "".join(
            rf"""(?:\s*\.\s*{re.escape(key)}(?!\w)|\s*\[\s*(['"]){re.escape(key)}['"]\s*\])""" for key in rest
        )
        return self._find(rf"(?<![\w.]){re.escape(first)}(?!\w){keys}", line)

    def filter(self, name: str, line: int) -> Span:
        """Where a filter is applied on a line."""
        return self._word(rf"(?:\||\bfilter)\s*({re.escape(name)})(?!\w)", name, line)

    def test(self, name: str, line: int) -> Span:
        """Where a test is asked on a line."""
        return self._word(rf"\bis\s+(?:not\s+)?({re.escape(name)})(?!\w)", name, line)

    def call(self, name: str, line: int) -> Span:
        """Where a function is called on a line."""
        return self._word(rf"(?<![\w.])({re.escape(name)})\s*\(", name, line)

    def tag(self, line: int, words: str = "") -> Span:
        """The words in a tag on a line; the first tag there where they are not found, or the whole line."""
        start = self._line_start(line)
        tags = [tag for tag in _TAG.finditer(self.text) if tag.end() > start]
        for tag in tags:
            at = self.text.find(words, tag.start(), tag.end()) if words else -1
            if at >= 0:
                return self.span(at, at + len(words))
        if not tags:
            end = _LINE_BREAK.search(self.text, start)
            return self.span(start, end.start() if end else len(self.text)) if start < len(self.text) else self.whole
        return self.span(tags[0].start(), len(self.text[: tags[0].end()].rstrip()))

    def _word(self, pattern: str, name: str, line: int) -> Span:
        found = self._match(pattern, line)
        return self.span(*found.span(1)) if found else self.tag(line, name)

    def _find(self, pattern: str, line: int) -> Span:
        found = self._match(pattern, line)
        return self.span(*found.span()) if found else self.tag(line)

    def _match(self, pattern: str, line: int) -> re.Match[str] | None:
        """The first place at or after the start of a line, inside a tag, that matches."""
        words, start = re.compile(pattern), self._line_start(line)
        for tag in _TAG.finditer(self.text):
            if tag.end() > start and not tag[0].startswith("{#"):
                found = words.search(self.text, max(tag.start(), start), tag.end())
                if found:
                    return found
        return None

    def _line_start(self, line: int) -> int:
        starts = [0, *(found.end() for found in _LINE_BREAK.finditer(self.text))]
        return starts[min(line, len(starts)) - 1]
