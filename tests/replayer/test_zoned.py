"""The zone of each decision is the one that its user had when it was made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

import trigdsl
from trigdsl.engine.zones import Zone
from trigdsl.model.decisions import Decision
from trigdsl.replayer.job import Job, run

RULES = """
timezone "Europe/Madrid"
rule now: if visit then send push
rule later: if visit then after 1h send push unless purchase
"""


class Unwatched:
    def read(self, count: int) -> None: ...
    def decision(self) -> None: ...


def zones(folder: Path, records: list[dict[str, Any]], **job: Any) -> list[tuple[str, str, str]]:
    """Rule, status and zone of all decisions, in their order."""
    path = folder / "events.jsonl"
    path.write_bytes(b"\n".join(map(msgspec.json.encode, records)))
    told: list[tuple[str, str, str]] = []

    def note(decision: Decision, zone: Zone) -> None:
        told.append((decision.rule, decision.status, zone.name))

    run(Job(program=trigdsl.parse(RULES), events=(str(path),), on_decision=note, **job), Unwatched())
    return told


def record(minute: int, **told: Any) -> dict[str, Any]:
    hour, minute = divmod(minute, 60)
    return {"user": "u", "time": f"2026-11-20T{hour:02d}:{minute:02d}:00Z"} | told


def test_a_user_who_moves(tmp_path: Path) -> None:
    records = [
        record(0, event="visit"),
        record(30, set={"timezone": "Asia/Seoul"}),
        record(90, event="visit"),
        record(100, set={"timezone": "Nowhere/Else"}),
        record(110, event="purchase"),
    ]
    expected = [
        ("now", "sent", "Europe/Madrid"),
        ("later", "sent", "Asia/Seoul"),
        ("now", "sent", "Asia/Seoul"),
        ("later", "cancelled", "Europe/Madrid"),
    ]
    assert zones(tmp_path, records) == expected
    assert zones(tmp_path, records, is_sorted=True) == expected


def test_what_one_record_sets_and_triggers(tmp_path: Path) -> None:
    assert zones(tmp_path, [record(0, event="visit", set={"timezone": "Asia/Seoul"})]) == [
        ("now", "sent", "Asia/Seoul"),
        ("later", "pending", "Asia/Seoul"),
    ]


def test_ids_that_are_one_user(tmp_path: Path) -> None:
    records = [
        record(0, set={"timezone": "Asia/Seoul"}),
        record(0, event="visit") | {"user": "anonymous"},
        record(10, alias="anonymous"),
    ]
    assert zones(tmp_path, records) == [("now", "sent", "Asia/Seoul"), ("later", "pending", "Asia/Seoul")]
    assert zones(tmp_path, records, is_sorted=True) == [
        ("now", "sent", "Europe/Madrid"),
        ("later", "pending", "Asia/Seoul"),
    ]


def test_only_what_is_shown_is_told(tmp_path: Path) -> None:
    from trigdsl.replayer.summary import Shown

    records = [record(0, event="visit"), record(90, event="purchase")]
    told = zones(tmp_path, records, shown=Shown(rules=frozenset({"later"})))
    assert told == [("later", "sent", "Europe/Madrid")]
