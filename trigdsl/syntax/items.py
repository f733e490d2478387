"""The tokens of a file → the tokens of each top-level item, so that a mistake in one leaves the others alone.

A valid program is cut exactly where an item begins.  In one with mistakes a word that begins items may be
misused (`if event == 3`): it then counts only at the start of a line or after a token that can end an item.
"""

from __future__ import annotations

import re

from attrs import define, field
from lark import Token

from trigdsl.syntax.grammar import terminals

ITEM_STARTS = terminals("RULE IF TIMEZONE EVENT USER CHANNEL CAP CALENDAR SEGMENT LIST TEST INVARIANT")
"""Words that begin an item."""

_WORD_FOLLOWS = terminals("RULE EVENT CHANNEL SEGMENT CALENDAR LIST INVARIANT CAP")
_BEGINS_NAME = re.compile(r"""[^\W\d]|[`"]""")
"""A name as the grammar has them (`¼` is one), in quotes, or in quotes that are wrong for names."""

_TEXT_FOLLOWS = terminals("TIMEZONE TEST")
_ACTIONS = terminals("SEND SET ADD_TO REMOVE_FROM EMIT CALL")
_OPEN = terminals(
    "COMPARE PLUS MINUS TIMES DIVIDED_BY EQUAL COMMA LPAR LBRACE LSQB AND OR NOT NO IF THEN IN NOT_IN ON NOT_ON "
    "WHERE SINCE UNLESS AFTER AT BETWEEN SEND SET ADD_TO REMOVE_FROM EMIT CALL WITH WHEN DEFAULT CONTAINS MATCHES "
    "STARTS_WITH ENDS_WITH TIME_SINCE STOP_ON FOR_EACH PER RULE EVENT CHANNEL SEGMENT CALENDAR LIST INVARIANT CAP TAG "
    "GOAL EVERY FIRST ORDINAL EXPECT FOR REQUIRES"
)
"""Tokens that no item ends with."""


@define
class _Cutter:
    tokens: list[Token]
    chunks: list[list[Token]] = field(factory=list)
    in_step_head: bool = False

    def run(self) -> list[list[Token]]:
        for place, token in enumerate(self.tokens):
            if not self.chunks or self.begins_item(place):
                self.chunks.append([])
                self.in_step_head = False
            self.chunks[-1].append(token)
            self.in_step_head = token.type == "THEN" or (self.in_step_head and token.type not in _ACTIONS)
        return self.chunks

    def begins_item(self, place: int) -> bool:
        token, before = self.tokens[place], self.tokens[place - 1]
        after = self.tokens[place + 1] if place + 1 < len(self.tokens) else None
        if not self.looks_like_start(place, token, after):
            return False
        ends = before.type not in _OPEN or self.counts_sends(place - 1)
        return ends or (token.line or 0) > (before.end_line or 0)

    def counts_sends(self, place: int) -> bool:
        """Whether the token is the last one of `expect 1 send`."""
        return self.tokens[place].type == "SEND" and [token.type for token in self.tokens[place - 2 : place]] in (
            ["EXPECT", "NUMBER"],
            ["EXPECT", "NO"],
        )

    def looks_like_start(self, place: int, token: Token, after: Token | None) -> bool:
        chunk = self.chunks[-1]
        match token.type:
            case "IF":
                heading = chunk[0].type == "RULE" and all(earlier.type != "IF" for earlier in chunk)
                return not heading and not self.in_step_head
            case "USER":
                of_test = chunk[0].type == "TEST" and self.tokens[place - 1].type == "COLON"
                return after is not None and after.type == "LBRACE" and not of_test
            case "CALENDAR" if self.tokens[place - 1].type == "NUMBER":
                return [later.type for later in self.tokens[place + 2 : place + 3]] == ["EQUAL"]
        if token.type in _TEXT_FOLLOWS:
            return after is not None and (after.type in {"TEXT", "UNCLOSED_TEXT"} or after.isidentifier())
        return token.type in _WORD_FOLLOWS and (after is None or _BEGINS_NAME.match(after) is not None)


def cut(tokens: list[Token]) -> list[list[Token]]:
    """The tokens of each item; what stands before the first item is a chunk too."""
    return _Cutter(tokens).run()
