"""A decision's named fact → the program or the records in which that fact is another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from laws import at, closed, time_of
from programs import Case

from trigdsl.explainer import Explainable, Explanation, Fact, Reason
from trigdsl.source import Span

Record = dict[str, Any]

OPEN = {"between": "between 00:00-24:00", "on": "on mon, tue, wed, thu, fri, sat, sun", "not": ""}


def named(reason: Reason) -> list[Fact]:
    """The facts that decided: the record if there is one, and for anything but a send the clauses too."""
    decided = [fact for fact in reason.facts if fact.kind in ("input", "cap", "clause")]
    inputs = [fact for fact in decided[:1] if fact.kind == "input"]
    clauses = [fact for fact in decided if fact.kind != "input"]
    # The last clause is the trigger, which decides what was sent and leads to everything else.
    return [*inputs, *(clauses[:-1] or clauses)]


def without_record(case: Case, fact: Fact) -> tuple[list[Record], bool]:
    """The records without the named one, and whether another of the user came at the same instant."""
    assert fact.given is not None
    left, found, twin = [], False, False
    for record in closed(case):
        same = record["user"] == fact.given.user and time_of(record).timestamp() == fact.given.time / 1_000_000
        exact = same and record.get("event") == fact.given.event and record.get("properties") == fact.given.properties
        if exact and not found:
            found = True
            continue
        twin = twin or same
        left.append(record)
    assert found, f"no record is {fact}"
    return left, twin


def without_clauses(text: str, reason: Reason, facts: Sequence[Fact]) -> str:
    """The program with the named clauses changed so that they cannot decide so."""
    for fact in sorted(facts, key=lambda one: -(one.span.start if one.span else 0)):
        assert fact.span is not None
        text = text[: fact.span.start] + changed(reason, fact.span) + text[fact.span.end :]
    return text


def changed(reason: Reason, span: Span) -> str:
    decision, said = reason.decision, span.text
    match decision.status, decision.reason:
        case "sent", _:
            return "never_happens"
        case "cancelled", "restarted":
            return "while pending stack"
        case "cancelled", _:
            return ""
        case "capped", _:
            return re.sub(r"\b\d+(?= per)", "1000000", said)
        case "control", "holdout":
            return "holdout 0%"
        case _, ("guard" | "requires"):
            # Those of a channel are whole clauses.
            return "requires true" if said.startswith("requires") else "true"
        case _, "outside window":
            return OPEN[said.split()[0]]
        case _, "expired":
            return "9000d"
        case _, "campaign ended":
            return ""
        case _, "limit":
            return "at most 1000000 per day"
        case _, "too long":
            return "limit 1000000 characters"
    if said.startswith("send"):
        return f'send {decision.channel} "x"'
    return f"set user.{decision.target} = 1"


def later(records: Sequence[Record], reason: Reason) -> list[Record]:
    """The records, and the clock a second after what was pending."""
    end = max(time_of(record) for record in records)
    wake = time_of(reason.decision.to_dict())
    return [*records, at(max(end, wake) + timedelta(seconds=1), {"user": "~", "event": "the_end"})]


def explanation(
    program: Explainable, records: Sequence[Record], user: str, options: dict[str, Any], rule: str | None = None
) -> Explanation:
    """The story of a user of a case, or of one rule."""
    copied = [dict(record) for record in records]
    until, drain = options.get("until"), options.get("drain", False)
    return program.explain(copied, user=user, rule=rule, at=until, drain=drain)
