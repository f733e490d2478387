"""Compares what two programs decide over the same events.

`differences` matches decisions and tells how they differ, `diff` replays both sides and explains examples,
`revisions` gets rules out of git, and `render_text` writes it all for people.
"""

from trigdsl.differ.diff import Clock, Diff, diff
from trigdsl.differ.differences import Difference, RuleDifference

__all__ = ["Clock", "Diff", "Difference", "RuleDifference", "diff"]
