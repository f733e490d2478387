"""Files and folders: suffixes, compression, standard input, progress, and files that cannot be read."""

from __future__ import annotations

import gzip
import importlib.util
import io
import os
import sys
from pathlib import Path

import pytest

from trigdsl.records.reading import Reject, UnreadableFile, read_inputs, total_bytes

LINE = '{"user":"%s","time":1,"event":"e"}\n'


def users_of(*paths: Path | str) -> list[str]:
    return [input_.user for input_ in read_inputs([str(path) for path in paths], on_reject=pytest.fail)]


def rejecting(path: Path) -> tuple[list[str], list[Reject]]:
    rejects: list[Reject] = []
    return [input_.user for input_ in read_inputs([str(path)], on_reject=rejects.append)], rejects


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "A.JSONL", "a.jsonl.gz", "a.ndjson.zst", "a.b.jsonl"])
def test_json_lines_by_suffix(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(packed(LINE.encode() % b"u", name))
    assert users_of(path) == ["u"]


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.csv.zst"])
def test_csv_by_suffix(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(packed(b"user,time,event\nu,1,e\n", name))
    assert users_of(path) == ["u"]


def packed(contents: bytes, name: str) -> bytes:
    if name.endswith(".gz"):
        return gzip.compress(contents)
    if name.endswith(".zst"):
        return bytes(pytest.importorskip("zstandard").ZstdCompressor().compress(contents))
    return contents


def test_files_come_in_the_order_given_and_folders_in_path_order(tmp_path: Path) -> None:
    for name in ("b.jsonl", "d/z.csv", "d/a/x.jsonl", "d-e.jsonl", "c.jsonl", "notes.txt", ".h.jsonl", ".h/a.jsonl"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"user,time,event\n{name},1,e\n" if name.endswith(".csv") else LINE % name)
    assert users_of(tmp_path) == ["b.jsonl", "c.jsonl", "d/a/x.jsonl", "d/z.csv", "d-e.jsonl"]
    assert users_of(tmp_path / "c.jsonl", tmp_path / "b.jsonl") == ["c.jsonl", "b.jsonl"]


def test_no_paths() -> None:
    assert users_of() == []
    assert total_bytes([]) == 0


@pytest.mark.parametrize("name", ["a.txt", "a", "a.json", "a.jsonl.bz2", "a.gz", "jsonl"])
def test_an_unknown_suffix(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("")
    with pytest.raises(
        UnreadableFile, match=r"`\.ndjson`, `\.csv`, `\.parquet`, `\.arrow`, `\.feather`, each plain or with `\.gz`"
    ):
        read_inputs([str(path)], on_reject=pytest.fail)


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"`.*a\.jsonl` is not there"):
        read_inputs([str(tmp_path / "a.jsonl")], on_reject=pytest.fail)


def test_a_folder_without_a_file_to_read(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(UnreadableFile, match="has no file that can be read"):
        read_inputs([str(tmp_path)], on_reject=pytest.fail)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everything may be read here")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(LINE % "u")
    path.chmod(0)
    with pytest.raises(UnreadableFile, match="cannot be read: permission denied"):
        users_of(path)


@pytest.mark.parametrize(
    ("name", "library", "extra"), [("a.parquet", "pyarrow", "parquet"), ("a.csv.zst", "zstandard", "zstd")]
)
def test_a_missing_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, library: str, extra: str
) -> None:
    path = tmp_path / name
    path.write_bytes(b"")
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == library else find(name))
    with pytest.raises(UnreadableFile) as caught:
        read_inputs([str(path)], on_reject=pytest.fail)
    assert str(caught.value) == f'`{path}` needs the {library} library: `pip install "trigdsl[{extra}]"`'


def test_standard_input_is_json_lines_and_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO((LINE % "u").encode())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(raw))
    assert users_of("-") == ["u"]
    assert not raw.closed
    assert total_bytes(["-"]) is None


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_progress_adds_up_to_the_size_on_disk(tmp_path: Path, name: str) -> None:
    paths = [tmp_path / f"{number}{name}" for number in range(2)]
    for path in paths:
        path.write_bytes(packed(b"".join(LINE.encode() % str(n).encode() for n in range(20_000)), name))
    told: list[int] = []
    inputs = read_inputs([str(path) for path in paths], on_reject=pytest.fail, progress=told.append)
    assert len(list(inputs)) == 40_000
    assert len(told) > 2
    assert sum(told) == total_bytes([str(path) for path in paths]) == sum(path.stat().st_size for path in paths)


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_several_members_behind_one_another(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.jsonl{suffix}"
    half = (LINE % "u").encode()
    members = [packed(part, suffix) for part in (half, half[:10], half[10:], b"")]
    path.write_bytes(b"".join(members) + (bytes(512) if suffix == ".gz" else b""))
    assert users_of(path) == ["u", "u"]


def noisy(lines: int) -> bytes:
    """Lines that hardly compress, so that a cut is somewhere among them."""
    return b"".join(LINE.encode() % os.urandom(30).hex().encode() for _ in range(lines))


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_compressed_file_that_is_cut_off(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.jsonl{suffix}"
    contents = noisy(30_000)
    whole = packed(contents, suffix)
    path.write_bytes(whole[: len(whole) // 2])
    users, rejects = rejecting(path)
    assert 1_000 < len(users) < 30_000
    assert [(reject.line, reject.reason) for reject in rejects] == [
        (len(users) + 1, "the compressed data is cut off here")
    ]
    assert contents.decode().split("\n")[len(users)].startswith(rejects[0].record)


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.csv.gz"])
def test_what_is_left_of_the_last_line_is_not_taken_for_a_record(tmp_path: Path, name: str) -> None:
    """The last line ends within its bytes, where what there is might be a record by itself."""
    path = tmp_path / name
    lines = b"user,time,event\nu,1,e\nu,2,even" if "csv" in name else (LINE % "u").encode() + LINE.encode()[:-1] % b"v"
    # A line break in what follows would end the line, and make a record of it.
    whole = gzip.compress(lines + os.urandom(100_000).translate(None, b"\r\n"))
    path.write_bytes(whole[: len(whole) // 2])
    users, rejects = rejecting(path)
    assert users == ["u"]
    assert rejects[-1].reason == "the compressed data is cut off here"


def test_a_cut_off_csv_file_with_an_open_quote(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    whole = gzip.compress(b'user,time,event\nu,1,"e\nv,1,e\nw,1,e\n' + noisy(500))
    path.write_bytes(whole[: len(whole) // 2])
    users, rejects = rejecting(path)
    assert users == ["v", "w"]
    assert (rejects[0].line, rejects[0].record) == (2, 'u,1,"e')
    assert rejects[-1].reason == "the compressed data is cut off here"


def test_damage_in_the_middle_of_a_compressed_file(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    whole = bytearray(gzip.compress(noisy(30_000)))
    middle = len(whole) // 2
    whole[middle : middle + 2_000] = bytes(2_000)
    path.write_bytes(whole)
    users, rejects = rejecting(path)
    assert len(users) > 1_000
    assert "the compressed data is damaged from here on" in rejects[-1].reason


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.csv.gz", "a.csv.zst", "a.parquet.gz"])
def test_what_is_not_compressed_at_all(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(LINE % "u")
    with pytest.raises(UnreadableFile, match=r"a\..*` cannot be decompressed"):
        users_of(path)


def test_utf_16(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("user,time,event\nu,1,e\n".encode("utf-16"))
    with pytest.raises(UnreadableFile, match=r"a\.csv` is UTF-16: save it as UTF-8"):
        users_of(path)
