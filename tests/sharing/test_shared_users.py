"""What a shared engine does with one user: merge, forget, explain; wherever they are, and whoever dies in between."""

from __future__ import annotations

import threading
from threading import Event as Signal
from typing import Any

import pytest
from test_shared_engine import DAY, LEFT, by_user, in_two_shards, let_leases_end, logged, opened, record, work_all

import trigdsl
from trigdsl.delivery.outbox import Outbox
from trigdsl.sharing.answers import forgotten_of
from trigdsl.sharing.routing import fingerprint, shard_of
from trigdsl.store.inbox import ANSWER, GIVE, MERGE, TAKE
from trigdsl.store.packing import encode

RULES = """
cap push 2 per day
rule left: if cart then after 1h send push "{{ user.name }}" unless purchase
rule hi: if visit then send push at most 1 per 1d
rule text: if text then send sms
"""


@pytest.fixture
def pair(postgres_url: str) -> Any:
    """Two engines at work, of which each has two of four shards."""
    engines = opened(postgres_url, RULES), opened(postgres_url, RULES)
    for _ in range(2):
        for engine in engines:
            engine._renewed = float("-inf")
            engine.work()
    assert [len(one.shards) for one in engines] == [2, 2]
    yield engines
    for engine in engines:
        engine.close()


class Working:
    """An engine that works in a thread of its own, as another process would."""

    def __init__(self, *engines: trigdsl.SharedEngine) -> None:
        self.stop, self.errors, self.made = Signal(), list[Exception](), list[trigdsl.Decision]()
        options = {"idle": 0.005, "on_decisions": self.made.extend, "on_error": self.errors.append}
        self._threads = [threading.Thread(target=one.run, args=(self.stop,), kwargs=options) for one in engines]

    def __enter__(self) -> Working:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        for thread in self._threads:
            thread.join(60)
        assert self.errors == []


def kinds(engine: trigdsl.SharedEngine) -> list[tuple[int, int]]:
    """What is in the inbox: shard and kind of each item."""
    return [(item[0], item[1]) for _, item in engine._shards.inbox(range(1, 99), 99)]


def answers(engine: trigdsl.SharedEngine) -> list[tuple[str, bytes]]:
    with engine._shards.feeding() as t:
        return t._run("SELECT name, value FROM meta WHERE name LIKE ?", (ANSWER + "%",)).fetchall()


# ------------------------------------------------------------------------ merge
def test_a_merge_across_processes_is_that_of_one_engine(pair: Any) -> None:
    first, second = pair
    user, device = in_two_shards()
    single = trigdsl.Engine(trigdsl.parse(RULES))
    given = [record("10:00:00", "cart", device), record("10:10:00", "cart", user, set={"name": "Ann"})]
    single.feed_many(given)
    first.feed_many(given)
    with Working(first, second) as at_work:
        assert first.merge(user, device) is None
        ended = single.merge(user, device)
        assert [(one.user, one.status, one.reason) for one in ended] == [(user, "cancelled", "merged")]
        assert {first.user_of(device), second.user_of(device), single.user_of(device)} == {user}
        assert first.state(user) == single.state(user)
        assert first.pending(device) == single.pending(device)
        first.advance(f"{DAY}T12:00:00Z")
        expected = single.advance(f"{DAY}T12:00:00Z")
        assert [(one.user, one.status, one.text) for one in expected] == [(user, "sent", "Ann")]
        second.merge(user, "nobody")
        while first.backlog():
            pass
    assert by_user(at_work.made) == by_user(ended + expected) == by_user(logged(first))
    assert answers(first) == []


def test_an_id_that_is_anothers_is_refused_as_by_one_engine(pair: Any) -> None:
    first, second = pair
    user, device = in_two_shards()
    single = trigdsl.Engine(trigdsl.parse(RULES))
    with Working(first, second):
        for engine in (first, single):
            engine.merge(user, device)
            engine.merge(user, device)
            engine.merge(user, user)
            with pytest.raises(ValueError, match=f"`{device}` is an id of `{user}` already, and stays theirs"):
                engine.merge("third", device)
        # The two are in one place from then on, and two users all the same.
        second.feed_many([record("10:00:00", "cart", "third"), record("10:00:00", "cart", device)])
        second.forget("none")
        while second.backlog():
            pass
    assert [first.user_of(one) for one in ("third", device)] == ["third", user]
    assert [len(first.pending(one)) for one in ("third", user)] == [1, 1]


def test_what_ends_with_a_merge_is_told_by_who_works(postgres_url: str) -> None:
    rules = "rule left: if cart then after 1h send push once"
    user, device = in_two_shards()
    given = [record("10:00:00", "cart", device), record("10:10:00", "cart", user)]
    with trigdsl.Engine(trigdsl.parse(rules)) as single, opened(postgres_url, rules) as engine:
        single.feed_many(given)
        engine.feed_many(given)
        expected = single.merge(user, device)
        assert [one.status for one in expected] == ["cancelled"]
        engine.work()
        engine.merge(user, device)
        # It was done while it was waited for, and nothing of it is lost.
        assert [one.to_dict() for one in engine.work()] == [one.to_dict() for one in expected]
        assert engine.work() == []


