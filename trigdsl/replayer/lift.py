"""Conversions of those who got a message and of the control group → the lift and its interval.

The interval is Newcombe's for the difference of two independent proportions (method 10 in R. G. Newcombe,
"Interval estimation for the difference between independent proportions", Statistics in Medicine 17, 1998),
made of two Wilson score intervals: it keeps its level with few conversions, and never leaves −1 to 1.
"""

from __future__ import annotations

from math import hypot, sqrt

from attrs import frozen

Z_95 = 1.959963984540054
"""The standard normal deviate of a two-sided level of 95 %."""


@frozen(kw_only=True)
class Lift:
    """How much more often people converted who got the message, as a difference of rates, with its 95 % interval."""

    difference: float
    low: float
    high: float


def wilson(converted: int, runs: int) -> tuple[float, float]:
    """Wilson's score interval of a rate, 95 %; `runs` is at least 1."""
    rate, square = converted / runs, Z_95 * Z_95
    centre = rate + square / (2 * runs)
    spread = Z_95 * sqrt(rate * (1 - rate) / runs + square / (4 * runs * runs))
    whole = 1 + square / runs
    return max(0.0, (centre - spread) / whole), min(1.0, (centre + spread) / whole)


def lift(converted: int, runs: int, control_converted: int, control_runs: int) -> Lift | None:
    """The lift over a control group; None when one of the groups is empty."""
    if not runs or not control_runs:
        return None
    rate, control = converted / runs, control_converted / control_runs
    low, high = wilson(converted, runs)
    control_low, control_high = wilson(control_converted, control_runs)
    difference = rate - control
    return Lift(
        difference=difference,
        low=difference - hypot(rate - low, control_high - control),
        high=difference + hypot(high - rate, control - control_low),
    )
