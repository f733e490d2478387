"""The file `trig.lark` → a parser and the words of the language, wherever the package was installed from."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from attrs import frozen
from lark import Lark, Token
from lark import __version__ as lark_version
from lark.lexer import PatternStr

from trigdsl.folders import cache_folder

_PACKAGE = Path(__file__).resolve().parent.parent
_PLACES = (_PACKAGE / "grammar", _PACKAGE.parent / "grammar")  # a wheel; a checkout or an editable install

NO_TOKENS = frozenset({"BAD_NUMBER", "UNCLOSED_TEXT", "UNCLOSED_NAME", "UNKNOWN"})
"""Terminals of what is no token of the language; they keep the lexer going."""

_BEFORE_KEY = frozenset({"LBRACE", "LPAR", "COMMA"})


def terminals(names: str) -> frozenset[str]:
    """A set of terminals, their names in one text."""
    return frozenset(names.split())


def grammar_text() -> str:
    """The text of `trig.lark`; FileNotFoundError where the installation lacks it."""
    for folder in _PLACES:
        if (folder / "trig.lark").is_file():
            return (folder / "trig.lark").read_text(encoding="utf-8")
    raise FileNotFoundError(f"trig.lark is in none of {', '.join(map(str, _PLACES))}: install trigdsl again")


class KeysAreNames:
    """Hands on a word before a colon, where a key of a record may stand, as a name: `{ from: "here" }`."""

    always_accept = tuple(sorted(NO_TOKENS))

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        before = ""
        held: Token | None = None
        for token in stream:
            if held is not None:
                yield held.update(type="NAME") if token.type == "COLON" else held
            held = token if before in _BEFORE_KEY and token.isidentifier() else None
            if held is None:
                yield token
            before = token.type
        if held is not None:
            yield held


def load(*, strict: bool = False, cache_file: Path | None = None) -> Lark:
    """A fresh parser with the starts `file` and `item`; `strict` refuses a grammar with conflicts.

    With a `cache_file`, the tables come from there, as long as they were made of this grammar.
    """
    return Lark(
        grammar_text(),
        parser="lalr",
        lexer="basic",
        start=["file", "item"],
        propagate_positions=True,
        maybe_placeholders=True,
        postlex=KeysAreNames(),
        strict=strict,
        cache=str(cache_file) if cache_file is not None else False,
    )


@cache
def parser() -> Lark:
    """The parser that the whole process shares."""
    return load(cache_file=_cache_file())


@cache
def callbacks() -> dict[Any, Callable[[list[Any]], Any]]:
    """What the parser makes of each rule's parts.

    A precedence level of expressions that holds one part only stands for that part; most levels of most expressions
    do, and handing the part on at once saves a fifth of the parser's time.
    """
    made: dict[Any, Callable[[list[Any]], Any]] = dict(
        parser().parse_interactive(start="item").parser_state.parse_conf.callbacks
    )
    for rule in made:
        part = rule.expansion[0] if len(rule.expansion) == 1 else None
        hands_on = part is not None and not part.is_term and not part.name.startswith("_")
        if hands_on and rule.options.expand1 and rule.alias is None:
            made[rule] = _only_part
    return made


def _only_part(parts: list[Any]) -> Any:
    return parts[0]


def _cache_file() -> Path | None:
    """Where the tables are kept from one process to the next, since making them takes most of a short command."""
    folder = cache_folder()
    if folder is None:
        return None
    return folder / f"grammar-lark{lark_version}-python{sys.version_info.major}{sys.version_info.minor}.tables"


@frozen
class Keywords:
    """The words of the language: `reserved` ones are never names, `soft` ones are special in their place only.

    `terminals` maps the name of each keyword's terminal to the word as a program writes it.
    """

    reserved: frozenset[str]
    soft: frozenset[str]
    terminals: dict[str, str]


@cache
def keywords() -> Keywords:
    """The words as the grammar has them, so that there is no second list to keep."""
    words: dict[str, str] = {}
    for terminal in parser().terminals:
        if isinstance(terminal.pattern, PatternStr) and terminal.pattern.value.isidentifier():
            words[terminal.name] = terminal.pattern.value
        elif re.match(r"[a-z]+(\\s\+[a-z]+)+\\b", terminal.pattern.value):
            words[terminal.name] = terminal.name.lower().replace("_", " ")
    names = {
        symbol.name
        for rule in parser().rules
        if rule.origin.name.lstrip("_") in {"plain", "plain_but_sends", "sends", "all", "only", "day_word", "weekday"}
        for symbol in rule.expansion
        if symbol.is_term
    }
    soft = frozenset(word for name, word in words.items() if name in names)
    return Keywords(reserved=frozenset(words.values()) - soft, soft=soft, terminals=words)
