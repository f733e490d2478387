"""The outbox: retries, order, channels, rates, what is too old; and that a delivery is never lost."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event as Signal
from threading import Thread
from typing import Any

import pytest
from attrs import define

import trigdsl
from trigdsl.delivery.outbox import Backlog, Backoff, Handover, Outbox, Undeliverable
from trigdsl.delivery.rates import parse_rate

START = 1_795_168_800
SECOND = 1_000_000
RULES = """
rule hi: if hi then send push "{{ n }}"
rule text: if text then send sms "{{ n }}"
rule late: if late then send push "{{ n }}" expires 1h
rule other: if other then set user.x = 1
rule held: if held then after 1h send push
"""


@define
class Clock:
    """A clock that stands where a test puts it: seconds after the start."""

    seconds: float = 0

    def __call__(self) -> int:
        return START * SECOND + int(self.seconds * SECOND)


@pytest.fixture
def engine() -> Iterator[trigdsl.Engine]:
    with trigdsl.Engine(trigdsl.parse(RULES), store="memory:") as engine:
        yield engine


@pytest.fixture
def clock() -> Clock:
    return Clock()


def fed(engine: trigdsl.Engine, *events: str) -> None:
    """Feed `user:event`s at the start, numbered from 0."""
    for number, one in enumerate(events):
        user, _, event = one.partition(":")
        engine.feed({"user": user, "time": START, "event": event, "properties": {"n": number}})


def outbox(engine: trigdsl.Engine, clock: Clock, **options: Any) -> Outbox:
    assert engine.store is not None
    options.setdefault("backoff", Backoff(first=10 * SECOND, attempts=3, draw=lambda: 1.0))
    return Outbox(engine.store, now=clock, **options)


def texts(handovers: list[Handover]) -> list[str | None]:
    return [one.decision.text for one in handovers]


def failing(_: Handover) -> None:
    raise TimeoutError("no answer")


def test_what_is_sent_and_called_is_delivered_and_nothing_else(engine: trigdsl.Engine, clock: Clock) -> None:
    fed(engine, "a:hi", "b:other", "c:held", "d:text")
    arrived: list[Handover] = []
    box = outbox(engine, clock)
    assert box.deliver(arrived.append) == 2
    assert [(one.decision.user, one.channel, one.attempt) for one in arrived] == [("a", "push", 1), ("d", "sms", 1)]
    assert [one.key for one in arrived] == [one.decision.key for one in arrived]
    assert box.deliver(arrived.append) == 0
    assert box.backlog() == {}


def test_deliveries_of_a_user_go_one_after_another_in_order(engine: trigdsl.Engine, clock: Clock) -> None:
    fed(engine, "a:hi", "a:text", "a:hi", "b:hi")
    box = outbox(engine, clock)
    first = box.claim()
    assert texts(first) == ["0", "3"]
    assert box.claim() == []
    assert box.ack(first[0])
    assert texts(box.claim()) == ["1"]


def test_what_fails_waits_twice_as_long_each_time_and_holds_up_its_user_only(
    engine: trigdsl.Engine, clock: Clock
) -> None:
    fed(engine, "a:hi", "a:hi", "b:hi")
    box = outbox(engine, clock)
    assert box.deliver(lambda one: failing(one) if one.decision.user == "a" else None) == 1
    clock.seconds = 9.999999
    assert box.claim() == []
    clock.seconds = 10
    assert box.deliver(failing) == 0
    clock.seconds = 29.999999
    assert box.claim() == []
    clock.seconds = 30
    (last,) = box.claim()
    assert (last.attempt, last.decision.text) == (3, "0")


def test_after_so_many_attempts_it_is_given_up_with_the_last_reason(engine: trigdsl.Engine, clock: Clock) -> None:
    fed(engine, "a:hi", "a:hi")
    box = outbox(engine, clock)
    for seconds in (0, 10, 30):
        clock.seconds = seconds
        assert box.deliver(failing) == 0
    assert [(one.decision.text, why) for one, why in box.dead()] == [("0", "TimeoutError: no answer")]
    assert box.backlog() == {"push": Backlog(waiting=1, dead=1)}
    assert texts(box.claim()) == ["1"]
    assert box.revive(box.dead()[0][0].number)
    assert texts(box.claim()) == ["0"]


def test_what_is_undeliverable_is_given_up_at_once(engine: trigdsl.Engine, clock: Clock) -> None:
    def refused(_: Handover) -> None:
        raise Undeliverable("unknown token")

    fed(engine, "a:hi")
    box = outbox(engine, clock)
    assert box.deliver(refused) == 0
    assert [why for _, why in box.dead()] == ["unknown token"]


def test_a_handover_whose_process_died_is_made_again_with_the_same_key(engine: trigdsl.Engine, clock: Clock) -> None:
    fed(engine, "a:hi")
    (lost,) = outbox(engine, clock).claim()
    box = outbox(engine, clock)
    clock.seconds = 59.999999
    assert box.claim() == []
    clock.seconds = 60
    (again,) = box.claim()
    assert (again.key, again.attempt) == (lost.key, 2)
    assert not box.ack(lost)
    assert not box.nack(lost, "too late")
    assert box.ack(again)


def test_a_slow_sink_gets_no_more_than_half_a_lease_allows(engine: trigdsl.Engine, clock: Clock) -> None:
    def slow(_: Handover) -> None:
        clock.seconds += 20

    fed(engine, "a:hi", "b:hi", "c:hi")
    box = outbox(engine, clock)
    assert box.deliver(slow) == 2
    (left,) = box.claim()
    assert (left.decision.user, left.attempt) == ("c", 1)


def test_a_pause_lasts_and_holds_up_no_other_channel(engine: trigdsl.Engine, clock: Clock) -> None:
    fed(engine, "a:hi", "a:text", "b:hi")
    outbox(engine, clock).pause("push")
    box = outbox(engine, clock)
    assert box.paused == ["push"]
    assert texts(box.claim()) == ["1"]
    box.resume("push")
    assert box.paused == []
    assert texts(box.claim()) == ["0", "2"]


def test_a_rate_bounds_its_channel_in_any_second(engine: trigdsl.Engine, clock: Clock) -> None:
    fed(engine, *(f"u{number}:hi" for number in range(5)), "z:text")
    box = outbox(engine, clock, rates={"push": "2 per second"})
    assert texts(box.claim()) == ["0", "1", "5"]
    clock.seconds = 0.999999
    assert box.claim() == []
    clock.seconds = 1
    found = box.claim()
    assert (texts(found), [one.attempt for one in found]) == (["2", "3"], [1, 1])
    clock.seconds = 2
    assert texts(box.claim()) == ["4"]


def test_a_rate_bounds_any_minute_for_all_who_deliver_and_after_a_new_start(
    engine: trigdsl.Engine, clock: Clock
) -> None:
    fed(engine, *(f"u{number}:hi" for number in range(7)))
    given: dict[str, Any] = {"rates": {"push": "3 per minute"}, "lease": "1h"}
    first, second = outbox(engine, clock, **given), outbox(engine, clock, **given)
    assert texts(first.claim(1)) == ["0"]
    clock.seconds = 30
    assert texts(second.claim(1)) == ["1"]
    assert texts(first.claim(1)) == ["2"]
    assert second.claim() == []
    # The first of three counts no longer, and the other two still do; one that starts now knows of both.
    clock.seconds = 59.999999
    assert outbox(engine, clock, **given).claim() == []
    clock.seconds = 60
    assert texts(outbox(engine, clock, **given).claim()) == ["3"]
    clock.seconds = 89.999999
    assert outbox(engine, clock, **given).claim() == []
    clock.seconds = 90
    assert texts(first.claim()) == ["4", "5"]


def test_what_a_host_gives_back_waits_and_is_given_up_when_it_says_so(engine: trigdsl.Engine, clock: Clock) -> None:
    fed(engine, "a:hi", "a:hi", "b:hi")
    box = outbox(engine, clock)
    mine, other = box.claim()
    assert box.nack(mine, "busy")
    assert not box.nack(mine, "busy"), "it is no longer in hand"
    assert not box.ack(mine)
    assert box.nack(other, "no such number", give_up=True)
    assert [(one.decision.user, why) for one, why in box.dead()] == [("b", "no such number")]
    clock.seconds = 9.999999
    assert box.claim() == []
    clock.seconds = 10
    (again,) = box.claim()
    assert (again.key, again.attempt) == (mine.key, 2)
    assert box.ack(again)
    assert not box.revive(again.number)
    assert texts(box.claim()) == ["1"]


def test_a_step_that_has_expired_is_not_handed_over(engine: trigdsl.Engine, clock: Clock) -> None:
    fed(engine, "a:late", "b:late", "c:hi")
    box = outbox(engine, clock)
    clock.seconds = 3600
    assert texts(box.claim(1)) == ["0"]
    clock.seconds = 3600.000001
    assert texts(box.claim()) == ["2"]
    assert [(one.decision.user, why) for one, why in box.dead()] == [("b", "expired")]


def test_what_is_older_than_missed_after_is_not_handed_over(engine: trigdsl.Engine, clock: Clock) -> None:
    fed(engine, "a:hi", "b:hi")
    box = outbox(engine, clock, missed_after="1d")
    clock.seconds = 86_400
    assert texts(box.claim(1)) == ["0"]
    clock.seconds = 86_400.000001
    assert box.claim() == []
    assert [(one.decision.user, why) for one, why in box.dead()] == [("b", "missed")]


def test_what_is_forgotten_is_not_delivered_any_more(engine: trigdsl.Engine, clock: Clock) -> None:
    fed(engine, "a:hi", "b:hi")
    box = outbox(engine, clock)
    first = box.claim(1)[0]
    assert engine.forget("a").deliveries == 1
    assert not box.ack(first)
    assert texts(box.claim()) == ["1"]


def test_a_thread_delivers_until_it_is_told_to_stop(engine: trigdsl.Engine, clock: Clock) -> None:
    stop, seen = Signal(), []

    def sink(one: Handover) -> None:
        seen.append(one.decision.text)
        if len(seen) == 20:
            stop.set()

    thread = Thread(target=outbox(engine, clock).run, args=(sink, stop), kwargs={"idle": 0.001})
    thread.start()
    fed(engine, *(f"u{number % 3}:hi" for number in range(20)))
    thread.join(60)
    assert not thread.is_alive()
    assert sorted(map(int, seen)) == list(range(20))
    assert [n for n in map(int, seen) if n % 3 == 0] == list(range(0, 20, 3)), "in order for each user"


def test_backoff_leaves_at_most_half_of_a_wait_out_and_ends_at_the_longest() -> None:
    short = Backoff(first=10, longest=1000, draw=lambda: 0.0)
    whole = Backoff(first=10, longest=1000, draw=lambda: 1.0)
    assert [short.wait(n) for n in (1, 2, 3, 8, 500)] == [5, 10, 20, 500, 500]
    assert [whole.wait(n) for n in (1, 2, 3, 8, 500)] == [10, 20, 40, 1000, 1000]


def test_rates() -> None:
    rate = parse_rate("600 per minute")
    assert (rate.count, rate.period) == (600, 60 * SECOND)
    for text in ("0 per second", "1 per hour", "many", "1.5 per second"):
        with pytest.raises(ValueError, match="is no rate: wanted is one such as"):
            parse_rate(text)
