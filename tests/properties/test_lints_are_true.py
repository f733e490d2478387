"""What lints claim, tried on random conditions, programs and streams: no claim is ever falsified."""

from __future__ import annotations

import random
from typing import Any

import pytest
from budget import CASES, FIRST, share
from laws import decided, same
from programs import case

import trigdsl
from trigdsl.linter.fixing import fixed
from trigdsl.linter.lint import lint
from trigdsl.linter.logic import can_be_false, can_be_true, implies
from trigdsl.loading import parse_checked
from trigdsl.source import Source
from trigdsl.syntax.nodes import Expression

VALUES = [None, -1, 0, 1, 1.5, 2, 3, "a", "b", "1", "2026-01-01", "2026-01-01T00:00:00Z", True, False, ["a"], [1, 2]]
LITERALS = ["-1", "0", "1", "1.5", "2", "3", '"a"', '"b"', '"1"', '"2026-01-01"', "true", "false", "2026-01-01"]
SUBJECTS = ["n", "m", "user.p", "count(y)", "local.hour", "length(n)", "(n default 1)"]
PARTS = 10


def atom(chance: random.Random) -> str:
    subject, literal = chance.choice(SUBJECTS), chance.choice(LITERALS)
    match chance.randrange(9):
        case 0:
            return chance.choice(["n exists", "n is missing", "user.p is missing", "y ever", "no y ever"])
        case 1:
            items = ", ".join(chance.sample(LITERALS, chance.randint(1, 3)))
            return f"{subject} {chance.choice(['in', 'not in'])} [{items}]"
        case 2:
            return f"{chance.choice(SUBJECTS)} {chance.choice(['==', '<', '>='])} {subject}"
        case 3:
            return f'local.weekday {chance.choice(["==", "!="])} "{chance.choice(["mon", "fri", "monday"])}"'
    operator = chance.choice(["==", "!=", "<", "<=", ">", ">="])
    return f"{literal} {operator} {subject}" if chance.random() < 0.2 else f"{subject} {operator} {literal}"


def drawn(chance: random.Random, depth: int = 2) -> str:
    if depth == 0 or chance.random() < 0.2:
        return atom(chance)
    if chance.random() < 0.2:
        return f"not ({drawn(chance, depth - 1)})"
    word = chance.choice([" and ", " or "])
    return word.join(f"({drawn(chance, depth - 1)})" for _ in range(chance.randint(2, 3)))


def condition_of(text: str) -> Expression | None:
    try:
        _, checked = parse_checked(f"rule r: if x and ({text}) then send push")
    except trigdsl.TrigError:
        return None
    return checked.rules[0].node.condition


def stream(chance: random.Random) -> list[dict[str, Any]]:
    """A user for each choice of values, some with a `y` before; all events at various hours of some days."""
    records = []
    for number in range(60):
        user, hour = f"u{number}", chance.randrange(24)
        values = {key: value for key in ("n", "m") if (value := chance.choice(VALUES)) is not None}
        profile = {"p": chance.choice(VALUES)}
        day = f"2026-11-{chance.randint(2, 8):02}"
        records += [{"user": user, "time": "2026-11-01T00:00:00Z", "event": "y"}] * chance.randrange(3)
        time = f"{day}T{hour:02}:30:00Z"
        records.append({"user": user, "time": time, "event": "x", "set": profile, "properties": values})
    return sorted(records, key=lambda record: record["time"])


def users(condition: str, records: list[dict[str, Any]]) -> set[str]:
    """For whom a condition is true."""
    program = trigdsl.parse(f"rule r: if x and ({condition}) then send push")
    return {one.user for one in trigdsl.replay(program, [dict(record) for record in records])}


def claims(seed: int) -> int:
    """Tries all claims about one condition; answers how many there were."""
    chance = random.Random(seed)
    text, other = drawn(chance), drawn(chance)
    condition, wider = condition_of(text), condition_of(other)
    if condition is None or wider is None:
        return 0
    records = stream(chance)
    made = 0
    if not can_be_true(condition):
        made += 1
        assert users(text, records) == set(), text
    if not can_be_false(condition):
        made += 1
        assert users(f"not ({text})", records) == set(), text
    if not can_be_true(condition, wider):
        made += 1
        assert users(text, records) & users(other, records) == set(), f"{text} | {other}"
    if implies(condition, wider):
        made += 1
        assert users(text, records) <= users(other, records), f"{text} → {other}"
    return made


@pytest.mark.parametrize("part", range(PARTS))
def test_no_claim_about_a_condition_is_falsified(part: int) -> None:
    for seed in range(FIRST + part, FIRST + CASES, PARTS):
        claims(seed)


def test_claims_are_made() -> None:
    assert sum(claims(seed) for seed in range(100)) >= 20


def mended(seed: int) -> bool:
    """Mends a random program where lints have a fix, and compares what both decide; whether there was one."""
    drawn_case = case(seed)
    try:
        program, checked = parse_checked(drawn_case.text)
    except trigdsl.TrigError:
        return False
    [after], count = fixed([Source("<text>", drawn_case.text)], _same_source(drawn_case.text, checked, program))
    if count:
        before = decided(drawn_case.text, drawn_case.records, **drawn_case.options)
        same(before, decided(after.text, drawn_case.records, **drawn_case.options))
    return count > 0


def _same_source(text: str, checked: Any, program: Any) -> list[Any]:
    found = lint(checked, program.diagnostics)
    assert all(one.span.source.text == text for one in found)
    return list(found)


@pytest.mark.parametrize("part", range(PARTS))
def test_a_fix_changes_no_decision(part: int) -> None:
    for seed in range(FIRST + part, FIRST + share(3), PARTS):
        mended(seed)


def test_fixes_are_made() -> None:
    assert sum(mended(seed) for seed in range(60)) >= 5
