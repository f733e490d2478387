"""Rules → coloured text, wherever Pygments is used: Sphinx, MkDocs, terminals, web pages.

Pygments finds the lexer by the name `trig`, or by a file's ending `.trig`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from pygments.lexer import Lexer
from pygments.token import (
    Comment,
    Error,
    Keyword,
    Literal,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Whitespace,
    _TokenType,
)

from trigdsl.syntax.roles import Role, Word, words_of

_TYPES: dict[Role, _TokenType] = {
    Role.KEYWORD: Keyword,
    Role.EVENT: Name.Class,
    Role.RULE: Name.Namespace,
    Role.CHANNEL: Name.Tag,
    Role.SEGMENT: Name.Entity,
    Role.CALENDAR: Name.Entity,
    Role.TAG: Name.Label,
    Role.LABEL: Name.Label,
    Role.FUNCTION: Name.Function,
    Role.TYPE: Keyword.Type,
    Role.STATUS: Name.Constant,
    Role.ROOT: Name.Builtin,
    Role.VARIABLE: Name.Variable,
    Role.PROPERTY: Name.Attribute,
    Role.NUMBER: Number,
    Role.DATE: Literal.Date,
    Role.TEXT: String,
    Role.OPERATOR: Operator,
    Role.PUNCTUATION: Punctuation,
    Role.COMMENT: Comment.Single,
    Role.ERROR: Error,
}
_OPERATORS = frozenset({"and", "or", "not", "in", "contains", "matches", "exists", "default"})
_CONSTANTS = frozenset({"true", "false", "nothing"})
_INTERPOLATED = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)


class TrigLexer(Lexer):
    """Colours Trig as the language's own parser reads it, so that it knows every keyword and no others."""

    name = "Trig"
    aliases: ClassVar[list[str]] = ["trig"]
    filenames: ClassVar[list[str]] = ["*.trig"]
    mimetypes: ClassVar[list[str]] = ["text/x-trig"]

    def get_tokens_unprocessed(self, text: str, *_options: Any) -> Iterator[tuple[int, _TokenType, str]]:
        """Offset, type and text of every part; together the parts are the text."""
        end = 0
        for word in words_of(text):
            if word.start > end:
                yield end, Whitespace, text[end : word.start]
            yield from _parts(word, text)
            end = word.end
        if end < len(text):
            yield end, Whitespace, text[end:]


def _parts(word: Word, text: str) -> Iterator[tuple[int, _TokenType, str]]:
    written = text[word.start : word.end]
    if word.role is Role.TEXT:
        yield from _text(word.start, written)
    elif word.role is Role.KEYWORD and written in _OPERATORS:
        yield word.start, Operator.Word, written
    elif word.role is Role.KEYWORD and written in _CONSTANTS:
        yield word.start, Keyword.Constant, written
    else:
        yield word.start, _TYPES[word.role], written


def _text(start: int, written: str) -> Iterator[tuple[int, _TokenType, str]]:
    """A text, its templates and its escapes apart."""
    end = 0
    for found in re.finditer(f"{_INTERPOLATED.pattern}|{_ESCAPE.pattern}", written, re.DOTALL):
        if found.start() > end:
            yield start + end, String.Double, written[end : found.start()]
        kind = String.Escape if found[0].startswith("\\") else String.Interpol
        yield start + found.start(), kind, found[0]
        end = found.end()
    if end < len(written):
        yield start + end, String.Double, written[end:]
