"""Threads that feed, look, merge, forget and work on a shared store at once come to what one engine comes to."""

from __future__ import annotations

import time
from threading import Thread
from typing import Any

import crowd
import pytest
from test_shared_engine import DAY, LEFT, logged, opened, record, work_all
from test_shared_users import Working

import trigdsl
from trigdsl.store.errors import StoreError


@pytest.mark.parametrize("processes", [1, 2])
def test_threads_at_once_decide_what_one_engine_decides(postgres_url: str, processes: int) -> None:
    program = trigdsl.parse(crowd.RULES)
    options: dict[str, Any] = {"shards": 5, "lease": "60s", "log": True}
    engines = [trigdsl.SharedEngine(program, postgres_url, **options) for _ in range(processes)]
    work_all(*engines)
    work_all(*engines)
    counts = iter([2, 7, 1, 9, 4, 6, 3, 8])

    def begin(at: int) -> list[trigdsl.Decision]:
        engines[0].advance(at)
        return []

    def do(name: str, given: Any) -> list[trigdsl.Decision]:
        engine = engines[hash(str(given)) % processes]
        if name == "other":
            if (count := next(counts, None)) is not None:
                engine.change_shards(count)
            return []
        return crowd.one_step(engine, name, given)

    # Two threads of each process work, beside the six that do everything else.
    with Working(*engines, *engines) as at_work:
        crowd.at_once(begin, do)
        while engines[0].backlog():
            time.sleep(0.005)
    expected = crowd.in_turn()
    # Each thread hands on what it did in its own time; so the order is that of the log, which has of each user what
    # came since they were forgotten last.
    assert sorted(str(one) for one in at_work.made) == sorted(str(one) for one in expected)
    told = crowd.by_user(expected)
    kept = crowd.by_user(logged(engines[0]))
    assert kept == {user: told[user][-len(some) :] for user, some in kept.items()}
    assert sum(map(len, kept.values())) > len(expected) // 2, "else the test shows little"
    for one in engines:
        one.close()


def test_threads_that_feed_at_once_do_not_wait_for_each_other(postgres_url: str) -> None:
    """One is in the middle of its transaction, and the others' records are handled before its own."""
    users = [f"u{number}" for number in range(40)]
    with opened(postgres_url) as engine:
        work_all(engine)
        with engine._shards.feeding() as t:
            t.put([(1, 0, b"never")])
            put = [Thread(target=engine.feed, args=(record("10:00:00", "cart", user),)) for user in users]
            for one in put:
                one.start()
            waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'"
            in_first = sum(user_shard == 1 for user_shard in places(engine, users))
            assert 0 < in_first < 40
            until = time.monotonic() + 60
            while t._run(waits, ()).fetchone() != (in_first,) or sum(engine.backlog().values()) < 40 - in_first:
                assert time.monotonic() < until
                time.sleep(0.01)
            assert 1 not in engine.backlog()
            engine.work()
            assert sum(engine.backlog().values()) == 0
            # It comes to nothing, and those that waited go on.
            t._run("DELETE FROM inbox WHERE shard = 1", ())
        for one in put:
            one.join(60)
        assert engine.backlog() == {1: in_first}
        engine.advance(f"{DAY}T11:00:00Z")
        work_all(engine)
        assert sorted(one.user for one in logged(engine)) == sorted(users)


def places(engine: trigdsl.SharedEngine, users: list[str]) -> list[int]:
    from trigdsl.sharing.routing import shard_holding

    with engine._shards.looking() as t:
        return [shard_holding(t, user) for user in users]


def test_a_shard_that_one_thread_has_in_hand_is_left_alone_by_others(postgres_url: str) -> None:
    with opened(postgres_url) as engine:
        work_all(engine)
        engine.feed_many([record("10:00:00", "cart", f"u{number}") for number in range(20)])
        assert set(engine.backlog()) == {1, 2, 3, 4}
        with engine._hand(2) as got:
            assert got
            thread = Thread(target=engine.work)
            thread.start()
            thread.join(60)
            assert not thread.is_alive()
            assert set(engine.backlog()) == {2}
        engine.work()
        assert engine.backlog() == {}


def test_a_closed_engine_says_so_in_every_thread(postgres_url: str) -> None:
    engine = opened(postgres_url, LEFT)
    with engine._shards.looking() as t:
        engine.close()
        # What is under way ends well.
        assert t.waiting() == {}
    for call in (engine.backlog, engine.work, lambda: engine.feed(record("10:00:00", "cart"))):
        with pytest.raises(StoreError, match="the store is closed"):
            call()
