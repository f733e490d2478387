"""Every decision of random programs is explained, and what the explanation names is what decided.

The named record, clause or cap is taken away or changed, the changed stream is run, and the decision must have become
another.  A record's twin at the same instant may decide in its place, which is counted and kept rare.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

from budget import FIRST, share
from changing import changed
from flips import explanation, later, named, without_clauses, without_record
from laws import NOBODY, Record, closed, decided, program_of, time_of
from programs import Case, case

import trigdsl
from trigdsl import explainer
from trigdsl.explainer import Reason, Silence

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
        sent = {reason.decision.rule for reason in story.reasons if speaks(program.program, reason.decision)}
        silent = {silence.rule for silence in story.silences}
        assert silent == {rule.name for rule in program.program.rules} - sent
        for reason in story.reasons:
            assert reason.facts
            assert reason.text
            flip(drawn, records, reason, tried)
        for silence in story.silences:
            assert silence.text
            assert silence.change
            # What never triggered is looked into only when the rule is asked for.
            is_asked = silence.stage == "never triggered"
            asked = explanation(program, records, user, drawn.options, silence.rule).silences if is_asked else [silence]
            follow(drawn, records, user, asked[0], tried)


def speaks(program: trigdsl.Program, decision: trigdsl.Decision) -> bool:
    """Whether a decision is the message that a rule is for, or whatever it does when it has no messages."""
    rule = next(rule for rule in program.rules if rule.name == decision.rule)
    sends = any(action.kind == "send" for step in rule.steps for action in step.actions)
    return decision.status in ("sent", "control") and (decision.action == "send" or not sends)


def follow(drawn: Case, records: list[Record], user: str, silence: Silence, tried: Counter[str]) -> None:
    """Make the changes that are suggested: the rule must then do what is said, and without any one of them nothing."""
    if silence.suggestion is None:
        tried[f"no way: {silence.stage}"] += 1
        return
    wanted: dict[str, Any] = silence.suggestion.to_dict()
    changes = wanted["changes"]
    after = decided(drawn.text, changed(records, user, changes), **drawn.options | {"until": wanted["until"]})
    assert wanted["decision"] in after, f"{silence}\nin\n{drawn.text}"
    tried[f"a way: {silence.stage}"] += 1
    for place, change in enumerate(changes):
        tried[change["change"]] += 1
        rest = changes[:place] + changes[place + 1 :]
        assert not sends(drawn, records, user, silence.rule, rest), f"{change} is not needed\n{silence}\n{drawn.text}"


def sends(drawn: Case, records: list[Record], user: str, rule: str, changes: list[Record]) -> bool:
    """Whether a rule sends after some changes, until the clock stops where it did or at the last that was changed."""
    try:
        less = changed(records, user, changes)
    except (LookupError, AssertionError):
        return False
    ends = [drawn.options.get("until") or max(records, key=time_of)["time"]]
    for one in changes:
        ends += [one[key] for key in ("to", "until") if key in one]
        ends += [one["record"]["time"]] if one["change"] == "add" else []
    until = max(ends, key=lambda time: time_of({"time": time}))
    program = program_of(drawn.text)
    made = trigdsl.replay(program, less, **drawn.options | {"until": until})
    return any(speaks(program, one) for one in made if (one.user, one.rule) == (user, rule))


def flip(drawn: Case, records: list[Record], reason: Reason, tried: Counter[str]) -> None:
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
    ways = sum(count for name, count in tried.items() if name.startswith("a way"))
    assert ways > sum(count for name, count in tried.items() if name.startswith("no way"))
