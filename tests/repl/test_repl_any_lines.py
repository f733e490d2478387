"""Whatever is typed, right or damaged: the session answers, goes on, and is what its journal says."""

from __future__ import annotations

import os
import random

import pytest
from repl_session import opened, say

SESSIONS = max(int(os.environ.get("TRIGDSL_FUZZ", "100")) // 5, 4)
"""How many sessions of lines are tried."""
PARTS = 4

LINES = [
    "cart { cart: { value: 250 } }", "+30m", "09:00 tomorrow", "2026-12-01 10:00 purchase", 'set user.tier = "gold"',
    "add to vips", 'user u2 { tier: "x" } in vips', "user u1", ":pending", ":state", ":why", ":whynot", ":whynot r",
    ":back", ":fork a", ":switch main", ":compare", ":to next", ":save test", ":save rules", ":types", ":ast r",
    ":code", ":bounds", ":rules", ":help", ":log", ":users", "? cart.value > 200", "? count(cart) in last 1h",
    "? sum(cart.value where value > 2) + 1", "? time since cart", "? previous(cart.value)", "expect no sends",
    "expect r at 2026-11-20 10:30", "rule r: if cart then after 1h send push unless purchase",
    'rule s:\n  if purchase\n  then send sms "{{ user.name }}"', "if no cart for 1d then send push",
    "rule t: if every day at 09:00 then send email", "segment big = count(cart) > 2",
    "rule v: if user enters big then send sms", 'test "x":\n 2026-01-01 10:00 cart\n expect no sends',
    'timezone "Asia/Seoul"', "channel push: between 09:00-21:00 cap 1 per day", 'opened { rule: "r" }', "list vips",
    "event cart { cart.value: number }", "invariant i: at most 1 sends per 1d", "remove from vips", ":reload",
    ":load x",
]  # fmt: skip
ODD = [
    '"', '"""', "{", "}", "(", ")", ":", "?", "\x00", "é", "日本", "`", "#", "=", "==", "+", "-", "<", "nothing",
    "1e400", "9" * 40, "+9999w", "24:00", "9998-12-31", "\ud800", "sent", "any", "\x1b[2J", "\n", "\t", "user",
    "if", "then",
]  # fmt: skip
WORDS = sorted({word for line in LINES for word in line.split(" ")}) + ODD


def damaged(line: str, chance: random.Random) -> str:
    words = line.split(" ")
    for _ in range(chance.randint(1, 3)):
        place = chance.randrange(len(words) + 1)
        words[place : place + chance.randint(0, 1)] = chance.choice([[], [chance.choice(WORDS)]])
    return " ".join(words)


def line(chance: random.Random) -> str:
    kind = chance.random()
    if kind < 0.55:
        return chance.choice(LINES)
    if kind < 0.8:
        return damaged(chance.choice(LINES), chance)
    return " ".join(chance.choice(WORDS) for _ in range(chance.randint(1, 8)))


@pytest.mark.parametrize("part", range(PARTS))
def test_any_lines(part: int, tmp_path: os.PathLike[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for seed in range(part, SESSIONS, PARTS):
        chance = random.Random(seed)
        shell = opened("list vips\nrule r: if cart and cart.value > 200 then after 30m send push")
        for _ in range(chance.randint(5, 20)):
            typed = line(chance)
            said = say(shell, typed)
            assert not any("failed inside" in one or "\x1b" in one for one in said), f"seed {seed}: {typed!r}: {said}"
            assert shell.prompt.endswith("> ")
        again = shell.session.journal.world()
        assert (again.now, again.decisions, again.users) == (
            shell.world.now,
            shell.world.decisions,
            shell.world.users,
        ), f"seed {seed}"
