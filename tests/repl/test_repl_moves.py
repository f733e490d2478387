"""How a line begins that moves the clock → the moment that is meant, to the second."""

from __future__ import annotations

import datetime as dt

import pytest

from trigdsl.engine.zones import zone
from trigdsl.model.values import instant, micros
from trigdsl.repl.moves import LAST, check_move, read_move
from trigdsl.repl.refusal import Refusal
from trigdsl.syntax.tokens import tokenize

BERLIN = zone("Europe/Berlin")


def moved(text: str, now: str) -> str:
    """Where a move leads from a time on the clock of Berlin, by that clock."""
    assert BERLIN is not None
    start = dt.datetime.fromisoformat(now)
    assert start.tzinfo is not None
    move, count = read_move(tokenize(text))
    assert move is not None
    assert count == len(tokenize(text))
    at = move.resolve(micros(start), BERLIN)
    return f"{instant(at + BERLIN.offset(at)):%Y-%m-%d %H:%M:%S}"


NOW = "2026-11-20T10:00:00+01:00"  # a Friday


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+30m", "2026-11-20 10:30:00"),
        ("+ 30m", "2026-11-20 10:30:00"),
        ("+1w2d3h4m5s", "2026-11-29 13:04:05"),
        ("+30 minutes", "2026-11-20 10:30:00"),
        ("+1 minute", "2026-11-20 10:01:00"),
        ("+45 seconds", "2026-11-20 10:00:45"),
        ("+2 hours", "2026-11-20 12:00:00"),
        ("+3 days", "2026-11-23 10:00:00"),
        ("+2 weeks", "2026-12-04 10:00:00"),
        ("09:59:59", "2026-11-21 09:59:59"),
        ("10:00", "2026-11-21 10:00:00"),
        ("10:00:01", "2026-11-20 10:00:01"),
        ("9:00", "2026-11-21 09:00:00"),
        ("24:00", "2026-11-21 00:00:00"),
        ("10:00 today", "2026-11-20 10:00:00"),
        ("today 09:00", "2026-11-20 09:00:00"),
        ("09:00 tomorrow", "2026-11-21 09:00:00"),
        ("tomorrow 09:00", "2026-11-21 09:00:00"),
        ("09:00 fri", "2026-11-27 09:00:00"),
        ("10:00 fri", "2026-11-27 10:00:00"),
        ("10:01 friday", "2026-11-20 10:01:00"),
        ("Friday 10:01", "2026-11-20 10:01:00"),
        ("sat 00:00", "2026-11-21 00:00:00"),
        ("thu 23:59", "2026-11-26 23:59:00"),
        ("2026-11-20", "2026-11-20 00:00:00"),
        ("2026-12-24 18:30", "2026-12-24 18:30:00"),
        ("18:30 2026-12-24", "2026-12-24 18:30:00"),
    ],
)
def test_a_move(text: str, expected: str) -> None:
    assert moved(text, NOW) == expected


def test_a_length_of_time_is_no_time_of_day() -> None:
    """The clocks go back at 03:00 on 2026-10-25: a day of 24 hours is not the next day's same time."""
    assert moved("+1d", "2026-10-24T12:00:00+02:00") == "2026-10-25 11:00:00"
    assert moved("12:00", "2026-10-24T12:00:00+02:00") == "2026-10-25 12:00:00"


def test_a_time_that_comes_twice_is_its_first() -> None:
    assert moved("02:30", "2026-10-25T01:00:00+02:00") == "2026-10-25 02:30:00"
    # From its first time on, the next one that counts is the day after's.
    assert moved("02:30", "2026-10-25T02:30:00+02:00") == "2026-10-26 02:30:00"


def test_a_time_that_is_left_out_is_the_first_after_it() -> None:
    assert moved("02:30", "2027-03-28T01:00:00+01:00") == "2027-03-28 03:00:00"


@pytest.mark.parametrize("text", ["cart", "cart { a: 1 }", "tomorrow", "friday", "set user.a = 1", "today"])
def test_what_moves_nothing(text: str) -> None:
    assert read_move(tokenize(text)) == (None, 0)


@pytest.mark.parametrize(
    "text",
    ["+30", "+", "+x", "-30m", "30m", "25:00", "24:00:01", "10:60", "10:00 yesterday", "2026-13-01", "yesterday 10:00"],
)
def test_what_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        read_move(tokenize(text))


def test_an_event_may_follow() -> None:
    move, count = read_move(tokenize("09:00 tomorrow cart { a: 1 }"))
    assert move is not None
    assert count == 2


def test_where_the_clock_cannot_go() -> None:
    assert BERLIN is not None
    check_move(LAST - 1, 0, BERLIN, may_go_back=False)
    with pytest.raises(Refusal, match="9998"):
        check_move(LAST, 0, BERLIN, may_go_back=True)
    check_move(5, 5, BERLIN, may_go_back=False)
    check_move(4, 5, BERLIN, may_go_back=True)
    with pytest.raises(Refusal, match="1970-01-01 01:00 already"):
        check_move(4, 5, BERLIN, may_go_back=False)
