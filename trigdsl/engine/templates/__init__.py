"""Syntax trees of templates → text, within bounds.

Jinja2 reads templates (in `engine.rendering`); what a template does is decided here, so that one can neither
reach a Python object nor run for long.  A tree becomes nested Python functions over plain values (`statements`,
`expressions`); there are no attributes but a record's keys (`reading`), no methods, and only the operators,
filters and tests of `operators`, `filters` and `predicates`.

Bounds of one rendering (`limits`): 64 KiB of output and of any text made on the way, 10,000 turns of loops and
calls of macros, a budget of work that loops, filters and operators draw on in proportion to the size of what
they touch, and a depth of nesting.  All are counted, never timed, so that a template fails everywhere or nowhere.

Missing values: an expression gives None where it has no value, and whoever uses it then raises `MissingValue`
with the expression as the template writes it; only `default`, `is defined` and `is undefined` look at it calmly.
"""
