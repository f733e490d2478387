"""Tables and lines as text."""

from __future__ import annotations

import io

from trigdsl.cli.tables import Block, Table, print_blocks


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def printed(*blocks: Block) -> str:
    out = io.StringIO()
    print_blocks(blocks, out)
    return out.getvalue()


def test_columns_are_aligned_numbers_to_the_right() -> None:
    table = Table(("", "runs"), (("cart", "7"), ("winback", "1,200")), frozenset({1}))
    assert printed(Block("Rules", table)) == (
        "Rules\n" + "            runs\n" + "  cart         7\n" + "  winback  1,200\n"
    )


def test_an_empty_header_takes_no_line() -> None:
    assert printed(Block("Goals", Table(("", ""), (("cart", "7"),)))) == "Goals\n  cart  7\n"


def test_wide_characters_count_twice() -> None:
    table = Table(("", ""), (("가격", "x"), ("abcd", "y")))
    assert printed(Block("T", table)).splitlines()[1:] == ["  가격  x", "  abcd  y"]


def test_blocks_are_apart_by_a_blank_line_and_lines_without_a_title_stand_at_the_margin() -> None:
    assert printed(Block(lines=("one", "two")), Block("T", lines=("three",))) == "one\ntwo\n\nT\n  three\n"


def test_text_from_data_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in printed(Block(lines=("a\x1b[2J",)))
    out = Terminal()
    print_blocks([Block(lines=("[bold]a\x07",))], out)
    assert "[bold]a␇" in out.getvalue()


def test_a_terminal_gets_the_same_facts() -> None:
    out = Terminal()
    table = Table(("", "runs"), (("cart", "7"),), frozenset({1}))
    print_blocks([Block("Rules", table, ("a line",))], out)
    for fact in ("Rules", "runs", "cart", "7", "a line"):
        assert fact in out.getvalue()
