"""Conditions as people write them, in the language of this project and in those of others, and records to try them on.

Each is written by hand in Python too, as one would who knows that properties may be missing.  What another engine
cannot say, or says otherwise, stands at None there.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

Record = dict[str, Any]
SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
"""The moment of all records: 13:30 in Seoul, where the program's users live."""

_CODE = re.compile(r"^[A-Z]{2}-[0-9]+$")


class Condition(NamedTuple):
    """One condition; `by_hand` is given the event's properties, the profile and the lists of the user."""

    text: str
    by_hand: Callable[[Record, Record, set[str]], Any]
    cel: str | None = None
    rule_engine: str | None = None
    zen: str | None = None
    json_rules: Any = None


def _all(*facts: tuple[str, str, Any]) -> Any:
    """For json-rules-engine: all of (fact, operator, value)."""
    return {"all": [{"fact": fact, "operator": operator, "value": value} for fact, operator, value in facts]}


CONDITIONS = (
    Condition(
        "price > 200",
        lambda e, u, lists: e.get("price", 0) > 200,
        cel="price > 200.0",
        rule_engine="price > 200",
        zen="price > 200",
        json_rules=_all(("price", "greaterThan", 200)),
    ),
    Condition(
        "cart.value > 200",
        lambda e, u, lists: e.get("cart", {}).get("value", 0) > 200,
        cel="cart.value > 200.0",
        rule_engine="cart.value > 200",
        zen="cart.value > 200",
        json_rules={"all": [{"fact": "cart", "path": "$.value", "operator": "greaterThan", "value": 200}]},
    ),
    Condition(
        "price >= 50 and price < 300",
        lambda e, u, lists: 50 <= e.get("price", -1) < 300,
        cel="price >= 50.0 && price < 300.0",
        rule_engine="price >= 50 and price < 300",
        zen="price >= 50 and price < 300",
        json_rules=_all(("price", "greaterThanInclusive", 50), ("price", "lessThan", 300)),
    ),
    Condition(
        'country == "KR"',
        lambda e, u, lists: e.get("country") == "KR",
        cel='country == "KR"',
        rule_engine='country == "KR"',
        zen='country == "KR"',
        json_rules=_all(("country", "equal", "KR")),
    ),
    Condition(
        'category in ["shoes", "bags", "hats"]',
        lambda e, u, lists: e.get("category") in ("shoes", "bags", "hats"),
        cel='category in ["shoes", "bags", "hats"]',
        rule_engine='category in ["shoes", "bags", "hats"]',
        zen='category in ["shoes", "bags", "hats"]',
        json_rules=_all(("category", "in", ["shoes", "bags", "hats"])),
    ),
    Condition(
        'title contains "sale"',
        lambda e, u, lists: "sale" in e.get("title", ""),
        cel='title.contains("sale")',
        rule_engine='"sale" in title',
        zen='contains(title, "sale")',
    ),
    Condition(
        'user.tier == "gold" and price > 100',
        lambda e, u, lists: u.get("tier") == "gold" and e.get("price", 0) > 100,
        cel='user.tier == "gold" && price > 100.0',
        rule_engine='user.tier == "gold" and price > 100',
        zen='user.tier == "gold" and price > 100',
    ),
    Condition(
        'not (price > 250 or country == "US")',
        lambda e, u, lists: not (e.get("price", 0) > 250 or e.get("country") == "US"),
        cel='!(price > 250.0 || country == "US")',
        rule_engine='not (price > 250 or country == "US")',
        zen='not (price > 250 or country == "US")',
    ),
    Condition(
        "price * quantity > 500",
        lambda e, u, lists: e.get("price", 0) * e.get("quantity", 0) > 500,
        cel="price * quantity > 500.0",
        rule_engine="price * quantity > 500",
        zen="price * quantity > 500",
    ),
    Condition("coupon exists", lambda e, u, lists: e.get("coupon") is not None),
    Condition("user in newsletter", lambda e, u, lists: "newsletter" in lists),
    Condition(
        'sku matches "^[A-Z]{2}-[0-9]+$"',
        lambda e, u, lists: _CODE.search(e.get("sku", "")) is not None,
        cel='sku.matches("^[A-Z]{2}-[0-9]+$")',
        rule_engine='sku =~ "^[A-Z]{2}-[0-9]+$"',
        zen='matches(sku, "^[A-Z]{2}-[0-9]+$")',
    ),
    Condition(
        "local.hour >= 9 and local.hour < 21",
        lambda e, u, lists: 9 <= NOW.astimezone(SEOUL).hour < 21,
    ),
    Condition(
        'country == "KR" and category == "shoes" and price > 100 and quantity >= 2',
        lambda e, u, lists: (
            e.get("country") == "KR"
            and e.get("category") == "shoes"
            and e.get("price", 0) > 100
            and e.get("quantity", 0) >= 2
        ),
        cel='country == "KR" && category == "shoes" && price > 100.0 && quantity >= 2.0',
        rule_engine='country == "KR" and category == "shoes" and price > 100 and quantity >= 2',
        zen='country == "KR" and category == "shoes" and price > 100 and quantity >= 2',
        json_rules=_all(
            ("country", "equal", "KR"),
            ("category", "equal", "shoes"),
            ("price", "greaterThan", 100),
            ("quantity", "greaterThanInclusive", 2),
        ),
    ),
)


def records(count: int) -> list[tuple[Record, Record, set[str]]]:
    """Events' properties, profiles and lists, the same for ever; all that others must find is there."""
    chance = random.Random(7)
    made = []
    for number in range(count):
        event: Record = {
            "price": chance.randrange(4, 1600) / 4,
            "quantity": float(chance.randrange(1, 5)),
            "cart": {"value": chance.randrange(4, 1600) / 4},
            "country": chance.choice(("KR", "US", "DE")),
            "category": chance.choice(("shoes", "books", "bags", "toys")),
            "title": chance.choice(("winter sale", "new in", "for you")),
            "sku": chance.choice((f"AB-{number}", f"ab{number}")),
        }
        if chance.random() < 0.5:
            event["coupon"] = "SPRING"
        user = {"tier": chance.choice(("gold", "silver")), "timezone": "Asia/Seoul"}
        made.append((event, user, {"newsletter"} if chance.random() < 0.5 else set()))
    return made
