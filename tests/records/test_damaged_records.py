"""Ten thousand damaged records among good ones: each is rejected with its line, and no good one is lost."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from trigdsl.model.inputs import Input
from trigdsl.records.reading import Reject, read_inputs

DAMAGED = 10_000


def good_record(chance: random.Random, number: int) -> dict[str, object]:
    return {
        "user": f"u{number}",
        "time": f"2024-03-02T00:{chance.randrange(60):02}:{chance.randrange(60):02}.{chance.randrange(1000):03}Z",
        "event": chance.choice(["page_view", "purchase", "Käufe"]),
        "properties": {"price": chance.randrange(1, 99) / 4, "tags": ["a", {"b": None}], "note": 'x"y\\z'},
        "id": f"e{number}",
    }


def line_of(record: object) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode()


# Each damage leaves a line that surely is no record, whatever the chance.


def truncated(chance: random.Random, record: dict[str, object]) -> bytes:
    """An object without its end; not one byte remains at least, for that would be a blank line."""
    line = line_of(record)
    return line[: chance.randrange(1, len(line))]


def bracket_deleted(chance: random.Random, record: dict[str, object]) -> bytes:
    """Brackets outside texts no longer match."""
    line = line_of(record)
    places = [place for place, byte in enumerate(line) if byte in b"{}[]"]
    place = chance.choice(places)
    return line[:place] + line[place + 1 :]


def colon_or_comma_deleted(chance: random.Random, record: dict[str, object]) -> bytes:
    """Two values, or a key and its value, stand side by side (separators are followed by spaces)."""
    line = line_of(record)
    places = [place for place, byte in enumerate(line) if byte in b":," and line[place + 1 : place + 2] == b" "]
    place = chance.choice(places)
    return line[:place] + line[place + 1 :]


def no_utf_8(chance: random.Random, record: dict[str, object]) -> bytes:
    line = bytearray(line_of(record))
    line[chance.randrange(len(line))] = chance.randrange(0xF8, 0x100)
    return bytes(line)


def control_character(chance: random.Random, record: dict[str, object]) -> bytes:
    """White space but for the line break may stand between tokens, so it is left out here."""
    line = bytearray(line_of(record))
    line[chance.randrange(len(line))] = chance.choice(b"\x00\x01\x07\x0b\x1f")
    return bytes(line)


def wrong_type(chance: random.Random, record: dict[str, object]) -> bytes:
    wrong: dict[str, list[object]] = {
        "user": [True, [], {}, ""],
        "time": [False, [1], {}, "", "soon", "2024-03-02", "2024-02-30T00:00:00Z", 1e300],
        "event": [5, True, ["e"], {}, "", "sent", "ignored"],
        "properties": [5, "x", [], False],
        "id": [True, [], {}],
        "set": [5, "x", []],
        "add": ["x", {}, [1], [None]],
        "remove": [7, [[]]],
    }
    name = chance.choice(list(wrong))
    return line_of({**record, name: chance.choice(wrong[name])})


def part_missing(chance: random.Random, record: dict[str, object]) -> bytes:
    missing = chance.choice(["user", "time", "event"])
    if chance.random() < 0.5:
        return line_of({**record, missing: None})
    return line_of({name: held for name, held in record.items() if name != missing})


def no_object(chance: random.Random, record: dict[str, object]) -> bytes:
    return line_of(chance.choice([[record], json.dumps(record), 5, None, True, []]))


def no_number(chance: random.Random, record: dict[str, object]) -> bytes:
    number = chance.choice([b"NaN", b"-Infinity", b"1e999", b"01", b"+1", b"1.", b".5", b"1" + b"0" * 309])
    return line_of({**record, "properties": {"n": 12345}}).replace(b"12345", number)


def two_on_one_line(chance: random.Random, record: dict[str, object]) -> bytes:
    return line_of(record) + chance.choice([b"", b" ", b","]) + line_of(record)


def too_deep(chance: random.Random, record: dict[str, object]) -> bytes:
    levels = chance.choice([150, 2_000])
    return line_of({**record, "properties": {"n": 12345}}).replace(b"12345", b"[" * levels + b"]" * levels)


DAMAGES: list[Callable[[random.Random, dict[str, object]], bytes]] = [
    truncated,
    bracket_deleted,
    colon_or_comma_deleted,
    no_utf_8,
    control_character,
    wrong_type,
    part_missing,
    no_object,
    no_number,
    two_on_one_line,
    too_deep,
]


def read_lines(path: Path, lines: list[bytes]) -> tuple[list[Input], list[Reject]]:
    path.write_bytes(b"\n".join(lines) + b"\n")
    rejects: list[Reject] = []
    return list(read_inputs([str(path)], on_reject=rejects.append)), rejects


@pytest.mark.parametrize("share", [0.5, 0.98])
def test_every_damaged_json_line_is_rejected_and_no_good_one_lost(tmp_path: Path, share: float) -> None:
    chance = random.Random(7)
    lines: list[bytes] = []
    users: list[str] = []
    damaged: dict[int, str] = {}
    while len(damaged) < DAMAGED:
        record = good_record(chance, len(lines))
        if chance.random() < share:
            damage = chance.choice(DAMAGES)
            lines.append(damage(chance, record))
            damaged[len(lines)] = damage.__name__
        else:
            lines.append(line_of(record))
            users.append(str(record["user"]))
    inputs, rejects = read_lines(tmp_path / "a.jsonl", lines)
    assert [(reject.line, damaged.get(reject.line or 0)) for reject in rejects] == list(damaged.items())
    assert [input_.user for input_ in inputs] == users
    assert all(reject.reason and reject.record for reject in rejects)


def test_damaged_csv_lines_cost_no_others(tmp_path: Path) -> None:
    chance = random.Random(8)
    lines = [b"user,time,event,price,note"]
    users: list[str] = []
    damaged: list[int] = []
    while len(damaged) < DAMAGED:
        name = f"u{len(lines)}"
        line = f'{name},{chance.randrange(10**9)},e,{chance.randrange(99)}.5,"x, ""y"""'.encode()
        if chance.random() < 0.5:
            lines.append(csv_damage(chance, line))
            damaged.append(len(lines))
        else:
            lines.append(line)
            users.append(name)
    inputs, rejects = read_lines(tmp_path / "a.csv", lines)
    assert [reject.line for reject in rejects] == damaged
    assert [input_.user for input_ in inputs] == users


