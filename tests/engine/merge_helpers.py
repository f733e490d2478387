"""Records of live engines, and what they decide, in short."""

from __future__ import annotations

from typing import Any

import trigdsl
from trigdsl.model.decisions import Decision
from trigdsl.records.native import input_of

Record = dict[str, Any]


def at(time: str, user: str, event: str | None = None, **parts: Any) -> Record:
    """A record of 2026-11-20, or of `MM-DD HH:MM` in that year; `n` stands for a property."""
    date, _, clock = time.rpartition(" ")
    record: Record = {"user": user, "time": f"2026-{date or '11-20'}T{clock}:00Z"}
    if "n" in parts:
        record["properties"] = {"n": parts.pop("n")}
    return record | ({"event": event} if event else {}) | parts


def live(rules: str, *records: Record) -> tuple[list[Decision], trigdsl.Engine]:
    engine = trigdsl.Engine(trigdsl.parse(rules))
    return [one for record in records for one in engine.feed(record)], engine


def short(decisions: list[Decision]) -> list[str]:
    return [f"{one.to_dict()['time'][11:16]} {one.user} {one.rule} {one.reason or one.status}" for one in decisions]


def decided(rules: str, *records: Record, until: str = "2026-12-31T00:00:00Z") -> list[str]:
    made, engine = live(rules, *records)
    return short([*made, *engine.advance(until)])


def micros(time: str) -> int:
    """A time of that day as the engine has it."""
    return input_of(at(time, "x", "y")).time


CARTS = (at("10:00", "anon", "cart"), at("10:10", "u", "cart"), at("10:30", "u", alias="anon"))
"""A cart of each of two ids, then the alias."""
