"""Several engines on one store decide together what one decides alone."""

from __future__ import annotations

import time
from threading import Event as Signal
from typing import Any

import pytest
from shared_records import END_AFTER, LATENESS, RULES, START, USERS, records

import trigdsl
from trigdsl.delivery.outbox import Outbox
from trigdsl.sharing.routing import fingerprint, shard_of
from trigdsl.store.bodies import decode_decision
from trigdsl.store.errors import LeaseLost, StoreError
from trigdsl.store.planning import plan
from trigdsl.store.postgres_schema import TABLES

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
        count = t.shard_count()
    return sum(shard_of(root, count) != shard_of(fingerprint(user), count) for user, root in roots.items())


def work_all(*engines: trigdsl.SharedEngine) -> None:
    """Let them work in turns until nothing is left to do."""
    for engine in engines:
        engine._renewed = float("-inf")
        engine.work()
    while engines[0].backlog():
        for engine in engines:
            engine.work(50)


def wait_for_a_lock(engine: trigdsl.SharedEngine) -> None:
    """Come back when somebody waits for a lock in the server."""
    until = time.monotonic() + 60
    with engine._shards.looking() as t:
        while not t._run("SELECT 1 FROM pg_locks WHERE NOT granted", ()).fetchall():
            assert time.monotonic() < until, "nobody waits"
            time.sleep(0.01)


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


# ------------------------------------------------------------------------ leases
def opened(url: str, rules: str = LEFT, **options: Any) -> trigdsl.SharedEngine:
    return trigdsl.SharedEngine(trigdsl.parse(rules), url, **{"shards": 4, "lease": "60s", "log": True, **options})


def let_leases_end(engine: trigdsl.SharedEngine, owner: str) -> None:
    """As if an owner had stood still past its lease, by the server's clock."""
    with engine._shards.feeding() as t:
        past = "clock_timestamp() - interval '1 microsecond'"
        t._run(f"UPDATE shards SET expires = {past} WHERE owner = ?", (owner,))
        t._run(f"UPDATE members SET expires = {past} WHERE owner = ?", (owner,))


def owners(engine: trigdsl.SharedEngine) -> dict[int, str | None]:
    return {one.shard: one.owner for one in engine.leases()}


def test_who_lost_a_shard_can_keep_nothing_more(postgres_url: str) -> None:
    first, second = opened(postgres_url), opened(postgres_url)
    first.feed(record("10:00:00", "cart"))
    work_all(first)
    assert first.shards == [1, 2, 3, 4]
    (shard,) = first._engines
    stale = first._engines[shard]
    let_leases_end(first, first.owner)
    second.work()
    assert second.shards == [1, 2, 3, 4]
    # The first one does not know yet: its clock says that it need not renew for a long time.
    with pytest.raises(LeaseLost, match=f"the lease of shard {shard} was over and another process has taken it"):
        stale.advance(f"{DAY}T12:00:00Z")
    with pytest.raises(LeaseLost):
        stale.pending("u")
    assert stale.clock is not None
    assert stale.clock.hour == 10
    first.feed(record("10:30:00", "purchase"))
    assert first.work() == []
    assert first.backlog() == {shard: 1}
    assert first.shards == [one for one in (1, 2, 3, 4) if one != shard]
    assert [one.status for one in second.work()] == ["cancelled"]
    assert [one.status for one in logged(second)] == ["cancelled"]


def test_a_lease_that_is_over_is_still_good_when_nobody_has_taken_the_shard(postgres_url: str) -> None:
    with opened(postgres_url) as engine:
        engine.work()
        let_leases_end(engine, engine.owner)
        assert set(owners(engine).values()) == {None}
        engine.feed(record("10:00:00", "cart"))
        engine.work()
        assert engine.backlog() == {}
        assert list(owners(engine).values()).count(engine.owner) == 1


def test_shards_are_shared_fairly_and_given_back(postgres_url: str) -> None:
    engines = [opened(postgres_url, shards=5) for _ in range(3)]
    engines[0].work()
    assert list(owners(engines[0]).values()) == [engines[0].owner] * 5
    for _ in range(2):
        for engine in engines:
            engine._renewed = float("-inf")
            engine.work()
    assert sorted(len(one.shards) for one in engines) == [1, 2, 2]
    assert sorted(shard for one in engines for shard in one.shards) == [1, 2, 3, 4, 5]
    engines[0].close()
    engines[1].close()
    assert set(owners(engines[2]).values()) == {None, engines[2].owner}
    engines[2]._renewed = float("-inf")
    engines[2].work()
    assert engines[2].shards == [1, 2, 3, 4, 5]


def test_a_shard_whose_owner_is_in_a_transaction_is_left_for_later(postgres_url: str) -> None:
    first, second = opened(postgres_url), opened(postgres_url)
    first.feed(record("10:00:00", "cart"))
    work_all(first)
    ((shard, engine),) = first._engines.items()
    let_leases_end(first, first.owner)
    assert engine.store is not None
    with engine.store.transaction():
        second.work()
        assert second.shards == [one for one in (1, 2, 3, 4) if one != shard]


