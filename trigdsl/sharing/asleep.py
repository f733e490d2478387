"""A user whose shard may be another process's, as the store has them."""

from __future__ import annotations

from trigdsl.engine.clockwork import Clockwork
from trigdsl.engine.program import Program
from trigdsl.model.values import Micros
from trigdsl.store.adopting import Adoption
from trigdsl.store.bodies import decode_numbers
from trigdsl.store.codec import layout_number, read_state
from trigdsl.store.inbox import Feeding
from trigdsl.store.layouts import decode_layout, layout_of
from trigdsl.store.protocol import Transaction
from trigdsl.store.running import program_for


def clockwork_of(program: Program, t: Transaction, user: str) -> Clockwork:
    """A clockwork with what a store has of one user; what another program wrote is shown as this one would keep it."""
    links, known = {}, user
    while link := t.links([known]).get(known):
        links[known] = known = link
    body = t.load([known]).get(known)
    if body is None:
        clockwork = Clockwork(program)
    else:
        parts = read_state(body)
        old = decode_layout(t.layouts()[layout_number(parts)])
        running = program_for(program, old, parts)
        clockwork = Clockwork(running)
        adoption = Adoption(program=running, old=old, new=layout_of(running), policy=None)
        clockwork.states[known] = adoption.adopt(parts).state
    clockwork.links.update(links)
    return clockwork


def clocks_of(t: Feeding) -> dict[int, Micros | None]:
    """The clock of each shard's engine, as it stands in the store; None where it has not begun."""
    kept = t.metas("engine")
    return {shard: decode_numbers(kept[shard])[0] if shard in kept else None for shard in range(1, t.shard_count() + 1)}
