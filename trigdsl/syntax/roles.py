"""A text → its words and comments, each with the part it plays: what colours in an editor are made of.

The part of a word comes from the grammar: a word such as `week` is a keyword in `per week` and a name elsewhere.
In an item that does not parse, the word before it decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final

from attrs import frozen
from lark import Token, Tree
from lark.exceptions import UnexpectedToken

from trigdsl.source import Source
from trigdsl.syntax.grammar import NO_TOKENS, keywords, parser, terminals
from trigdsl.syntax.items import cut
from trigdsl.syntax.tokens import comments, tokenize


class Role(StrEnum):
    """What a word is in a program."""

    KEYWORD = "keyword"
    EVENT = "event"
    RULE = "rule"
    CHANNEL = "channel"
    SEGMENT = "segment"
    CALENDAR = "calendar"
    TAG = "tag"
    LABEL = "label"
    FUNCTION = "function"
    TYPE = "type"
    STATUS = "status"
    ROOT = "root"
    VARIABLE = "variable"
    PROPERTY = "property"
    NUMBER = "number"
    DATE = "date"
    TEXT = "text"
    OPERATOR = "operator"
    PUNCTUATION = "punctuation"
    COMMENT = "comment"
    ERROR = "error"


@frozen
class Word:
    """The characters `start` (inclusive) to `end` (exclusive) of a text, and what they are."""

    start: int
    end: int
    role: Role


ROOTS: Final = frozenset({"user", "event", "trigger", "now", "local", "rule"})
"""First names of a path that are no property."""

_KINDS: Final[dict[str, Role]] = {
    **dict.fromkeys(("TEXT",), Role.TEXT),
    **dict.fromkeys(("NUMBER", "PERCENT", "ORDINAL", "DURATION"), Role.NUMBER),
    **dict.fromkeys(("DATE", "MONTHDAY", "TIME"), Role.DATE),
    **dict.fromkeys(("COMPARE", "PLUS", "MINUS", "TIMES", "DIVIDED_BY", "EQUAL"), Role.OPERATOR),
    **dict.fromkeys(NO_TOKENS, Role.ERROR),
}
_NAMES = terminals("NAME QUOTED_NAME PATH TAIL")

_NAMED: Final[dict[str, tuple[Role, ...]]] = {
    # A branch of the tree → what the names right below it are, in turn; the last counts for all that follow.
    "event": (Role.EVENT,),
    "event_decl": (Role.EVENT,),
    "emit": (Role.EVENT,),
    "test_event": (Role.EVENT,),
    "rule": (Role.RULE,),
    "ignored": (Role.RULE,),
    "system_event": (Role.RULE,),
    "invariant": (Role.RULE,),
    "no_send_between": (Role.RULE,),
    "no_send_after": (Role.RULE,),
    "channel": (Role.CHANNEL,),
    "cap_channel": (Role.CHANNEL,),
    "send": (Role.CHANNEL,),
    "calendar": (Role.CALENDAR,),
    "holidays": (Role.CALENDAR,),
    "every_date_of": (Role.CALENDAR,),
    "on_calendar": (Role.CALENDAR,),
    "not_on_calendar": (Role.CALENDAR,),
    "segment": (Role.SEGMENT,),
    "list_decl": (Role.SEGMENT,),
    "enters": (Role.SEGMENT,),
    "leaves": (Role.SEGMENT,),
    "add": (Role.SEGMENT,),
    "remove": (Role.SEGMENT,),
    "test_user": (Role.SEGMENT,),
    "cap_tag": (Role.TAG,),
    "tag": (Role.TAG,),
    "call": (Role.FUNCTION,),
    "call_action": (Role.FUNCTION,),
    "when": (Role.LABEL,),
    "otherwise": (Role.LABEL,),
    "share": (Role.LABEL,),
    "field": (Role.PROPERTY,),
    "entry": (Role.PROPERTY,),
    "with_entry": (Role.PROPERTY,),
}
_AGGREGATES = frozenset({"count", "sum", "avg", "min", "max", "distinct", "first", "last", "previous"})
_AFTER: Final[dict[str, Role]] = {
    "RULE": Role.RULE,
    "EVENT": Role.EVENT,
    "IF": Role.EVENT,
    "UNLESS": Role.EVENT,
    "STOP_ON": Role.EVENT,
    "GOAL": Role.EVENT,
    "EMIT": Role.EVENT,
    "CHANNEL": Role.CHANNEL,
    "SEND": Role.CHANNEL,
    "SEGMENT": Role.SEGMENT,
    "LIST": Role.SEGMENT,
    "ADD_TO": Role.SEGMENT,
    "REMOVE_FROM": Role.SEGMENT,
    "CALENDAR": Role.CALENDAR,
    "TAG": Role.TAG,
    "CALL": Role.FUNCTION,
}


def words_of(text: str) -> list[Word]:
    """All words and comments of a text, in order; what lies between them is white space. Never fails."""
    found = [word for item in cut(tokenize(text)) for word in words_of_item(item)]
    found += (Word(span.start, span.end, Role.COMMENT) for span in comments(Source("", text)))
    return sorted(found, key=lambda word: word.start)


def words_of_item(tokens: list[Token]) -> Iterator[Word]:
    """The words of one top-level item, from its tokens, in order; a path is a word for each of its names."""
    tree = _tree(tokens)
    roles: dict[int, Role] = {}
    if tree is not None:
        _Reader(roles).read(tree)
    before = ""
    for token in tokens:
        role = roles.get(token.start_pos or 0) or _by_itself(token, "" if tree is not None else before)
        yield from _split(token, role)
        before = token.type


def _tree(tokens: list[Token]) -> Tree[Token] | None:
    state = parser().parse_interactive(start="item")
    try:
        for token in tokens:
            state.feed_token(token)
        tree: Tree[Token] = state.feed_eof(tokens[-1])  # type: ignore[no-untyped-call]
    except UnexpectedToken:
        return None
    return tree


def _by_itself(token: Token, before: str) -> Role:
    """What a word is by its kind, and by the kind of the word `before` it."""
    if token.type in _NAMES:
        return _AFTER.get(before, Role.VARIABLE)
    if token.type in keywords().terminals:
        return Role.KEYWORD
    return _KINDS.get(token.type, Role.PUNCTUATION)


def _split(token: Token, role: Role) -> Iterator[Word]:
    """The names of a path apart: what comes first has the role, the others are properties."""
    start = token.start_pos or 0
    if token.type not in {"PATH", "TAIL"}:
        yield Word(start, start + len(token), role)
        return
    for place, part in enumerate(_PARTS.finditer(token)):
        if part[0] == ".":
            kind = Role.PUNCTUATION
        elif place == 0 and role is not Role.PROPERTY:
            kind = Role.ROOT if role is Role.VARIABLE and part[0] in ROOTS else role
        else:
            kind = Role.PROPERTY
        yield Word(start + part.start(), start + part.end(), kind)


_PARTS = re.compile(r"`[^`\n]+`|\.|[^.`]+")


@frozen
class _Reader:
    """Notes the role of every name in a tree, by the offset of its token."""

    roles: dict[int, Role]

    def read(self, tree: Tree[Token]) -> None:
        waiting = [tree]
        while waiting:
            branch = waiting.pop()
            self.branch(branch)
            waiting += (child for child in branch.children if isinstance(child, Tree))

    def branch(self, branch: Tree[Token]) -> None:
        match branch.data:
            case "field":
                self.note(branch.children[-1], Role.TYPE)
                self.note(branch.children[0], Role.PROPERTY)
            case "expect_rule":
                self.expectation(branch)
            case "status":
                self.note(branch, Role.STATUS)
            case "happened":
                self.event(branch.children[0])
            case "in" | "not_in" if _is(branch.children[0], "user"):
                self.note(branch.children[-1], Role.SEGMENT)
            case "call":
                self.note(branch.children[0], Role.FUNCTION)
                if str(_first_token(branch.children[0])) in _AGGREGATES and len(branch.children) == 2:
                    self.event(branch.children[1])
            case "path":
                self.path(branch)
            case name if roles := _NAMED.get(name):
                named = [child for child in branch.children if _is(child, "name") or _is_path(child)]
                for place, child in enumerate(named):
                    self.note(child, roles[min(place, len(roles) - 1)])

    def expectation(self, branch: Tree[Token]) -> None:
        # Quantifier, rule, status, reason, moment, channel, variant, text: each is there or None.
        for child, role in zip(branch.children, _EXPECTED, strict=False):
            if role is not None:
                self.note(child, role)

    def event(self, part: Any) -> None:
        """The first names of an expression that is read as an event or group of events."""
        if _is(part, "path"):
            self.note(part, Role.EVENT)
        elif isinstance(part, Tree) and part.data in {"group", "where_group", "or", "property"}:
            for child in part.children[: None if part.data == "or" else 1]:
                self.event(child)

    def path(self, branch: Tree[Token]) -> None:
        """A name that a keyword could be is a variable here, unless something above it knew better."""
        token = _first_token(branch)
        if token is not None:
            root = Role.ROOT if token.type == "NAME" and token in ROOTS else Role.VARIABLE
            self.roles.setdefault(token.start_pos or 0, root)

    def note(self, part: Any, role: Role) -> None:
        token = _first_token(part)
        if token is not None and token.type != "TEXT":
            self.roles.setdefault(token.start_pos or 0, role)


_EXPECTED = (None, Role.RULE, Role.STATUS, None, None, Role.CHANNEL, Role.LABEL, None)


def _is(part: Any, data: str) -> bool:
    return isinstance(part, Tree) and part.data == data


def _is_path(part: Any) -> bool:
    return isinstance(part, Token) and part.type == "PATH"


def _first_token(part: Any) -> Token | None:
    while isinstance(part, Tree):
        part = next((child for child in part.children if child is not None), None)
    return part if isinstance(part, Token) else None
