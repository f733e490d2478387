"""The functions that the host registers for these rules: `trigdsl.load("rules.trig", functions=FUNCTIONS)`."""

from __future__ import annotations

from hashlib import blake2b


def short_link(url: str) -> str:
    """A short address for a long one.

    Pure: the same address always gets the same short one, so that a replay decides what the live engine decided.
    A shortener that hands out numbers would be asked when the message is delivered, not here.
    """
    return "sho.rt/" + blake2b(url.encode(), digest_size=3).hexdigest()


FUNCTIONS = {"short_link": (short_link, "(text) -> text")}
