"""A text that changes → its top-level items in pieces, of which only those around the change are read again."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property

from attrs import field, frozen

from trigdsl.completer.symbols import Symbol, symbols_of
from trigdsl.diagnostics.diagnostic import Diagnostic
from trigdsl.source import Source, Span
from trigdsl.syntax.items import cut
from trigdsl.syntax.nodes import Item
from trigdsl.syntax.parser import parse_file
from trigdsl.syntax.roles import Word, words_of
from trigdsl.syntax.tokens import tokenize

_CERTAIN = 4
"""Tokens after which what a piece begins with cannot be read otherwise, whatever follows them."""


@frozen(slots=False, eq=False)
class Piece:
    """The top-level items of a line with the blanks and comments behind them (in front of them, too, for the first).

    `source` holds the text of the piece alone, so that all places in it are counted from its start.
    `items` has none whose form is wrong; `tokens` says how many there are.
    """

    source: Source
    items: tuple[Item, ...]
    diagnostics: tuple[Diagnostic, ...]
    tokens: int

    @cached_property
    def words(self) -> list[Word]:
        """The words and comments of the piece, with their roles."""
        return words_of(self.source.text)

    @cached_property
    def symbols(self) -> tuple[Symbol, ...]:
        """Every name that the piece declares or uses."""
        return tuple(symbol for item in self.items for symbol in symbols_of(item))

    @cached_property
    def declared(self) -> tuple[Symbol, ...]:
        """The names that the piece declares."""
        return tuple(symbol for symbol in self.symbols if symbol.declares)


@frozen(slots=False, eq=False)
class Reading:
    """A text in pieces: `starts` are their offsets, and one piece follows on the other."""

    name: str
    text: str = field(repr=False)
    pieces: tuple[Piece, ...] = field(repr=False)
    starts: tuple[int, ...] = field(repr=False)
    next_id: int

    @cached_property
    def _start_of(self) -> dict[int, int]:
        return {id(piece.source): start for piece, start in zip(self.pieces, self.starts, strict=True)}

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for piece in self.pieces for item in piece.items)

    def place(self, span: Span) -> tuple[int, int] | None:
        """Start and end in the text of a span in one of its pieces; None for a span elsewhere."""
        start = self._start_of.get(id(span.source))
        return None if start is None else (start + span.start, start + span.end)

    def at(self, offset: int) -> tuple[Piece, int] | None:
        """The piece that an offset lies in or at the end of, and the offset in it."""
        if not self.pieces:
            return None
        number = max(bisect_right(self.starts, offset) - 1, 0)
        return self.pieces[number], offset - self.starts[number]

    def placed(self) -> Iterator[tuple[Piece, int]]:
        """The pieces and their offsets."""
        return zip(self.pieces, self.starts, strict=True)


def read(name: str, text: str, before: Reading | None = None, first_id: int = 0) -> Reading:
    """The pieces of a text; those that it shares with the text `before` are kept, ids and all."""
    if before is None or not before.pieces:
        return _assemble(name, text, _starts(text), {}, first_id)
    first, last, lost = _window(before, text)
    kept, after = before.pieces[:first], before.pieces[last:]
    start = before.starts[first] if first < len(before.pieces) else 0
    end = len(text) - (len(before.text) - before.starts[last]) if last < len(before.pieces) else len(text)
    pool: dict[str, list[Piece]] = {}
    for piece in before.pieces[first:last]:
        pool.setdefault(piece.source.text, []).append(piece)
    middle = _assemble(name, text[start:end], [at - start for at in lost], pool, before.next_id)
    pieces = (*kept, *middle.pieces, *after)
    return Reading(name, text, pieces, _offsets(pieces), middle.next_id)


def _window(before: Reading, text: str) -> tuple[int, int, list[int]]:
    """The pieces that a change touches, as numbers of the first and of the one after the last; where new ones start."""
    old = before.text
    same = _common_prefix(old, text)
    rest = min(_common_suffix(old, text), len(old) - same, len(text) - same)
    first = _step_back(before.pieces, max(bisect_right(before.starts, same) - 1, 0))
    last = bisect_right(before.starts, len(old) - rest)
    start = before.starts[first]
    reach = 2
    while last < len(before.pieces):
        ahead = _step_ahead(before.pieces, last)
        end = before.starts[ahead] if ahead < len(before.pieces) else len(old)
        border = before.starts[last] + len(text) - len(old)
        found = [start, *(start + at for at in _starts(text[start : end + len(text) - len(old)])[1:])]
        if border in found:
            return first, last, [at for at in found if at < border]
        last, reach = last + reach, reach * 4
    return first, len(before.pieces), [start + at for at in _starts(text[start:])]


def _step_back(pieces: Sequence[Piece], number: int) -> int:
    """The piece from which on to read again: the change must not reach into how that one begins."""
    tokens = 0
    while number > 0 and tokens < _CERTAIN:
        number -= 1
        tokens += pieces[number].tokens
    return number


def _step_ahead(pieces: Sequence[Piece], number: int) -> int:
    """The piece up to which to read to be certain that piece `number` begins where it did."""
    tokens = 0
    while number < len(pieces) and tokens < _CERTAIN:
        tokens += pieces[number].tokens
        number += 1
    return number


def _starts(text: str) -> list[int]:
    """Where the pieces of a text start: the first at 0, whatever stands before its item, others on lines of their own.

    Items on one line are one piece, since what is said of a mistake may depend on what stands before it on its line.
    """
    starts = (item[0].start_pos or 0 for item in cut(tokenize(text))[1:])
    return [0, *(start for start in starts if not text[text.rfind("\n", 0, start) + 1 : start].strip())]


def _assemble(name: str, text: str, starts: Sequence[int], pool: dict[str, list[Piece]], first_id: int) -> Reading:
    pieces: list[Piece] = []
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        known = pool.get(text[start:end])
        piece = known.pop() if known else None
        if piece is None:
            piece, first_id = _parsed(Source(name, text[start:end]), first_id)
        pieces.append(piece)
    return Reading(name, text, tuple(pieces), _offsets(pieces), first_id)


def _parsed(source: Source, first_id: int) -> tuple[Piece, int]:
    parsed = parse_file(source, first_id)
    items = parsed.file.items if parsed.file is not None else ()
    return Piece(source, items, parsed.diagnostics, len(tokenize(source.text))), parsed.next_id


def _offsets(pieces: Sequence[Piece]) -> tuple[int, ...]:
    offsets, offset = [], 0
    for piece in pieces:
        offsets.append(offset)
        offset += len(piece.source.text)
    return tuple(offsets)


def _common_prefix(one: str, other: str) -> int:
    """How many characters the two begin with in common; halving the range compares long texts fast."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _common_suffix(one: str, other: str) -> int:
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[len(one) - middle : len(one) - low] == other[len(other) - middle : len(other) - low]:
            low = middle
        else:
            high = middle - 1
    return low
