"""Two ways that a session went → where their decisions differ, both clocks brought to the later moment."""

from __future__ import annotations

from collections.abc import Iterator

from trigdsl.differ.differences import Difference, differences
from trigdsl.differ.render_text import WORDS
from trigdsl.explainer.wording import moment
from trigdsl.model.decisions import Decision
from trigdsl.repl.session import Session
from trigdsl.repl.showing import DIM, GREEN, RED, Line
from trigdsl.repl.world import Moved, World
from trigdsl.tester.wording import decision_in_words


def compare(session: Session, one: str, other: str) -> Iterator[Line]:
    """The decisions that differ, each with both sides; the worlds that are compared are copies."""
    sides = [session.journals[name].world() for name in (one, other)]
    latest = max(side.now for side in sides)
    if sides[0].now != sides[1].now:
        behind = one if sides[0].now < latest else other
        zone = session.world.zone(session.user)
        yield Line(f"  (as if the clock of {behind} stood at {moment(latest, zone)} too)", DIM)
    for side in sides:
        if side.now < latest:
            side.do(Moved(latest))
    found = differences(*(_decided(side) for side in sides))
    if not found:
        yield Line(f"  {one} and {other} decide the same", GREEN)
    for difference in found:
        yield from _told(difference, one, other, sides)


def _decided(world: World) -> list[Decision]:
    waiting = [entry.decision for entry in world.pending() if entry.decision is not None]
    return [*world.decisions, *waiting]


def _told(difference: Difference, one: str, other: str, sides: list[World]) -> Iterator[Line]:
    decision = difference.decision
    yield Line(f"  {decision.user}: {decision.rule} step {decision.step}: {WORDS[difference.kind]}")
    for name, side, made, style in (
        (one, sides[0], difference.old, RED),
        (other, sides[1], difference.new, GREEN),
    ):
        if made is None:
            yield Line(f"    {name}: nothing", style)
        else:
            at = moment(made.time, side.zone(made.user))
            yield Line(f"    {name}: {at}  {decision_in_words(made)}", style)
