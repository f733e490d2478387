"""A file or a pipe of lines → a transcript: each line behind its prompt, and what was said to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trigdsl.repl.reading import goes_on_with, is_unfinished, may_go_on
from trigdsl.repl.shell import Shell

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


def run(shell: Shell, lines: Iterable[str]) -> Iterator[str]:
    """The transcript, line by line, until the lines or the session end."""
    for text in texts_of(lines):
        if not text.strip():
            yield ""
            continue
        first, *rest = text.split("\n")
        yield f"{shell.prompt}{first}".rstrip()
        yield from (f"{MORE}{line}".rstrip() for line in rest)
        for said in shell.answer(text):
            yield from said.split("\n")
        if shell.is_over:
            return
