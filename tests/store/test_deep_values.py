"""Values that grow ever deeper: the timer that makes them at last is left out, and nobody else is held up."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import trigdsl

GROWING = "rule r: if tick then after 1s emit tick { p: { q: event.p } }\nrule s: if ping then send push"


def test_who_grows_too_deep_holds_up_nobody_else(tmp_path: Path) -> None:
    refused: list[str] = []
    store = f"sqlite:///{tmp_path / 'state.db'}"
    with trigdsl.Engine(trigdsl.parse(GROWING), store=store, on_reject=lambda _, why: refused.append(why)) as engine:
        engine.feed({"user": "u", "time": 0, "event": "tick", "properties": {"p": 1}})
        made = engine.advance(3000)
        assert {one.action for one in made} == {"emit"}
        assert len(refused) == 1
        assert refused[0].startswith("the engine failed on a timer: ")
        assert [one.rule for one in engine.feed({"user": "v", "time": 3001, "event": "ping"})] == ["s"]
        assert engine.advance(4000) == []


def test_values_that_are_nested_deeper_than_the_stack_are_told_to_be_none_that_is_plain() -> None:
    pytest.importorskip("trigdsl.native.plain")
    # In a process of its own, which it would end.
    code = """
from trigdsl.native.plain import is_plain
value = 1
for depth in range(200_000):
    value = {"q": [value]}
    if depth in (49, 50, 199_999):
        print(is_plain(value))
import os
os._exit(0)
"""
    ended = subprocess.run([sys.executable, "-u", "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.split() == ["True", "False", "False"]
