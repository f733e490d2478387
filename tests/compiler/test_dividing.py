"""Which rules of a program are decided apart from the others, and what binds them together."""

from __future__ import annotations

import pytest

import trigdsl
from trigdsl.engine.flat import flat

OTHER = "rule other: if b and b ever then after 1h if n > 1 send email"


def bound(text: str) -> dict[str, str]:
    """Why, by the names of the rules that are not apart."""
    program = trigdsl.parse(text)
    assert program.division is not None
    return {program.rules[index].name: " and ".join(why) for index, why in program.division.bound.items()}


def test_simple_rules_are_apart_from_one_that_is_not() -> None:
    text = f"""
channel push:
  cap 1 per 1d
  between 09:00-21:00 local
rule r: if a and n > 1 then after 1h send push "hi" unless b within 2h while pending restart
{OTHER}
rule s: if (a or (b where k == "x")) then send push priority 3 stop on any
"""
    assert bound(text) == {"other": "a step has an `if` and it asks about the past"}
    division = trigdsl.parse(text).division
    assert division is not None
    assert division.flat is not None
    assert division.rest is not None
    fired = {index for plan in division.flat.plans.values() for index, _ in plan.triggers}
    assert fired == {0, 2}
    # Each event that triggers simple rules alone is told by its properties.
    assert all(plan.may_trigger is not None for plan in division.flat.plans.values() if plan.triggers)
    assert not division.flat.slots
    assert {index for plan in division.rest.plans.values() for index, _ in plan.triggers} == {1}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        # What another rule does reaches it.
        ("rule o: if b then emit a", "o emits `a`, which it heeds"),
        ("rule o: if b then emit stopper", "o emits `stopper`, which it heeds"),
        ('event a = "A"\nrule o: if b then emit a', "o emits `a`, which it heeds"),
        ('rule o: if b then set user.timezone = "Asia/Seoul"', "o sets `user.timezone`"),
        ("rule o: if b then set user.timezone = nothing", "o sets `user.timezone`"),
        ("cap all 1 per 1d\nrule o: if b and b ever then send email", "it shares the cap all 1 per 1d with o"),
        ("cap push 1 per 1d\nrule o: if b and b ever then send push", "it shares the cap push 1 per 1d with o"),
        (
            "cap tag t 1 per 1d\nrule o: if b and b ever then send email tag t",
            "it shares the cap tag t 1 per 1d with o",
        ),
        # What it does reaches another rule.
        ("rule o: if sent r then send email", "o heeds what it sends"),
        ("rule o: if b and sent r ever then send email", "o heeds what it sends"),
        ("rule o: if b then after 1h send email unless sent r", "o heeds what it sends"),
        ("rule o: if b then after 1h send email stop on (c or sent r)", "o heeds what it sends"),
        ("rule o: if b and c since sent r then send email", "o heeds what it sends"),
        ("rule o: if ignored r after 1d then send email", "o heeds what it sends"),
        ("rule o: if b then send email goal sent r within 1d", "o heeds what it sends"),
        ("segment q = sent r ever\nrule o: if b and user in q then send email", "what is declared heeds what it sends"),
        ("segment q = a in last 1d\nrule o: if user enters q then send email", "o watches a segment"),
        # What it says itself.
        ("rule r2: if a then send push unless sent r", None),
    ],
)
def test_what_rules_share_binds_them(text: str, why: str | None) -> None:
    found = bound(f"{text}\nrule r: if a then after 1h send push unless stopper tag t")
    if why is None:
        assert found["r2"].startswith("it heeds what rules send")
        why = "r2 heeds what it sends"
    assert why in found["r"]


@pytest.mark.parametrize(
    "text",
    [
        # None of these is about what the rule heeds or shares.
        "rule o: if b then emit c",
        "rule o: if b then set user.tier = 1",
        "list l\nrule o: if b then add to l",
        "cap email 1 per 1d\nrule o: if b and b ever then send email",
        "cap push 1 per 1d\nrule o: if b and b ever then send push urgent",
        "rule o: if opened r then send email goal z within 1d",
        "rule o: if b and opened r ever then send email",
        "rule o: if every day at 09:00 then send email",
        "rule o: if user.timezone changes then send email",
        "rule o: if no any for 3d then send email",
        "rule p: if c then send email\nrule o: if sent p then send email",
    ],
)
def test_what_does_not_concern_it_leaves_it_apart(text: str) -> None:
    found = bound(f"{text}\nrule r: if a then after 1h send push unless stopper tag t")
    assert "r" not in found
    assert "o" in found


def test_a_cap_binds_along_a_chain() -> None:
    text = """
cap push 1 per 1d
cap tag t 1 per 1d
rule r: if a then send push
rule s: if a then send push tag t
rule o: if a then after 1h if n > 1 send email tag t
rule free: if a then send sms
"""
    assert bound(text) == {
        "r": "it shares the cap push 1 per 1d with s",
        "s": "it shares the cap tag t 1 per 1d with o",
        "o": "a step has an `if`",
    }


@pytest.mark.parametrize(
    "condition", ["user.p == 1", "local.hour > 3", "now > date(now)", "user in l", "count(a) > 1", "a.d > 2026-01-01"]
)
def test_what_a_trigger_reads_beside_properties_binds_it(condition: str) -> None:
    text = f"list l\nevent a {{ a.d: date, n: number }}\nrule r: if a and {condition} then send push"
    assert set(bound(text)) == {"r"}


def test_a_program_that_is_simple_as_a_whole_is_not_divided() -> None:
    division = trigdsl.parse("rule r: if a then send push\nrule s: if b then send push").division
    assert division is not None
    assert (dict(division.bound), division.flat, division.rest) == ({}, None, None)


def test_a_program_that_asks_about_the_past_and_is_simple_elsewhere_is_not_divided() -> None:
    program = trigdsl.parse("rule r: if a then send push\nrule s: if b and a ever then send push")
    assert program.division is not None
    assert program.division.flat is None
    whole = flat(program)
    assert whole is not None
    assert whole.asks_past


def test_what_no_rule_asks_does_not_bind_rules() -> None:
    text = "channel sms:\n  requires a ever\nrule r: if a then send push\nrule o: if b then after 1h if n > 1 send push"
    program = trigdsl.parse(text)
    assert program.slots
    assert program.division is not None
    assert program.division.flat is not None
    assert set(program.division.bound) == {1}
