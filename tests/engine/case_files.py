"""Reads `.case` files, as tests/cases/engine/README.md describes them: rules, records, and the decisions expected."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attrs import frozen

FOLDER = Path(__file__).parent.parent / "cases" / "engine"
TIME = r"(?:(?:\d{4}-)?\d\d-\d\d )?\d\d:\d\d(?::\d\d(?:\.\d+)?)?"
RECORD = re.compile(rf'(?P<user>\S+) +(?P<time>{TIME}) +(?P<event>"[^"]*"|\S+) *')
DECISION = re.compile(
    rf"(?P<user>\S+) +(?P<time>{TIME}) +(?P<rule>\w+)(?:/(?P<step>\d+))? +(?P<status>sent|cancelled|capped|skipped"
    rf"|control|pending) +(?P<action>(?:set|add|remove|emit|call) +)?(?P<target>\w+) *(?:\((?P<reason>[^)]*)\))? *"
)
TIMES = re.compile(r" times (\d+)$")
WORD = re.compile(r"(no +)?([a-z_]+|=)? *")
KEYS = {"as": "variant", "with": "fields", "=": "value", "id": "event_id"}
Record = dict[str, Any]


@frozen
class Case:
    title: str
    rules: str
    records: list[Record]
    expected: list[Record]
    drain: bool = False
    until: str | None = None
    one_by_one: bool = True
    """Whether an engine would say the same that gets the records one by one, in order of time."""


def read_cases(path: Path) -> Iterator[Case]:
    for part in re.split(r"^== ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        title, _, rest = part.partition("\n")
        try:
            rules, records, expected = re.split(r"^-- (?:records|expect\b)", rest, flags=re.MULTILINE)
            yield case_of(title.strip(), rules, lines_of(records), expected)
        except Exception as error:
            raise ValueError(f"{path.name}: {title}: {error}") from error


def lines_of(text: str) -> Iterator[str]:
    """The lines without blank ones and comments; one that ends in `times N`, N times, `#` being its number."""
    for line in map(str.strip, text.splitlines()):
        if found := TIMES.search(line):
            yield from (line[: found.start()].replace("#", str(number + 1)) for number in range(int(found[1])))
        elif line and not line.startswith("#"):
            yield line


def case_of(title: str, rules: str, records: Iterator[str], expected: str) -> Case:
    lines = list(records)
    day = next((found[0] for line in lines if (found := re.search(r"\d{4}-\d\d-\d\d", line))), "")
    given = [record_of(line, day) for line in lines]
    mode, _, rest = expected.partition("\n")
    mode = mode.strip()
    as_in_replay = mode or any(line.startswith("!") for line in lines) or (repeats_id(given) and not in_order(given))
    return Case(
        title,
        rules,
        given,
        [decision_of(line, day) for line in lines_of(rest)],
        drain=mode == "drained",
        until=moment(mode.removeprefix("until "), day) if mode.startswith("until ") else None,
        one_by_one=not as_in_replay,
    )


def moment(text: str, day: str) -> str:
    """`09:30` is on the case's first day, `11-21 09:30` in its year; UTC, as decisions write instants."""
    date, _, time = text.rpartition(" ")
    date = date or day
    whole = datetime.fromisoformat(f"{date if len(date) == 10 else day[:5] + date}T{time}")
    return whole.isoformat() + "Z"


def record_of(line: str, day: str) -> Record:
    if line.startswith("!"):
        record: Record = json.loads(line[1:])
        return record
    found = RECORD.match(line)
    if found is None:
        raise ValueError(f"no record: {line}")
    record = {"user": found["user"], "time": moment(found["time"], day)}
    if found["event"] != "-":
        record["event"] = found["event"].strip('"')
    return record | dict(words_of(line[found.end() :], "properties"))


def decision_of(line: str, day: str) -> Record:
    found = DECISION.match(line)
    if found is None:
        raise ValueError(f"no decision: {line}")
    words = dict(words_of(times_quoted(line[found.end() :], day), "text"))
    due = words.pop("due", moment(found["time"], day))
    decision: Record = {
        "user": found["user"],
        "rule": found["rule"],
        "step": int(found["step"] or 1),
        "status": found["status"],
        "reason": found["reason"],
        "time": moment(found["time"], day),
        "due": due,
        "triggered": words.pop("triggered", due),
        "action": (found["action"] or "send").strip(),
        "target" if found["action"] else "channel": found["target"],
    }
    return decision | {KEYS.get(word, word): value for word, value in words.items()}


def times_quoted(text: str, day: str) -> str:
    return re.sub(rf"\b(due|triggered) ({TIME})", lambda found: f'{found[1]} "{moment(found[2], day)}"', text)


def words_of(text: str, first: str) -> Iterator[tuple[str, Any]]:
    """`"a" as big with {…} no value` → pairs of a word and its JSON value; a value without a word is `first`'s."""
    rest = text.strip()
    while rest:
        found = WORD.match(rest)
        assert found is not None
        rest = rest[found.end() :]
        if found[1]:
            yield found[2], None
            continue
        if found[2] == "as":
            value, _, rest = rest.partition(" ")
        else:
            value, end = json.JSONDecoder().raw_decode(rest)
            rest = rest[end:]
        yield found[2] or first, value
        rest = rest.lstrip()


def in_order(records: list[Record]) -> bool:
    times = [record["time"] for record in records]
    return times == sorted(times)


def repeats_id(records: list[Record]) -> bool:
    ids = [record["id"] for record in records if "id" in record]
    return len(ids) != len(set(ids))


def instant_of(text: Any) -> datetime:
    """A time of a record or a decision."""
    whole = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    return whole if whole.tzinfo else whole.replace(tzinfo=UTC)
