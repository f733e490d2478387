"""A program and its coverage → `test` blocks that exercise what its tests do not.

`conditions` and `history` solve: an expression and a truth → what must be so, or have happened, for it to have that
truth.  `triggers` makes scenes that fire a rule, and `seeds` joins both to scenes in which it acts, and others that
differ in one condition.  `variations` changes a scene in one thing at the boundaries of what the rule mentions: a line
just before, at and just after a duration, the clock at the edge of a window; `crowding` lets other rules send first, up
to a cap.  `search` tries scenes and keeps those that cover what nothing covered before; what is left over is tried by
chance.  `simplest` takes away what does not matter, `expecting` writes down what the engine decides, and `writing` puts
all into text.  Chance starts at the seed that is given, so the same program, seed and budget give the same tests.
"""
