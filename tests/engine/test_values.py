"""Operators: what they give for every pair of types, at bounds, and for missing operands."""

from __future__ import annotations

import itertools
import math
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trigdsl.engine import values
from trigdsl.engine.values import (
    add,
    as_date,
    as_instant,
    as_month_day,
    compile_pattern,
    contains,
    divide,
    ends_with,
    equal,
    is_in,
    key_of,
    less,
    less_equal,
    matches,
    multiply,
    negate,
    same,
    starts_with,
    subtract,
    truth,
    type_name,
)
from trigdsl.model.values import instant


class Shifted:
    """A zone with one fixed offset."""

    def __init__(self, hours: int) -> None:
        self.shift = timedelta(hours=hours)

    def date(self, micros: int) -> date:
        return (instant(micros) + self.shift).date()


UTC_ZONE = Shifted(0)
SEOUL = Shifted(9)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = date(2026, 11, 20)
HOUR = timedelta(hours=1)
SAMPLES = [
    None, True, False, 0, 1, -3, 2.5, 10**400, float("inf"), float("nan"), "", "abc", "2026-11-20",
    "2026-11-20T12:00:00Z", "2026-99-99", "\ud800", NOON, datetime.max.replace(tzinfo=UTC),
    datetime.min.replace(tzinfo=UTC), DAY, date.max, HOUR, timedelta.max, timedelta.min, timedelta(0),
    [], [1, None, "a"], [[1], {"a": []}], {}, {"a": 1}, {"a": None},
]  # fmt: skip


@pytest.mark.parametrize("operator", [add, subtract, multiply, divide, contains, starts_with, ends_with, same])
def test_no_pair_of_values_makes_an_operator_raise(operator):
    for a, b in itertools.product(SAMPLES, repeat=2):
        operator(a, b)


@pytest.mark.parametrize("operator", [equal, less, less_equal, is_in])
@pytest.mark.parametrize("zone", [Shifted(-14), UTC_ZONE, Shifted(14)])
def test_no_pair_of_values_makes_a_comparison_raise(operator, zone):
    for a, b in itertools.product(SAMPLES, repeat=2):
        assert operator(a, b, zone) in (True, False, None)


@pytest.mark.parametrize("operator", [equal, less, less_equal])
@pytest.mark.parametrize("other", SAMPLES)
def test_a_missing_operand_makes_a_comparison_unknown(operator, other):
    assert operator(None, other, UTC_ZONE) is None
    assert operator(other, None, UTC_ZONE) is None


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (1, 1.0, True),
        (1, 2, False),
        ("a", "a", True),
        ("a", "A", False),
        (True, True, True),
        (True, 1, None),
        (0, False, None),
        ("1", 1, None),
        (NOON, NOON, True),
        (HOUR, timedelta(minutes=60), True),
        (HOUR, 3600, None),
        ([1, "a"], [1.0, "a"], True),
        ([1, "a"], ["a", 1], False),
        ([1], ["1"], False),
        ([True], [1], False),
        ([None], [None], True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": 1}, {"a": 1, "b": None}, False),
        ([], {}, None),
        (DAY, "2026-11-20", True),
        ("2026-11-21", DAY, False),
        (DAY, "soon", None),
        (NOON, "2026-11-20T13:00:00+01:00", True),
        (NOON, "2026-11-20", None),
        (NOON, DAY, True),
    ],
)
def test_equal(a, b, expected):
    assert equal(a, b, UTC_ZONE) is expected
    assert equal(b, a, UTC_ZONE) is expected


def test_an_instant_compared_with_a_date_is_its_date_in_the_zone():
    last_of_the_day_in_utc = datetime(2026, 11, 20, 14, 59, 59, 999_999, tzinfo=UTC)
    assert equal(last_of_the_day_in_utc, DAY, SEOUL) is True
    assert equal(last_of_the_day_in_utc + timedelta(microseconds=1), DAY, SEOUL) is False
    assert less(DAY, "2026-11-20T15:00:00Z", SEOUL) is True
    assert less(DAY, "2026-11-20T14:59:59Z", SEOUL) is False


@pytest.mark.parametrize(
    ("a", "b", "is_less", "is_less_equal"),
    [
        (1, 2, True, True),
        (2, 2.0, False, True),
        (3, 2, False, False),
        ("Z", "a", True, True),
        ("\uffff", "\U00010000", True, True),
        (NOON, NOON + HOUR, True, True),
        (DAY, date(2026, 11, 21), True, True),
        (HOUR, HOUR, False, True),
        (DAY, "2026-11-21", True, True),
        (True, 2, None, None),
        (False, True, None, None),
        ([1], [2], None, None),
        ("1", 2, None, None),
        (HOUR, NOON, None, None),
    ],
)
def test_less_and_less_equal(a, b, is_less, is_less_equal):
    assert less(a, b, UTC_ZONE) is is_less
    assert less_equal(a, b, UTC_ZONE) is is_less_equal


