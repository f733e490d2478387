"""A program that was kept as bytes decides what the program decided."""

from __future__ import annotations

from typing import Any

import pytest
from budget import FIRST, share
from flat_programs import flat_case
from programs import case

import trigdsl
from trigdsl.compiler.kept import from_bytes, to_bytes

PARTS = 2


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("draw", [case, flat_case])
def test_a_kept_program_decides_the_same(draw: Any, part: int) -> None:
    for seed in range(FIRST + part, FIRST + share(6), PARTS):
        drawn = draw(seed)
        try:
            program = trigdsl.parse(drawn.text)
        except trigdsl.TrigError:
            continue
        kept = from_bytes(to_bytes(program))
        records = [dict(record) for record in drawn.records]
        decided, again = (
            [decision.to_dict() for decision in trigdsl.replay(one, records, **drawn.options)]
            for one in (program, kept)
        )
        assert decided == again, f"seed {seed}"
        assert kept.code == program.code
