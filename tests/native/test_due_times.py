"""Due timers, compiled and in Python: by time, then user, whatever is pushed and popped in between."""

from __future__ import annotations

import gc
import random
import sys
from typing import Any

import pytest

from trigdsl.engine.due_times import PlainDueTimes
from trigdsl.model.values import FIRST_INSTANT, LAST_INSTANT
from trigdsl.native.due_times import DueTimes

USERS = ["", "a", "b", "aa", "ä", "\uffff", "\U00010000", "user-1", "user-10", "user-2"]


@pytest.mark.parametrize("seed", range(20))
def test_both_give_the_same_in_the_order_of_time_and_user(seed: int) -> None:
    rng, compiled, plain = random.Random(seed), DueTimes(), PlainDueTimes()
    held: list[tuple[int, str]] = []
    for _ in range(2_000):
        if rng.random() < (0.9 if seed % 2 else 0.5):
            timer = rng.randrange(-20, 20), rng.choice(USERS)
            held.append(timer)
            compiled.push(*timer)
            plain.push(*timer)
        else:
            until = rng.randrange(-25, 25)
            first = min(held, default=None)
            wanted = first if first is not None and first[0] <= until else None
            assert compiled.pop(until) == plain.pop(until) == wanted
            if wanted is not None:
                held.remove(wanted)
        assert len(compiled) == len(plain) == len(held)
        assert compiled.first == plain.first == (min(held)[0] if held else None)
    assert [compiled.pop(20) for _ in held] == sorted(held)
    assert compiled.pop(LAST_INSTANT) is None


@pytest.mark.parametrize("kind", [DueTimes, PlainDueTimes])
@pytest.mark.parametrize("count", [63, 64, 65, 128, 129, 5_000])
def test_all_come_back_at_every_size(kind: Any, count: int) -> None:
    due = kind()
    for number in range(count):
        due.push(-number, f"u{number}")
    assert [due.pop(0) for _ in range(count)] == [(-number, f"u{number}") for number in reversed(range(count))]
    assert due.first is None


@pytest.mark.parametrize("kind", [DueTimes, PlainDueTimes])
def test_a_timer_goes_off_at_its_time_and_not_before(kind: Any) -> None:
    due = kind()
    due.push(LAST_INSTANT, "z")
    due.push(FIRST_INSTANT, "a")
    assert due.first == FIRST_INSTANT
    assert due.pop(FIRST_INSTANT - 1) is None
    assert due.pop(FIRST_INSTANT) == (FIRST_INSTANT, "a")
    assert due.pop(LAST_INSTANT - 1) is None
    assert due.pop(LAST_INSTANT) == (LAST_INSTANT, "z")


def test_users_are_held_as_long_as_their_timers() -> None:
    user = "".join(["some", "body"])
    before = sys.getrefcount(user)
    due = DueTimes()
    for _ in range(100):
        due.push(1, user)
    assert sys.getrefcount(user) == before + 100
    due.pop(1)
    assert sys.getrefcount(user) == before + 99
    due.clear()
    assert sys.getrefcount(user) == before
    assert (len(due), due.first) == (0, None)
    due.push(2, user)
    del due
    assert sys.getrefcount(user) == before


def test_the_garbage_collector_leaves_timers_alone() -> None:
    assert not gc.is_tracked(DueTimes())


def test_what_is_no_timer_is_refused() -> None:
    due = DueTimes()
    for wrong in ((None, "u"), (1, None), (1, b"u"), (2**63, "u")):
        with pytest.raises((TypeError, OverflowError)):
            due.push(*wrong)
    assert len(due) == 0
