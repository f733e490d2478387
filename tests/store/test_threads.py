"""Threads that feed, look, merge, forget, move the clock and change the rules at once come to what one comes to."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import crowd
import pytest

import trigdsl


@pytest.mark.parametrize("kind", ["memory", "sqlite", "postgres"])
def test_threads_at_once_decide_what_one_decides_in_turn(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    urls = {"memory": lambda: None, "sqlite": lambda: f"sqlite:///{tmp_path / 'state.db'}"}
    url = urls.get(kind, lambda: request.getfixturevalue("postgres_url"))()
    with trigdsl.Engine(trigdsl.parse(crowd.RULES), store=url) as engine:

        def do(name: str, given: Any) -> list[trigdsl.Decision]:
            if name != "other":
                return crowd.one_step(engine, name, given)
            # The same rules as another program, and a clock that is moved to where it stands.
            made = engine.advance(given)
            return made + engine.reload(trigdsl.parse(crowd.RULES)) if random.random() < 0.5 else made

        found = crowd.by_user(crowd.at_once(engine.advance, do))
    expected = crowd.by_user(crowd.in_turn())
    assert found == expected
    kinds = {(one["rule"], one["status"]) for some in expected.values() for one in some}
    wanted = {("left", "sent"), ("left", "cancelled"), ("third", "sent"), ("often", "sent"), ("quiet", "sent")}
    assert wanted <= kinds, "else the test shows little"
