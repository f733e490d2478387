"""Headed tables and lines → text: drawn by rich on a terminal, aligned with blanks when piped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO

from attrs import field, frozen

from trigdsl.diagnostics.excerpt import cells, visible

PLAIN_WIDTH = 100


@frozen
class Table:
    """Rows below a header (may be empty texts); `right` are the columns that hold numbers."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()


@frozen
class Block:
    """A part of a report: a title (may be empty), and below it a table, lines, or both."""

    title: str = ""
    table: Table | None = None
    lines: tuple[str, ...] = field(default=())


def print_blocks(blocks: Sequence[Block], out: IO[str]) -> None:
    """Write the blocks to `out`, a blank line between two, in colour if `out` is a terminal."""
    if out.isatty():
        _print_rich(blocks, out)
    else:
        out.write("\n\n".join(_plain(block) for block in blocks) + "\n")


def _plain(block: Block) -> str:
    lines = [block.title] if block.title else []
    indent = "  " if block.title else ""
    if block.table:
        lines += [indent + line for line in _aligned(block.table)]
    lines += [indent + visible(line) for line in block.lines]
    return "\n".join(lines)


def _aligned(table: Table) -> list[str]:
    rows = [row for row in (table.header, *table.rows) if any(row)]
    shown = [tuple(visible(cell) for cell in row) for row in rows]
    widths = [max(cells(row[column]) for row in shown) for column in range(len(table.header))]
    return ["  ".join(_pad(row[i], widths[i], i in table.right) for i in range(len(row))).rstrip() for row in shown]


def _pad(text: str, width: int, right: bool) -> str:
    blanks = " " * (width - cells(text))
    return blanks + text if right else text + blanks


def _print_rich(blocks: Sequence[Block], out: IO[str]) -> None:
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    console = Console(file=out, highlight=False, markup=False, emoji=False)
    for index, block in enumerate(blocks):
        if index:
            console.print()
        if block.title:
            console.print(Text(block.title, style="bold"))
        if block.table:
            drawn = RichTable(box=None, show_header=any(block.table.header), header_style="dim", pad_edge=False)
            for column, name in enumerate(block.table.header):
                number = column in block.table.right
                drawn.add_column(Text(name), justify="right" if number else "left", no_wrap=number, overflow="fold")
            for row in block.table.rows:
                drawn.add_row(*(Text(visible(cell)) for cell in row))
            console.print(drawn)
        for line in block.lines:
            console.print(Text(visible(line)))
