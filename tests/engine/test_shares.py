"""Places of users among shares: a fixed algorithm, uniform, independent for variants and holdouts."""

from __future__ import annotations

from hashlib import blake2b

from trigdsl.engine.shares import holdout_share, share

USERS = [f"user-{number}" for number in range(4000)]


def test_the_algorithm_is_the_documented_one():
    data = (4).to_bytes(8, "big") + b"rule" + "é".encode()
    for place, purpose in ((share, b"trig variant"), (holdout_share, b"trig holdout")):
        digest = int.from_bytes(blake2b(data, digest_size=8, person=purpose).digest(), "big")
        assert abs(place("rule", "é") - 100 * digest / 2**64) < 1e-9


def test_rule_and_user_are_joined_unambiguously():
    assert share("ab", "c") != share("a", "bc")
    assert share("", "abc") != share("abc", "")


def test_any_text_has_a_place():
    assert 0 <= share("\ud800", "\udfff") < 100


def test_places_are_uniform():
    places = [share("rule", user) for user in USERS]
    assert all(0 <= place < 100 for place in places)
    # The standard deviation of a tenth's count is sqrt(4000 × 0.1 × 0.9) ≈ 19.
    assert all(280 < sum(low <= place < low + 10 for place in places) < 520 for low in range(0, 100, 10))


def test_a_holdout_takes_equally_from_each_variant_and_rules_are_independent():
    held = [user for user in USERS if holdout_share("rule", user) < 50]
    for place in (lambda user: share("rule", user), lambda user: holdout_share("other", user)):
        both = sum(place(user) < 50 for user in held)
        assert abs(both - len(held) / 2) < 130
