"""Broken rules and broken records: told about, never a traceback."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from trigdsl.cli import main

EXAMPLES = sorted((Path(__file__).parent.parent.parent / "examples").rglob("*.trig"))
NOISE = [
    '"',
    '"""',
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "#",
    "`",
    "\\",
    "\x00",
    "\t",
    "é",
    "가",
    "\u202e",
    "\ud7ff",
    "9" * 400,
]
WORDS = [
    "if",
    "then",
    "and",
    "or",
    "not",
    "unless",
    "no",
    "every",
    "in last",
    "0d",
    "99999999999d",
    "25:00",
    "-",
    "200%",
]
BROKEN_PROGRAMS = 200
BROKEN_RECORDS = 10_000
GOOD = {"user": "u", "time": "2026-01-01T00:00:00Z", "event": "cart", "properties": {"value": 3}}


def damaged(text: str, random: Random) -> str:
    """The text with one to three pieces cut out, put in, doubled or swapped."""
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(text) + 1)
        end = min(len(text), at + random.randint(1, 12))
        match random.randrange(5):
            case 0:
                text = text[:at] + text[end:]
            case 1:
                text = text[:at] + random.choice(NOISE) + text[at:]
            case 2:
                text = f"{text[:at]} {random.choice(WORDS)} {text[at:]}"
            case 3:
                text = text[:end] + text[at:]
            case _:
                text = text[:at]
    return text


def test_broken_programs_give_diagnostics(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused = 0
    for number in range(BROKEN_PROGRAMS):
        random = Random(number)
        path = tmp_path / f"broken{number}.trig"
        path.write_text(damaged(random.choice(EXAMPLES).read_text("utf-8"), random), "utf-8")
        status = main(["check", str(path)])
        shown = capsys.readouterr()
        assert (status, shown.err) in ((0, ""), (1, "")), number
        assert (": error: " in shown.out) == (status == 1), number
        refused += status
    assert refused > BROKEN_PROGRAMS // 2


def broken_line(random: Random) -> bytes:
    """A line that no reader can use, whatever the form of its damage."""
    record = dict(GOOD)
    line = json.dumps(record).encode()
    match random.randrange(8):
        case 0:
            return line[: random.randint(1, len(line) - 1)]
        case 1:
            return line.replace(b'"u"', b'"\xff"')
        case 2:
            record[random.choice(["properties", "event"])] = random.choice([3, [1], True])
        case 3:
            record[random.choice(["user", "time"])] = None
        case 4:
            record["time"] = random.choice(
                ["yesterday", "2026-02-30T00:00:00Z", "2026-01-01T00:00:60Z", "", True, [], 1e300]
            )
        case 5:
            record["event"] = random.choice(["sent", "ignored", ""])
        case 6:
            return random.choice([b"null", b"[]", b"3", b'"text"', b"{}", b"\x00", b"}{", b"NaN"])
        case _:
            return line + random.choice([b"}", b" x", line])
    return json.dumps(record).encode()


def test_broken_records_are_all_counted_and_the_good_ones_handled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    random = Random(7)
    lines: list[bytes] = []
    broken: list[int] = []
    for number in range(BROKEN_RECORDS):
        lines.append(broken_line(random))
        broken.append(len(lines))
        if number % 3 == 0:
            lines.append(json.dumps({**GOOD, "user": f"u{number}"}).encode())
    events, rejects = tmp_path / "events.jsonl", tmp_path / "rejects.jsonl"
    events.write_bytes(b"\n".join(lines) + b"\n")
    good = len(lines) - BROKEN_RECORDS
    arguments = ["-e", "if cart and value == 3 then send push", str(events), "--json", "--rejects", str(rejects)]
    assert main(["replay", *arguments]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["rejected"]["count"] == BROKEN_RECORDS
    assert sum(summary["rejected"]["reasons"].values()) == BROKEN_RECORDS
    assert summary["rules"][0]["statuses"]["sent"] == good
    assert summary["users_reached"] == good
    assert [json.loads(line)["line"] for line in rejects.read_text("utf-8").splitlines()] == broken
