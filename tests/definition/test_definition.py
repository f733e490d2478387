"""The definition decides what the conformance cases expect."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from defining import decisions

SHARED = Path(os.environ.get("TRIGDSL_SHARED") or Path(__file__).parents[3] / "shared")
CASES = sorted((SHARED / "conformance" / "cases").glob("*.json"))


def agrees(wanted: Any, found: Any) -> bool:
    """Numbers by value, and true is not 1."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return wanted.keys() == found.keys() and all(agrees(value, found[key]) for key, value in wanted.items())
    if isinstance(wanted, list) and isinstance(found, list):
        return len(wanted) == len(found) and all(map(agrees, wanted, found))
    return isinstance(wanted, bool) == isinstance(found, bool) and bool(wanted == found)


def of_user(decided: list[dict[str, Any]], user: str) -> list[dict[str, Any]]:
    """One user's decisions; the pending ones, whose order is free, last and sorted."""
    theirs = [one for one in decided if one["user"] == user]
    pending = [one for one in theirs if one["status"] == "pending"]
    free = sorted(pending, key=lambda one: (one["due"], one["rule"], one["step"], one["triggered"]))
    return [one for one in theirs if one["status"] != "pending"] + free


@pytest.mark.skipif(not CASES, reason="no conformance cases beside the project (TRIGDSL_SHARED names their folder)")
@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_conformance(file: Path) -> None:
    case = json.loads(file.read_text(encoding="utf-8"))
    found = decisions(case["rules"], case["records"], **case["options"])
    assert {one["user"] for one in found} == {one["user"] for one in case["expect"]}
    for user in {one["user"] for one in case["expect"]}:
        wanted, got = of_user(case["expect"], user), of_user(found, user)
        assert len(wanted) == len(got)
        for want, one in zip(wanted, got, strict=True):
            assert agrees(want, {key: one.get(key) for key in want})


def test_a_share_is_asked_for_the_rule_and_the_user() -> None:
    rules = """
        rule r: if e then send push 30%: "a" 30%: "b"
        rule h: if e then send sms "c" holdout 30%
    """
    records = [{"user": user, "time": "2026-11-20T10:00:00Z", "event": "e"} for user in ("10", "30", "60")]
    found = decisions(rules, records, share=lambda rule, user, kind: float(user))
    told = [(one["user"], one["rule"], one["status"], one.get("variant"), one.get("reason")) for one in found]
    assert told == [
        ("10", "r", "sent", "1", None),
        ("10", "h", "control", None, "holdout"),
        ("30", "r", "sent", "2", None),
        ("30", "h", "sent", None, None),
        ("60", "r", "control", None, "control"),
        ("60", "h", "sent", None, None),
    ]