def csv_damage(chance: random.Random, line: bytes) -> bytes:
    user, time, event, price, note = line.split(b",", 4)
    return chance.choice(
        [
            b",".join([user, time, event, price]),
            line + b",more",
            b",".join([b"", time, event, price, note]),
            b",".join([user, b"soon", event, price, note]),
            b",".join([user, time, b"sent", price, note]),
            b",".join([user, time, event, price + b"\xff", note]),
            line[:-1],
            line + b"x",
            b",".join([user, time, b'"' + event, price, note]),
        ]
    )


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.jsonl.gz", "a.csv.gz"])
def test_any_bytes_raise_nothing(tmp_path: Path, name: str) -> None:
    """Bytes flipped, deleted and put in anywhere; what comes of it is not asked."""
    chance = random.Random(9)
    seeds = [line_of(good_record(chance, number)) for number in range(20)]
    if "csv" in name:
        seeds = [b"user,time,event,note", *(b'u,%d,e,"x ""y"""' % number for number in range(20))]
    lines = [bytearray(chance.choice(seeds)) for _ in range(3_000)]
    lines[0] = bytearray(seeds[0])
    for line in lines[1:]:
        for _ in range(chance.randrange(4)):
            place = chance.randrange(len(line))
            line[place : place + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
    contents = b"\n".join(lines)
    if name.endswith(".gz"):
        import gzip

        packed = bytearray(gzip.compress(contents))
        packed[len(packed) // 2] ^= 0xFF
        contents = bytes(packed)
    path = tmp_path / name
    path.write_bytes(contents)
    rejects: list[Reject] = []
    inputs = list(read_inputs([str(path)], on_reject=rejects.append))
    assert inputs
    assert rejects
