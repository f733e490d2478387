"""A file or a pipe of lines → a transcript: each line behind its prompt, and what was said to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trigdsl.repl.lines import MORE, texts_of
from trigdsl.repl.shell import Shell


def run(shell: Shell, lines: Iterable[str]) -> Iterator[str]:
    """The transcript, line by line, until the lines or the session end."""
    for text in texts_of(lines):
        if not text.strip():
            yield ""
            continue
        yield from echo(shell, text)
        for said in shell.answer(text):
            yield from said.split("\n")
        if shell.is_over:
            return


def echo(shell: Shell, text: str) -> Iterator[str]:
    """A text behind its prompts."""
    first, *rest = text.split("\n")
    yield f"{shell.prompt}{first}".rstrip()
    yield from (f"{MORE}{line}".rstrip() for line in rest)