# ------------------------------------------------------------------------ records and users
def test_any_process_may_feed_and_ask_for_any_user(postgres_url: str) -> None:
    rejected: list[str] = []
    with opened(postgres_url, on_reject=lambda _, why: rejected.append(why)) as worker, opened(postgres_url) as other:
        worker.work()
        users = [f"u{number}" for number in range(20)]
        other.feed_many([record("10:00:00", "cart", user) for user in users], source="log", position="a")
        worker.feed_many([record("10:20:00", "purchase", "u3"), {"user": "u4", "event": "cart"}], position=7)
        assert rejected == ["no `time`"]
        assert (other.position("log"), other.position(), other.position("else")) == ("a", 7, None)
        assert other.pending("u3") == []
        assert [(one.user, one.status) for one in worker.work()] == [("u3", "cancelled")]
        assert [len(other.pending(user)) for user in ("u2", "u3", "u4")] == [1, 0, 1]
        state = other.state("u4")
        assert state is not None
        assert [run["rule"] for run in state["runs"]] == ["left"]
        assert other.state("nobody") is None
        assert [row.user for _, row in other.rejects()] == ["u4"]
        assert other.export("u3")["decisions"][0]["status"] == "cancelled"
        worker.advance(f"{DAY}T11:00:00Z")
        other.feed(record("10:59:59", "purchase", "u5"))
        made = worker.work()
        assert {one.user for one in made if one.status == "sent"} == {*users} - {"u3"}
        assert [row.reason[:6] for _, row in other.rejects()] == ["no `ti", "late: "]
        delivered: list[str] = []
        Outbox(other.store).deliver(lambda handover: delivered.append(handover.decision.user))
        assert sorted(delivered) == sorted({*users} - {"u3"})


def test_advance_lets_timers_of_just_that_moment_go_off(postgres_url: str) -> None:
    with opened(postgres_url, shards=1) as engine:
        engine.feed_many([record("10:00:00", "cart"), record("11:00:00", "visit", "v")])
        assert engine.work() == []
        engine.advance(f"{DAY}T11:00:00Z")
        assert [one.status for one in engine.work()] == ["sent"]
        # A clock that is beyond stays.
        engine.advance(f"{DAY}T10:00:00Z")
        assert engine.work() == []
        assert engine.backlog() == {}


def in_two_shards(count: int = 4) -> tuple[str, str]:
    """Ids of two shards."""
    first = "u0"
    where = shard_of(fingerprint(first), count)
    return first, next(one for number in range(99) if shard_of(fingerprint(one := f"u{number}"), count) != where)


def test_who_becomes_one_with_a_user_of_another_shard_moves_there(postgres_url: str) -> None:
    user, device = in_two_shards()
    first, second = opened(postgres_url), opened(postgres_url)
    for _ in range(2):
        for engine in (first, second):
            engine._renewed = float("-inf")
            engine.work()
    first.feed_many([record("10:00:00", "cart", device), record("10:30:00", "visit", user, alias=device)])
    owner = {shard: engine for engine in (first, second) for shard in engine.shards}
    source, to = (shard_of(fingerprint(one), 4) for one in (device, user))
    if owner[source] is not owner[to]:
        # The user's shard waits for the device's, however often it is asked.
        for _ in range(3):
            assert owner[to].work() == []
        assert first.backlog() == {source: 2, to: 2}
    work_all(first, second)
    assert [one.user for one in first.pending(device)] == [user]
    first.feed(record("10:40:00", "purchase", device))
    made = owner[to].work() + owner[source].work()
    assert [(one.user, one.status) for one in made] == [(user, "cancelled")]
    assert owner[source].state(device) == first.state(user)


def test_what_is_forgotten_is_nowhere_and_routes_stay(postgres_url: str) -> None:
    user, device = in_two_shards()
    with opened(postgres_url) as engine:
        engine.feed_many([record("10:00:00", "cart", device), record("10:30:00", "visit", user, alias=device)])
        work_all(engine)
        found = engine.forget(device)
        assert (found.ids, found.state, found.runs, found.links) == ((user, device), True, 1, 1)
        assert engine.state(user) is None
        assert engine.export(user)["ids"] == [user]
        for table in (*TABLES, "sources", "moves", "members"):
            with engine._shards.feeding() as t:
                rows = str(t._run(f"SELECT t::text FROM {table} t").fetchall())
            assert f"{user}," not in rows, table
            assert f"{device}," not in rows, table
        # Who is here again is where they would have been, so that nobody is in two shards.
        engine.feed_many([record("11:00:00", "cart", device), record("11:00:00", "visit", user)])
        assert engine.backlog() == {shard_of(fingerprint(user), 4): 2}
        work_all(engine)
        assert [[one.user for one in engine.pending(one)] for one in (user, device)] == [[], [device]]
        engine.feed(record("11:10:00", "visit", user, alias=device))
        work_all(engine)
        assert [one.user for one in engine.pending(device)] == [user]


