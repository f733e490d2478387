"""A program and its coverage → `test` blocks that exercise what its tests do not.

`conditions` solves: an expression and a truth → what must be so for it to have that truth.  `triggers` makes scenes
that start a rule, `seeds` joins both to scenes in which the rule acts, and others that differ in one condition.
`variations` changes a scene in one thing at the program's boundaries: a line just before, at and just after a duration,
the clock at the edge of a window, a value beside a threshold.  `search` tries scenes and keeps those that cover what
nothing covered before; `simplest` takes away what does not matter; `expecting` writes down what the engine decides, and
`writing` puts it all into text.  Nothing here draws from chance but by the seed it is given.
"""
