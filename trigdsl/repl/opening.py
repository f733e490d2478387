"""Options of the command line → a session, and what is said when it opens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from trigdsl.diagnostics.diagnostic import TrigError
from trigdsl.diagnostics.render_text import render
from trigdsl.engine.dates import day_number
from trigdsl.engine.program import Program
from trigdsl.engine.zones import Zone
from trigdsl.model.values import DAY, Micros, micros
from trigdsl.repl.moves import check_move
from trigdsl.repl.reading import Rules, read
from trigdsl.repl.refusal import Faults, Refusal
from trigdsl.repl.session import Session
from trigdsl.repl.shell import DEFAULT_START, DEFAULT_USER, Shell
from trigdsl.repl.texts import Texts
from trigdsl.repl.world import Moved, Ruled
from trigdsl.tester.timeline import zone_of


def open_shell(
    *,
    rules: str | None,
    expression: str | None,
    events: str | None,
    user: str | None,
    at: str | None,
    bounds_of: Callable[[Program], str],
    color: bool,
) -> tuple[Shell, list[str]]:
    """The session, and its first words; rules or events at fault are among those, and counted in `failed`.

    What opened it is not taken back by `:back`.
    """
    said: list[str] = []
    texts, failed = Texts(), 0
    try:
        texts = texts.load(rules) if rules is not None else texts
        if expression is not None:
            typed = read(expression)
            if not isinstance(typed, Rules):
                raise Refusal("-e wants rules", "such as -e 'if signup then send push'")
            texts = texts.with_items(typed)
        ruled = Ruled(texts, *texts.compile())
    except (Faults, TrigError) as error:
        said += [render(one, color=color) for one in error.diagnostics]
        ruled, failed = Ruled(Texts(), *Texts().compile()), 1
    except Refusal as refusal:
        said.append(str(refusal))
        ruled, failed = Ruled(Texts(), *Texts().compile()), 1
    session = Session.opened(ruled, _start(at, ruled.program), user or DEFAULT_USER)
    shell = Shell(session, bounds_of, color, failed=failed)
    for one in ruled.program.diagnostics if not failed else ():
        shell.told.add((one.code, one.message))
        said.append(render(one, color=color))
    if events is not None and not failed:
        said += _events(shell, events, user, at)
    session.settle()
    return shell, said


def _events(shell: Shell, path: str, user: str | None, at: str | None) -> list[str]:
    """Take the events in, then let the clock go on to the time that was given."""
    said = list(shell.answer(f":load {path}"))
    session, world = shell.session, shell.session.world
    session.user = world.user_of(user) if user is not None else session.user
    if at is not None and not shell.failed:
        to = moment_of(at, world.zone(session.user))
        try:
            check_move(to, world.now, world.zone(session.user), may_go_back=False)
        except Refusal as refusal:
            shell.failed += 1
            return [*said, str(refusal)]
        session.do("--at", [Moved(to)])
    return said


def _start(at: str | None, program: Program) -> Micros:
    return moment_of(at or DEFAULT_START, zone_of({}, program))


def moment_of(text: str, zone: Zone) -> Micros:
    """A date and time on a zone's clock, or with an offset; raises ValueError for what is none."""
    found = dt.datetime.fromisoformat(text)
    if found.tzinfo is not None:
        return micros(found)
    since = micros(found.replace(tzinfo=dt.UTC))
    return zone.instant(day_number(found.date()), since % DAY)
