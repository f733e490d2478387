"""A session at a prompt: it decides as a replay does, its journal leads to it again, and saved tests pass."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from budget import FIRST, share
from case_parts import Case
from draws import seconds
from programs import case

import trigdsl
import trigdsl.loading
from trigdsl.model.decisions import Decision
from trigdsl.model.inputs import Input
from trigdsl.model.values import SECOND
from trigdsl.records.native import input_of
from trigdsl.repl.opening import open_shell
from trigdsl.repl.refusal import Refusal
from trigdsl.repl.saving import save
from trigdsl.repl.session import Session
from trigdsl.repl.shell import Shell
from trigdsl.repl.world import Moved, World
from trigdsl.store.codec import encode_state
from trigdsl.tester.run import run_tests

PARTS = 4


def inputs_of(drawn: Case) -> list[Input]:
    """The records that can be used, by time, without ids (which only tell duplicates)."""
    found = [input_of({name: part for name, part in record.items() if name != "id"}) for record in drawn.records]
    return sorted(found, key=lambda given: given.time)


def opened(text: str) -> Shell | None:
    """A session with rules; None when they cannot run."""
    shell, _ = open_shell(
        rules=None, expression=text, events=None, user="u", at=None, bounds_of=lambda _: "", color=False
    )
    return None if shell.failed else shell


def told(decisions: list[Decision]) -> list[dict[str, Any]]:
    return [decision.to_dict() for decision in decisions]


def contents(world: World) -> dict[str, Any]:
    """All that a world is, for comparison."""
    return {
        "now": world.now,
        "states": {user: encode_state(world.program, 0, state) for user, state in world.clockwork.states.items()},
        "decisions": told(world.decisions),
        "pending": [entry.decision for entry in world.pending()],
        "inputs": world.inputs,
        "entries": [len(epoch.trace.entries) for epoch in world.epochs],
    }


def sessions(part: int, some: int) -> Iterator[tuple[int, Case, Shell, list[Input], random.Random]]:
    for seed in range(FIRST + part, FIRST + share(some), PARTS):
        drawn = case(seed)
        shell = opened(drawn.text)
        if shell is not None:
            yield seed, drawn, shell, inputs_of(drawn), random.Random(seed)


@pytest.mark.parametrize("part", range(PARTS))
def test_a_session_decides_as_a_replay(part: int) -> None:
    """The clock may stop anywhere between two records: what happens stays the same."""
    for seed, drawn, shell, inputs, chance in sessions(part, 5):
        for given in inputs:
            world = shell.world
            if world.began and chance.random() < 0.5 and world.now < given.time - 1:
                shell.session.do("a move", [Moved(chance.randint(world.now, given.time - 1))])
            shell.session.do("an input", [given])
        shell.session.do("the end", [Moved(shell.world.now)])
        expected = list(trigdsl.replay(shell.world.program, inputs))
        # A line is told at once, so users who share an instant stand in the order of what happened to them.
        found = sorted(shell.world.decisions, key=lambda one: (one.time, one.user))
        found += [entry.decision for entry in shell.world.pending() if entry.decision]
        assert told(found) == told(expected), f"seed {seed}:\n{drawn.text}"


@pytest.mark.parametrize("part", range(PARTS))
def test_the_journal_leads_to_the_same_world(part: int) -> None:
    """Whatever was done, taken back, forked and ruled otherwise: the world is the one that its journal leads to."""
    for seed, drawn, shell, inputs, chance in sessions(part, 10):
        session = shell.session
        for given in inputs:
            wildly(shell, drawn, chance)
            at = max(given.time, session.world.now) if session.world.began else given.time
            session.do("an input", [Input(given.user, at, given.event, given.properties, given.set, given.add)])
        assert contents(session.world) == contents(session.journal.world()), f"seed {seed}"


def wildly(shell: Shell, drawn: Case, chance: random.Random) -> None:
    """One of the things that can be done to a session between two inputs."""
    session, world = shell.session, shell.world
    kind = chance.choice(("nothing", "nothing", "move", "move", "back", "rule", "fork", "switch", "next", "ask"))
    match kind:
        case "move" if world.began:
            length = chance.choice(("30m", "1h", "3h", "1d"))
            session.do("a move", [Moved(world.now + seconds(length) * SECOND)])
        case "back" if len(session.journal.steps) > 2:
            list(shell.answer(f":back {chance.randint(1, 2)}"))
        case "rule":
            rule = chance.choice(drawn.rules)
            list(shell.answer(f"rule {rule.name}: if a then after 1h send push unless {chance.choice('abc')}"))
        case "fork":
            list(shell.answer(f":fork f{len(session.journals)}"))
        case "switch":
            list(shell.answer(f":switch {chance.choice(list(session.journals))}"))
        case "next" if world.began:
            list(shell.answer(":to next"))
        case "ask":
            before = contents(world)
            for line in ("? count(a) + 1", ":pending", ":why", ":whynot r0", ":compare", "expect no sends", ":state"):
                list(shell.answer(line))
            assert contents(session.world) == before


@pytest.mark.parametrize("part", range(PARTS))
def test_saved_sessions_pass(part: int) -> None:
    """Each saved test passes, and tells just what happened where tests can: without a remark."""
    saved = plain = 0
    for seed, drawn, shell, inputs, chance in sessions(part, 10):
        for given in inputs:
            whole = given.time - given.time % SECOND
            shell.session.do("an input", [Input("u", whole, given.event, given.properties, given.set, given.add)])
        if chance.random() < 0.5:
            shell.session.do("a move", [Moved(shell.world.now + seconds(chance.choice(("1h", "1d"))) * SECOND)])
        found = saved_or_none(shell.session)
        if found is None:
            continue
        text, notes = found
        program, checked = trigdsl.loading.parse_checked(drawn.text + text)
        [result] = run_tests(checked.tests, program)
        failed = [outcome.expected for outcome in result.outcomes if not outcome.met]
        assert not failed, f"seed {seed}:\n{drawn.text}{text}"
        saved, plain = saved + 1, plain + (not notes)
    assert saved > 0
    assert plain > saved // 2


def saved_or_none(session: Session) -> tuple[str, tuple[str, ...]] | None:
    """None for what no test can write."""
    try:
        found = save(session.world, "u", "a session")
    except Refusal:
        return None
    return found.text, found.notes
