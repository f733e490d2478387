"""What is offered at the prompt."""

from __future__ import annotations

from pathlib import Path

import pytest
from repl_session import opened, say

from trigdsl.repl.commands import COMMANDS
from trigdsl.repl.completing import complete

RULES = """
event cart_abandoned { cart.id: text, cart.value: number, cart.items: list }
user { tier: text, name: text }
list vips
channel push:
  cap 1 per day
rule cart_reminder: if cart_abandoned and cart.value > 200 then after 30m send push unless purchase
rule thanks: if purchase then send email
"""


def offered(text: str, *lines: str) -> list[str]:
    shell = opened(RULES)
    say(shell, *lines)
    return [one.candidate.label for one in complete(shell, text)]


def test_at_the_beginning() -> None:
    found = offered("")
    assert found[:2] == ["cart_abandoned", "purchase"]
    assert {"set", "add to", "remove from", "user", "expect", "if", "rule"} <= set(found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cart_", ["cart_abandoned"]),
        ("+30m pur", ["purchase"]),
        ("09:00 tomorrow c", ["cart_abandoned"]),
        ("cart_abandoned { ", ["cart.id", "cart.items", "cart.value"]),
        ("cart_abandoned { cart.v", ["value"]),
        ("cart_abandoned { cart: { ", ["id", "items", "value"]),
        ('cart_abandoned { cart: { id: "1", v', ["value"]),
        ("cart_abandoned {\n  cart: {\n    it", ["items"]),
        ("cart_abandoned { cart: { value: 1 }, c", ["cart.id", "cart.items", "cart.value"]),
        ("set ", ["user.name", "user.tier"]),
        ("set user.", ["name", "tier"]),
        ("set user.t", ["tier"]),
        ("add to ", ["vips"]),
        ("remove from v", ["vips"]),
        ("+1h set user.n", ["name"]),
        ("user u2 { ", ["name", "tier"]),
        ("? cart.", ["id", "items", "value"]),
        ("? user.t", ["tier"]),
        ("expect c", ["cart_reminder"]),
        ("rule a: if cart_abandoned and cart.v", ["value"]),
        ("rule a: if purchase then send p", ["push"]),
        ("rule a:\n  if cart_abandoned\n  then send e", ["email"]),
    ],
)
def test_in_the_language(text: str, expected: list[str]) -> None:
    line = ("cart_abandoned { cart.value: 1 }",)
    assert offered(text, *line) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (":pen", [":pending"]),
        (":why", [":whynot"]),
        (":why ", ["cart_reminder", "thanks"]),
        (":whynot t", ["thanks"]),
        (":ast c", ["cart_reminder"]),
        (":to ", ["next"]),
        (":save ", ["rules", "test"]),
        (":switch ", ["a", "main"]),
        (":compare a m", ["main"]),
        (":state ", ["mina", "u1"]),
        (":help pe", ["pending"]),
        (":load r", ["rules.trig"]),
        (":load sub/", ["sub/events.jsonl"]),
        (":load nowhere/", []),
        (":save test r", ["rules.trig"]),
        (":pending ", []),
        (":nonsense x", []),
        ("user m", ["mina"]),
    ],
)
def test_commands(text: str, expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rules.trig").touch()
    Path("sub").mkdir()
    Path("sub/events.jsonl").touch()
    assert offered(text, "purchase", "user mina", "purchase", "user u1", ":fork a") == expected


def test_all_commands_are_offered_with_what_they_do() -> None:
    found = {one.candidate.label: one.candidate.detail for one in complete(opened(), ":")}
    assert found == {f":{name}": command.help for name, command in COMMANDS.items()}


def test_what_happened_is_known() -> None:
    assert offered("sign", "signup", "set user.mood = 1") == ["signup"]


def test_a_completion_takes_the_place_of_what_was_begun() -> None:
    shell = opened(RULES)
    for text, length in (("cart_ab", 7), (":pe", 3), ("cart_abandoned { cart.v", 1), ("user ", 0), ("? user.ti", 2)):
        assert {one.length for one in complete(shell, text)} <= {length}


@pytest.mark.parametrize(
    "text", ["10:00 yesterday c", "-30m", "\x00", "{", "}}}", "user", '"', ":", "? ", "é", "rule", "+"]
)
def test_nothing_typed_stops_it(text: str) -> None:
    complete(opened(RULES), text)
