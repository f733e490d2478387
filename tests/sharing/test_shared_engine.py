"""Several engines on one store decide together what one decides alone."""

from __future__ import annotations

from typing import Any

import pytest
from shared_records import END_AFTER, LATENESS, RULES, START, USERS, records

import trigdsl
from trigdsl.sharing.routing import fingerprint, shard_of
from trigdsl.store.bodies import decode_decision

DAY = "2026-11-20"
LEFT = "rule left: if cart then after 1h send push unless purchase"


def by_user(decisions: list[trigdsl.Decision]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for one in decisions:
        found.setdefault(one.user, []).append(one.to_dict())
    return found


def alone(rules: str, given: list[dict[str, Any]], until: Any, lateness: str | None = None) -> list[trigdsl.Decision]:
    engine = trigdsl.Engine(trigdsl.parse(rules), lateness=lateness)
    return engine.feed_many(given) + engine.advance(until)


def logged(engine: trigdsl.SharedEngine) -> list[trigdsl.Decision]:
    with engine.store.transaction() as t:
        return [decode_decision(body) for _, body in t.logged(None, 0, 2**40)]


def moved(engine: trigdsl.SharedEngine) -> int:
    """How many users are in another shard than their own id would have them in."""
    with engine._shards.feeding() as t:
        roots = t.roots([f"u{number}" for number in range(USERS)])
    count = engine._shards.count
    return sum(shard_of(root, count) != shard_of(fingerprint(user), count) for user, root in roots.items())


def work_all(*engines: trigdsl.SharedEngine) -> None:
    """Let them work in turns until nothing is left to do."""
    for engine in engines:
        engine._renewed = float("-inf")
        engine.work()
    while engines[0].backlog():
        for engine in engines:
            engine.work(50)


def record(time: str, event: str, user: str = "u", **more: Any) -> dict[str, Any]:
    return {"user": user, "time": f"{DAY}T{time}Z", "event": event, **more}


@pytest.mark.parametrize("count", [1, 2, 3])
def test_several_decide_what_one_decides(postgres_url: str, count: int) -> None:
    given = list(records(1000))
    until = START + 20 * len(given) + END_AFTER
    expected = alone(RULES, given, until, LATENESS)
    program = trigdsl.parse(RULES)
    engines = [
        trigdsl.SharedEngine(program, postgres_url, shards=8, lease="60s", lateness=LATENESS, log=True)
        for _ in range(count)
    ]
    work_all(*engines)
    work_all(*engines)
    assert sorted(len(one.shards) for one in engines) == sorted(len(range(8)[n::count]) for n in range(count))
    for number, start in enumerate(range(0, len(given), 100)):
        engines[number % count].feed_many(given[start : start + 100], position=start + 100)
        if number % 3 == 0:
            engines[number % 2 % count].work(30)
    engines[-1].advance(until)
    work_all(*engines)
    assert by_user(logged(engines[0])) == by_user(expected)
    assert engines[0].position() == len(given)
    assert moved(engines[0]) > 3, "else the test shows little"
    for one in engines:
        one.close()
