"""A person at a terminal ⇄ a session: colours, completion, history, lines that go on; plain without prompt_toolkit."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from trigdsl.repl.reading import is_unfinished, may_go_on
from trigdsl.repl.script import MORE, texts_of
from trigdsl.repl.shell import Shell
from trigdsl.version import __version__

GREETING = f"trig {__version__}: type a rule, then what happens; `:help` lists what else, Ctrl-D ends"
HINT = "for colours, completion and history: pip install 'trigdsl[repl]'"


def talk(shell: Shell) -> None:
    """Answer a person until the session is over."""
    print(GREETING)
    try:
        ask = _fitted(shell) if sys.stdout.isatty() else plain(input)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != "prompt_toolkit":
            raise
        print(HINT)
        ask = plain(input)
    while not shell.is_over:
        try:
            text = ask(shell.prompt)
        except KeyboardInterrupt:
            continue
        except EOFError:
            break
        _answer_all(shell, text)


def _answer_all(shell: Shell, text: str) -> None:
    """Answer a text; one of several lines that do not belong together, as it comes by pasting, line by line."""
    texts = [one for one in texts_of(text.split("\n")) if one.strip()]
    for number, one in enumerate(texts):
        if shell.is_over:
            return
        if number:
            print(f"{shell.prompt}{one}".replace("\n", f"\n{MORE}"))
        _answer(shell, one)


def _answer(shell: Shell, text: str) -> None:
    try:
        for line in shell.answer(text):
            print(line)
    except KeyboardInterrupt:
        # What was interrupted half-way is as if it had never been typed.
        shell.session.restore()
        print("interrupted")


def ends(text: str) -> bool:
    """Whether Enter at the end of a text ends it, rather than beginning another line."""
    if not text.strip():
        return True
    last_is_blank = "\n" in text and not text.rpartition("\n")[2].strip()
    if is_unfinished(text):
        return last_is_blank and '"""' not in text
    return last_is_blank or not may_go_on(text)


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


def history_file() -> Path | None:
    """Where lines are kept from one session to the next; None where that cannot be written.

    It is `trigdsl/repl_history` in `XDG_STATE_HOME`, which is `~/.local/state` where it is not set.
    """
    try:
        folder = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "trigdsl"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = folder / "repl_history"
        file.touch(mode=0o600)
    except (OSError, RuntimeError):
        return None
    return file


def _fitted(shell: Shell) -> Callable[[str], str]:
    """Asks with prompt_toolkit; raises ModuleNotFoundError without it."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
    from prompt_toolkit.buffer import Buffer
    from prompt_toolkit.completion import CompleteEvent, Completer, Completion
    from prompt_toolkit.document import Document
    from prompt_toolkit.history import FileHistory, History, InMemoryHistory
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
    from prompt_toolkit.lexers import PygmentsLexer
    from prompt_toolkit.output.color_depth import ColorDepth

    from trigdsl.highlighter import TrigLexer
    from trigdsl.repl.completing import complete

    class Names(Completer):
        def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
            return _offers(document.text_before_cursor, asked_for=complete_event.completion_requested)

    def _offers(text: str, *, asked_for: bool) -> Iterator[Completion]:
        for one in complete(shell, text):
            # Where no word was begun, what could stand there is shown when it is asked for.
            if not (one.length or asked_for or text.endswith(".")):
                return
            label, detail = one.candidate.label, one.candidate.detail or one.candidate.kind
            yield Completion(label, start_position=-one.length, display_meta=detail)

    keys = KeyBindings()

    @keys.add("enter")
    def _enter(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.complete_state is not None and buffer.complete_state.current_completion is not None:
            buffer.complete_state = None
        elif buffer.document.is_cursor_at_the_end and not ends(buffer.text):
            buffer.insert_text("\n" + indent(buffer.text))
        else:
            _done(buffer)

    @keys.add("escape", "enter")
    def _always(event: KeyPressEvent) -> None:
        _done(event.current_buffer)

    def _done(buffer: Buffer) -> None:
        buffer.text = buffer.text.rstrip()
        buffer.validate_and_handle()

    file = history_file()
    history: History = InMemoryHistory() if file is None else FileHistory(str(file))
    session: PromptSession[str] = PromptSession(
        history=history,
        lexer=PygmentsLexer(TrigLexer) if shell.color else None,
        completer=Names(),
        auto_suggest=AutoSuggestFromHistory(),
        key_bindings=keys,
        multiline=True,
        prompt_continuation=MORE,
        color_depth=None if shell.color else ColorDepth.DEPTH_1_BIT,
    )
    more: dict[str, Any] = {"complete_while_typing": True}
    return lambda prompt: session.prompt(prompt, **more)


def indent(text: str) -> str:
    """The blanks that the next line of a text begins with: as many as the last, two more below a heading."""
    last = text.rpartition("\n")[2]
    blanks = last[: len(last) - len(last.lstrip())]
    return blanks + "  " if last.rstrip().endswith((":", "{")) else blanks
