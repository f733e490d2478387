"""Sorted rows are cut into groups of whole users, wherever batches end."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest

from trigdsl.distributed.groups import groups


def batches(keys: list[str], sizes: list[int]) -> list[pa.RecordBatch]:
    table = pa.table({"key": pa.array(keys, pa.string()), "place": pa.array(range(len(keys)), pa.int64())})
    found, start = [], 0
    for size in sizes:
        found += table.slice(start, size).to_batches()
        start += size
    return found


@pytest.mark.parametrize(
    ("keys", "sizes", "rows", "wanted"),
    [
        ("aab", [3], 2, ["aa", "b"]),
        ("aab", [3], 3, ["aab"]),
        ("aab", [2, 1], 2, ["aa", "b"]),
        ("aaab", [2, 2], 2, ["aaa", "b"]),
        ("aaaa", [1, 1, 1, 1], 2, ["aaaa"]),
        ("abbbc", [2, 2, 1], 1, ["a", "bbb", "c"]),
        ("", [], 2, []),
    ],
)
def test_a_group_ends_with_a_user(keys: str, sizes: list[int], rows: int, wanted: list[str]) -> None:
    found = groups(batches(list(keys), sizes), rows)
    assert ["".join(group.column("key").to_pylist()) for group in found] == wanted


def test_no_user_is_in_two_groups_and_no_row_is_lost() -> None:
    for seed in range(200):
        rng = random.Random(seed)
        keys = sorted(rng.choice("abcdefg") for _ in range(rng.randrange(40)))
        sizes, left = [], len(keys)
        while left:
            sizes.append(rng.randrange(1, left + 1))
            left -= sizes[-1]
        rows = rng.randrange(1, 12)
        found = list(groups(batches(keys, sizes), rows))
        assert [place for group in found for place in group.column("place").to_pylist()] == list(range(len(keys)))
        held = [set(group.column("key").to_pylist()) for group in found]
        assert sum(map(len, held)) == len(set(keys))
        # A group ends in the batch that makes it large enough: without its last user it is at most a batch larger.
        for group in found:
            names = group.column("key").to_pylist()
            assert len([name for name in names if name != names[-1]]) < rows + max(sizes)
