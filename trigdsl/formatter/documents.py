"""Documents: texts and the places where a line may break → lines that are broken only where they would be too long.

A group is written in one line when it fits and holds no comment; else all the breaks that belong to it are line breaks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from attrs import define, field, frozen

from trigdsl.diagnostics.excerpt import cells
from trigdsl.formatter.lines import INDENT, WIDTH, Line, in_block
from trigdsl.formatter.pieces import Comment, Piece


@frozen
class Extent:
    """What is to be known of a document before it is written.

    `width` in one line, `lead` up to its first `opening`, that is, the first place where it can break; `broken` tells
    that it cannot be one line, `starts` and `ends` that a comment stands before its first or behind its last word.
    """

    width: int = 0
    lead: int = 0
    opening: bool = False
    broken: bool = False
    starts: bool = False
    ends: bool = False


@frozen
class Word:
    piece: Piece
    extent: Extent


@frozen
class Break:
    """A place where a line may break; `flat` stands there when it does not, None where it always does.

    `keeps_blank` tells that a blank line of the author stays.
    """

    flat: str | None = " "
    keeps_blank: bool = False

    @property
    def extent(self) -> Extent:
        return Extent(len(self.flat or ""), 0, opening=True, broken=self.flat is None)


@frozen
class Space:
    extent: Extent = Extent(1, 1)


@frozen
class Sequenced:
    parts: tuple[Document, ...]
    extent: Extent


@frozen
class Nest:
    """Lines that begin in it are indented by one step more."""

    part: Document

    @property
    def extent(self) -> Extent:
        return self.part.extent


@frozen
class Group:
    part: Document

    @property
    def extent(self) -> Extent:
        return self.part.extent


@frozen
class Fill:
    """As many `parts` to a line as fit."""

    parts: tuple[Document, ...]
    extent: Extent


@frozen
class Choice:
    """`one` where `test` fits into the line, else `other`."""

    test: Document
    one: Document
    other: Document

    @property
    def extent(self) -> Extent:
        return self.one.extent


@frozen
class Row:
    """A row of a table of two columns: `label` and `rest`, which begin in the same columns in all adjacent rows."""

    table: str
    label: Document
    rest: Document
    extent: Extent


Document: TypeAlias = Word | Break | Space | Sequenced | Nest | Group | Fill | Choice | Row

HARD = Break(None)


def word(piece: Piece) -> Word:
    block = "\n" in piece.text
    width = cells(piece.text.partition("\n")[0])
    extent = Extent(width, width, broken=block, starts=bool(piece.before), ends=piece.after is not None)
    return Word(piece, extent)


def sequence(*parts: Document) -> Document:
    return parts[0] if len(parts) == 1 else Sequenced(parts, _extent(parts))


def fill(parts: Sequence[Document]) -> Fill:
    spaced = [each for part in parts for each in (Break(), part)][1:]
    return Fill(tuple(parts), _extent(spaced))


def row(table: str, label: Document, rest: Document) -> Row:
    return Row(table, label, rest, _extent((label, Space(), rest)))


def _extent(parts: Sequence[Document]) -> Extent:
    extents = [part.extent for part in parts]
    lead, opening = 0, False
    for extent in extents:
        lead, opening = lead + extent.lead, extent.opening
        if opening:
            break
    return Extent(
        sum(extent.width for extent in extents),
        lead,
        opening,
        broken=any(extent.broken for extent in extents)
        or any(extent.starts for extent in extents[1:])
        or any(extent.ends for extent in extents[:-1]),
        starts=bool(extents) and extents[0].starts,
        ends=bool(extents) and extents[-1].ends,
    )


@define
class Layout:
    """Writes documents into `lines`."""

    lines: list[Line] = field(factory=lambda: [Line(0)])
    indent: int = 0
    keeps_blank: bool = False

    def write(self, document: Document, tail: int = 0, *, flat: bool = False) -> None:
        """Write a document behind which at least `tail` cells follow in the same line, in one line when `flat`."""
        match document:
            case Word():
                self._word(document.piece)
            case Space():
                self._text(" ")
            case Break():
                self._break(document, flat)
            case Sequenced():
                for part, after in _with_tails(document.parts, tail):
                    self.write(part, after, flat=flat)
            case Group():
                self.write(document.part, tail, flat=flat or self._fits(document.extent, tail))
            case Nest():
                self.indent += INDENT
                self.write(document.part, tail, flat=flat)
                self.indent -= INDENT
            case Fill():
                self._fill(document, tail, flat)
            case Choice():
                fits = flat or self._fits(document.test.extent, 0)
                self.write(document.one if fits else document.other, tail, flat=flat)
            case Row():
                self._row(document, tail, flat)

    @property
    def column(self) -> int:
        return self.lines[-1].width

    def _fits(self, extent: Extent, tail: int) -> bool:
        return not extent.broken and self.column + extent.width + tail <= WIDTH

    def _break(self, document: Break, flat: bool) -> None:
        if document.flat is not None and flat:
            self._text(document.flat)
        else:
            self._line(self.indent)
            self.keeps_blank = document.keeps_blank

    def _fill(self, document: Fill, tail: int, flat: bool) -> None:
        for place, part in enumerate(document.parts):
            after = tail if place == len(document.parts) - 1 else 0
            if place:
                fits = flat or (not self.lines[-1].comment and self._fits(part.extent, after + 1))
                self._break(Break(), fits)
            self.write(part, after, flat=flat)

    def _row(self, document: Row, tail: int, flat: bool) -> None:
        line = self.lines[-1]
        self.write(document.label, 1 + document.rest.extent.lead, flat=flat)
        if self.lines[-1] is line and not document.rest.extent.broken and not document.label.extent.ends:
            line.table, line.stop = document.table, len(line.text)
        self._text(" ")
        self.write(document.rest, tail, flat=flat)

    # Words and lines

    def _word(self, piece: Piece) -> None:
        self._comments(piece.before)
        if piece.blank and self.keeps_blank and not self.lines[-1].text:
            self.lines[-1].blank = True
        if piece.type == "TEXT" and "\n" in piece.text:
            self._text(in_block(piece.text, self.lines[-1].indent + INDENT))
        else:
            self._text(piece.text)
        self.lines[-1].comment = None if piece.after is None else piece.after.text
        self.keeps_blank = False

    def _comments(self, comments: Sequence[Comment]) -> None:
        for comment in comments:
            if self.lines[-1].text:
                self._line(self.indent + INDENT)
            line = self.lines[-1]
            line.text = comment.text
            line.blank = line.blank or (comment.blank and self.keeps_blank)
            self.lines.append(Line(line.indent))

    def _text(self, text: str) -> None:
        """Write a text without a line break before it; behind a comment there is one all the same."""
        if self.lines[-1].comment:
            self._line(self.indent + INDENT)
        if text != " " or self.lines[-1].text:
            self.lines[-1].text += text

    def _line(self, indent: int) -> None:
        self.lines[-1].text = self.lines[-1].text.rstrip(" ")
        if self.lines[-1].text:
            self.lines.append(Line(indent))
        else:
            self.lines[-1].indent = indent


def _with_tails(parts: Sequence[Document], tail: int) -> Iterator[tuple[Document, int]]:
    """Each part with what follows it at least in its line."""
    tails = []
    for part in reversed(parts):
        tails.append(tail)
        tail = part.extent.lead + (0 if part.extent.opening else tail)
    return zip(parts, reversed(tails), strict=True)
