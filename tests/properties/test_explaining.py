"""Every decision of random programs is explained, and what the explanation names is what decided.

The named record, clause or cap is taken away or changed, the changed stream is run, and the decision must have become
another.  A record's twin at the same instant may decide in its place, which is counted and kept rare.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

from budget import FIRST, share
from flips import explanation, later, named, without_clauses, without_record
from laws import NOBODY, closed, decided
from programs import Case, case

import trigdsl
from trigdsl import explainer
from trigdsl.explainer import Reason

PROGRAMS = int(os.environ.get("TRIGDSL_EXPLAINED", str(share(30))))
"""How many random programs are explained; 3,000 is a thorough search."""


def verdict(decision: dict[str, Any]) -> tuple[Any, ...]:
    """What must change: whether, why, and for what was ended or waits, when."""
    timed = decision["time"] if decision["status"] in ("cancelled", "pending") else None
    return decision["key"], decision["status"], decision.get("reason"), timed


def explained(drawn: Case, tried: Counter[str]) -> None:
    """Fails when a decision is not explained, or what explains it did not decide it."""
    program = explainer.parse(drawn.text)
    records = closed(drawn)
    made = decided(drawn.text, records, **drawn.options)
    for user in sorted({record["user"] for record in records} - {NOBODY}):
        story = explanation(program, records, user, drawn.options)
        told = [reason.decision.to_dict() for reason in story.reasons]
        assert sorted(map(str, told)) == sorted(str(one) for one in made if one["user"] == user)
        sent = {reason.decision.rule for reason in story.reasons if reason.decision.status in ("sent", "control")}
        silent = {silence.rule for silence in story.silences}
        assert silent == {rule.name for rule in program.program.rules} - sent
        for reason in story.reasons:
            assert reason.facts
            assert reason.text
            flip(drawn, records, reason, tried)


def flip(drawn: Case, records: list[dict[str, Any]], reason: Reason, tried: Counter[str]) -> None:
    before = verdict(reason.decision.to_dict())
    if reason.decision.status == "pending":
        options = {key: held for key, held in drawn.options.items() if key != "until"}
        assert before not in {verdict(one) for one in decided(drawn.text, later(records, reason), **options)}
        tried["clock"] += 1
        return
    facts = named(reason)
    assert facts
    for fact in facts[:1]:
        if fact.kind == "input":
            changed, twin = without_record(drawn, fact)
            after = {verdict(one) for one in decided(drawn.text, changed, **drawn.options)}
            tried["twin" if twin else "input"] += 1
            assert twin or before not in after, f"{before} stays without {fact.text}\n{reason}"
    clauses = [fact for fact in facts if fact.kind != "input"]
    text = without_clauses(drawn.text, reason, clauses)
    try:
        after = {verdict(one) for one in decided(text, records, **drawn.options)}
    except trigdsl.TrigError:
        tried["refused"] += 1
        return
    tried[clauses[0].kind] += 1
    assert before not in after, f"{before} stays in\n{text}\nfrom\n{drawn.text}\n{reason}"


def test_what_is_named_decided() -> None:
    tried: Counter[str] = Counter()
    for seed in range(FIRST + 900_000, FIRST + 900_000 + PROGRAMS):
        try:
            drawn = case(seed)
            if drawn.records:
                explained(drawn, tried)
        except trigdsl.TrigError:
            continue
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
    print(dict(tried))
    assert tried["input"] > tried["twin"] / 3
    assert tried["clause"] > tried["refused"]