def test_contains_looks_for_text_in_text_and_for_an_element_in_a_list():
    assert contains("shoes", "hoe") is True
    assert contains("shoes", "") is True
    assert contains("shoes", 1) is None
    assert contains(["a", 1], 1.0) is True
    assert contains([1], True) is False
    assert contains([[1]], [1.0]) is True
    assert contains([None], None) is None
    assert contains({"a": 1}, "a") is None


def test_starts_with_and_ends_with_are_for_text():
    assert starts_with("sale-now", "sale") is True
    assert starts_with("sale", "sale-now") is False
    assert ends_with("sale-now", "now") is True
    assert starts_with(["a"], "a") is None
    assert ends_with("1", 1) is None


@pytest.mark.parametrize(
    ("x", "container", "expected"),
    [
        ("a", ["b", "a"], True),
        ("a", ["b"], False),
        (1, ["1", True], False),
        (1, [1.0], True),
        (None, [None], None),
        ("a", "abc", None),
        ("a", None, None),
        ({"a": 1}, [{"a": 1}], True),
        (DAY, [DAY], True),
    ],
)
def test_is_in(x, container, expected):
    assert is_in(x, container) is expected
    assert is_in(x, container, UTC_ZONE) is expected


def test_is_in_reads_text_as_a_date_where_a_zone_is_given():
    assert is_in("2026-11-20", [DAY], UTC_ZONE) is True
    assert is_in(NOON, [DAY], UTC_ZONE) is True
    assert is_in("soon", [DAY], UTC_ZONE) is False
    assert is_in("2026-11-20", [DAY]) is False


def test_matches_is_unanchored_and_for_text_only():
    pattern = compile_pattern("b+c")
    assert matches("abbcd", pattern) is True
    assert matches("abd", pattern) is False
    assert matches(5, pattern) is None
    assert matches(None, pattern) is None
    assert matches("\ud800", pattern) is None


@pytest.mark.parametrize("pattern", ["(a", "a(?=b)", r"(a)\1", "[z-a]"])
def test_what_is_no_re2_pattern_is_refused_with_a_reason(pattern):
    with pytest.raises(ValueError, match=r"\w"):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    ("operation", "a", "b", "expected"),
    [
        (add, 1, 2, 3),
        (add, 1, 2.5, 3.5),
        (add, "a", "b", None),
        (add, [1], [2], None),
        (add, True, 1, None),
        (add, NOON, HOUR, NOON + HOUR),
        (add, HOUR, NOON, NOON + HOUR),
        (add, HOUR, HOUR, timedelta(hours=2)),
        (add, NOON, NOON, None),
        (add, DAY, HOUR, None),
        (add, datetime.max.replace(tzinfo=UTC), HOUR, None),
        (subtract, 1, 2, -1),
        (subtract, NOON, NOON - HOUR, HOUR),
        (subtract, DAY, date(2026, 11, 19), timedelta(days=1)),
        (subtract, NOON, DAY, None),
        (subtract, NOON, HOUR, NOON - HOUR),
        (subtract, HOUR, NOON, None),
        (subtract, DAY, HOUR, None),
        (subtract, HOUR, HOUR, timedelta(0)),
        (multiply, 3, 0.5, 1.5),
        (multiply, HOUR, 2, timedelta(hours=2)),
        (multiply, 0.5, HOUR, timedelta(minutes=30)),
        (multiply, HOUR, HOUR, None),
        (multiply, "a", 3, None),
        (multiply, HOUR, 10**400, None),
        (multiply, HOUR, math.inf, None),
        (divide, 1, 4, 0.25),
        (divide, 1, 0, None),
        (divide, 1, 0.0, None),
        (divide, HOUR, 2, timedelta(minutes=30)),
        (divide, HOUR, timedelta(minutes=30), 2.0),
        (divide, HOUR, timedelta(0), None),
        (divide, HOUR, 0, None),
        (divide, 1, HOUR, None),
        (add, 1e308, 1e308, None),
        (multiply, 1e200, 1e200, None),
        (multiply, 10**200, 10**200, None),
        (add, 10**400, 1, None),
    ],
)
def test_arithmetic(operation, a, b, expected):
    result = operation(a, b)
    assert (type(result), result) == (type(expected), expected)


def test_whole_numbers_are_ints_up_to_2_to_the_53_and_doubles_beyond():
    top = 2**53
    assert type(add(top - 1, 1)) is int
    assert add(top - 1, 1) == top
    assert type(add(top, 1)) is float
    assert add(top, 1) == float(top)
    assert type(subtract(-top, 1)) is float
    assert subtract(top + 1, top) == 0, "an operand beyond is a double as well"
    assert type(multiply(2**27, 2**26)) is int
    assert type(multiply(2**27, 2**27)) is float


def test_negate():
    assert negate(3) == -3
    assert negate(HOUR) == -HOUR
    assert negate(timedelta.max) is None
    assert negate(True) is None
    assert negate("3") is None
    assert negate(None) is None