def dies(engine: trigdsl.SharedEngine) -> None:
    """As if its process had been killed: it gives nothing back, and others wait for its leases to end."""
    let_leases_end(engine, engine.owner)
    engine._engines.clear()
    engine._epochs.clear()
    engine._renewed = float("inf")


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
@pytest.mark.parametrize("how", ["dies", "fails"])
def test_a_merge_survives_a_process_that_dies_after_each_step(
    postgres_url: str, steps: int, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of its steps, giving and taking and merging, so many are done; then the process dies, in one or between two."""
    user, device = in_two_shards()
    source, to = (shard_of(fingerprint(one), 4) for one in (device, user))
    first = opened(postgres_url, RULES)
    first.feed_many([record("10:00:00", "cart", device, set={"name": "Ann"}), record("10:10:00", "visit", user)])
    work_all(first)
    ticket = first._ask_merge(user, device)
    assert kinds(first) == [(source, GIVE), (to, TAKE), (to, MERGE)]
    done = 0
    for shard, limit in ((source, 1), (to, 1), (to, 1)):
        if done < steps:
            first._in_hand(shard, lambda engine, shard=shard, limit=limit: engine.do(first._items([shard], limit)))
            done += 1
    assert len(kinds(first)) == 3 - steps
    if how == "fails" and steps < 3:
        # The next step is under way: all is written, and the process dies before the commit.
        def break_off(*_: Any) -> None:
            raise KeyboardInterrupt

        shard = (source, to, to)[steps]
        monkeypatch.setattr("trigdsl.store.inbox.ShardTransaction.take_out", break_off)
        with pytest.raises(KeyboardInterrupt):
            first._in_hand(shard, lambda engine: engine.do(first._items([shard], 1)))
        monkeypatch.undo()
        assert len(kinds(first)) == 3 - steps
    dies(first)
    with opened(postgres_url, RULES) as second:
        work_all(second)
        assert second._answer(ticket) == (True, False)
        assert kinds(second) == []
        assert second.user_of(device) == user
        single = trigdsl.Engine(trigdsl.parse(RULES))
        single.feed_many([record("10:00:00", "cart", device, set={"name": "Ann"}), record("10:10:00", "visit", user)])
        single.merge(user, device)
        assert second.state(user) == single.state(user)
        second.advance(f"{DAY}T12:00:00Z")
        made = second.work()
        assert by_user(made) == by_user(single.advance(f"{DAY}T12:00:00Z"))
        assert len(made) == 1
        # What the dead one may still be doing is not kept.
        first._epochs = dict.fromkeys((1, 2, 3, 4), 1)
        second.feed(record("12:00:01", "visit", device))
        assert first.work() == []
        assert first.shards == [shard for shard in (1, 2, 3, 4) if shard != to]


def test_what_nobody_does_is_told_and_done_later(postgres_url: str) -> None:
    with opened(postgres_url, RULES) as feeder:
        wanted = r"`u` was not forgotten within 0 s; it stays in the inbox, .* \(no process has shards 1, 2, 3, 4\)"
        with pytest.raises(TimeoutError, match=wanted):
            feeder.forget("u", within=0)
        with pytest.raises(TimeoutError, match="`device` was not merged with `u` within 0 s"):
            feeder.merge("u", "device", within=0)
        feeder.feed(record("10:00:00", "cart", "device"))
        work_all(feeder)
        assert feeder.user_of("device") == "u"
        assert [one.user for one in feeder.pending("u")] == ["u"]
        # Answers that nobody reads name nobody, and go when they are a day old.
        left = answers(feeder)
        assert len(left) == 2
        assert not any(b"device" in body or b"u1" in body for _, body in left)
        with feeder._shards.feeding() as t:
            old = f"{ANSWER}{1_795_000_000:012d} x"
            t._run("INSERT INTO meta SELECT shard, ?, ? FROM shards WHERE shard > 0", (old, encode([1, None])))
        feeder.forget("u")
        assert len([name for name, _ in answers(feeder) if name == old]) == 3


# ------------------------------------------------------------------------ forget
def test_forget_tells_what_it_erased_as_one_engine_does(pair: Any, postgres_url: str) -> None:
    first, second = pair
    user, device = in_two_shards()
    given = [
        record("10:00:00", "cart", device),
        record("10:05:00", "text", user),
        record("10:10:00", "visit", user, alias=device),
        record("10:10:00", "visit", "other"),
        {"user": user, "event": "no time"},
    ]
    with trigdsl.Engine(trigdsl.parse(RULES), store="memory:", log=True) as single, Working(first, second):
        single.feed_many(given)
        first.feed_many(given)
        expected = single.forget(device)
        assert expected.to_dict() == {
            "ids": [user, device],
            "state": True,
            "runs": 1,
            "links": 1,
            "held": 0,
            "deliveries": 2,
            "decisions": 2,
            "rejects": 1,
        }
        assert second.forget(device) == expected
        assert first.forget(device).state is False
        assert first.export(user) == {**first.export(user), "ids": [user], "deliveries": [], "rejects": []}
        assert [one.decision.user for one in Outbox(first.store).claim()] == ["other"]
    assert answers(first) == []


def test_a_forget_that_breaks_off_is_done_wholly_the_next_time(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, device = in_two_shards()
    with opened(postgres_url, RULES) as first:
        first.feed_many([record("10:00:00", "cart", device), record("10:10:00", "text", user, alias=device)])
        work_all(first)
        ticket, ids = first._ask_forget(device)

        def break_off(*_: Any) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("trigdsl.store.inbox.ShardTransaction.take_out", break_off)
        with pytest.raises(KeyboardInterrupt):
            first.work()
        monkeypatch.undo()
        assert first._answer(ticket) == (False, None)
        assert first.state(user) is not None
        dies(first)
        with opened(postgres_url, RULES) as second:
            work_all(second)
            is_told, told = second._answer(ticket)
            assert is_told
            found = forgotten_of(told, ids)
            assert (found.ids, found.runs, found.links, found.deliveries) == ((user, device), 1, 1, 1)
            assert second.state(user) is None


def test_records_held_back_are_forgotten_with_their_user(postgres_url: str) -> None:
    with opened(postgres_url, lateness="1h") as engine:
        engine.feed_many([record("10:00:00", "cart", "a"), record("10:00:00", "cart", "b")])
        engine.work()
        assert engine.forget("a").held == 1
        engine.advance(f"{DAY}T12:00:00Z")
        assert [one.user for one in engine.work()] == ["b"]


# ------------------------------------------------------------------------ looking
def test_explain_tells_what_one_engine_tells(pair: Any) -> None:
    first, second = pair
    given = [record("10:00:00", "visit"), record("10:30:00", "cart"), record("10:40:00", "visit")]
    with trigdsl.Engine(trigdsl.parse(RULES), store="memory:", log=True) as single:
        single.feed_many(given)
        first.feed_many(given)
        work_all(first, second)
        for rule in ("left", "hi", "text"):
            expected = single.explain("u", rule)
            assert first.explain("u", rule) == second.explain("u", rule) == expected
            assert expected.at is not None
        assert len(first.explain("u", "hi").decisions) == 1
        assert first.explain("u", "left").pending != ()
        nobody = first.explain("nobody", "hi")
        assert (nobody.user, nobody.pending, nobody.decisions) == ("nobody", (), ())
        for engine in (first, single):
            with pytest.raises(ValueError, match="no rule `none`"):
                engine.explain("u", "none")


def test_clocks_and_what_is_due_next(pair: Any) -> None:
    first, second = pair
    assert first.clocks() == dict.fromkeys((1, 2, 3, 4))
    assert first.next_due is None
    user, other = in_two_shards()
    first.feed_many([record("10:00:00", "cart", user), record("10:30:00", "cart", other)])
    work_all(first, second)
    found = {shard: at.hour * 60 + at.minute for shard, at in first.clocks().items() if at is not None}
    assert found == {shard_of(fingerprint(user), 4): 600, shard_of(fingerprint(other), 4): 630}
    assert first.next_due.isoformat() == f"{DAY}T11:00:00+00:00"
    first.advance(f"{DAY}T11:00:00Z")
    work_all(first, second)
    assert second.next_due.isoformat() == f"{DAY}T11:30:00+00:00"
    assert {at.hour for at in second.clocks().values()} == {11}


def test_a_record_held_back_is_due_at_its_place(postgres_url: str) -> None:
    with opened(postgres_url, LEFT, lateness="1h") as engine:
        engine.feed(record("10:00:00", "cart"))
        engine.work()
        assert engine.next_due is not None
        assert engine.next_due.isoformat() == f"{DAY}T10:00:00+00:00"


def test_a_record_that_moves_and_that_the_engine_fails_on_holds_up_nobody(postgres_url: str) -> None:
    """It is held back until its user is taken over by another shard, whose clock is further."""

    class Odd:
        @property
        def __class__(self) -> type:
            raise RuntimeError("poison")

    odd = (lambda n: Odd() if n == 1 else n, "(number) -> number")
    program = trigdsl.parse("rule r: if cart and odd(n) != 7 then send push", functions={"odd": odd})
    user, device = in_two_shards()
    rejected: list[Any] = []
    with trigdsl.SharedEngine(
        program, postgres_url, shards=4, lateness="10m", log=True, on_reject=lambda *one: rejected.append(one)
    ) as engine:
        work_all(engine)
        engine.feed_many(
            [
                record("10:29:00", "visit", user),
                record("10:00:00", "cart", device, properties={"n": 1}),
                record("10:00:01", "cart", device, properties={"n": 2}),
                record("10:30:00", "visit", user, alias=device),
            ]
        )
        work_all(engine)
        engine.advance(f"{DAY}T11:00:00Z")
        work_all(engine)
        # The alias holds from 10:30, so until then it is another user.
        assert [(one.user, one.status) for one in logged(engine)] == [(device, "sent")]
        assert [why for _, why in rejected] == ["the engine failed on it: RuntimeError: poison"]
        assert [row.user for _, row in engine.rejects()] == [device]
