"""Built-in functions: values at bounds, wrong types, and that none raises."""

from __future__ import annotations

import itertools
import math
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b

import pytest

from trigdsl.engine.functions import BUILTINS
from trigdsl.model.values import instant


class Seoul:
    def date(self, micros: int) -> date:
        return (instant(micros) + timedelta(hours=9)).date()


ZONE = Seoul()
EVENING = datetime(2026, 11, 20, 15, tzinfo=UTC)
SAMPLES = [None, True, 1, 2.5, 10**400, math.inf, math.nan, "", "a", "\ud800", EVENING, date.max, timedelta(1), [], {}]


def call(name, *arguments):
    return BUILTINS[name].call(ZONE, *arguments)


@pytest.mark.parametrize("name", sorted(BUILTINS))
def test_nothing_raises_and_missing_gives_missing(name):
    builtin = BUILTINS[name]
    samples = SAMPLES if len(builtin.parameters) < 4 else [None, "a", 10**400, math.nan, 1]
    for arguments in itertools.product(samples, repeat=len(builtin.parameters)):
        result = builtin.call(ZONE, *arguments)
        if None in arguments:
            assert result is None


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("length", ("🎉é",), 2),
        ("length", ([1, None],), 2),
        ("length", ({"a": 1},), 1),
        ("length", (12,), None),
        ("round", (2.5,), 3),
        ("round", (-2.5,), -3),
        ("round", (3.5,), 4),
        ("round", (2.4999999999999996,), 2),
        ("round", (0.49999999999999994,), 0),
        ("round", (-0.5,), -1),
        ("round", (1e300,), 1e300),
        ("round", (True,), None),
        ("abs", (-2.5,), 2.5),
        ("abs", ("-2",), None),
        ("floor", (-0.1,), -1),
        ("floor", (2.9,), 2),
        ("ceil", (-0.9,), 0),
        ("ceil", (2.1,), 3),
        ("min", (3, 1.5, 2), 1.5),
        ("max", (3, 1.5, 2), 3),
        ("max", (3, True), None),
        ("days_between", ("2026-11-20", "2026-11-21"), 1),
        ("days_between", ("2026-11-21", "2026-11-20"), -1),
        ("days_between", ("2026-11-20T14:59:59Z", EVENING), 1),
        ("days_between", ("soon", EVENING), None),
        ("hash_bucket", ("a", 1), 0),
        ("hash_bucket", ("a", 1.0), 0),
        ("hash_bucket", ("a", 0), None),
        ("hash_bucket", ("a", 2.5), None),
        ("hash_bucket", (7, 10), None),
        ("distance_m", (90, 0, 90, 180), 0),
        ("distance_m", (90.1, 0, 0, 0), None),
        ("distance_m", (0, 0, 0, 180.1), None),
    ],
)
def test_values(name, arguments, expected):
    assert call(name, *arguments) == (expected if expected is None else pytest.approx(expected, abs=1e-6))


def test_text_functions_follow_unicode():
    assert call("lower", "ÄB") == "äb"
    assert call("upper", "ß") == "SS"
    assert call("trim", "\u00a0 a b\n") == "a b"


def test_the_date_of_an_instant_is_the_users():
    assert call("date", EVENING) == date(2026, 11, 21)
    assert call("date", EVENING - timedelta(microseconds=1)) == date(2026, 11, 20)
    assert call("date", "2026-11-20") == date(2026, 11, 20)


def test_whole_results_are_ints():
    assert [type(call(name, 2.5)) for name in ("round", "floor", "ceil")] == [int, int, int]


def test_a_hash_bucket_is_blake2b_of_the_text_as_utf_8():
    digest = blake2b("é".encode(), digest_size=8).digest()
    assert call("hash_bucket", "é", 1000) == int.from_bytes(digest, "big") % 1000


def test_hash_buckets_are_about_equally_full():
    full = [0] * 4
    for number in range(4000):
        full[call("hash_bucket", f"user-{number}", 4)] += 1
    # The standard deviation is sqrt(4000 × ¼ × ¾) ≈ 27.
    assert all(1000 - 160 < count < 1000 + 160 for count in full)


def test_a_degree_along_the_equator_and_half_way_round_the_earth():
    degree = 2 * math.pi * 6_371_008.8 / 360
    assert call("distance_m", 0, 10, 0, 11) == pytest.approx(degree)
    assert call("distance_m", 10, 5, 11, 5) == pytest.approx(degree)
    assert call("distance_m", 0, 0, 0, 180) == pytest.approx(180 * degree)
    assert call("distance_m", 0, 179.5, 0, -179.5) == pytest.approx(degree)


def test_signatures_name_types_of_the_language():
    types = {"text", "number", "boolean", "instant", "date", "duration", "list", "record"}
    for name, builtin in BUILTINS.items():
        assert name == builtin.name
        assert {one for parameter in builtin.parameters for one in parameter.split("|")} <= types
        assert builtin.returns in types
    assert {name for name, builtin in BUILTINS.items() if builtin.variadic} == {"min", "max"}