def test_records_that_are_held_back_move_too(postgres_url: str) -> None:
    user, device = in_two_shards()
    given = [
        record("10:00:00", "cart", device),
        record("10:20:00", "purchase", device),
        record("10:10:00", "cart", device),
        record("10:30:00", "visit", user, alias=device),
        record("11:30:00", "visit", user),
    ]
    with opened(postgres_url, lateness="2h") as engine:
        for one in given:
            engine.feed(one)
            engine.work()
        assert engine.store is not None
        engine.advance(f"{DAY}T12:00:00Z")
        work_all(engine)
        assert by_user(logged(engine)) == by_user(alone(LEFT, given, f"{DAY}T12:00:00Z", "2h"))


def test_rules_that_change_are_adopted_shard_by_shard(postgres_url: str) -> None:
    with opened(postgres_url) as engine:
        engine.feed_many([record("10:00:00", "cart", f"u{number}") for number in range(9)])
        work_all(engine)
    other = "rule other: if visit then send push\n" + LEFT.replace("1h", "2h")
    with opened(postgres_url, other) as engine:
        assert len(engine.pending("u1")) == 1
        engine.advance(f"{DAY}T13:00:00Z")
        made = engine.work()
        assert [one.to_dict()["time"] for one in made] == [f"{DAY}T11:00:00Z"] * 9


def test_a_run_of_an_old_text_moves_to_a_shard_that_has_had_none(postgres_url: str) -> None:
    user, device = in_two_shards()
    rule = 'rule left: if cart then after 1h send push "{}" while pending stack'
    with opened(postgres_url, rule.format("old")) as engine:
        engine.feed(record("10:00:00", "cart", device))
        work_all(engine)
    with opened(postgres_url, rule.format("new")) as engine:
        assert [one.rule for one in engine.pending(device)] == ["left"]
        assert [run["rule"] for run in engine.state(device)["runs"]] == ["left"]
        engine.feed_many([record("10:20:00", "cart", user), record("10:30:00", "visit", user, alias=device)])
        work_all(engine)
        assert [one.due for one in engine.pending(user)] == sorted(one.due for one in engine.pending(device))
        assert len(engine.pending(user)) == 2
    with opened(postgres_url, rule.format("newer")) as engine:
        engine.advance(f"{DAY}T13:00:00Z")
        work_all(engine)
        made = [one for one in logged(engine) if one.status == "sent"]
        assert [(one.user, one.rule, one.text) for one in made] == [(user, "left", "old"), (user, "left", "new")]


# ------------------------------------------------------------------------ opening
def test_what_cannot_be_opened(postgres_url: str) -> None:
    program = trigdsl.parse(LEFT)
    with pytest.raises(ValueError, match="`lease` is `0s`: wanted is at least 1s"):
        opened(postgres_url, lease="0s")
    with pytest.raises(ValueError, match="`shards` is 0: wanted is at least 1"):
        opened(postgres_url, shards=0)
    opened(postgres_url).close()
    with pytest.raises(
        StoreError, match="this store has 4 shards, not 5: leave `shards` out to take what it has, or have their number"
    ):
        opened(postgres_url, shards=5)
    with pytest.raises(StoreError, match=r"this store is shared: open it with `trigdsl\.SharedEngine`"):
        trigdsl.Engine(program, store=postgres_url)
    alone_url = f"{postgres_url}_alone"
    with trigdsl.Engine(program, store=alone_url) as engine:
        engine.feed(record("10:00:00", "cart"))
    with pytest.raises(StoreError, match="an engine that does not share wrote to this store: give another schema"):
        opened(alone_url)


def test_run_works_and_moves_the_clock(postgres_url: str) -> None:
    stop, made = Signal(), []

    def note(decisions: list[trigdsl.Decision]) -> None:
        made.extend(decisions)
        stop.set()

    with opened(postgres_url) as engine:
        engine.feed(record("10:00:00", "cart"))
        # By the wall clock the message has been due for long.
        engine.run(stop, behind="1s", idle=0.01, on_decisions=note)
        assert [(one.status, one.to_dict()["time"]) for one in made] == [("sent", f"{DAY}T11:00:00Z")]


def test_plan_sees_the_users_of_all_shards(postgres_url: str) -> None:
    with opened(postgres_url) as engine:
        engine.feed_many([record("10:00:00", "cart", f"u{number}") for number in range(9)])
        work_all(engine)
        found = plan(engine.store, trigdsl.parse("rule other: if cart then send push"))
        assert {one.rule: (one.fate, one.ended) for one in found.rules} == {"other": ("new", 0), "left": ("removed", 9)}
