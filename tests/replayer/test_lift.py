"""The lift of a goal over its control group, and its interval."""

import pytest

from trigdsl.replayer.lift import lift, wilson


def test_intervals_as_published() -> None:
    # Newcombe (1998), table II, method 10: 56/70 against 48/80 gives 0.2 with 0.0524 to 0.3339.
    found = lift(56, 70, 48, 80)
    assert found is not None
    assert found.difference == pytest.approx(0.2)
    assert found.low == pytest.approx(0.0524, abs=5e-5)
    assert found.high == pytest.approx(0.3339, abs=5e-5)


def test_nothing_and_everything_stay_within_bounds() -> None:
    # The same table: 0/10 against 0/10 gives -0.2775 to 0.2775; 10/10 against 0/10 gives 0.6075 to 1.
    nothing, everything = lift(0, 10, 0, 10), lift(10, 10, 0, 10)
    assert nothing is not None
    assert everything is not None
    assert (nothing.low, nothing.high) == (pytest.approx(-0.2775, abs=5e-5), pytest.approx(0.2775, abs=5e-5))
    assert (everything.low, everything.high) == (pytest.approx(0.6075, abs=5e-5), pytest.approx(1.0))


def test_an_empty_group_has_no_lift() -> None:
    assert lift(0, 0, 1, 10) is None
    assert lift(1, 10, 0, 0) is None


def test_wilson_is_symmetric() -> None:
    low, high = wilson(3, 10)
    assert wilson(7, 10) == (pytest.approx(1 - high), pytest.approx(1 - low))
