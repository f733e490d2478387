"""Records that are taken in C: what is taken is what Python takes, and whatever is unusual is left to it."""

from __future__ import annotations

import random
from collections import OrderedDict
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from trigdsl.records import native
from trigdsl.records.errors import BadRecord
from trigdsl.records.native import input_of, take
from trigdsl.records.plain import DEEPEST

assert take is not None

ORDINARY: dict[str, Any] = {"user": "u", "time": 1_795_000_000, "event": "cart"}


class Text(str):
    """A text of another class."""


def nested(levels: int, kind: type) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"in": value} if kind is dict else [value]
    return value


ODD_TEXTS = ["", "a", "ä", "ж", "😀", "\ud800", "a\udfffb", "\ue000", "\ud7ff", "\0", Text("t"), b"a", 7]
ODD_NUMBERS = [
    0, -1, 2**53, 2**53 + 1, -(2**53), -(2**53) - 1, 2**63, -(2**63), 2**64, 10**400, 1.5, -0.0, 1e308,
    float("inf"), float("-inf"), float("nan"), True, False, Decimal("1.5"),
]  # fmt: skip
TIMES = [
    0, -1, 1, 10**11 - 1, 10**11, 10**11 + 1, 10**13 - 1, 10**13, 10**13 + 1, 2**62, 2**64, True, 1.5, None, "",
    "2026-11-20T10:00:00Z", "2026-11-20T10:00:00", "2026-11-20T10:00:00.5+01:00", "2026-13-20T10:00:00Z", "tomorrow",
    Text("2026-11-20T10:00:00Z"), datetime(2026, 11, 20, tzinfo=UTC), float("nan"), b"x", [],
]  # fmt: skip
VALUES = [
    *ODD_TEXTS, *ODD_NUMBERS, None, [], {}, [1, [2, {"a": "ж"}]], (1, 2), [float("nan")], {"a": {"b": [None, True]}},
    {1: 2}, {"\ud800": 1}, {Text("k"): 1}, OrderedDict(a=1), object(), {"deep": [OrderedDict(a=1)]}, {"a": [{1, 2}]},
    nested(DEEPEST - 2, dict), nested(DEEPEST - 1, dict), nested(DEEPEST, dict), nested(DEEPEST + 1, dict),
    nested(DEEPEST - 2, list), nested(DEEPEST - 1, list), nested(DEEPEST, list), nested(DEEPEST + 1, list),
]  # fmt: skip
PARTS: dict[str, list[Any]] = {
    "user": [*ODD_TEXTS, *ODD_NUMBERS, None],
    "event": [*ODD_TEXTS, *ODD_NUMBERS, None, "sent", "ignored"],
    "time": TIMES,
    "id": [*ODD_TEXTS, *ODD_NUMBERS, None],
    "properties": [*VALUES, *({"p": value} for value in VALUES), *({"a": 1, "p": value, "z": []} for value in VALUES)],
    "set": [None, {}, {"plan": "x"}, float("nan"), 7],
    "add": [None, [], ["vip"], "vip"],
    "remove": [None, [], ["vip"]],
    "alias": [None, "", "b", 7],
    "batch": [None, [], [ORDINARY], [ORDINARY, ORDINARY]],
    "other": [None, 1],
}


def answer(record: dict[str, Any]) -> tuple[Any, str]:
    """The input of a record or the reason, with its types: `1 == True` must not hide anything."""
    try:
        given = msgspec.structs.astuple(input_of(record))
    except BadRecord as error:
        return None, str(error)
    return repr(given), ""


def agree(record: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether C and Python say the same; the result tells whether C took the record."""
    here = answer(record)
    with monkeypatch.context() as without:
        without.setattr(native, "take", None)
        assert here == answer(record)
    return taken(record)


def taken(record: dict[str, Any]) -> bool:
    assert take is not None
    try:
        return take(record) is not None
    except BadRecord:
        return False


def records() -> Iterator[dict[str, Any]]:
    yield {}
    for part, values in PARTS.items():
        yield {name: value for name, value in ORDINARY.items() if name != part}
        for value in values:
            yield {**ORDINARY, part: value}
            yield {part: value}


def test_records_with_one_odd_part_are_as_in_python(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [agree(record, monkeypatch) for record in records()]
    assert found.count(True) > 50
    assert found.count(False) > 100


@pytest.mark.parametrize("seed", range(10))
def test_records_of_parts_by_chance_are_as_in_python(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(seed)
    for _ in range(300):
        record = dict(ORDINARY)
        for part in draw.sample(list(PARTS), draw.randrange(4)):
            record[part] = draw.choice(PARTS[part])
        agree(record, monkeypatch)


def test_ordinary_records_are_taken() -> None:
    properties = {"s": "ä", "n": 1, "f": 1.5, "b": True, "none": None, "l": [1, {"k": []}], "d": {"e": {"f": "ж😀"}}}
    assert taken(ORDINARY)
    assert taken({**ORDINARY, "id": "e-1", "properties": properties, "alias": None})
    assert taken({**ORDINARY, "time": "2026-11-20T10:00:00Z"})


def test_an_input_shares_nothing_with_its_record() -> None:
    record = {**ORDINARY, "properties": {"l": [[1]], "d": {"e": {"f": 1}}, "n": 1}}
    given = input_of(record)
    record["properties"]["l"][0].append(2)
    record["properties"]["d"]["e"]["f"] = 2
    record["properties"]["n"] = 2
    assert given.properties == {"l": [[1]], "d": {"e": {"f": 1}}, "n": 1}
