"""A session ⇄ prompt_toolkit: colours as one types, completion, history, Enter that knows where a text ends.

Nothing else imports this: it needs the extra `repl`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import Lexer, PygmentsLexer
from prompt_toolkit.output.color_depth import ColorDepth

from trigdsl.highlighter import TrigLexer
from trigdsl.repl.completing import complete
from trigdsl.repl.lines import MORE, ends, indent
from trigdsl.repl.shell import Shell


def asker(shell: Shell) -> Callable[[str], str]:
    """Asks behind a prompt for a text, which may have several lines; raises KeyboardInterrupt and EOFError."""
    session: PromptSession[str] = PromptSession(
        history=_history(),
        lexer=_Colours() if shell.color else None,
        completer=_Names(shell),
        complete_while_typing=True,
        auto_suggest=AutoSuggestFromHistory(),
        key_bindings=_keys(),
        multiline=True,
        prompt_continuation=MORE,
        color_depth=None if shell.color else ColorDepth.DEPTH_1_BIT,
    )
    return session.prompt


class _Names(Completer):
    """What can come next."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        text = document.text_before_cursor
        for one in complete(self._shell, text):
            # Where no word was begun, what could stand there is shown when it is asked for.
            if not (one.length or complete_event.completion_requested or text.endswith(".")):
                return
            meta = one.candidate.detail or one.candidate.kind
            yield Completion(one.candidate.label, start_position=-one.length, display_meta=meta)


class _Colours(Lexer):
    """The language's colours, but for the signs of commands and questions, which are none of its words."""

    _rules = PygmentsLexer(TrigLexer)

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        if document.text.startswith(":"):
            return lambda number: [("bold", document.lines[number])]
        if not document.text.startswith("?"):
            return self._rules.lex_document(document)
        inside = self._rules.lex_document(Document(f" {document.text[1:]}"))

        def coloured(number: int) -> StyleAndTextTuples:
            parts = [part for part in inside(number) if part[1]]
            if number or not parts:
                return parts
            # The blank at its beginning stood for the sign.
            return [("bold", "?"), (parts[0][0], parts[0][1][1:]), *parts[1:]]

        return coloured


def _keys() -> KeyBindings:
    """Enter ends a text or begins its next line; Alt-Enter ends it wherever it is."""
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

    return keys


def _done(buffer: Buffer) -> None:
    buffer.text = buffer.text.rstrip()
    buffer.validate_and_handle()


# ------------------------------------------------------------------------ history
def _history() -> History:
    file = history_file()
    return InMemoryHistory() if file is None else FileHistory(str(file))


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
