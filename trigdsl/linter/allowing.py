"""Comments `# trig: allow CODE reason` → findings without those that the author allows, and idle comments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from attrs import define, frozen

from trigdsl.diagnostics.codes import CODES
from trigdsl.diagnostics.diagnostic import Diagnostic, Severity
from trigdsl.diagnostics.suggest import did_you_mean
from trigdsl.linter.report import removal, warning
from trigdsl.source import Source, Span
from trigdsl.syntax.nodes import Item
from trigdsl.syntax.tokens import comments

_ALLOW = re.compile(r"#\s*trig:\s*allow\b\s*(?P<code>[^\s#]*)\s*(?P<reason>.*)")


@define
class _Allowance:
    """A comment: `code` may be found from `start` to `end` of its source; `used` once it was."""

    comment: Span
    code: Span
    reason: str
    start: int
    end: int
    used: bool = False

    def covers(self, found: Diagnostic) -> bool:
        place = found.span
        here = place.source is self.comment.source and self.start <= place.start <= self.end
        return here and found.code == self.code.text and found.severity is not Severity.ERROR


@frozen
class _Items:
    """Where the items of a source stand."""

    places: Sequence[tuple[int, int]]

    def at(self, start: int, end: int) -> tuple[int, int] | None:
        """The item that begins between two offsets."""
        return next((place for place in self.places if start <= place[0] < end), None)


def allowed(
    diagnostics: Iterable[Diagnostic], items: Sequence[Item], sources: Sequence[Source]
) -> Iterator[Diagnostic]:
    """The diagnostics that no comment allows, then what is wrong with the comments.

    A comment behind code is about its line; one on a line of its own about the next line of code, or about
    the whole item, such as a rule, that begins there.  Errors cannot be allowed.
    """
    allowances = [one for source in sources for one in _allowances(source, items)]
    for found in diagnostics:
        fitting = [one for one in allowances if one.covers(found) and one.reason]
        for one in fitting:
            one.used = True
        if not fitting:
            yield found
    for one in allowances:
        yield from _faults(one)


def _faults(one: _Allowance) -> Iterator[Diagnostic]:
    code = one.code.text
    if code not in CODES:
        message = f"there is no code `{code}` to allow" if code else "this allows nothing: it names no code"
        help = did_you_mean(code, CODES) or "write `# trig: allow CODE reason`"
        yield warning("allow-unknown", one.code if code else one.comment, message, help)
    elif not one.reason:
        message = f"why is `{code}` allowed here? Without a reason it is not"
        yield warning("allow-without-reason", one.comment, message, "write the reason behind the code")
    elif not one.used:
        fix = removal("remove the comment", one.comment)
        yield warning("allow-idle", one.comment, f"there is no `{code}` here to allow", "remove the comment", fix=fix)


def _allowances(source: Source, items: Sequence[Item]) -> Iterator[_Allowance]:
    if "trig:" not in source.text:
        return
    spans = comments(source)
    held = _Items([(item.span.start, item.span.end) for item in items if item.span.source is source])
    for comment in spans:
        found = _ALLOW.match(comment.text)
        if found is None:
            continue
        code = Span(source, comment.start + found.start("code"), comment.start + found.end("code"))
        start, end = _range(source, comment, held)
        yield _Allowance(comment, code, found["reason"].strip(), start, end)


def _range(source: Source, comment: Span, items: _Items) -> tuple[int, int]:
    text = source.text
    start = text.rfind("\n", 0, comment.start) + 1
    if text[start : comment.start].strip():
        return start, comment.start
    start = comment.end
    while start < len(text):
        start += text[start : start + 1] == "\n"
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line = text[start:end].strip()
        if line and not line.startswith("#"):
            return items.at(start, end) or (start, end)
        if end == len(text):
            break
        start = end
    return len(text), len(text)
