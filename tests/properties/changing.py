"""The JSON of a suggestion and records → the records with its changes: written apart from the explainer's own."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from datetime import timedelta
from typing import Any

from trigdsl.model.values import instant_text
from trigdsl.records.times import parse_time

Record = dict[str, Any]
Change = dict[str, Any]


def micros(record: Record) -> int:
    return parse_time(record["time"])[0]


def find(records: list[Record], user: str, named: dict[str, Any]) -> int:
    """The place of a record that is named by its time and its number among the user's records then."""
    at = micros(named)
    mine = [place for place, one in enumerate(records) if str(one["user"]) == user and micros(one) == at]
    return mine[named["number"]]


def changed(records: Iterable[Record], user: str, changes: Iterable[Change]) -> list[Record]:
    """The records with all changes made, one after another."""
    found = deepcopy(list(records))
    for change in changes:
        kind = change["change"]
        if kind == "add":
            last = micros(change["record"])
            second = timedelta(seconds=1) // timedelta(microseconds=1)
            times = [instant_text(last - back * second) for back in range(change["count"])][::-1]
            place = len(found) if change["before"] is None else find(found, user, change["before"])
            assert change["before"] is None or found[place].get("event") == change["before"]["event"]
            found[place:place] = [{**deepcopy(change["record"]), "user": user, "time": time} for time in times]
            continue
        if kind == "clock":
            continue
        place = find(found, user, change["record"])
        record = found[place]
        assert record.get("event") == change["record"]["event"]
        if kind == "move":
            record["time"] = change["to"]
        elif kind == "property":
            held = record["properties"] = record.get("properties") or {}
            for name in change["path"][:-1]:
                held[name] = held[name] if isinstance(held.get(name), dict) else {}
                held = held[name]
            held[change["path"][-1]] = change["value"]
        elif record.get("event") is not None and any(record.get(name) for name in ("set", "add", "remove")):
            del record["event"]
            record.pop("properties", None)
        else:
            assert kind == "drop"
            del found[place]
    return found
