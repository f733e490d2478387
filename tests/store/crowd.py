"""Threads that do everything with an engine at once, each with users of its own, and the same done one after another.

The story has rounds.  In each the clock stands at one moment: whatever order threads come in, nothing is late, and what
happens to a user happens in the order of the thread that has them.  So the decisions of each user must be the same.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any, TypeAlias

import trigdsl

RULES = """
cap push 3 per 1d
rule left: if cart then after 20m send push "{{ n }}" unless purchase
rule third: if visit and count(visit) in last 1h >= 3 then send sms "{{ count }}" at most 2 per 1d
rule often: if cart then after 5m set user.carts = previous(cart.n)
rule quiet: if no visit for 50m then send push "Where are you?"
""".replace("{{ count }}", "{{ n }}")
START = 1_795_168_800
ROUNDS, THREADS, USERS = 6, 6, 5
Step: TypeAlias = tuple[str, Any]


def moment(number: int) -> int:
    return START + number * 900


def steps(thread: int, number: int) -> Iterator[Step]:
    """What a thread does in a round, in order."""
    draw = random.Random(f"{thread} {number}")
    users = [f"user-{thread}-{one}" for one in range(USERS)]
    for place in range(10):
        user = draw.choice([*users, f"device-{thread}-{draw.randrange(3)}"])
        record = {
            "user": user,
            "time": moment(number),
            "event": draw.choices(("visit", "cart", "purchase"), (6, 3, 1))[0],
            "properties": {"n": place},
        }
        yield "feed", record
        what = draw.randrange(12)
        if what == 0:
            yield "merge", (draw.choice(users), f"device-{thread}-{draw.randrange(3)}")
        elif what == 1:
            yield "forget", draw.choice(users)
        elif what < 6:
            yield draw.choice(("pending", "state", "explain", "export", "user_of")), draw.choice(users)
        elif what == 6:
            yield "other", moment(number)


Do: TypeAlias = Callable[[str, Any], list[trigdsl.Decision]]


def one_step(engine: Any, name: str, given: Any) -> list[trigdsl.Decision]:
    """A step that every engine knows; the decisions, if it gives any."""
    if name == "feed":
        return engine.feed(given) or []
    if name == "merge":
        try:
            return engine.merge(*given) or []
        except ValueError:
            return []
    if name == "explain":
        engine.explain(given, "left")
    else:
        getattr(engine, name)(given)
    return []


def at_once(begin: Callable[[int], list[trigdsl.Decision]], do: Do) -> list[trigdsl.Decision]:
    """The story told by threads at once: `begin` sets the clock of a round."""
    made: list[trigdsl.Decision] = []
    errors: list[BaseException] = []

    def run(thread: int, number: int) -> None:
        try:
            for name, given in steps(thread, number):
                made.extend(do(name, given))
        except BaseException as error:
            errors.append(error)

    for number in range(ROUNDS):
        made += begin(moment(number))
        threads = [Thread(target=run, args=(thread, number)) for thread in range(THREADS)]
        for one in threads:
            one.start()
        for one in threads:
            one.join(300)
        assert errors == []
    return made + begin(moment(ROUNDS + 20))


def in_turn() -> list[trigdsl.Decision]:
    """The same by an engine in memory, one thread's steps after another's."""
    engine = trigdsl.Engine(trigdsl.parse(RULES))
    made: list[trigdsl.Decision] = []
    for number in range(ROUNDS):
        made += engine.advance(moment(number))
        for thread in range(THREADS):
            for name, given in steps(thread, number):
                if name != "other":
                    made += one_step(engine, name, given)
    return made + engine.advance(moment(ROUNDS + 20))


def by_user(decisions: list[trigdsl.Decision]) -> dict[str, list[dict[str, Any]]]:
    """Decisions of each user, by time; those of one moment as they were made."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in sorted(decisions, key=lambda one: one.time):
        found.setdefault(one.user, []).append(one.to_dict())
    return found
