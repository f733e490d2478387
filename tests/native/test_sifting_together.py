"""Rows that are all usual are taken together: the same comes of them as one by one."""

from __future__ import annotations

import random
import struct
from array import array
from typing import Any

import pytest

from trigdsl.native.sifting import Sifter

NAMES = ["", "a", "ab", "abc", "abcd", "abcdefg", "abcdefgh", "abcdefghi", "abcdefgh\0", "ü" * 9, "x" * 254, "x" * 300]
EARLIEST, LATEST = -50, 999


def _texts(names: list[str]) -> tuple[array[int], bytes]:
    offsets = array("i", [0])
    for name in names:
        offsets.append(offsets[-1] + len(name.encode()))
    return offsets, "".join(names).encode()


def _column(kind: str, values: list[Any]) -> tuple[bytes, None, int, int]:
    data = array(kind, values)
    return data.tobytes(), None, 0, -data.itemsize if kind == "d" else data.itemsize


def _taken(sifter: Sifter) -> list[list[tuple[str, int, int, int]]]:
    """What was taken for each shard: user, time, arrival and effect."""
    found = []
    for shard, names in enumerate(sifter.names):
        data = sifter.packed(shard) or bytes(8)
        (count,) = struct.unpack_from("<q", data)
        columns = struct.unpack_from(f"<{2 * count}q{2 * count}i", data, 8)
        times, arrivals, users, effects = (columns[at * count : (at + 1) * count] for at in range(4))
        found.append(
            [(names[user], *rest) for user, *rest in zip(users, times, arrivals, effects, strict=True)]  # type: ignore[misc]
        )
    return found


def _outcome(case: int, unusual: bool) -> list[object]:
    """What comes of random batches; with `unusual`, rows are looked at one by one though none is."""
    rng = random.Random(case)
    sifter = Sifter(rng.choice([1, 2, 3]))
    users = rng.sample(NAMES[1:], 6) if case % 4 else NAMES
    offsets, texts = _texts(users)
    scale = rng.choice([1, 10])
    edges = rng.choice([0, 0, 0, 1])
    acts: list[Any] = [-1, 3, rng.choice([-1, 4, -1, -2]), rng.choice([-3, 5, 5])]
    told: list[object] = []
    for batch in range(3):
        rows = rng.choice([0, 1, 5, 40, 200])
        numbers = [rng.choice([1.0, 1.5, 2.0, 2.5, 9.0, float("nan")]) for _ in range(rows)]
        by_number = _column("d", numbers), array("d", [1.5, 2.5]), array("i", [-1, 6, 7, 8, rng.choice([9, 9, -2])]), -1
        times = [rng.randrange(-(50 // scale) - edges, 999 // scale + 1 + edges) for _ in range(rows)]
        done = sifter.sift(
            _column(rng.choice("bhiq"), [rng.randrange(len(users)) for _ in range(rows)]),
            offsets,
            texts,
            _column(rng.choice("bhiq"), [rng.randrange(5) for _ in range(rows)]),
            _column("q", times),
            rows,
            scale,
            EARLIEST,
            LATEST,
            bytes(rows) if unusual else None,
            [*acts, by_number],
            1000 * batch,
        )
        told += [done, [sifter.count(code) for code in range(5)]]
        if rows > len(done[0]) + sum(map(len, done[1])):
            told.append((sifter.first, sifter.last))
    met = [sorted(names[number] for number in range(len(names))) for names in sifter.names]
    return [*told, met, _taken(sifter)]


@pytest.mark.parametrize("case", range(200))
def test_rows_taken_together_come_to_the_same_as_one_by_one(case: int) -> None:
    assert _outcome(case, unusual=False) == _outcome(case, unusual=True)


def _sifted(times: list[int], users: list[int], names: list[str]) -> tuple[object, list[int], int]:
    sifter = Sifter(1)
    offsets, texts = _texts(names)
    rows = len(times)
    columns = _column("i", users), offsets, texts, _column("b", [0] * rows), _column("q", times)
    (odd, _) = sifter.sift(*columns, rows, 10, EARLIEST, LATEST, None, [1], 0)
    return odd, [sifter.first, sifter.last], sifter.count(0)


@pytest.mark.parametrize(
    ("times", "odd", "span"),
    [
        ([-5, 99], [], [-50, 990]),
        ([-6, 99], [0], [990, 990]),
        ([-5, 100], [1], [-50, -50]),
    ],
)
def test_a_time_beyond_either_bound_makes_its_row_unusual(times: list[int], odd: list[int], span: list[int]) -> None:
    assert _sifted(times, [0, 0], ["u"]) == (odd, span, 2 - len(odd))
    # A text of no length that no row has makes nothing unusual, but has rows looked at one by one.
    assert _sifted(times, [0, 0], ["u", ""]) == (odd, span, 2 - len(odd))


def test_a_user_without_a_name_makes_its_row_unusual() -> None:
    assert _sifted([1, 2, 3], [0, 1, 0], ["u", ""]) == ([1], [10, 30], 2)
