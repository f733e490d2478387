"""Values that MessagePack can hold as they are, told in C: they become the same bytes as part by part."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from trigdsl.native.plain import is_plain
from trigdsl.store import packing
from trigdsl.store.packing import decode, encode, packed

PLAIN = [None, True, False, 0, -1, 2**63 - 1, -(2**63), 1.5, "", "ж😀", datetime(2026, 11, 20, tzinfo=UTC), [], {}]
OTHERS = [2**63, 2**64 - 1, 2**64, -(2**63) - 1, 10**300, date(2026, 11, 20), timedelta(days=1), (1, "k"), ()]


def drawn(draw: random.Random, deepest: int, leaves: list[Any]) -> Any:
    kind = draw.randrange(4 if deepest else 2)
    if kind < 2:
        return draw.choice(leaves)
    parts = [drawn(draw, deepest - 1, leaves) for _ in range(draw.randrange(4))]
    return parts if kind == 2 else {f"k{number}": part for number, part in enumerate(parts)}


def part_by_part(value: Any, monkeypatch: pytest.MonkeyPatch) -> bytes:
    with monkeypatch.context() as without:
        without.setattr(packing, "is_plain", None)
        return encode(packed(value))


@pytest.mark.parametrize("value", PLAIN)
@pytest.mark.parametrize("around", [lambda v: v, lambda v: [1, [v]], lambda v: {"a": 1, "b": {"c": [v]}}])
def test_plain_values_are_told(value: Any, around: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    value = around(value)
    assert is_plain(value)
    assert packed(value) is value
    assert encode(packed(value)) == part_by_part(value, monkeypatch)
    assert decode(encode(packed(value))) == value


@pytest.mark.parametrize("value", OTHERS)
@pytest.mark.parametrize("around", [lambda v: v, lambda v: [1, [v]], lambda v: {"a": 1, "b": {"c": [v]}}])
def test_others_go_part_by_part(value: Any, around: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    value = around(value)
    assert not is_plain(value)
    assert encode(packed(value)) == part_by_part(value, monkeypatch)
    assert decode(encode(packed(value))) == value


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes", [b"bytes"], {"a": {1}}])
def test_what_is_no_value_is_none_either_way(value: Any) -> None:
    assert not is_plain(value)
    with pytest.raises(TypeError, match="no value of the language"):
        packed(value)


@pytest.mark.parametrize("seed", range(5))
def test_values_by_chance_become_the_same_bytes(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(seed)
    for _ in range(200):
        value = drawn(draw, 4, PLAIN + OTHERS if draw.randrange(2) else PLAIN)
        assert encode(packed(value)) == part_by_part(value, monkeypatch)
        assert repr(decode(encode(packed(value)))) == repr(value)
