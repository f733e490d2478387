"""The place of a token that the parser cannot take, and what could have stood there."""

from __future__ import annotations

from copy import copy

from attrs import frozen
from lark import Token
from lark.exceptions import UnexpectedToken
from lark.parsers.lalr_interactive_parser import InteractiveParser

from trigdsl.source import Source, Span
from trigdsl.syntax.expected import END
from trigdsl.syntax.items import ITEM_STARTS
from trigdsl.syntax.spans import span_of


@frozen
class Mistake:
    """The tokens of an item, the place of the one that does not fit, and a parser that has read those before it.

    `place` is the number of tokens where the item ends too early.
    """

    source: Source
    tokens: list[Token]
    place: int
    parser: InteractiveParser

    @property
    def token(self) -> Token:
        return self.tokens[self.place] if self.place < len(self.tokens) else Token(END, "")

    def token_at(self, step: int) -> Token:
        """The token `step` places further on, or the end's."""
        place = self.place + step
        return self.tokens[place] if 0 <= place < len(self.tokens) else Token(END, "")

    def type_at(self, step: int) -> str:
        """The type of the token `step` places further on, or the end's."""
        return self.token_at(step).type

    def span(self, first: int = 0, last: int = 0) -> Span:
        """From the token `first` places further on to the one `last` places on."""
        return span_of(self.source, self.tokens[self.place + first], self.tokens[self.place + last])

    def accepted(self) -> set[str]:
        return set(self.parser.accepts())  # type: ignore[no-untyped-call]

    def follows_item(self) -> bool:
        """Whether an item could end before the token, which begins a line: a new item was probably meant."""
        if not 0 < self.place < len(self.tokens):
            return False
        return (self.token.line or 0) > (self.tokens[self.place - 1].end_line or 0) and self.would_take(END)

    def takes_word(self, terminal: str) -> bool:
        """Whether a keyword would have been taken here, or would have begun a new item."""
        return self.would_take(terminal) or (terminal in ITEM_STARTS and self.follows_item())

    def is_joined(self, step: int) -> bool:
        """Whether no space stands between the token `step` places further on and the one before it."""
        before, after = self.token_at(step - 1), self.token_at(step)
        return before.end_pos is not None and before.end_pos == after.start_pos

    def would_take(self, *types: str) -> bool:
        """Whether tokens of these types would have been taken here."""
        parser: InteractiveParser = self.parser.copy(deepcopy_values=False)  # type: ignore[no-untyped-call]
        parser.parser_state.parse_conf = copy(parser.parser_state.parse_conf)
        parser.parser_state.parse_conf.callbacks = {}
        try:
            for kind in types:
                parser.feed_token(Token(kind, ""))
        except UnexpectedToken:
            return False
        return True
