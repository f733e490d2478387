"""A person at a terminal ⇄ a session; with the extra `repl` as comfortable as `prompting` makes it, else plain."""

from __future__ import annotations

import sys
from collections.abc import Callable

from trigdsl.repl.lines import MORE, ends, texts_of
from trigdsl.repl.script import echo
from trigdsl.repl.shell import Shell
from trigdsl.version import __version__

GREETING = f"trig {__version__}: type a rule, then what happens; `:help` lists what else, Ctrl-D ends"
HINT = "for colours, completion and history: pip install 'trigdsl[repl]'"


def talk(shell: Shell) -> None:
    """Answer a person until the session is over."""
    print(GREETING)
    ask = _asker(shell)
    while not shell.is_over:
        try:
            text = ask(shell.prompt)
        except KeyboardInterrupt:
            continue
        except EOFError:
            break
        _answer_all(shell, text)


def _asker(shell: Shell) -> Callable[[str], str]:
    if not sys.stdout.isatty():
        return plain(input)
    try:
        from trigdsl.repl.prompting import asker
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != "prompt_toolkit":
            raise
        print(HINT)
        return plain(input)
    return asker(shell)


def _answer_all(shell: Shell, text: str) -> None:
    """Answer a text; one of several lines that do not belong together, as it comes by pasting, line by line."""
    texts = [one for one in texts_of(text.split("\n")) if one.strip()]
    for number, one in enumerate(texts):
        if shell.is_over:
            return
        if number:
            print("\n".join(echo(shell, one)))
        _answer(shell, one)


def _answer(shell: Shell, text: str) -> None:
    try:
        for line in shell.answer(text):
            print(line)
    except KeyboardInterrupt:
        # What was interrupted half-way is as if it had never been typed.
        shell.session.restore()
        print("interrupted")


def plain(read: Callable[[str], str]) -> Callable[[str], str]:
    """Asks with a function such as `input`, for as many lines as belong together."""

    def ask(prompt: str) -> str:
        try:
            text = read(prompt)
            while not ends(text):
                text += "\n" + read(MORE)
        except (KeyboardInterrupt, EOFError):
            print()
            raise
        return text

    return ask
