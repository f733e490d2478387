"""Sorted rows are cut into groups of whole users, wherever batches end."""

from __future__ import annotations

import random
from itertools import islice

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


@pytest.mark.parametrize(
    ("keys", "sizes", "rows", "wanted"),
    [
        # A user who ends with the batch that makes a group large enough is held like any other.
        ("aab", [2, 1], 2, ["aa", "b"]),
        # One who goes on is handed on batch by batch.
        ("aaab", [2, 2], 2, [["aa", "a"], "b"]),
        ("aaaa", [1, 1, 1, 1], 2, [["a", "a", "a", "a"]]),
        ("aaaa", [1, 1, 1, 1], 3, [["a", "a", "a", "a"]]),
        ("aaaa", [1, 1, 1, 1], 4, ["aaaa"]),
        # Whoever came before is a group of their own.
        ("abbbc", [2, 2, 1], 2, ["a", ["b", "bb"], "c"]),
        ("abbbb", [1, 2, 2], 3, ["a", ["bb", "bb"]]),
        ("aabbbcc", [2, 1, 1, 2, 1], 1, ["aa", ["b", "b", "b"], ["c", "c"]]),
        ("", [], 2, []),
    ],
)
@pytest.mark.parametrize("takes", [9, 1, 0])
def test_a_user_with_many_rows_comes_in_tables(
    keys: str, sizes: list[int], rows: int, wanted: list[str | list[str]], takes: int
) -> None:
    """Whoever takes only some of them gets the next group all the same."""
    found: list[str | list[str]] = []
    for group in groups(batches(list(keys), sizes), rows, long=True):
        if isinstance(group, pa.Table):
            found.append("".join(group.column("key").to_pylist()))
        else:
            found.append(["".join(table.column("key").to_pylist()) for table in islice(group, takes)])
    assert found == [one if isinstance(one, str) else one[:takes] for one in wanted]


def test_no_user_is_in_two_groups_and_no_row_is_lost() -> None:
    for seed in range(200):
        rng = random.Random(seed)
        keys = sorted(rng.choice("abcdefg") for _ in range(rng.randrange(40)))
        sizes, left = [], len(keys)
        while left:
            sizes.append(rng.randrange(1, left + 1))
            left -= sizes[-1]
        rows = rng.randrange(1, 12)
        tables = [
            [group] if isinstance(group, pa.Table) else list(group)
            for group in groups(batches(keys, sizes), rows, long=True)
        ]
        assert [place for some in tables for one in some for place in one.column("place").to_pylist()] == list(
            range(len(keys))
        )
        users = [{name for one in some for name in one.column("key").to_pylist()} for some in tables]
        assert sum(map(len, users)) == len(set(keys))
        found = list(groups(batches(keys, sizes), rows))
        assert [place for group in found for place in group.column("place").to_pylist()] == list(range(len(keys)))
        held = [set(group.column("key").to_pylist()) for group in found]
        assert sum(map(len, held)) == len(set(keys))
        # A group ends in the batch that makes it large enough: without its last user it is at most a batch larger.
        for group in found:
            names = group.column("key").to_pylist()
            assert len([name for name in names if name != names[-1]]) < rows + max(sizes)
