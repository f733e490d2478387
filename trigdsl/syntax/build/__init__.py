"""Trees of the parser → nodes of the syntax tree, with the mistakes that the grammar lets through.

The modules build on each other, each with what its rules of the grammar stand for: `base` (ids, places, names),
`literals`, `events`, `expressions`, `actions`, `parts` (modifiers and clauses), `rules`, `scenarios` (tests and
invariants) and `declarations` with all top-level items.
"""

from trigdsl.syntax.build.declarations import ItemBuilder

__all__ = ["ItemBuilder"]
