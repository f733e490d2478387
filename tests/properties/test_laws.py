"""Every law holds, on random programs and streams of records: for each a fortieth of the budget."""

from __future__ import annotations

import pytest
from budget import FIRST, share
from laws import LAWS, Law
from programs import case
from trying import breach, told

APART = 10_000
"""Each law has programs of its own, so that all of them together see more."""


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_law(law: Law) -> None:
    start = FIRST + APART * (1 + LAWS.index(law))
    for seed in range(start, start + share(40)):
        drawn = case(seed)
        if breach(law, drawn, seed) is not None:
            pytest.fail(told(law, drawn, seed), pytrace=False)
