"""Nodes of the syntax tree → text: `words` (names, texts, numbers), `events`, `expressions`, `rules`, `items`.

Each prints a node so that reading the text gives an equal node: with backticks where a name would be read as
something else, and with parentheses only where the tree would come out differently without them.
"""
