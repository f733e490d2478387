"""A sink of which three attempts in ten fail and one gets no answer in time: all arrives, once, in order.

It leaves out keys that it has seen, as sinks should.  Of the attempts that fail half have had their effect, and those
without an answer have it later, some after the next attempt.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event as Signal
from threading import Lock, Thread
from typing import Any

import pytest
from attrs import define, field

import trigdsl
from trigdsl.delivery.limits import MOST_LATE
from trigdsl.delivery.outbox import Backlog, Backoff, Handover, Outbox

START = 1_795_168_800
SECOND = 1_000_000
LONGEST_WAIT = 60
USERS, ROUNDS = 20, 15
RULES = """
rule hi: if hi then send push "{{ n }}" then after 1m send email "{{ n }}"
rule note: if hi then call note(n: n)
"""
REASONS = {"ConnectionError: connection reset", "no answer within 0.01 s"}


@define
class Clock:
    """A clock that goes when it is moved: microseconds."""

    now: int = START * SECOND

    def __call__(self) -> int:
        return self.now


@define
class Unreliable:
    """A sink, and what it has done. `hanging` are attempts that go on when their signal is set."""

    seed: int
    hangs: bool = True
    tries: int = 0
    effects: dict[str, list[str]] = field(factory=dict)
    hanging: list[Signal] = field(factory=list)
    _seen: set[str] = field(factory=set)
    _lock: Lock = field(factory=Lock)

    def __call__(self, handover: Handover) -> None:
        with self._lock:
            self.tries += 1
            drawn = random.Random(f"{self.seed} {handover.key} {handover.attempt} {self.tries}").random()
        if drawn < 0.15:
            raise ConnectionError("connection reset")
        if 0.3 <= drawn < 0.4:
            self._hang()
        self._have_effect(handover)
        if drawn < 0.3:
            raise ConnectionError("connection reset")

    def _hang(self) -> None:
        if self.hangs:
            signal = Signal()
            self.hanging.append(signal)
            signal.wait(LONGEST_WAIT)
        else:
            time.sleep(0.03)

    def _have_effect(self, handover: Handover) -> None:
        with self._lock:
            if handover.key not in self._seen:
                self._seen.add(handover.key)
                self.effects.setdefault(handover.decision.user, []).append(handover.key)

    def let_go(self, draw: random.Random, share: float) -> None:
        """Let some of the attempts that hang go on."""
        for signal in [one for one in self.hanging if draw.random() < share]:
            self.hanging.remove(signal)
            signal.set()


@pytest.fixture(params=["memory", "sqlite"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[trigdsl.Engine]:
    url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'state.db'}"
    with trigdsl.Engine(trigdsl.parse(RULES), store=url) as engine:
        yield engine


def fed(engine: trigdsl.Engine) -> dict[str, list[str]]:
    """Feed some events; the keys that are to arrive, of each user in order."""
    made = []
    for number in range(ROUNDS):
        made += engine.feed_many(
            {"user": f"u{user}", "time": START + number * 61, "event": "hi", "properties": {"n": number}}
            for user in range(USERS)
        )
    made += engine.advance(START + 3600)
    expected: dict[str, list[str]] = {}
    for one in made:
        if one.status == "sent":
            expected.setdefault(one.user, []).append(one.key)
    assert sum(map(len, expected.values())) == 3 * USERS * ROUNDS
    return expected


def outbox(engine: trigdsl.Engine, clock: Clock, timeout: float = 0.01, **options: Any) -> Outbox:
    assert engine.store is not None
    backoff = Backoff(**({"attempts": 10**6, "draw": random.Random(5).random} | options))
    return Outbox(engine.store, now=clock, timeout=timeout, backoff=backoff)


def deliver_all(box: Outbox, sink: Unreliable, clock: Clock) -> None:
    """Deliver while anything waits, moving the clock to where something may go again."""
    draw = random.Random(sink.seed)
    while any(one.waiting or one.leased for one in box.backlog().values()):
        box.deliver(sink)
        sink.let_go(draw, 0.2)
        clock.now += draw.choice((0, SECOND // 2, 30 * SECOND, 3600 * SECOND))
    sink.let_go(draw, 1.0)


@pytest.mark.parametrize("seed", range(3))
def test_all_arrives_once_and_in_order_for_each_user(engine: trigdsl.Engine, seed: int) -> None:
    expected, sink, clock = fed(engine), Unreliable(seed), Clock()
    deliver_all(outbox(engine, clock), sink, clock)
    assert sink.effects == expected
    assert sink.tries > 1.4 * 3 * USERS * ROUNDS


@pytest.mark.parametrize("seed", range(3))
def test_what_is_given_up_tells_why_and_arrives_once_when_it_is_revived(engine: trigdsl.Engine, seed: int) -> None:
    expected, sink, clock = fed(engine), Unreliable(seed), Clock()
    box = outbox(engine, clock, attempts=2)
    deliver_all(box, sink, clock)
    dead = box.dead()
    assert {reason for _, reason in dead} == REASONS
    assert {one.attempt for one, _ in dead} == {2}
    assert sum(one.dead for one in box.backlog().values()) == len(dead)
    gone = {one.key for one, _ in dead}
    arrived = {user: [key for key in keys if key not in gone] for user, keys in expected.items()}
    assert {user: [key for key in keys if key not in gone] for user, keys in sink.effects.items()} == arrived
    while dead := box.dead():
        assert all(box.revive(one.number) for one, _ in dead)
        deliver_all(box, sink, clock)
    assert box.backlog() == {}
    assert {user: sorted(keys) for user, keys in sink.effects.items()} == {
        user: sorted(keys) for user, keys in expected.items()
    }


def test_in_real_time_all_arrives_once_and_in_order(engine: trigdsl.Engine) -> None:
    expected, sink, stop = fed(engine), Unreliable(7, hangs=False), Signal()
    assert engine.store is not None
    backoff = Backoff(first=1000, longest=20_000, attempts=10**6)
    box = Outbox(engine.store, timeout=0.01, backoff=backoff)
    threads = [Thread(target=box.run, args=(sink, stop), kwargs={"idle": 0.001}) for _ in range(3)]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 5 * LONGEST_WAIT
    while box.backlog() and time.monotonic() < until:
        time.sleep(0.01)
    stop.set()
    for thread in threads:
        thread.join()
    assert sink.effects == expected


# ------------------------------------------------------------------------ one attempt
@pytest.fixture
def one(engine: trigdsl.Engine) -> trigdsl.Engine:
    """An engine with one delivery to each of two users."""
    for user in ("ann", "bob"):
        engine.feed({"user": user, "time": START, "event": "hi", "properties": {"n": 1}})
    return engine


def test_an_attempt_without_an_answer_in_time_has_failed_and_its_late_answer_is_not_heeded(one: trigdsl.Engine) -> None:
    clock, goes_on, has_ended, arrived = Clock(), Signal(), Signal(), []

    def hangs(handover: Handover) -> None:
        goes_on.wait(LONGEST_WAIT)
        arrived.append(handover.attempt)
        has_ended.set()

    box = outbox(one, clock, first=10 * SECOND, draw=lambda: 1.0)
    assert box.deliver(hangs, 1) == 0
    assert box.backlog()["push"] == Backlog(waiting=2)
    goes_on.set()
    assert has_ended.wait(LONGEST_WAIT)
    assert arrived == [1]
    assert box.backlog()["push"] == Backlog(waiting=2), "that it arrived is known to the sink alone"
    clock.now += 10 * SECOND - 1
    assert [row.decision.user for row in box.claim()] == ["bob"]
    clock.now += 1
    (again,) = box.claim()
    assert (again.decision.user, again.attempt) == ("ann", 2)


def test_what_a_sink_raises_in_time_is_its_reason(one: trigdsl.Engine) -> None:
    def refuses(_: Handover) -> None:
        raise ConnectionError("connection reset")

    box = outbox(one, Clock(), LONGEST_WAIT / 4, attempts=1)
    box.deliver(refuses)
    assert [why for _, why in box.dead()] == ["ConnectionError: connection reset"] * 2


def test_when_many_attempts_hang_none_is_made_until_one_ends(engine: trigdsl.Engine) -> None:
    for user in range(MOST_LATE + 5):
        engine.feed({"user": f"u{user}", "time": START, "event": "hi", "properties": {"n": 1}})
    goes_on, hanging, arrived = Signal(), [], []

    def hangs(handover: Handover) -> None:
        hanging.append(handover)
        goes_on.wait(LONGEST_WAIT)

    clock = Clock()
    box = outbox(engine, clock)
    assert box.deliver(hangs) == 0
    assert len(hanging) == MOST_LATE
    assert box.backlog()["push"] == Backlog(waiting=MOST_LATE + 5), "the others were put back"
    assert box.deliver(arrived.append) == 0
    assert arrived == []
    goes_on.set()
    until = time.monotonic() + LONGEST_WAIT
    while not arrived and time.monotonic() < until:
        box.deliver(arrived.append)
    # The others wait for their next attempt; these were claimed before, and put back as if they had not been.
    assert {row.attempt for row in arrived} == {1}
    assert {row.key for row in arrived} & {row.key for row in hanging} == set()


@pytest.mark.parametrize(("timeout", "lease"), [(30.01, "1m"), (0, "1m"), (-1, "1m"), (0.6, "1s")])
def test_a_time_limit_that_does_not_fit_the_lease(one: trigdsl.Engine, timeout: float, lease: str) -> None:
    assert one.store is not None
    with pytest.raises(ValueError, match=f"`timeout` is {timeout} s and `lease` {lease}: wanted is at most half"):
        Outbox(one.store, timeout=timeout, lease=lease)
    Outbox(one.store, timeout=30, lease="1m")
