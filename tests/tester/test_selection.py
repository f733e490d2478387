from __future__ import annotations

import pytest

from trigdsl.loading import parse_checked
from trigdsl.tester.selection import select

RULES = """
rule reminder: if cart then send push
rule welcome: if signup then send email
test "A cart is remembered": 2026-11-20 10:00 cart expect reminder
test "Nobody is welcomed twice": 2026-11-20 10:00 signup expect welcome expect 1 send
test "[Silence]": 2026-11-20 10:00 visit expect no sends
"""
CART, WELCOME, SILENCE = "A cart is remembered", "Nobody is welcomed twice", "[Silence]"


@pytest.mark.parametrize(
    ("patterns", "titles"),
    [
        ((), [CART, WELCOME, SILENCE]),
        (("cart",), [CART]),
        (("CART",), [CART]),
        (("remind",), [CART]),
        (("welcome",), [WELCOME]),
        (("reminder",), [CART]),
        (("a*remember",), [CART]),
        (("n?body",), [WELCOME]),
        (("twice", "silence"), [WELCOME, SILENCE]),
        (("twice", "welcome"), [WELCOME]),
        (("[[]silence]",), [SILENCE]),
        (("nothing like it",), []),
        (("signup",), []),
    ],
)
def test_a_pattern_is_part_of_a_title_or_of_the_name_of_a_rule(patterns: tuple[str, ...], titles: list[str]) -> None:
    tests = parse_checked(RULES)[1].tests
    assert [test.title for test in select(tests, patterns)] == titles
