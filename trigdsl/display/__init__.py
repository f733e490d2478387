"""HTML for notebooks: what Jupyter and its like show of a program, of decisions and of an explanation.

Nothing here is needed to run rules.  Each function gives a piece of a page, safe to show whatever texts it is
given, in the colours of the page around it.
"""
