"""Files of decisions: whole or not there."""

from __future__ import annotations

import gzip
import io
import json
import os
from pathlib import Path

import pytest
from attrs import evolve

from trigdsl.model.decisions import Decision
from trigdsl.replayer.writing import decisions_to_file, decisions_to_stream

DECISION = Decision(
    user="가",
    rule="r",
    step=1,
    action="send",
    status="sent",
    time=1_000_000,
    triggered=0,
    due=0,
    key="k",
    channel="push",
)


def lines(data: bytes) -> list[object]:
    return [json.loads(line) for line in data.decode().splitlines()]


def test_a_line_is_the_json_form_of_its_decision(tmp_path: Path) -> None:
    with decisions_to_file(tmp_path / "out.jsonl") as writer:
        writer.write(DECISION)
        writer.write(DECISION)
    assert lines((tmp_path / "out.jsonl").read_bytes()) == [DECISION.to_dict()] * 2


def test_more_than_the_buffer_holds_is_written_in_order(tmp_path: Path) -> None:
    with decisions_to_file(tmp_path / "out.jsonl") as writer:
        for step in range(1, 2_001):
            writer.write(evolve(DECISION, step=step))
    assert [each["step"] for each in lines((tmp_path / "out.jsonl").read_bytes())] == list(range(1, 2_001))  # type: ignore[index]


def test_gz_compresses_and_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    for name in ("a.jsonl.gz", "b.jsonl.gz"):
        with decisions_to_file(tmp_path / name) as writer:
            writer.write(DECISION)
    packed = (tmp_path / "a.jsonl.gz").read_bytes()
    assert lines(gzip.decompress(packed)) == [DECISION.to_dict()]
    assert packed == (tmp_path / "b.jsonl.gz").read_bytes()


def test_a_failure_leaves_neither_a_half_file_nor_a_temporary_one(tmp_path: Path) -> None:
    def fail() -> None:
        with decisions_to_file(tmp_path / "out.jsonl") as writer:
            writer.write(DECISION)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_file_of_before_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "out.jsonl").write_text("before")

    def fail() -> None:
        with decisions_to_file(tmp_path / "out.jsonl") as writer:
            writer.write(DECISION)
            raise ValueError

    with pytest.raises(ValueError):
        fail()
    assert (tmp_path / "out.jsonl").read_text() == "before"


def test_nothing_is_at_the_path_before_the_end(tmp_path: Path) -> None:
    with decisions_to_file(tmp_path / "out.jsonl") as writer:
        writer.write(DECISION)
        writer.flush()
        assert not (tmp_path / "out.jsonl").exists()
    assert (tmp_path / "out.jsonl").exists()


def test_without_decisions_the_file_is_empty_but_there(tmp_path: Path) -> None:
    with decisions_to_file(tmp_path / "out.jsonl"):
        pass
    assert (tmp_path / "out.jsonl").read_bytes() == b""


def test_a_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        with decisions_to_file(tmp_path / "out.jsonl"):
            pass
    finally:
        os.umask(mask)
    assert (tmp_path / "out.jsonl").stat().st_mode & 0o777 == 0o644


def test_a_link_stays_and_what_it_points_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "real.jsonl").write_text("before")
    (tmp_path / "link.jsonl").symlink_to("real.jsonl")
    with decisions_to_file(tmp_path / "link.jsonl") as writer:
        writer.write(DECISION)
    assert (tmp_path / "link.jsonl").is_symlink()
    assert lines((tmp_path / "real.jsonl").read_bytes()) == [DECISION.to_dict()]


def test_a_device_is_written_to_directly() -> None:
    with decisions_to_file("/dev/null") as writer:
        writer.write(DECISION)
    assert Path("/dev/null").is_char_device()


def test_a_folder_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError), decisions_to_file(tmp_path / "none" / "out.jsonl"):
        pass


def test_a_stream_stays_open() -> None:
    stream = io.BytesIO()
    with decisions_to_stream(stream) as writer:
        writer.write(DECISION)
    assert lines(stream.getvalue()) == [DECISION.to_dict()]
