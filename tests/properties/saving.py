"""A case and its decisions → text as in tests/cases/engine/*.case, so that a case that was found can be kept there."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from programs import Case

Record = dict[str, Any]

WORDS = {"variant": "as", "fields": "with", "value": "="}


def case_text(title: str, case: Case, decisions: Iterable[Record], remarks: str = "") -> str:
    """The case under a title; `remarks` stand above its rules as comments."""
    comments = [f"# {line}".rstrip() for line in remarks.splitlines()]
    records = [record_line(record) for record in case.records]
    lines = [f"== {title}", *comments, case.text.rstrip(), "-- records", *records, expectation(case.options)]
    return "\n".join([*lines, *map(decision_line, decisions)]) + "\n"


def expectation(options: dict[str, Any]) -> str:
    if "until" in options:
        return f"-- expect until {moment(options['until'])}"
    return "-- expect drained" if options.get("drain") else "-- expect"


def moment(text: str) -> str:
    return text.replace("T", " ").removesuffix("Z")


def record_line(record: Record) -> str:
    event = record.get("event", "-")
    name = json.dumps(event) if " " in event else event
    parts = [record["user"], moment(record["time"]), name]
    parts += [json.dumps(record["properties"])] if record.get("properties") is not None else []
    parts += [f"{word} {json.dumps(record[word])}" for word in ("set", "add", "remove", "id") if word in record]
    return " ".join(parts)


def decision_line(decision: Record) -> str:
    return " ".join(decision_parts(decision))


def decision_parts(decision: Record) -> Iterator[str]:
    yield from (decision["user"], moment(decision["time"]))
    yield f"{decision['rule']}/{decision['step']}"
    yield decision["status"]
    if decision["action"] != "send":
        yield decision["action"]
    yield decision.get("channel") or decision["target"]
    if decision.get("reason") is not None:
        yield f"({decision['reason']})"
    yield f"due {moment(decision['due'])}"
    yield f"triggered {moment(decision['triggered'])}"
    if decision.get("text") is not None:
        yield json.dumps(decision["text"])
    for name, word in WORDS.items():
        if decision.get(name) not in (None, {}):
            yield f"{word} {decision[name] if name == 'variant' else json.dumps(decision[name])}"


def saved(folder: Path, name: str, seed: int, case: Case, decide: Callable[[Case], list[Record]], how: str) -> Path:
    """The file in which a case is kept, with what `decide` says of it; how it fails stands above its rules."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name.replace(' ', '_')}-{seed}.case"
    try:
        expected = decide(case)
    except Exception:
        expected = []
        how += "\nThe definition fails:\n" + traceback.format_exc()
    path.write_text(case_text(f"{name}, seed {seed}", case, expected, how), encoding="utf-8")
    return path
