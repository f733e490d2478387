"""Processes that deliver from a shared store: each message once, in order, paused and bounded for all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from threading import Event as Signal
from threading import Lock, Thread

import pytest
from test_outbox import RULES, SECOND, START, Clock, failing, texts
from test_shared_engine import wait_for_a_lock, work_all

import trigdsl
from trigdsl.delivery.outbox import Backlog, Backoff, Handover, Outbox, Undeliverable
from trigdsl.delivery.rates import WentOut, parse_rate

BACKOFF = Backoff(first=10 * SECOND, attempts=3, draw=lambda: 1.0)


@pytest.fixture
def engines(postgres_url: str) -> Iterator[list[trigdsl.SharedEngine]]:
    """Two processes, as it were."""
    program = trigdsl.parse(RULES)
    both = [trigdsl.SharedEngine(program, postgres_url, shards=3, lease="60s") for _ in range(2)]
    work_all(*both)
    yield both
    for engine in both:
        engine.close()


def fed(engines: list[trigdsl.SharedEngine], *events: str) -> None:
    """Feed `user:event`s at the start, numbered from 0, each by the next process."""
    for number, one in enumerate(events):
        user, _, event = one.partition(":")
        record = {"user": user, "time": START, "event": event, "properties": {"n": number}}
        engines[number % 2].feed(record)
        # One after another, so that they are in the outbox in this order.
        while engines[0].backlog():
            for engine in engines:
                engine.work()


def boxes(engines: list[trigdsl.SharedEngine], clock: Clock, **options: object) -> tuple[Outbox, Outbox]:
    first, second = (
        Outbox(engine.store, now=clock, backoff=BACKOFF, **options)  # type: ignore[arg-type]
        for engine in engines
    )
    return first, second


def test_of_a_user_the_next_waits_whoever_has_the_one_before(engines: list[trigdsl.SharedEngine]) -> None:
    clock = Clock()
    fed(engines, "a:hi", "a:text", "b:hi")
    first, second = boxes(engines, clock)
    (mine, other) = first.claim()
    assert texts([mine, other]) == ["0", "2"]
    assert second.claim() == []
    assert second.ack(mine), "a handover may be acknowledged by any process"
    assert not first.ack(mine)
    assert texts(second.claim()) == ["1"]


def test_retries_wait_in_every_process_and_end_with_a_reason(engines: list[trigdsl.SharedEngine]) -> None:
    clock = Clock()
    fed(engines, "a:hi", "a:hi")
    first, second = boxes(engines, clock)
    for number, (before, at) in enumerate(((0, 0), (9.999999, 10), (29.999999, 30))):
        box = (first, second)[number % 2]
        if number:
            clock.seconds = before
            assert first.claim() == second.claim() == []
        clock.seconds = at
        assert box.deliver(failing) == 0
    for box in (first, second):
        assert [(one.attempt, one.decision.text, why) for one, why in box.dead()] == [
            (3, "0", "TimeoutError: no answer")
        ]
        assert box.backlog() == {"push": Backlog(waiting=1, dead=1)}
    assert second.revive(first.dead()[0][0].number)
    assert texts(first.claim()) == ["0"]


def test_what_is_undeliverable_and_what_expired_is_given_up(engines: list[trigdsl.SharedEngine]) -> None:
    def refused(_: Handover) -> None:
        raise Undeliverable("unknown token")

    clock = Clock()
    fed(engines, "a:hi", "b:late")
    first, second = boxes(engines, clock)
    assert first.deliver(refused, limit=1) == 0
    clock.seconds = 3600.000001
    assert second.claim() == []
    assert [(one.decision.user, why) for one, why in second.dead()] == [("a", "unknown token"), ("b", "expired")]


def test_a_pause_and_a_rate_hold_for_all(engines: list[trigdsl.SharedEngine]) -> None:
    clock = Clock()
    fed(engines, *(f"u{number}:hi" for number in range(5)), "z:text")
    first, second = boxes(engines, clock, rates={"push": "2 per minute"}, lease="1h")
    first.pause("push")
    assert second.paused == ["push"]
    assert texts(second.claim()) == ["5"]
    assert first.claim() == []
    second.resume("push")
    assert texts(first.claim(1)) == ["0"]
    assert texts(second.claim()) == ["1"]
    assert first.claim() == second.claim() == []
    clock.seconds = 59.999999
    assert first.claim() == second.claim() == []
    clock.seconds = 60
    assert texts(second.claim()) == ["2", "3"]
    assert first.claim() == []


def test_processes_that_claim_at_once_keep_to_a_rate(engines: list[trigdsl.SharedEngine]) -> None:
    clock = Clock()
    fed(engines, *(f"u{number}:hi" for number in range(12)))
    both = boxes(engines, clock, rates={"push": "5 per second"})
    went_out: list[Handover] = []

    def claim(box: Outbox) -> None:
        for _ in range(6):
            went_out.extend(box.claim(1))

    threads = [Thread(target=claim, args=(box,)) for box in both]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert len(went_out) == 5


def test_who_claims_waits_to_know_what_another_is_claiming(engines: list[trigdsl.SharedEngine]) -> None:
    clock = Clock()
    fed(engines, "a:hi", "b:hi")
    rate = parse_rate("1 per second")
    _, second = boxes(engines, clock, rates={"push": "1 per second"})
    claimed: list[Handover] = []
    waiter = Thread(target=lambda: claimed.extend(second.claim()))
    with engines[0].store.transaction() as t:
        went_out = WentOut(t)
        assert went_out.free_at("push", rate, clock()) == clock()
        waiter.start()
        wait_for_a_lock(engines[0])
        went_out.note("push", rate, clock())
        went_out.save()
    waiter.join(60)
    assert claimed == []
    clock.seconds = 1
    assert texts(second.claim()) == ["0"]


def test_sinks_that_fail_get_each_message_once_and_in_order(engines: list[trigdsl.SharedEngine]) -> None:
    """Two processes deliver at once to a sink that honours the key and fails at every third call."""
    users, each = [f"u{number}" for number in range(8)], 5
    for _ in range(each):
        engines[0].feed_many([{"user": user, "time": START, "event": "hi", "properties": {"n": _}} for user in users])
    while engines[0].backlog():
        for engine in engines:
            engine.work()
    stop, lock, calls = Signal(), Lock(), [0]
    arrived: dict[str, list[str | None]] = defaultdict(list)
    keys: set[str] = set()

    def sink(one: Handover) -> None:
        with lock:
            calls[0] += 1
            if one.key not in keys:
                keys.add(one.key)
                arrived[one.decision.user].append(one.decision.text)
            if len(keys) == len(users) * each:
                stop.set()
            if calls[0] % 3 == 0:
                # It has arrived, and the answer is lost.
                raise TimeoutError("no answer")

    quick = Backoff(first=1, longest=1, attempts=10**6)
    threads = [
        Thread(target=Outbox(engine.store, backoff=quick).run, args=(sink, stop), kwargs={"idle": 0.001})
        for engine in engines
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert dict(arrived) == {user: [str(number) for number in range(each)] for user in users}
