"""What was typed up to now → what can come next: commands, names of the program, fields of events, keywords."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from trigdsl.checker.program import CheckedProgram
from trigdsl.completer.candidates import Candidate, Known, candidates, event_fields, names_of, user_fields, word_at
from trigdsl.completer.symbols import Kind, Symbol, symbols_of
from trigdsl.repl.commands import COMMANDS
from trigdsl.repl.moves import read_move
from trigdsl.repl.reading import is_item
from trigdsl.repl.refusal import Refusal
from trigdsl.source import NOWHERE
from trigdsl.syntax.nodes import Name
from trigdsl.syntax.printer import print_tree
from trigdsl.syntax.tokens import Token, tokenize

if TYPE_CHECKING:
    from trigdsl.repl.shell import Shell

_TEST = 'test "typed":\n2000-01-01 00:00 '
_CHANGES = ("set", "add to", "remove from")
_BEGINS = (*_CHANGES, "user", "expect", "if", "rule", "event", "channel", "segment", "list", "test")
_WITH_RULE = ("why", "whynot", "ast", "rules")
_WITH_FORK = ("switch", "compare")
_WORDS = {"to": ("next",), "save": ("test", "rules")}


@frozen
class Completion:
    """What can be written, in place of the last `length` characters."""

    candidate: Candidate
    length: int


def complete(shell: Shell, text: str) -> list[Completion]:
    """All that fits what was typed before the cursor, the likeliest first; none twice."""
    line = text[text.rfind("\n") + 1 :]
    if text.lstrip().startswith(":"):
        length, found = _command(shell, text.lstrip())
    else:
        word = word_at(line)
        length = len(line) - word.start
        found = _typed(shell, text[: len(text) - len(line) + word.path], word.prefix)
    written = text[len(text) - length :]
    fits: dict[str, Candidate] = {}
    for one in found:
        if one.label.startswith(written) and one.label != written:
            fits.setdefault(one.label, one)
    return [Completion(one, length) for one in sorted(fits.values(), key=lambda one: (one.rank, one.label))]


def known_of(shell: Shell) -> Known:
    """The names of the program, and those that happened in the session."""
    world = shell.world
    if shell.symbols is None or shell.symbols[0] is not world.checked:
        shell.symbols = world.checked, tuple(_symbols(world.checked))
    names = world.program.event_names
    events = {names.get(given.event, given.event) for given in world.inputs if given.event is not None}
    attributes = {name for state in world.clockwork.states.values() for name in state.profile or {}}
    symbols = [*shell.symbols[1], *(Symbol(Kind.EVENT, name, NOWHERE) for name in sorted(events))]
    symbols += [Symbol(Kind.ATTRIBUTE, name, NOWHERE) for name in sorted(attributes)]
    return Known(world.checked.items, symbols)


def _symbols(checked: CheckedProgram) -> Iterator[Symbol]:
    for item in checked.items:
        yield from symbols_of(item)
    yield from (Symbol(Kind.RULE, rule.name, NOWHERE, declares=True) for rule in checked.rules)


# ------------------------------------------------------------------------ commands
def _command(shell: Shell, text: str) -> tuple[int, Iterable[Candidate]]:
    name, blank, argument = text[1:].partition(" ")
    if not blank:
        return len(text), (Candidate(f":{one.name}", "command", detail=one.help) for one in COMMANDS.values())
    last = argument.rpartition(" ")[2]
    if name in _WITH_RULE:
        return len(last), names_of(known_of(shell), Kind.RULE)
    labels: Iterable[str] = ()
    if name in _WITH_FORK:
        labels = shell.session.journals
    elif name == "state":
        labels = shell.world.users
    elif name == "help":
        labels = COMMANDS
    elif name in _WORDS and " " not in argument:
        labels = _WORDS[name]
    elif name in ("load", "save"):
        labels = _paths(last)
    return len(last), [Candidate(label, "name") for label in labels]


def _paths(written: str) -> list[str]:
    folder, _, _ = written.rpartition("/")
    base = Path(folder or ("/" if written.startswith("/") else "."))
    ahead = written[: len(written) - len(written.rpartition("/")[2])]
    try:
        return sorted(f"{ahead}{one.name}{'/' if one.is_dir() else ''}" for one in base.iterdir() if one.name[0] != ".")
    except OSError:
        return []


# ------------------------------------------------------------------------ the language
def _typed(shell: Shell, before: str, prefix: tuple[str, ...]) -> Iterator[Candidate]:
    """What can follow a text, of which the path that is being written was left out."""
    known = known_of(shell)
    if before.lstrip().startswith("?"):
        asked = f"rule asked: if {_latest(shell)} and {before.lstrip()[1:]}"
        yield from candidates(asked, prefix, known)
        return
    tokens = tokenize(before)
    if [token.type for token in tokens] == ["USER"] and not prefix:
        yield from (Candidate(user, "name") for user in shell.world.users)
    elif is_item(tokens):
        yield from candidates(before, prefix, known)
    else:
        yield from _happening(tokens, before, prefix, known)


def _latest(shell: Shell) -> str:
    for given in reversed(shell.world.inputs):
        if given.event is not None:
            return print_tree(Name(text=shell.world.program.event_names.get(given.event, given.event)))
    return "any"


def _happening(tokens: Sequence[Token], before: str, prefix: tuple[str, ...], known: Known) -> Iterator[Candidate]:
    """What can follow in a line of what happens to a user."""
    try:
        move, count = read_move(tokens)
    except Refusal:
        return
    rest = tokens[count:]
    if not rest and not prefix:
        yield from names_of(known, Kind.EVENT)
        words = _BEGINS if move is None else _CHANGES
        yield from (Candidate(word, "keyword") for word in words)
        return
    if rest and rest[0].type == "SET" and len(rest) == 1:
        ahead = "" if prefix == ("user",) else "user."
        yield from (Candidate(f"{ahead}{path}", "field", detail=kind or None) for path, kind in user_fields(known))
        return
    if (keys := _open_keys(rest)) is not None and not prefix:
        fields = user_fields(known) if rest[0].type == "USER" else event_fields(known, [str(rest[0]).strip("`")])
        ahead = "".join(f"{key}." for key in keys)
        yield from (
            Candidate(path[len(ahead) :], "field", detail=kind or None)
            for path, kind in fields
            if path.startswith(ahead)
        )
        return
    start = int(rest[0].start_pos or 0) if rest else len(before)
    text = f'test "typed":\n{before}' if rest and rest[0].type == "EXPECT" else _TEST + before[start:]
    yield from candidates(text, prefix, known)


def _open_keys(tokens: Sequence[Token]) -> list[str] | None:
    """The keys of the records that are open, where a key can stand next; None where none can."""
    if not tokens or tokens[-1].type not in ("LBRACE", "COMMA"):
        return None
    keys: list[list[str]] = []
    before: list[str] = []
    for token in tokens:
        if token.type in ("LBRACE", "LSQB"):
            keys.append(before)
        elif token.type in ("RBRACE", "RSQB") and keys:
            keys.pop()
        before = str(token).split(".") if token.type != "COLON" else before
    return [name for part in keys[1:] for name in part] if keys else None
