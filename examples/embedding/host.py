"""A function of the host, which the rules call: `trigdsl.load("rules.trig", functions=FUNCTIONS)`.

It is pure: the same number gives the same link, so that a replay decides what the live engine decided.
"""

from __future__ import annotations

from urllib.parse import quote


def tracking_link(number: str) -> str:
    """Where a parcel can be followed."""
    return f"https://parcels.example/{quote(number, safe='')}"


FUNCTIONS = {"tracking_link": (tracking_link, "(text) -> text")}
