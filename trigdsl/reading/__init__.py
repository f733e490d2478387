"""Rules → prose, so that whoever answers for a campaign can confirm what it does.

`read_rule` reads a rule, `read_declaration` what stands around the rules.  Nothing is left out, and two rules that do
different things never read alike: names stand in backticks, texts in quotes, and what belongs together in parentheses.
"""

from trigdsl.reading.declarations import read_declaration
from trigdsl.reading.rules import read_rule

__all__ = ["read_declaration", "read_rule"]
