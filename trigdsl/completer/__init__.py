"""A place in a program → what can be written there, for whoever offers it: an editor, a prompt.

`candidates` knows what may stand in a place: keywords by the grammar, names by the program, which `symbols` finds.
"""
