"""The parts of a decision that make it the one it is → its key."""

from __future__ import annotations

from hashlib import blake2b

from trigdsl.model.values import Micros


def key_of(user: str, rule: str, triggered: Micros, number: int, step: int, place: int) -> str:
    """The key of the decision on the action at `place` (from 0) of a step (from 1) of a rule's run.

    `user` is the id as which the user started the run, `number` that of the rule's run among those that started
    for this user at that instant, from 1.
    """
    named = f"{len(user)} {user} {rule} {triggered} {number} {step} {place}"
    return blake2b(named.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
