"""What rules ask of history that is known only since they ask it: the gaps of a running engine's history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from trigdsl.model.values import Micros
from trigdsl.store.layouts import Layout, numbers
from trigdsl.store.packing import decode, encode
from trigdsl.store.protocol import Transaction

Since: TypeAlias = Mapping[str, Micros]
"""What a slot asks → the moment up to and including which its history is not known."""

GAPS = "history gaps"
"""The name under which a store keeps gaps."""


def gaps_after(old: Layout, new: Layout, since: Since, now: Micros) -> dict[str, Micros]:
    """The gaps of a program that goes on with the states of another, which had those of `since`.

    What was not asked before is known from `now` on; of a period that has grown, what is older than the period was.
    """
    sources = numbers(old, new).slots
    gaps: dict[str, Micros] = {}
    for place, slot in enumerate(new.slots):
        before = old.slots[sources[place]] if place in sources else None
        if before is None:
            gaps[slot.key] = now
        elif before.key in since:
            gaps[slot.key] = since[before.key]
        elif slot.length > before.length:
            gaps[slot.key] = now - before.length
    return gaps


def read_gaps(t: Transaction) -> dict[str, Micros]:
    """The gaps of what a store keeps."""
    kept = t.meta(GAPS)
    return {} if kept is None else dict(decode(kept))


def write_gaps(t: Transaction, since: Since) -> None:
    t.set_meta(GAPS, encode(dict(since)))


def joined_gaps(kept: Iterable[bytes]) -> bytes:
    """The gaps of what several stores keep, when these become one: each as far as it reaches in any of them."""
    gaps: dict[str, Micros] = {}
    for body in kept:
        for what, since in decode(body).items():
            gaps[what] = max(since, gaps.get(what, since))
    return encode(gaps)
