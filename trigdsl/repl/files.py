"""Files → a session, and a session → files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from trigdsl.explainer.wording import moment
from trigdsl.records.reading import UnreadableFile, read_inputs
from trigdsl.records.rejects import Reject
from trigdsl.repl.reading import tokens_value
from trigdsl.repl.refusal import Refusal
from trigdsl.repl.saving import save
from trigdsl.repl.showing import DIM, RED, YELLOW, Line, Said, counted

if TYPE_CHECKING:
    from trigdsl.model.inputs import Input
    from trigdsl.repl.shell import Shell

MOST_TOLD = 30
"""What comes of events from a file is told line by line up to so many lines, else counted."""


def load(shell: Shell, path: str) -> Iterator[Said]:
    """Takes in rules, or events as one line that can be taken back; raises Refusal, Faults or TrigError."""
    found = Path(path)
    if not found.exists():
        raise Refusal(f"no file or folder `{path}`")
    if found.suffix == ".trig" or (found.is_dir() and next(found.rglob("*.trig"), None) is not None):
        yield from shell.rule(f":load {path}", shell.world.texts.load(path))
        count = len(shell.world.checked.rules)
        yield Line(f"  {count} rule{'' if count == 1 else 's'} live", DIM)
        yield from hidden(shell)
    else:
        yield from load_events(shell, path)


def hidden(shell: Shell) -> Iterator[Line]:
    """What of the files is not heeded, since it was typed anew."""
    keys = shell.world.texts.hidden
    if keys:
        names = ", ".join(" ".join(part for part in key if part) for key in keys)
        yield Line(f"  as it was typed, not as in the file: {names}", DIM)


def load_events(shell: Shell, path: str) -> Iterator[Said]:
    """Takes in the events of a file; those that cannot be used, or come before the clock, are told."""
    rejected: list[Reject] = []
    try:
        inputs = sorted(read_inputs([path], on_reject=rejected.append), key=attrgetter("time"))
    except UnreadableFile as error:
        raise Refusal(str(error)) from error
    yield from _rejected(rejected)
    world = shell.world
    late = [given for given in inputs if world.began and given.time < world.now]
    if late:
        yield Line(f"  {_records(len(late))} before the clock left out", RED)
    inputs = inputs[len(late) :]
    if inputs:
        yield from _take(shell, path, inputs)
    elif not late:
        yield Line("  no records", DIM)


def _rejected(rejected: list[Reject]) -> Iterator[Line]:
    for one in rejected[:3]:
        place = one.file if one.line is None else f"{one.file}:{one.line}"
        yield Line(f"  rejected: {place}: {one.reason}", RED)
    if len(rejected) > 3:
        yield Line(f"  and {len(rejected) - 3} more rejected", RED)


def _take(shell: Shell, path: str, inputs: list[Input]) -> Iterator[Said]:
    world = shell.world
    before = len(world.decisions)
    if not world.began:
        shell.session.user = inputs[0].user
    lines = list(shell.do(f":load {path}", inputs))
    users = len({given.user for given in inputs})
    until = moment(world.now, world.zone(shell.session.user))
    yield Line(f"  {_records(len(inputs))} of {users} user{'' if users == 1 else 's'}, until {until}", DIM)
    if len(lines) <= MOST_TOLD:
        yield from lines
    else:
        yield Line(f"  {counted(world.decisions[before:])}; `:why` tells the story of a user", DIM)


def _records(count: int) -> str:
    return f"{count} record{'' if count == 1 else 's'}"


# ------------------------------------------------------------------------ saving
_SAVE = re.compile(r'(?P<file>[^\s"]\S*)?\s*(?P<title>"(?:[^"\\]|\\.)*")?')


def save_test(shell: Shell, argument: str) -> Iterator[Said]:
    """Shows the session of the user as a test, or appends it to a file; raises Refusal."""
    found = _SAVE.fullmatch(argument)
    if found is None:
        raise Refusal("that is no file and title", 'write `:save test rules.trig "a title"`')
    user = shell.world.user_of(shell.session.user)
    title = tokens_value(found["title"]) if found["title"] else f"what happens to {user}"
    saved = save(shell.world, user, title)
    if found["file"]:
        _append(found["file"], saved.text)
        yield Line(f"  appended to {found['file']}", DIM)
    else:
        yield saved.text.rstrip("\n")
    yield from (Line(f"  {note}", YELLOW) for note in saved.notes)


def save_rules(shell: Shell, argument: str) -> Iterator[Said]:
    """Shows all that was typed, or appends it to a file; raises Refusal."""
    text = shell.world.texts.typed_text
    if not text:
        raise Refusal("no rules were typed")
    if argument:
        _append(argument, text)
        yield Line(f"  appended to {argument}", DIM)
    else:
        yield text.rstrip("\n")


def _append(path: str, text: str) -> None:
    file = Path(path)
    try:
        before = file.read_text("utf-8") if file.exists() else ""
        gap = "" if not before else "\n" if before.endswith("\n") else "\n\n"
        with file.open("a", encoding="utf-8") as out:
            out.write(gap + text)
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise Refusal(f"cannot write `{path}`: {why.lower()}") from error
