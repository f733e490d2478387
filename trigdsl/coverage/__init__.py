"""What the tests of a program exercise of its rules, and what they do not.

`points` are what can be exercised: each alternative of a trigger, each part of a condition being true and being false,
each step, variant, `unless`, window, cap and clause, and for each duration and edge of a window the moments just
before, at and just after.  They stand in `conditions`, `steps`, `limits` and `clauses`, by what they are about; each
finds in a `record`, which is what happened in one test, whether it was exercised.  `covering` puts it together.
"""

from trigdsl.coverage.covering import Coverage, Covering, RuleCoverage, measure
from trigdsl.coverage.points import Point

__all__ = ["Coverage", "Covering", "Point", "RuleCoverage", "measure"]
