"""A source → its text in the one form."""

from __future__ import annotations

from collections.abc import Sequence

from trigdsl.diagnostics.diagnostic import Diagnostic, Severity
from trigdsl.formatter.documents import Layout
from trigdsl.formatter.items import item
from trigdsl.formatter.lines import INDENT, Line, written
from trigdsl.formatter.phrases import split_at
from trigdsl.formatter.pieces import Comment, Piece, pieces_of, spelling
from trigdsl.source import Source
from trigdsl.syntax.build.texts import text_value
from trigdsl.syntax.items import cut
from trigdsl.syntax.nodes import Item, Rule, Test
from trigdsl.syntax.parser import parse_tokens
from trigdsl.syntax.tokens import Token, tokenize


class UnformattableError(Exception):
    """A text with mistakes in its form, which stays as it is. `.diagnostics` holds every finding, in source order."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        self.diagnostics = diagnostics
        super().__init__(str(diagnostics[0]))


def format_text(source: Source) -> str:
    """The text as it should be written; raises UnformattableError when its form has mistakes.

    The result has every comment, says the same, and is its own form.  Lines end in `\\n`; there is no byte order mark.
    """
    source = Source(source.name, source.text.replace("\r\n", "\n"))
    tokens = tokenize(source.text)
    parsed = parse_tokens(source, tokens)
    if parsed.file is None or any(found.severity is Severity.ERROR for found in parsed.diagnostics):
        raise UnformattableError(parsed.diagnostics)
    pieces, last = pieces_of(source.text, tokens, parsed.file)
    _, *parts = split_at(pieces, {node.span.start for node in parsed.file.items})
    text = written(_lines(parsed.file.items, parts, last))
    if text != source.text and _said(tokens) != _said(tokenize(text)):
        raise AssertionError(f"formatting would change what {source.name} says; please report this")
    return text


def _said(tokens: list[Token]) -> list[list[str]]:
    """What a text says: each item in words, however it is written."""
    return [_words(chunk) for chunk in cut(tokens)] if tokens else []


def _words(tokens: list[Token]) -> list[str]:
    words = [
        repr(text_value(token)) if token.type == "TEXT" else word
        for token, word in zip(tokens, spelling(tokens), strict=True)
    ]
    return [word for place, word in enumerate(words) if word != "," or words[place + 1] not in {")", "]", "}"}]


def _lines(items: Sequence[Item], parts: Sequence[list[Piece]], last: Sequence[Comment]) -> list[Line]:
    """The lines of all items, with the comments and blank lines between them."""
    lines: list[Line] = []
    was_block = False
    for node, pieces in zip(items, parts, strict=True):
        comments, pieces[0].before = pieces[0].before, []
        layout = Layout()
        layout.write(item(node, pieces))
        is_block = isinstance(node, Rule | Test) and len(layout.lines) > 1
        layout.lines[0].blank = pieces[0].blank
        between = _comment_lines(comments, after_block=was_block)
        own = sum(line.indent > 0 for line in between)
        if was_block or is_block:
            (*between, layout.lines[0])[own].blank = True
        lines += [*between, *layout.lines]
        was_block = is_block
    lines += _comment_lines(last, after_block=was_block)
    if lines:
        lines[0].blank = False
    return lines


def _comment_lines(comments: Sequence[Comment], *, after_block: bool) -> list[Line]:
    """Comments between items; those that follow a block directly and are indented as its lines belong to it."""
    lines: list[Line] = []
    belongs = after_block
    for comment in comments:
        belongs = belongs and comment.indented and not comment.blank
        lines.append(Line(INDENT if belongs else 0, comment.text, blank=comment.blank))
    return lines
