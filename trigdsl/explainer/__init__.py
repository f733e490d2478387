"""Explains what rules did to one user, and what they did not do.

A replay with a machine that keeps a trace (`engine.tracing`) tells what was tried and what came of it.  `telling` makes
the lines of a story of that, `reasons` finds the fact that decided each decision, and `silences` the nearest miss of a
rule that sent nothing.  `clauses` finds pieces of the rules, `misses` what failed in a condition.

```python
from trigdsl import explainer

story = explainer.load("rules/").explain(records, user="u1")
print(story)
```
"""

from trigdsl.explainer.explain import Explainable, load, parse
from trigdsl.explainer.story import Explanation, Fact, Line, Reason, Silence

__all__ = ["Explainable", "Explanation", "Fact", "Line", "Reason", "Silence", "load", "parse"]
