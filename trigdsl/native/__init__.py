"""Parts of a replay compiled ahead, with Cython; whatever is here has its like in Python, which decides the same.

The modules are there if a C compiler was at hand when the project was installed; who uses one asks for it in one place
and does without otherwise.
"""
