"""A program, and the runs that wait → the program that runs: with the old rules by which some of these runs go on.

Which old rules are wanted is found by looking at the runs, each time that a store is opened which has some: so an old
rule vanishes when its last run has ended, and none is missed whatever was interrupted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from trigdsl.engine.program import OldRule, Program
from trigdsl.engine.state import State
from trigdsl.store.codec import layout_number, read_state
from trigdsl.store.fates import Fate, fates, runs_in, with_old_rules
from trigdsl.store.layouts import Layout, decode_layout, layout_of
from trigdsl.store.protocol import Store

USERS_AT_ONCE = 500
"""How many users' states are looked at in one transaction."""


def running_program(
    store: Store, epoch: int, program: Program, policy: str | None, also: Iterable[OldRule] = ()
) -> Program:
    """The program with which an engine goes on from what a store holds; `also` are old rules that it wants besides."""
    alone, more = with_old_rules(program, ()), set(also)
    with store.transaction(epoch) as t:
        written = t.meta("layout")
        layouts = t.layouts()
    # A program that ran without old rules left no runs of any.
    if written is None or layouts.get(int(written)) == layout_of(alone).encoded:
        return with_old_rules(alone, more)
    return with_old_rules(alone, more | wanted_rules(states_of(store, epoch), layouts, alone, policy))


def program_for(program: Program, layout: Layout, parts: list[object], policy: str | None = None) -> Program:
    """The program by which the runs of one state go on that was written by that layout."""
    return with_old_rules(program, old_rules_of(program, layout, parts, policy))


def old_rules_of(program: Program, layout: Layout, parts: list[object], policy: str | None) -> frozenset[OldRule]:
    """The old rules by which runs of one state go on that was written by that layout."""
    return frozenset(_old_rules(fates(layout, program, policy), runs_in(parts)))


def program_after(before: Program, states: Iterable[State], program: Program, policy: str | None) -> Program:
    """The program with which an engine in memory goes on from the states that another one made."""
    alone = with_old_rules(program, ())
    found = fates(layout_of(before), alone, policy)
    return with_old_rules(alone, _old_rules(found, {run.rule for state in states for run in state.runs or ()}))


def wanted_rules(
    states: Iterable[list[object]], layouts: Mapping[int, bytes], alone: Program, policy: str | None
) -> set[OldRule]:
    """The old rules by which runs of these states, told by their parts, go on."""
    runs = {(layout_number(parts), rule) for parts in states for rule in runs_in(parts)}
    by_layout = {number: fates(decode_layout(layouts[number]), alone, policy) for number in {one for one, _ in runs}}
    return {rule for layout, number in runs for rule in _old_rules(by_layout[layout], (number,))}


def states_of(store: Store, epoch: int | None = None) -> Iterator[list[object]]:
    """The parts of all states, read some at a time, so that an engine that is at work need not wait."""
    last: str | None = ""
    while last is not None:
        with store.transaction(epoch) as t:
            rows = t.users(last, USERS_AT_ONCE)
        yield from (read_state(body) for _, body in rows)
        last = rows[-1][0] if rows else None


def _old_rules(found: tuple[Fate, ...], numbers: Iterable[int]) -> set[OldRule]:
    return {found[number].rule for number in numbers if found[number].kind == "old"}
