"""Replays real events, where they are at hand, and checks counts that were reckoned without the language.

The events are in `TRIGDSL_SHARED`, or in the folder `shared` beside the repository.
"""

from __future__ import annotations

import gzip
import os
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

import trigdsl

DATA = Path(os.environ.get("TRIGDSL_SHARED") or Path(__file__).parents[3] / "shared") / "data"


class Line(msgspec.Struct):
    """What the rules read of a record; the orders' long lists of products are left out."""

    user: str
    time: str
    event: str


@cache
def lines(name: str) -> list[dict[str, Any]]:
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"no {name} in {DATA}: set TRIGDSL_SHARED")
    decoder = msgspec.json.Decoder(Line)
    with gzip.open(path) as file:
        return [msgspec.structs.asdict(decoder.decode(line)) for line in file]


@cache
def orders() -> list[dict[str, Any]]:
    """Orders of customers who have a number: the others' users begin with `anon:`."""
    records = lines("online_retail_orders.jsonl.gz")
    return [one for one in records if one["event"] == "order_completed" and not one["user"].startswith("anon:")]


def test_orders_are_all_there() -> None:
    assert len(orders()) == 18_536
    assert len({one["user"] for one in orders()}) == 4_339


@pytest.mark.parametrize(
    ("days", "lapses", "back"), [(30, 8558, 5868), (60, 4935, 2986), (90, 3220, 1771), (180, 1297, 436)]
)
def test_lapsed_customers(days: int, lapses: int, back: int) -> None:
    text = f"""
        rule lapsed: if no order_completed for {days}d then send sms
        rule back: if order_completed and time since previous order_completed > {days}d then send email
    """
    made = list(trigdsl.replay(trigdsl.parse(text), orders()))
    assert {one.status for one in made} == {"sent"}
    assert sum(one.rule == "lapsed" for one in made) == lapses
    assert sum(one.rule == "back" for one in made) == back


@pytest.mark.parametrize(("delay", "left"), [("30m", 1751), ("1h", 1750), ("24h", 1730)])
def test_abandoned_carts(delay: str, left: int) -> None:
    text = f"if cart then after {delay} send push unless payment_done while pending restart"
    made = list(trigdsl.replay(trigdsl.parse(text), lines("simple_shop.jsonl.gz"), drain=True))
    assert len(made) == sum(one["event"] == "cart" for one in lines("simple_shop.jsonl.gz")) == 2_842
    assert sum(one.status == "sent" for one in made) == left
