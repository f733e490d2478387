"""Which conditions the properties of an event decide, and what is told of them."""

from __future__ import annotations

import pytest

import trigdsl
from trigdsl.engine.sieve import Sieve


def sieve_of(rules: str) -> Sieve:
    return Sieve(trigdsl.parse(rules))


RULES = """
rule r: if view and price > 400 then send push
rule s: if view and price > 500 then send push
rule t: if view and price < 10 then send push
rule u: if view and price < 3 then send push
"""


@pytest.mark.parametrize(("price", "matters"), [(401, True), (400, False), (10, False), (9.5, True), (None, False)])
def test_an_event_matters_when_a_condition_holds(price: float | None, matters: bool) -> None:
    sieve = sieve_of(RULES)
    test = sieve.test("view")
    assert test is not None
    assert sieve.matters(test, {"price": price}) is matters
    assert not sieve.matters(test, None)


def test_a_value_that_does_not_fit_matters_because_it_is_a_warning() -> None:
    sieve = sieve_of(RULES)
    test = sieve.test("view")
    assert test is not None
    assert sieve.matters(test, {"price": "500"})
    assert sieve.met_odd


def test_an_event_that_no_rule_names_never_matters() -> None:
    assert sieve_of(RULES).test("other") is None


@pytest.mark.parametrize(
    "rule",
    [
        "if view and user.age > 3 then send push",
        "if view and purchase ever then send push",
        "if view and local.hour > 3 then send push",
        "if 2nd view then send push",
        "if cart then after 1h send push unless view",
        "if no view for 1h then send push",
        "event view { d: date }\nif view and d > 2026-01-01 then send push",
        "list vip\nif view and user in vip then send push",
    ],
)
def test_what_depends_on_more_always_matters(rule: str) -> None:
    sieve = sieve_of(rule)
    test = sieve.test("view")
    assert test is not None
    assert sieve.matters(test, {})