def test_only_booleans_are_conditions():
    assert truth(True) is True
    assert truth(False) is False
    assert [truth(value) for value in (1, 0, "true", [], None)] == [None] * 5


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (DAY, DAY),
        (NOON, DAY),
        ("2026-11-20", DAY),
        ("2026-11-20T12:00:00Z", DAY),
        ("2026-11-20T23:30:00-05:00", date(2026, 11, 21)),
        ("2024-02-29", date(2024, 2, 29)),
        ("2026-02-29", None),
        ("20261120", None),
        ("2026-W47-5", None),
        ("2026-11-20\n", None),
        ("２０２６-11-20", None),
        ("11-20", None),
        (20261120, None),
        (None, None),
    ],
)
def test_as_date(value, expected):
    assert as_date(value, UTC_ZONE) == expected


def test_a_date_outside_the_calendar_in_that_zone_is_missing():
    assert as_date("9999-12-31T23:00:00Z", UTC_ZONE) == date.max
    assert as_date("9999-12-31T23:00:00Z", SEOUL) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20T12:00:00Z", NOON),
        ("2026-11-20t12:00:00z", NOON),
        ("2026-11-20 12:00:00+00:00", NOON),
        ("2026-11-20T21:00:00+09:00", NOON),
        ("2026-11-20T12:00:00", NOON),
        ("2026-11-20T12:00:00.5Z", NOON + timedelta(milliseconds=500)),
        ("2026-11-20T12:00:00.1234569Z", NOON + timedelta(microseconds=123_456)),
        ("2026-11-20T12:00Z", None),
        ("2026-11-20T24:00:00Z", None),
        ("2026-11-20T12:00:60Z", None),
        ("2026-11-20T12:00:00+0900", None),
        ("2026-11-20T12:00:00+24:00", None),
        ("2026-11-20T12:00:00,5Z", None),
        ("2026-11-31T12:00:00Z", None),
        ("0001-01-01T00:00:00+00:01", None),
        ("2026-11-20", None),
        ("soon", None),
    ],
)
def test_as_instant_reads_rfc_3339(text, expected):
    assert as_instant(text) == expected


def test_as_instant_takes_instants_and_nothing_else():
    assert as_instant(NOON) is NOON
    assert as_instant(DAY) is None
    assert as_instant(0) is None
    assert as_instant(None) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("02-29", (2, 29)),
        ("11-20", (11, 20)),
        ("02-30", None),
        ("2-29", None),
        ("00-01", None),
        ("1990-11-20", (11, 20)),
        ("2026-11-20T20:00:00Z", (11, 21)),
        (DAY, (11, 20)),
        (NOON, (11, 20)),
        (1120, None),
        (None, None),
    ],
)
def test_as_month_day(value, expected):
    assert as_month_day(value, SEOUL) == expected


def test_same_is_strict_about_types_and_knows_missing():
    assert same(None, None)
    assert same(1, 1.0)
    assert same(0.0, -0.0)
    assert same(float("nan"), float("nan"))
    assert not same(True, 1)
    assert not same(None, False)
    assert not same("1", 1)
    assert not same(DAY, NOON)
    assert not same("2026-11-20", DAY)
    assert not same([1, [2]], [1, [3]])


def test_values_nested_deeper_than_the_stack_are_compared():
    def nested() -> list:
        value: list = []
        for _ in range(5000):
            value = [value]
        return value

    a, b = nested(), nested()
    assert same(a, b)
    assert not same(a, [b])
    assert key_of(a) == key_of(b)


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([0.0, -0.0, 1.0, 0.5, 2.0**60, 1e300]),
    st.just(2**60),
    st.text('"[]{}#=~@:1a ', max_size=4),
    st.sampled_from([NOON, NOON + HOUR, DAY, HOUR, -HOUR]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('ab"1: ', max_size=2), inner, max_size=3),
    max_leaves=5,
)


@given(VALUES, VALUES)
def test_keys_are_equal_exactly_when_the_values_are_the_same(a, b):
    assert (key_of(a) == key_of(b)) is same(a, b)


@given(VALUES)
def test_key_does_not_depend_on_the_spelling_of_a_number_or_the_order_of_keys(value):
    def respelled(part):
        if isinstance(part, dict):
            return {key: respelled(part[key]) for key in reversed(part)}
        if isinstance(part, list):
            return [respelled(held) for held in part]
        return float(part) if type(part) is int else part

    assert key_of(value) == key_of(respelled(value))
    assert same(value, respelled(value))


def test_type_names_are_the_languages():
    assert [type_name(value) for value in (None, "", 1, 1.5, True, NOON, DAY, HOUR, [], {})] == [
        "missing", "text", "number", "number", "boolean", "instant", "date", "duration", "list", "record",
    ]  # fmt: skip


def test_every_exported_name_is_there():
    assert all(hasattr(values, name) for name in values.__all__)
