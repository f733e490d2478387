"""Lines with their columns → text: tables and comments behind lines are aligned."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from attrs import define

from trigdsl.diagnostics.excerpt import cells
from trigdsl.syntax.build.texts import common_margin, text_value

WIDTH = 120
"""The cells that a line may take, a comment behind it aside."""

INDENT = 2
MOST_PADDING = 40
"""Where more blanks would be needed in a row, its table is not aligned."""


@define(eq=False)
class Line:
    """A line without its indentation; of a text over several lines all of it.

    `stop` is where the second column of `table` begins; `blank` tells that a blank line stands before it.
    """

    indent: int
    text: str = ""
    comment: str | None = None
    table: str = ""
    stop: int = 0
    blank: bool = False

    @property
    def width(self) -> int:
        """The cells up to the end of the text, that of its last line if there are several."""
        _, several, last = self.text.rpartition("\n")
        return cells(last) if several else self.indent + cells(last)


def written(lines: Sequence[Line]) -> str:
    """The text of all lines; the lines are changed."""
    for run in _runs(lines, lambda line: (line.table, line.indent) if line.table else None):
        _align_rows(run)
    columns = {}
    for run in _runs(lines, lambda line: "comment" if line.comment else None):
        columns.update(_comment_columns(run))
    return "".join(_line(line, columns.get(id(line), 0)) for line in lines)


def _line(line: Line, column: int) -> str:
    text = f"{'' if not line.blank else chr(10)}{' ' * line.indent}{line.text}"
    return f"{text}{' ' * (column - line.width)}{line.comment}\n" if line.comment else f"{text}\n"


def _runs(lines: Sequence[Line], kind: Callable[[Line], object]) -> Iterator[list[Line]]:
    """Adjacent lines of the same kind, those of the kind None left out."""
    run: list[Line] = []
    for line in lines:
        if run and (line.blank or kind(line) != kind(run[0])):
            yield run
            run = []
        if kind(line) is not None:
            run.append(line)
    if run:
        yield run


def _align_rows(run: Sequence[Line]) -> None:
    """Let the second columns of the rows begin in the same cell, unless that would make a line too long."""
    labels = [cells(line.text[: line.stop]) for line in run]
    paddings = [max(labels) - label for label in labels]
    too_long = any(line.width <= WIDTH < line.width + by for line, by in zip(run, paddings, strict=True))
    if max(paddings) > MOST_PADDING or too_long:
        return
    for line, by in zip(run, paddings, strict=True):
        line.text = line.text[: line.stop] + " " * by + line.text[line.stop :]


def _comment_columns(run: Sequence[Line]) -> dict[int, int]:
    widths = [line.width for line in run]
    aligned = max(widths) - min(widths) <= MOST_PADDING
    return {id(line): (max(widths) if aligned else line.width) + 2 for line in run}


def in_block(text: str, indent: int) -> str:
    """A text in three quotes with its lines indented so, saying the same."""
    first, *rest = text[3:-3].split("\n")
    margin = common_margin([line for line in rest if line.strip()])
    lines = [" " * indent + line[margin:] if line.strip() else "" for line in rest]
    if not rest[-1].strip():
        lines[-1] = " " * indent
    moved = '"""' + "\n".join([first if first.strip() else "", *lines]) + '"""'
    return moved if text_value(moved) == text_value(text) else text
