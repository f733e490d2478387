"""A parsed text → its tokens in their one spelling, each with the comments around it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from attrs import define, field, frozen

from trigdsl.syntax.grammar import keywords
from trigdsl.syntax.lexical import unit_of
from trigdsl.syntax.nodes import Aggregate, Call, CallAction, File, Later, Negative, Previous
from trigdsl.syntax.printing.rules import ordinal
from trigdsl.syntax.tokens import Token
from trigdsl.syntax.walk import walk

_GAP = re.compile(r"#[^\n]*|\n")
_DURATION = re.compile(r"0*([0-9]+)[ \t]*([a-z]+)")
_TIGHT = frozenset({"COMMA", "COLON", "RPAR", "RSQB", "TAIL"})
_OPENING = frozenset({"LPAR", "LSQB"})
_CLOSING = frozenset({"RPAR", "RSQB", "RBRACE"})


@frozen
class Comment:
    """From `#` to the end of the line; `blank` tells that a blank line stands before it, `indented` that blanks do."""

    text: str
    blank: bool = False
    indented: bool = False


@define
class Piece:
    """A token as it is to be written.

    `before` are the comments on lines of their own before it, `after` the one behind it on its line; `tight` tells that
    no blank stands before it, `blank` that a blank line does.
    """

    type: str
    text: str
    offset: int
    tight: bool = False
    blank: bool = False
    before: list[Comment] = field(factory=list)
    after: Comment | None = None


def spelling(tokens: Sequence[Token]) -> list[str]:
    """Each token in its one spelling, alike for texts that say the same."""
    return [_spelled(token, tokens[max(place - 2, 0) : place]) for place, token in enumerate(tokens)]


def pieces_of(text: str, tokens: Sequence[Token], file: File) -> tuple[list[Piece], list[Comment]]:
    """The pieces of a text without mistakes, and the comments behind the last."""
    tight = _tight_places(tokens, file)
    pieces: list[Piece] = []
    end = 0
    for token, spelled in zip(tokens, spelling(tokens), strict=True):
        start = int(token.start_pos or 0)
        piece = Piece(token.type, spelled, start, tight=start in tight)
        _attach(text[end:start], pieces[-1] if pieces else None, piece)
        pieces.append(piece)
        end = int(token.end_pos or 0)
    last = Piece("END", "", len(text))
    _attach(text[end:], pieces[-1] if pieces else None, last)
    return list(_without_last_commas(pieces)), last.before


def _attach(gap: str, earlier: Piece | None, piece: Piece) -> None:
    """Give the comments between two tokens to the one or the other."""
    breaks, line_start = 0, 0
    fresh_line = earlier is None
    for found in _GAP.finditer(gap):
        if found.group() == "\n":
            breaks, line_start = breaks + 1, found.end()
            continue
        text = found.group().rstrip()
        if breaks or fresh_line:
            piece.before.append(Comment(text, blank=breaks > 1, indented=found.start() > line_start))
        elif earlier is not None:
            earlier.after = Comment(text)
        breaks, fresh_line = 0, True
    piece.blank = breaks > 1


def _without_last_commas(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """A comma before a closing bracket goes; its comments stay in their order."""
    for place, piece in enumerate(pieces):
        if piece.type != "COMMA" or pieces[place + 1].type not in _CLOSING:
            yield piece
            continue
        earlier, later = pieces[place - 1], pieces[place + 1]
        left = [*piece.before, *([piece.after] if piece.after else [])]
        if left and not piece.before and earlier.after is None:
            earlier.after = left.pop(0)
        later.before[:0] = left


# Where no blank stands


def _tight_places(tokens: Sequence[Token], file: File) -> set[int]:
    """The offsets of the tokens that follow the one before without a blank."""
    index = {int(token.start_pos or 0): place for place, token in enumerate(tokens)}
    signs, calls = set(), set()
    for node in walk(file):
        place = index.get(node.span.start, -1)
        if isinstance(node, Negative | Later):
            signs.add(place)
        elif isinstance(node, Call | Aggregate | Previous):
            calls.add(place + 1)
        elif isinstance(node, CallAction):
            calls.add(place + 2)
    types = [token.type for token in tokens]
    return {
        int(tokens[place].start_pos or 0)
        for place in range(1, len(tokens))
        if place - 1 in signs or (place in calls and types[place] == "LPAR") or _is_tight(types, place)
    }


def _is_tight(types: Sequence[str], place: int) -> bool:
    before, here = types[place - 1], types[place]
    if here in _TIGHT or before in _OPENING or (before, here) == ("LBRACE", "RBRACE"):
        return True
    if here == "MINUS":
        return before == "TIME"
    return before == "MINUS" and types[place - 2] in {"TIME", "PRIORITY"}


# The one spelling of a token


def _spelled(token: Token, before: Sequence[Token]) -> str:
    """The text of a token, the two before it deciding where a word stands in the singular."""
    match token.type:
        case "DURATION":
            return "".join(f"{count}{unit_of(unit)}" for count, unit in _DURATION.findall(token))
        case "TIME":
            return token[:5] if token[5:] == ":00" else str(token)
        case "ORDINAL" | "FIRST":
            return _ordinal(token, before)
        case "DAY" | "DAYS" if len(before) == 2 and before[1].type == "CALENDAR" and before[0].type == "NUMBER":
            return "day" if int(before[0]) == 1 else "days"
        case "SEND" | "SENDS" if before and before[0].type == "EXPECT":
            return "send" if before[-1].type == "NUMBER" and int(before[-1]) == 1 else "sends"
        case "CHANNEL_CAP":
            return "cap"
    return keywords().terminals.get(token.type, str(token))


def _ordinal(token: Token, before: Sequence[Token]) -> str:
    digits = token.rstrip("stndrh").lstrip("0") if token.type == "ORDINAL" else "1"
    every = bool(before) and before[-1].type == "EVERY"
    if digits == "1" and not every:
        return "first"
    return ordinal(int(digits))
