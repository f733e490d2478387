"""An engine in a live program: what goes off when, and that many tasks may feed it."""

from __future__ import annotations

import asyncio
from threading import Event as Signal

import pytest

import trigdsl
from trigdsl.living import AsyncEngine, LiveClock

START = 1_795_168_800
SECOND = 1_000_000
LEFT = "rule r: if cart then after 1h send push"


class Wall:
    """A wall clock that stands where a test puts it: seconds after the start."""

    seconds: float = 0

    def __call__(self) -> int:
        return START * SECOND + round(self.seconds * SECOND)


def test_a_timer_goes_off_when_the_wall_clock_is_so_far_past_it_and_not_before() -> None:
    engine, wall = trigdsl.Engine(trigdsl.parse(LEFT)), Wall()
    made: list[trigdsl.Decision] = []
    clock = LiveClock(engine, on_decisions=made.extend, behind="5s", idle=10.0, now=wall)
    assert clock.tick() == 10.0
    engine.feed({"user": "u", "time": START, "event": "cart"})
    wall.seconds = 3604.5
    assert clock.tick() == 0.5
    wall.seconds = 3604.999999
    clock.tick()
    assert made == []
    wall.seconds = 3605
    assert clock.tick() == 10.0
    assert [one.status for one in made] == ["sent"]
    assert [one.time for one in made] == [(START + 3600) * SECOND]


def test_the_clock_is_not_moved_when_nothing_is_due_so_that_nothing_is_late_for_it() -> None:
    engine, wall = trigdsl.Engine(trigdsl.parse(LEFT)), Wall()
    engine.feed({"user": "u", "time": START, "event": "cart"})
    wall.seconds = 3000
    LiveClock(engine, now=wall).tick()
    engine.feed({"user": "u", "time": START + 1, "event": "cart"})
    assert engine.rejected == 0


def test_records_held_back_find_their_place_though_no_other_comes() -> None:
    engine = trigdsl.Engine(trigdsl.parse("rule r: if cart then send push"), lateness="10m")
    wall, made = Wall(), list[trigdsl.Decision]()
    engine.feed({"user": "u", "time": START, "event": "cart"})
    clock = LiveClock(engine, on_decisions=made.extend, behind="10m", now=wall)
    wall.seconds = 599.999
    clock.tick()
    assert made == []
    wall.seconds = 600
    clock.tick()
    assert [one.status for one in made] == ["sent"]


def test_the_thread_goes_on_after_a_host_that_raises() -> None:
    engine, wall, errors, done = trigdsl.Engine(trigdsl.parse(LEFT)), Wall(), list[Exception](), Signal()

    def host(decisions: list[trigdsl.Decision]) -> None:
        if decisions[0].user == "a":
            wall.seconds += 10
            raise RuntimeError("host")
        done.set()

    engine.feed_many([{"user": user, "time": START + at, "event": "cart"} for user, at in (("a", 0), ("b", 5))])
    wall.seconds = 3601
    with LiveClock(engine, on_decisions=host, on_error=errors.append, idle=0.001, now=wall):
        assert done.wait(60)
    assert [str(error) for error in errors] == ["host"]


def test_many_tasks_feed_one_engine() -> None:
    async def main() -> int:
        async with AsyncEngine(trigdsl.parse("rule r: if cart then send push"), store="memory:") as engine:
            some = (engine.feed({"user": f"u{n % 7}", "time": START, "event": "cart"}) for n in range(50))
            made = await asyncio.gather(*some)
            assert await engine.next_due() is None
            assert (await engine.state("u1")) is not None
            assert (await engine.forget("u0")).deliveries == 8
            await engine.advance(START + 10)
            with pytest.raises(ValueError, match="cannot go back"):
                await engine.advance(START)
            return sum(map(len, made))

    assert asyncio.run(main()) == 50
