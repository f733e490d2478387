"""The line that C makes of a decision is the one that Python makes, byte by byte."""

from __future__ import annotations

import json
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from trigdsl.model.decisions import Decision, json_value
from trigdsl.model.values import FIRST_INSTANT, LAST_INSTANT
from trigdsl.replayer import writing

TEXTS = ["", "u", "ü", "名前 😀", 'quo"te\\', "".join(map(chr, range(128))), "\x80\xa0\u2028\ufeff\uffff", "x" * 5_000]
VALUES: list[Any] = [
    None,
    True,
    1,
    2.0,
    0.1,
    -(2**53),
    "ü\n",
    [1, None, {"a": [1.5]}],
    {"at": datetime(2024, 2, 29, tzinfo=UTC), "day": date(2024, 2, 29), "long": timedelta(hours=36)},
    {"text": "y" * 10_000},
]
TIMES = [FIRST_INSTANT, -1, 0, 1, 1_709_251_199_999_999, 1_709_251_200_000_000, LAST_INSTANT]


def by_python(decision: Decision) -> bytes:
    return msgspec.json.encode(decision.to_dict()) + b"\n"


def decision(**told: Any) -> Decision:
    given: dict[str, Any] = {"user": "u", "rule": "r", "step": 1, "action": "send", "status": "sent", "key": "k"}
    return Decision(**(given | {"time": 0, "triggered": 0, "due": 0} | told))


def any_decision(rng: random.Random) -> Decision:
    def maybe(values: list[Any]) -> Any:
        return rng.choice(values) if rng.random() < 0.5 else None

    has_value = rng.random() < 0.5
    texts = {name: rng.choice(TEXTS) for name in ("user", "rule", "action", "status", "key")}
    perhaps = {name: maybe(TEXTS) for name in ("reason", "channel", "variant", "text", "target", "event_id", "title")}
    times = {name: rng.choice(TIMES) for name in ("time", "triggered", "due")}
    return decision(
        **texts,
        **perhaps,
        **times,
        step=rng.choice([1, 2, 10, 12345]),
        fields=maybe([{}, {"a": 1}, *VALUES[-2:]]),
        value=rng.choice(VALUES) if has_value else None,
        has_value=has_value,
    )


def test_lines_are_those_that_python_makes() -> None:
    assert writing._native is not None
    rng = random.Random(1)
    for _ in range(3_000):
        made = any_decision(rng)
        line = writing.line_of(made)
        assert line == by_python(made)
        assert json.loads(line) == json.loads(json.dumps(json_value(made.to_dict())))


def test_a_missing_value_is_written_and_no_value_is_not() -> None:
    assert b'"value":null,' in writing.line_of(decision(has_value=True))
    assert b"value" not in writing.line_of(decision())


@pytest.mark.parametrize("name", ["user", "text", "key"])
def test_text_that_is_no_utf8_is_refused_and_the_next_line_is_whole(name: str) -> None:
    for write in (by_python, writing.line_of):
        with pytest.raises(UnicodeEncodeError):
            write(decision(**{name: "half \ud800"}))
    assert writing.line_of(decision()) == by_python(decision())


def test_without_the_compiled_module_the_line_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    made = any_decision(random.Random(2))
    line = writing.line_of(made)
    monkeypatch.setattr(writing, "_native", None)
    assert writing.line_of(made) == line
