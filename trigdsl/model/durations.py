"""Durations as text, as in rules (`1h30m`) → microseconds."""

from __future__ import annotations

import re

from trigdsl.model.values import SECOND, Micros

SECONDS_OF_UNIT = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}

_WHOLE = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def parse_duration(text: str) -> Micros:
    """The length of a duration such as `10m` or `1h30m`, in microseconds.

    Raises ValueError for a text that is none.
    """
    found = _WHOLE.fullmatch(text)
    if found is None or not text:
        raise ValueError(f"`{text}` is no duration: write it as in rules, such as 10m or 1h30m")
    counts = zip(found.groups(), reversed(SECONDS_OF_UNIT.values()), strict=True)
    return sum(int(count) * seconds for count, seconds in counts if count is not None) * SECOND
