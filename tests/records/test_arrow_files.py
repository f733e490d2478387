"""Files of Arrow: the format for files and that for streams, whole and in parts."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from trigdsl.model.inputs import Input
from trigdsl.records.files import Source, sources
from trigdsl.records.parts import parts_of
from trigdsl.records.passing import Passing
from trigdsl.records.profiles import read_profiles
from trigdsl.records.reading import Reject, UnreadableFile, read_inputs

pa = pytest.importorskip("pyarrow")

from trigdsl.records import arrow_files, parts  # noqa: E402

ROWS = 10


def table(**more: Any) -> Any:
    """Rows of users u0, u1, …, a second apart."""
    users = pa.array([f"u{row}" for row in range(ROWS)]).dictionary_encode()
    times = pa.array(range(ROWS)).cast(pa.timestamp("s", "UTC"))
    return pa.table(
        {"user": users, "time": times, "event": ["e"] * ROWS, "price": [row / 2 for row in range(ROWS)], **more}
    )


EXPECTED = [Input(f"u{row}", row * 1_000_000, "e", {"price": row / 2}) for row in range(ROWS)]


def written(path: Path, held: Any, *, stream: bool = False, rows: int = 3) -> Path:
    make = pa.ipc.new_stream if stream else pa.ipc.new_file
    with make(path, held.schema) as file:
        file.write_table(held, max_chunksize=rows)
    return path


def read(path: Path, **options: Any) -> tuple[list[Input], list[Reject]]:
    rejects: list[Reject] = []
    return list(read_inputs([str(path)], on_reject=rejects.append, **options)), rejects


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("suffix", [".arrow", ".feather"])
def test_the_rows_of_a_file_or_stream(tmp_path: Path, stream: bool, suffix: str) -> None:
    assert read(written(tmp_path / f"a{suffix}", table(), stream=stream)) == (EXPECTED, [])


def test_feather_as_its_library_writes_it(tmp_path: Path) -> None:
    from pyarrow import feather

    feather.write_feather(table(), tmp_path / "a.feather", compression="zstd")
    assert read(tmp_path / "a.feather") == (EXPECTED, [])


@pytest.mark.parametrize("stream", [False, True])
def test_compressed_files(tmp_path: Path, stream: bool) -> None:
    plain = written(tmp_path / "a.arrow", table(), stream=stream)
    packed = tmp_path / "b.arrow.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert read(packed) == (EXPECTED, [])


def test_rejects_have_the_numbers_of_their_rows(tmp_path: Path) -> None:
    events = ["e"] * ROWS
    events[7] = "sent"
    inputs, rejects = read(written(tmp_path / "a.arrow", table().set_column(2, "event", [events])))
    assert len(inputs) == ROWS - 1
    assert [(reject.line, reject.reason) for reject in rejects] == [
        (8, "an event named `sent`, which only the engine itself makes")
    ]


@pytest.mark.parametrize("data", [b"", b"nothing of the kind", b"ARROW1\0\0" + b"\xff" * 50])
def test_what_is_no_arrow_file_is_said_to_be_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.arrow").write_bytes(data)
    with pytest.raises(UnreadableFile, match=r"a\.arrow` is no Arrow file: "):
        read(tmp_path / "a.arrow")


def test_a_file_that_is_cut_off_is_no_file(tmp_path: Path) -> None:
    path = written(tmp_path / "a.arrow", table())
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(UnreadableFile):
        read(path)


def test_a_stream_that_is_cut_off_ends_the_reading(tmp_path: Path) -> None:
    path = written(tmp_path / "a.arrow", table(), stream=True)
    path.write_bytes(path.read_bytes()[:-80])
    with pytest.raises(UnreadableFile, match="cannot be read on"):
        read(path)


def test_parts_are_some_batches_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "a.arrow", table())
    monkeypatch.setattr(arrow_files, "GROUP_BYTES", path.stat().st_size // 3)
    (source,) = sources([str(path)])
    found = parts_of(source)
    assert [part.place for part in found] == [0, 1, 2]
    # Four batches, of 3, 3, 3 and 1 rows.
    tables = [arrow_files.ArrowFile(source, None, part.place) for part in found]
    assert [one.first_row for one in tables] == [1, 4, 7]
    assert [sum(batch.num_rows for batch in one.batches()) for one in tables] == [3, 3, 4]
    monkeypatch.setattr(parts, "LEAST_PARQUET_BYTES", 0)
    inputs, rejects = read(path, workers=2, passing=Passing())
    assert ([(given.user, given.properties) for given in inputs], rejects) == (
        [(given.user, given.properties) for given in EXPECTED],
        [],
    )


def test_a_stream_is_one_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "a.arrow", table(), stream=True)
    monkeypatch.setattr(arrow_files, "GROUP_BYTES", 10)
    assert [part.place for part in parts_of(Source(str(path), "arrow"))] == [None]


def test_small_batches_are_put_together_and_large_ones_cut(tmp_path: Path) -> None:
    path = written(tmp_path / "a.arrow", table(), rows=2)
    held = arrow_files.ArrowFile(Source(str(path), "arrow"), None)
    assert [batch.num_rows for batch in held.batches(4)] == [4, 4, 2]
    assert [batch.num_rows for batch in held.batches(1)] == [1] * ROWS
    assert [batch.schema.names for batch in held.batches(ROWS, ["price", "user"])] == [["price", "user"]]


def test_what_was_read_is_told_once(tmp_path: Path) -> None:
    path = written(tmp_path / "a.arrow", table())
    told: list[int] = []
    read(path, progress=told.append)
    assert sum(told) == path.stat().st_size


def test_profiles(tmp_path: Path) -> None:
    path = written(tmp_path / "a.arrow", pa.table({"user": ["u", "v"], "tier": ["gold", None]}))
    assert list(read_profiles(str(path))) == [("u", {"tier": "gold"}), ("v", {})]
