"""What the owner of a shard tells of an item to the process that put it in, by way of the store.

An answer waits under a ticket.  It names nobody: ids are told by their fingerprints, which the process that asked can
read, so that an answer which is never read keeps nothing of whom it is about.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from trigdsl.sharing.routing import fingerprint
from trigdsl.store.inbox import ANSWER, Feeding, ShardTransaction
from trigdsl.store.packing import decode, encode
from trigdsl.store.personal import Forgotten

KEPT = 86_400
"""For how many seconds after it was asked an answer is kept that nobody reads."""


def new_ticket() -> str:
    """A name that no other answer has; names sort by the time at which they were made."""
    return f"{_name_at(time.time())} {uuid4().hex}"


def _name_at(seconds: float) -> str:
    return f"{ANSWER}{int(seconds):012d}"


def answer(t: ShardTransaction, ticket: str, told: Any) -> None:
    """Tell something that `packing` can encode."""
    t.answer(ticket, encode([1, told]), _name_at(time.time() - KEPT))


def take_answer(t: Feeding, ticket: str) -> tuple[bool, Any]:
    """Whether there is an answer, and what it tells; it is told once."""
    kept = t.take_answer(ticket)
    return (False, None) if kept is None else (True, decode(kept)[1])


def told_of(forgotten: Forgotten) -> dict[str, Any]:
    """What was erased, without telling of whom."""
    return forgotten.to_dict() | {"ids": [fingerprint(one) for one in forgotten.ids]}


def forgotten_of(told: dict[str, Any], ids: Iterable[str]) -> Forgotten:
    """What was erased, of the ids among `ids` whose fingerprints are told."""
    prints = {fingerprint(one): one for one in ids}
    return Forgotten(**told | {"ids": tuple(prints.get(mark, mark) for mark in told["ids"])})
