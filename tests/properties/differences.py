"""A case → what the engine and the definition say of it, and the smallest case on which they differ."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import defining
from case_parts import Case, smaller

import trigdsl
from trigdsl.engine.shares import holdout_share, share

KEYS = (
    "user", "rule", "step", "action", "status", "time", "triggered", "due", "reason",
    "channel", "variant", "text", "fields", "target", "value",
)  # fmt: skip

TRIES = 600
"""How many smaller cases are tried for one that fails."""


def by_value(value: Any) -> Any:
    """Numbers by value, and true is not 1."""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, dict):
        return {key: by_value(held) for key, held in value.items()}
    return [by_value(held) for held in value] if isinstance(value, list) else value


def comparable(decision: dict[str, Any]) -> dict[str, Any]:
    """The keys that are compared; an empty `fields` and no `fields` are one."""
    return {key: by_value(decision[key]) for key in KEYS if decision.get(key) not in (None, {})}


def in_order(decisions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As they came, except that pending ones of one time and user stand in any order."""

    def key(decision: dict[str, Any]) -> tuple[Any, ...]:
        place = json.dumps(decision, sort_keys=True) if decision["status"] == "pending" else ""
        return datetime.fromisoformat(decision["time"]), decision["user"], place

    return sorted(map(comparable, decisions), key=key)


def engine(case: Case) -> list[dict[str, Any]]:
    """What the engine decides. Raises TrigError for a program that the checker refuses."""
    program = trigdsl.parse(case.text)
    records = [dict(record) for record in case.records]
    return [decision.to_dict() for decision in trigdsl.replay(program, records, **case.options)]


def place(rule: str, user: str, kind: str) -> float:
    """Where a user falls: the hash is no part of the definition."""
    return holdout_share(rule, user) if kind == "holdout" else share(rule, user)


def by_definition(case: Case) -> list[dict[str, Any]]:
    return defining.decisions(case.text, [dict(record) for record in case.records], share=place, **case.options)


def differ(case: Case) -> bool:
    """Whether the two disagree on a case that the checker takes."""
    try:
        found = engine(case)
    except trigdsl.TrigError:
        return False
    return in_order(found) != in_order(by_definition(case))


def shrunk(case: Case, fails: Callable[[Case], bool] = differ) -> Case:
    """The case with everything left out without which it still fails: the two differ, or what else is asked.

    It tries at most `TRIES` cases, so that a failure of many is told in time.
    """
    tries = 0
    found = True
    while found:
        found = False
        for less in smaller(case):
            tries += 1
            if tries > TRIES:
                return case
            if fails(less):
                case, found = less, True
                break
    return case


def described(case: Case) -> str:
    """A case, to be read by people."""
    return "\n".join([case.text, *(json.dumps(record) for record in case.records), f"options: {case.options}", ""])


def shown(case: Case) -> str:
    """A case on which they differ, and how, to be read by people."""
    return f"{described(case)}\n{difference(case)}"


def difference(case: Case, decide: Callable[[Case], list[dict[str, Any]]] = engine) -> str:
    """What only one of the two says."""
    ours, theirs = in_order(decide(case)), in_order(by_definition(case))
    lines = [f"engine only:     {json.dumps(one)}" for one in ours if one not in theirs]
    lines += [f"definition only: {json.dumps(one)}" for one in theirs if one not in ours]
    if sorted(map(json.dumps, ours)) == sorted(map(json.dumps, theirs)):
        lines += [f"engine's order:  {json.dumps(one)}" for one in ours]
    return "\n".join(lines)
