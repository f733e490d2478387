"""Records for a shared engine and a single one: the same decisions must come of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from crash_writer import RULES, START

USERS = 60
END_AFTER = 7200
LATENESS = "20m"

__all__ = ["END_AFTER", "LATENESS", "RULES", "START", "records"]


def records(count: int, users: int = USERS) -> Iterator[dict[str, Any]]:
    """Records out of order by less than the lateness, some twice, with many ids that become one user's."""
    draw = random.Random(7)
    for number in range(count):
        user = f"u{draw.randrange(users)}"
        found: dict[str, Any] = {
            "user": user,
            "time": START + number * 20 - draw.choice((0, 0, 0, 300, 700)),
            "event": draw.choices(("visit", "cart", "purchase", "signup"), (10, 5, 1, 1))[0],
            "properties": {"n": number},
            "set": {"name": user.upper()},
        }
        if draw.random() < 0.1:
            found["id"] = f"e{number // 20}"
        if draw.random() < 0.03:
            found["alias"] = f"u{draw.randrange(users)}"
        yield found
