"""What reads texts, files and templates of strangers keeps its promises, whatever stands in them.

The files of corpus/TARGET are read as they are, then damaged: cut, doubled, spliced, swapped, with words and bytes put
in.  `TRIGDSL_FUZZ` sets how many damaged ones are tried for each target.  A file that once failed is kept there.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from targets import TARGETS, fuzzed
from work import TooMuchWorkError, at_most, calls_of

CORPUS = Path(__file__).parent / "corpus"
TRIES = int(os.environ.get("TRIGDSL_FUZZ", "100"))
FILES = sorted(path for path in CORPUS.rglob("*") if path.is_file())
"""Each in the folder of its target."""

PIECES = [
    b"", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\n", b"\r\n", b'"', b'"""', b"`", b"(" * 60, b"[" * 120, b"{" * 120,
    b"not " * 80, b"1 + " * 80, b"{{ ", b"{% ", b" %}", b"}}", b"9" * 400, b"1e309", b"-", b"NaN", b",", b":", b"#",
    b"null", b"true", b"2026-02-30", b"9999-12-31T23:59:59Z", b"0001-01-01", b"24:00", b"999999999w", b"\xe2\x80\xae",
    b"if ", b"then ", b"unless ", b" for 0s", b" or ", b" every ", b'"\\ud800"', b"sent", b"ignored", b"loop", b"a.b",
]  # fmt: skip


def seeds(target: str) -> list[bytes]:
    return [path.read_bytes() for path in FILES if path.parent.name == target]


@st.composite
def damaged(draw: st.DrawFn, target: str) -> bytes:
    """A file of a target's corpus after some accidents."""
    pool = st.sampled_from(seeds(target))
    data = draw(pool)
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 30)))
        piece = data[start:end]
        other = draw(pool)
        put = draw(
            st.sampled_from([b"", piece * 2, piece * 50, piece[::-1], other[start:end], other])
            | st.sampled_from(PIECES)
            | st.binary(max_size=4)
        )
        data = data[:start] + put + data[end:]
    return data


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_corpus(path: Path) -> None:
    fuzzed(path.parent.name, path.read_bytes())


@pytest.mark.parametrize("target", TARGETS)
def test_damaged(target: str) -> None:
    assert seeds(target), f"corpus/{target} is empty"

    @settings(
        max_examples=TRIES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(damaged(target))
    def holds(data: bytes) -> None:
        fuzzed(target, data)

    holds()


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_work_grows_no_faster_than_the_length(path: Path) -> None:
    """Twice the length, at most three times the work."""
    target, data = TARGETS[path.parent.name], path.read_bytes()
    target(data)
    once, twice = (calls_of(lambda times=times: target(data * times)) for times in (6, 12))
    assert twice <= 3 * once + 5_000


def test_a_hang_is_found() -> None:
    def for_ever() -> None:
        while True:
            len("")

    with pytest.raises(TooMuchWorkError), at_most(10_000):
        for_ever()


def test_what_ends_in_time_is_no_hang() -> None:
    with at_most(100):
        assert len("ab") == 2
