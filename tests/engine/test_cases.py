"""Runs tests/cases/engine/*.case: rules, records and the decisions that must come of them.

tests/cases/engine/README.md tells how a case is written.  Every case runs twice: as a replay of all its records, and
through an `Engine` that gets them one by one in order of time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

import trigdsl

FOLDER = Path(__file__).parent.parent / "cases" / "engine"
TIME = r"(?:(?:\d{4}-)?\d\d-\d\d )?\d\d:\d\d(?::\d\d(?:\.\d+)?)?"
RECORD = re.compile(rf'(?P<user>\S+) +(?P<time>{TIME}) +(?P<event>"[^"]*"|\S+) *')
DECISION = re.compile(
    rf"(?P<user>\S+) +(?P<time>{TIME}) +(?P<rule>\w+)(?:/(?P<step>\d+))? +(?P<status>sent|cancelled|capped|skipped"
    rf"|control|pending) +(?P<action>(?:set|add|remove|emit|call) +)?(?P<target>\w+) *(?:\((?P<reason>[^)]*)\))? *"
)
KEYWORDS = {"as": "variant", "with": "fields", "=": "value", "id": "event_id"}
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
        rules, records, expected = re.split(r"^-- (?:records|expect\b)", rest, flags=re.MULTILINE)
        try:
            yield case_of(title.strip(), rules, lines_of(records), expected)
        except Exception as error:
            raise ValueError(f"{path.name}: {title}: {error}") from error


def lines_of(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def case_of(title: str, rules: str, records: list[str], expected: str) -> Case:
    day = next((found[0] for line in records if (found := re.search(r"\d{4}-\d\d-\d\d", line))), "")
    given = [record for line in records for record in records_of(line, day)]
    mode, _, rest = expected.partition("\n")
    mode = mode.strip()
    as_in_replay = mode or any(line.startswith("!") for line in records) or (repeats_id(given) and not in_order(given))
    return Case(
        title,
        rules,
        given,
        [decision for line in lines_of(rest) for decision in decisions_of(line, day)],
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


def records_of(line: str, day: str) -> list[Record]:
    if line.startswith("!"):
        return [json.loads(line[1:])]
    found = RECORD.match(line)
    if found is None:
        raise ValueError(f"no record: {line}")
    record: Record = {"user": found["user"], "time": moment(found["time"], day)}
    if found["event"] != "-":
        record["event"] = found["event"].strip('"')
    times = 1
    for word, value in words_of(line[found.end() :], "properties"):
        if word == "times":
            times = value
        else:
            record[word] = value
    return [record] * times


def decisions_of(line: str, day: str) -> list[Record]:
    found = DECISION.match(line)
    if found is None:
        raise ValueError(f"no decision: {line}")
    words = dict(words_of(times_quoted(line[found.end() :], day), "text"))
    time = moment(found["time"], day)
    due = words.pop("due", time)
    decision: Record = {
        "user": found["user"],
        "rule": found["rule"],
        "step": int(found["step"] or 1),
        "status": found["status"],
        "reason": found["reason"],
        "time": time,
        "due": due,
        "triggered": words.pop("triggered", due),
        "action": (found["action"] or "send").strip(),
        "target" if found["action"] else "channel": found["target"],
    }
    times = words.pop("times", 1)
    return [decision | {KEYWORDS.get(word, word): value for word, value in words.items()}] * times


def times_quoted(text: str, day: str) -> str:
    return re.sub(rf"\b(due|triggered) ({TIME})", lambda found: f'{found[1]} "{moment(found[2], day)}"', text)


def words_of(text: str, first: str) -> Iterator[tuple[str, Any]]:
    """`"a" as big with {…} no value` → pairs of a word and its JSON value; a value without a word is `first`'s."""
    decoder, place = json.JSONDecoder(), 0
    while place < len(text.rstrip()):
        found = re.compile(r"(no +)?([a-z_]+|=)? *").match(text, place)
        assert found is not None
        place = found.end()
        if found[1]:
            yield found[2], None
            continue
        if found[2] == "as" and (label := re.compile(r"\w+").match(text, place)):
            value, place = label[0], label.end()
        else:
            value, place = decoder.raw_decode(text, place)
        yield found[2] or first, value
        place += len(text[place:]) - len(text[place:].lstrip())


def in_order(records: list[Record]) -> bool:
    times = [record["time"] for record in records]
    return times == sorted(times)


def repeats_id(records: list[Record]) -> bool:
    ids = [record["id"] for record in records if "id" in record]
    return len(ids) != len(set(ids))


CASES = [
    pytest.param(case, id=f"{path.stem}: {case.title}")
    for path in sorted(FOLDER.glob("*.case"))
    for case in read_cases(path)
]


@pytest.mark.parametrize("case", CASES)
def test_replay(case: Case) -> None:
    program = trigdsl.parse(case.rules)
    made = [made.to_dict() for made in trigdsl.replay(program, case.records, drain=case.drain, until=case.until)]
    assert made == sorted(made, key=lambda one: (instant_of(one["time"]), one["user"])), "the order of the lines"
    agree(case, made)


@pytest.mark.parametrize(
    "case",
    [param for param in CASES if param.values[0].one_by_one],
)
def test_one_by_one(case: Case) -> None:
    rejected: list[str] = []
    engine = trigdsl.Engine(trigdsl.parse(case.rules), on_reject=lambda _, why: rejected.append(why))
    made = []
    for record in sorted(case.records, key=lambda record: instant_of(record["time"])):
        made += engine.feed(record)
    assert engine.clock is not None
    made += engine.advance(engine.clock)
    for user in {record["user"] for record in case.records}:
        made += engine.pending(user)
    assert not rejected
    agree(case, [one.to_dict() for one in made])


def agree(case: Case, made: list[Record]) -> None:
    """Every decision of every user in its place, with all that the case says of it."""
    for user in sorted({one["user"] for one in [*case.expected, *made]}):
        wanted = in_any_order_where_free([one for one in case.expected if one["user"] == user])
        came = in_any_order_where_free([one for one in made if one["user"] == user])
        shown = [shown_as(want, one) for want, one in zip(wanted, came, strict=False)]
        shown += came[len(wanted) :]
        assert [comparable(one) for one in shown] == [comparable(one) for one in wanted], case.rules


def in_any_order_where_free(decisions: list[Record]) -> list[Record]:
    """Pending ones of one time in one order, whichever it was."""
    last = [one for one in decisions if one["status"] == "pending"]
    assert last == decisions[len(decisions) - len(last) :], "what is pending comes last"
    last.sort(key=lambda one: (instant_of(one["time"]), one["rule"], one["step"], one["triggered"]))
    return [*decisions[: len(decisions) - len(last)], *last]


def shown_as(want: Record, came: Record) -> Record:
    """Of a decision that came, the keys that are compared."""
    shown = {key: came.get(key) for key in want}
    reason = want["reason"]
    if isinstance(reason, str) and reason.startswith("template error") and str(shown["reason"]).startswith(reason):
        shown["reason"] = reason
    return shown


def comparable(value: Any) -> Any:
    """Numbers by value, and true as something else than 1."""
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, dict):
        return {key: comparable(held) for key, held in value.items()}
    if isinstance(value, list):
        return [comparable(held) for held in value]
    return value


def instant_of(text: Any) -> datetime:
    whole = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    return whole if whole.tzinfo else whole.replace(tzinfo=UTC)
