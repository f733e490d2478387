"""Lines as they come → texts: which lines belong together, and where a text ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trigdsl.repl.reading import goes_on_with, is_unfinished, may_go_on

MORE = "... "
"""Stands in front of lines that belong to the one before."""


def texts_of(lines: Iterable[str]) -> Iterator[str]:
    """Lines, those that belong together as one text: rules over several lines, records with open braces."""
    held: str | None = None
    for raw in lines:
        line = raw.rstrip("\r\n")
        if held is None:
            held = line
        elif is_unfinished(held) or goes_on_with(held, line):
            held += f"\n{line}"
        else:
            yield held
            # A blank line ends rules over several lines, and is nothing else then.
            held = None if may_go_on(held) and not line.strip() else line
    if held is not None:
        yield held


def ends(text: str) -> bool:
    """Whether Enter at the end of a text ends it, rather than beginning another line."""
    if not text.strip():
        return True
    last_is_blank = "\n" in text and not text.rpartition("\n")[2].strip()
    if is_unfinished(text):
        return last_is_blank and '"""' not in text
    return last_is_blank or not may_go_on(text)


def indent(text: str) -> str:
    """The blanks that the next line of a text begins with: as many as the last, two more below a heading."""
    last = text.rpartition("\n")[2]
    blanks = last[: len(last) - len(last.lstrip())]
    return blanks + "  " if last.rstrip().endswith((":", "{")) else blanks
