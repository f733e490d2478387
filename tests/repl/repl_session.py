"""A session for tests: what is said to lines."""

from __future__ import annotations

from trigdsl.repl.opening import open_shell
from trigdsl.repl.shell import Shell


def opened(rules: str | None = None, *, at: str | None = "2026-11-20T10:00", color: bool = False) -> Shell:
    """A session with rules, which must be right."""
    shell, said = open_shell(
        rules=None, expression=rules, events=None, user=None, at=at, bounds_of=lambda _: "bounds", color=color
    )
    assert said == []
    return shell


def say(shell: Shell, *lines: str) -> list[str]:
    """What is said to lines, all of it."""
    return [part for line in lines for answer in shell.answer(line) for part in answer.split("\n")]
