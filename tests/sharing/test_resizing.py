"""Another number of shards while processes feed and work: the decisions are those of one engine all the same."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

import pytest
from shared_records import END_AFTER, LATENESS, RULES, START, records
from test_shared_engine import DAY, LEFT, alone, by_user, logged, moved, opened, record, wait_for_a_lock, work_all
from test_shared_users import Working, answers, kinds

import trigdsl
from trigdsl.model.values import micros
from trigdsl.sharing.resizing import resize
from trigdsl.sharing.routing import shard_holding
from trigdsl.store.bodies import decode_numbers, encode_numbers
from trigdsl.store.errors import LeaseLost, StoreError


def places(engine: trigdsl.SharedEngine, table: str = "states") -> dict[str, int]:
    with engine._shards.looking() as t:
        return dict(t._run(f"SELECT user_id, shard FROM {table}", ()).fetchall())


def belongs(engine: trigdsl.SharedEngine, users: Any) -> dict[str, int]:
    with engine._shards.looking() as t:
        return {user: shard_holding(t, user) for user in users}


@pytest.mark.parametrize("counts", [(5, 3), (1, 16), (16, 1)])
def test_the_number_changes_while_all_run_on(postgres_url: str, counts: tuple[int, int]) -> None:
    given = list(records(900))
    until = START + 20 * len(given) + END_AFTER
    program = trigdsl.parse(RULES)
    engines = [
        trigdsl.SharedEngine(program, postgres_url, shards=8, lease="60s", lateness=LATENESS, log=True)
        for _ in range(2)
    ]
    work_all(*engines)
    feeder = trigdsl.SharedEngine(program, postgres_url)
    with Working(*engines):
        for number, start in enumerate(range(0, len(given), 30)):
            feeder.feed_many(given[start : start + 30], position=start + 30)
            if number in (10, 20):
                engines[number // 20].change_shards(counts[number // 20])
        feeder.advance(until)
        while feeder.backlog():
            pass
    assert by_user(logged(feeder)) == by_user(alone(RULES, given, until, LATENESS))
    assert len(feeder.leases()) == counts[1]
    work_all(*engines)
    work_all(*engines)
    assert sorted(shard for one in engines for shard in one.shards) == list(range(1, counts[1] + 1))
    assert (found := places(feeder)) == belongs(feeder, found)
    if counts[1] > 1:
        assert moved(feeder) > 3, "else the test shows little"
    assert feeder.position() == len(given)
    for one in (*engines, feeder):
        one.close()


def test_records_held_back_and_clocks_are_those_of_the_new_shards(postgres_url: str) -> None:
    with opened(postgres_url, lateness="1h") as engine:
        users = [f"u{number}" for number in range(12)]
        engine.feed_many([record(f"10:{number:02}:00", "cart", user) for number, user in enumerate(users)])
        work_all(engine)
        assert len(places(engine, "held")) == 12
        latest = max(at for at in engine.clocks().values() if at is not None) if any(engine.clocks().values()) else None
        engine.change_shards(2)
        assert set(engine.clocks().values()) == {latest}
        assert (found := places(engine, "held")) == belongs(engine, users) == {user: found[user] for user in users}
        assert set(found.values()) == {1, 2}
        engine.feed_many([record("10:30:00", "purchase", "u3"), record("10:20:00", "purchase", "u4")])
        engine.advance(f"{DAY}T13:00:00Z")
        work_all(engine)
        made = {one.user: one.status for one in logged(engine)}
        assert made == {**dict.fromkeys(users, "sent"), "u3": "cancelled", "u4": "cancelled"}


def test_a_clock_never_goes_back_and_timers_before_it_go_off_in_order(postgres_url: str) -> None:
    with opened(postgres_url, shards=4) as engine:
        users = [f"u{number}" for number in range(8)]
        engine.feed_many([record(f"10:{number:02}:00", "cart", user) for number, user in enumerate(users)])
        engine.feed(record("11:30:00", "visit", "u7"))
        work_all(engine)
        sent = [one.user for one in logged(engine)]
        engine.change_shards(1)
        assert [at.isoformat() for at in engine.clocks().values() if at] == [f"{DAY}T11:30:00+00:00"]
        # Late by the clock of the one shard that there is now, as it would be for one engine.
        engine.feed(record("11:29:59.999999", "purchase", "u0"))
        engine.feed(record("11:30:00.000001", "visit", "u7"))
        made = engine.work()
        assert [row.reason[:5] for _, row in engine.rejects()] == ["late:"]
        assert sorted([*sent, *(one.user for one in made)]) == users
        assert [one.time for one in made] == sorted(one.time for one in made)


def test_who_had_a_shard_of_the_old_number_keeps_nothing_more(postgres_url: str) -> None:
    with opened(postgres_url, shards=2) as first, opened(postgres_url, shards=2) as second:
        work_all(first)
        first.feed_many([record("10:00:00", "cart", f"u{number}") for number in range(6)])
        first.work()
        stale = dict(first._engines)
        assert set(stale) == {1, 2}
        first._renewed = float("inf")
        with Working(first):
            second.change_shards(3)
        for engine in stale.values():
            with pytest.raises(LeaseLost):
                engine.advance(f"{DAY}T12:00:00Z")
        # Shard 2 goes, and one of that number comes again.
        first._renewed = float("-inf")
        work_all(first)
        first.feed_many([record("10:01:00", "visit", f"u{number}") for number in range(6)])
        first.work()
        before = first._engines[3]
        with Working(first):
            second.change_shards(1)
            second.change_shards(3)
        for shard, engine in {**stale, 3: before}.items():
            with pytest.raises(LeaseLost, match=f"shard {shard}"):
                engine.advance(f"{DAY}T12:00:00Z")
        first.advance(f"{DAY}T12:00:00Z")
        for _ in range(2):
            work_all(first)
        assert sorted(one.user for one in logged(first)) == [f"u{number}" for number in range(6)]


# ------------------------------------------------------------------------ when it is refused, or breaks off
def test_a_number_that_is_wrong_and_an_inbox_that_stays_full(postgres_url: str) -> None:
    with opened(postgres_url) as feeder:
        with pytest.raises(ValueError, match="`shards` is 0: wanted is at least 1"):
            feeder.change_shards(0)
        feeder.feed(record("10:00:00", "cart"))
        wanted = r"the inbox was not empty within 0 s, items wait: .* let processes work on all shards, and try again"
        with pytest.raises(TimeoutError, match=wanted):
            feeder.change_shards(8, within=0)
        assert len(feeder.leases()) == 4
        work_all(feeder)
        assert len(feeder.pending("u")) == 1
        feeder.change_shards(4)
        feeder.change_shards(8)
        assert len(feeder.leases()) == 8
        assert len(feeder.pending("u")) == 1
    with opened(postgres_url, shards=None) as again:
        assert len(again.leases()) == 8
    with pytest.raises(StoreError, match="this store has 8 shards, not 4"):
        opened(postgres_url)


def test_shards_that_different_rules_wrote_to_stay_as_they_are(postgres_url: str) -> None:
    old, new = opened(postgres_url), opened(postgres_url, LEFT.replace("1h", "2h"))
    old.feed_many([record("10:00:00", "cart", f"u{number}") for number in range(9)])
    for _ in range(2):
        for engine in (old, new):
            engine._renewed = float("-inf")
            engine.work()
    before = places(old)
    with Working(new), pytest.raises(StoreError, match="different rules wrote to the shards: give all processes"):
        old.change_shards(3)
    assert (places(old), len(old.leases())) == (before, 4)
    old.close()
    new._renewed = float("-inf")
    new.change_shards(3)
    assert len(new.leases()) == 3
    new.advance(f"{DAY}T13:00:00Z")
    work_all(new)
    assert len(logged(new)) == 9
    new.close()


@pytest.mark.parametrize("where", ["set_count", "place_states", "place_held", "set_metas"])
def test_one_that_breaks_off_has_not_been(postgres_url: str, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(postgres_url) as engine, opened(postgres_url) as other:
        engine.feed_many([record("10:00:00", "cart", f"u{number}") for number in range(9)])
        work_all(engine)
        before, clocks = places(engine), engine.clocks()
        from trigdsl.store.resharding import Moving

        whole = getattr(Moving, where)

        def break_off(self: Moving, *given: Any) -> None:
            whole(self, *given)
            raise KeyboardInterrupt

        monkeypatch.setattr(Moving, where, break_off)
        with pytest.raises(KeyboardInterrupt):
            engine.change_shards(7)
        monkeypatch.undo()
        assert (places(engine), engine.clocks(), len(engine.leases())) == (before, clocks, 4)
        # Its lock is gone with it, and so is nothing else.
        other.feed(record("10:30:00", "purchase", "u1"))
        assert [one.user for one in engine.work()] == ["u1"]
        engine.change_shards(7)
        engine.advance(f"{DAY}T11:00:00Z")
        work_all(engine)
        assert sorted(one.user for one in logged(engine)) == sorted(before)


def test_who_feeds_meanwhile_waits_and_finds_the_new_places(postgres_url: str) -> None:
    with opened(postgres_url) as engine, opened(postgres_url) as feeder:
        work_all(engine)
        with engine._shards.moving() as t:
            thread = threading.Thread(target=feeder.feed, args=(record("10:00:00", "cart", "u1"),))
            thread.start()
            wait_for_a_lock(engine)
            t.stop_owners()
            t.set_count(9)
        thread.join(60)
        assert [shard for shard, _ in kinds(feeder)] == [*belongs(feeder, ["u1"]).values()]


def test_what_an_owner_is_doing_is_waited_for_and_counts(postgres_url: str) -> None:
    with opened(postgres_url) as engine, opened(postgres_url) as other:
        engine.feed_many([record("10:00:00", "cart", f"u{number}") for number in range(9)])
        work_all(engine)
        clock = micros(datetime.fromisoformat(f"{DAY}T12:34:56+00:00"))
        (shard, *_) = engine._engines
        with engine._shards.owning(shard, engine._epochs[shard]) as owned:
            thread = threading.Thread(target=resize, args=(other._shards, 1, lambda: False, 30))
            thread.start()
            wait_for_a_lock(engine)
            kept = owned.meta("engine")
            assert kept is not None
            owned.set_meta("engine", encode_numbers([clock, *decode_numbers(kept)[1:]]))
        thread.join(60)
        assert [micros(at) for at in other.clocks().values() if at] == [clock]


def test_answers_wait_on(postgres_url: str) -> None:
    with opened(postgres_url) as engine:
        work_all(engine)
        tickets = [engine._ask_forget(f"u{number}")[0] for number in range(6)]
        engine.work()
        engine.change_shards(1)
        assert len(answers(engine)) == 6
        assert all(engine._answer(ticket)[0] for ticket in tickets)
        assert answers(engine) == []
