import itertools

import pytest

from trigdsl.checker.types import ORDERED, accepts, arithmetic, can_equal, can_order
from trigdsl.model.signatures import TYPES


def test_what_is_unknown_is_never_refused() -> None:
    for kind in (None, *TYPES):
        assert can_equal(kind, None)
        assert can_equal(None, kind)
        assert accepts(None, kind)
        assert accepts(kind, None)
    for kind in ORDERED:
        assert can_order(kind, None)


def test_equality_wants_one_type_or_times() -> None:
    unlike = {pair for pair in itertools.product(TYPES, repeat=2) if pair[0] != pair[1] and can_equal(*pair)}
    assert unlike == set(itertools.permutations(("text", "date", "instant"), 2))


@pytest.mark.parametrize("kind", ["boolean", "list", "record"])
def test_what_has_no_order(kind: str) -> None:
    assert not can_order(kind, kind)
    assert not can_order(kind, None)
    assert not can_order(None, kind)


@pytest.mark.parametrize(
    ("wanted", "given", "fits"),
    [
        ("date", "text", True),
        ("date", "instant", True),
        ("instant", "text", True),
        ("instant", "date", False),
        ("text", "date", False),
        ("number", "boolean", False),
        ("any", "record", True),
    ],
)
def test_what_is_read_as_a_time(wanted: str, given: str, fits: bool) -> None:
    assert accepts(wanted, given) is fits


@pytest.mark.parametrize(
    ("left", "operator", "right", "result"),
    [
        ("number", "*", "number", "number"),
        ("instant", "-", "instant", "duration"),
        ("instant", "-", "duration", "instant"),
        ("date", "-", "date", "duration"),
        ("duration", "/", "duration", "number"),
        ("duration", "/", "number", "duration"),
        ("number", "*", "duration", "duration"),
    ],
)
def test_arithmetic(left: str, operator: str, right: str, result: str) -> None:
    assert arithmetic(operator, left, right) == (True, result)


@pytest.mark.parametrize(
    ("left", "operator", "right"),
    [
        ("text", "+", "text"),
        ("date", "+", "duration"),
        ("instant", "+", "instant"),
        ("instant", "-", "date"),
        ("number", "/", "duration"),
        ("duration", "*", "duration"),
        ("boolean", "+", "number"),
    ],
)
def test_arithmetic_that_has_no_meaning(left: str, operator: str, right: str) -> None:
    assert arithmetic(operator, left, right) == (False, None)


def test_arithmetic_with_an_unknown_side() -> None:
    assert arithmetic("+", "number", None) == (True, "number")
    assert arithmetic("-", "instant", None) == (True, None)
    assert arithmetic("-", None, "date") == (True, "duration")
    assert arithmetic("+", None, None) == (True, None)
    assert arithmetic("+", "text", None) == (False, None)
