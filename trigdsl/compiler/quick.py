"""Operators whose operands nearly always are of one type → Python that tests the type and does without a call.

Each form holds the general one too, for operands of any other type; both mean the same where the quick one is taken.
None of them evaluates an operand twice that could tell of an odd value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trigdsl.compiler.linear_patterns import linear_pattern
from trigdsl.syntax import nodes

if TYPE_CHECKING:
    from trigdsl.compiler.expressions import Writer

LARGEST_WHOLE = 2**53
IS_NUMBER = "is float or {0}.__class__ is int"
_ARITHMETIC = {"+": "plus", "-": "minus", "*": "times", "/": "over"}


def literal_guard(node: nodes.Expression) -> str | None:
    """The quick test whether a value `{0}`, of which the class was read, is of a literal's type.

    None when only the general comparison will do.
    """
    match node:
        case nodes.Number(value=number) | nodes.Negative(operand=nodes.Number(value=number)):
            # Beyond 2**53 whole numbers must first be rounded to doubles, which the general comparison does.
            return IS_NUMBER if abs(number) < LARGEST_WHOLE else None
        case nodes.Text():
            return "is str"
        case nodes.Boolean():
            return "is bool"
    return None


def arithmetic(writer: Writer, node: nodes.Arithmetic, place: int) -> str:
    """`a + b` and its like: of doubles at once, if the right operand can be read twice."""
    left, right, operation = writer.value(node.left), writer.value(node.right), _ARITHMETIC[node.operator]
    if node.operator == "/" or not _can_be_read_twice(writer, node.right):
        return f"{operation}(c, {place}, {left}, {right})"
    a, b, r = writer.temporary(), writer.temporary(), writer.temporary()
    is_literal = isinstance(node.right, nodes.Number)
    fits = f"({a} := {left}).__class__ is float"
    if is_literal:
        b = right
    else:
        fits += f" and ({b} := {right}).__class__ is float"
    # What is infinite less itself is no number, and so not 0.
    done = f"({r} := {a} {node.operator} {b}) - {r} == 0.0"
    return f"({r} if {fits} and {done} else {operation}(c, {place}, {a}, {right}))"


_WITHIN = {
    ">": "{1} < {0} < 1e999",
    ">=": "{1} <= {0} < 1e999",
    "<": "-1e999 < {0} < {1}",
    "<=": "-1e999 < {0} <= {1}",
}
"""A reckoned number compared with a literal; what is not finite is missing, so nothing is certain of it."""


def reckoned(writer: Writer, left: nodes.Arithmetic, place: int, sign: str, literal: str, general: str) -> str | None:
    """Whether `a + b` and its like is certainly so beside a number that is written out; None: there is no quick way.

    `general` is the comparison with `{0}` in place of what was reckoned.
    """
    if sign not in _WITHIN or left.operator == "/" or not _can_be_read_twice(writer, left.right):
        return None
    a, right = writer.temporary(), writer.value(left.right)
    fits = f"({a} := {writer.value(left.left)}).__class__ is float"
    b = right
    if not isinstance(left.right, nodes.Number):
        b = writer.temporary()
        fits += f" and ({b} := {right}).__class__ is float"
    slow = general.format(f"{_ARITHMETIC[left.operator]}(c, {place}, {a}, {right})")
    return f"({_WITHIN[sign].format(f'{a} {left.operator} {b}', literal)} if {fits} else {slow})"


def matching(writer: Writer, node: nodes.Matches, place: int, wanted: bool) -> str | None:
    """Whether a text certainly matches, or does not; None for a pattern that only RE2 looks for in linear time."""
    pattern = linear_pattern(node.pattern.value)
    if pattern is None:
        return None
    v = writer.temporary()
    search = writer.unit.code.constant(pattern, f"re {pattern.pattern!r}")
    quick = f"{search}.search({v}) is {'not ' if wanted else ''}None"
    general = f"text_test(c, {place}, matches, {v}, {writer.pattern(node)}) is {wanted}"
    return f"({quick} if ({v} := {writer.value(node.operand)}).__class__ is str and {v}.isascii() else {general})"


def _can_be_read_twice(writer: Writer, node: nodes.Expression) -> bool:
    if isinstance(node, nodes.Number):
        return abs(node.value) < LARGEST_WHOLE
    return isinstance(node, nodes.Path) and writer.is_plain_read(node)


def text_test(writer: Writer, node: nodes.Compare, place: int, wanted: bool) -> str | None:
    """Whether `contains`, `starts with` or `ends with` is certainly so, of a text written out; None for another."""
    if not isinstance(node.right, nodes.Text):
        return None
    v, text = writer.temporary(), repr(node.right.value)
    match node.operator:
        case "contains":
            quick, test = f"{text} {'in' if wanted else 'not in'} {v}", "contains"
        case "starts with":
            quick, test = f"{'' if wanted else 'not '}{v}.startswith({text})", "starts_with"
        case _:
            quick, test = f"{'' if wanted else 'not '}{v}.endswith({text})", "ends_with"
    general = f"text_test(c, {place}, {test}, {v}, {text}) is {wanted}"
    return f"({quick} if ({v} := {writer.value(node.left)}).__class__ is str else {general})"


def membership(writer: Writer, node: nodes.In, place: int, wanted: bool) -> str | None:
    """Whether `in` a list that is written out, of texts or of numbers alone, is certainly so; None for another."""
    if not isinstance(node.container, nodes.ListLiteral) or not node.container.items:
        return None
    items = node.container.items
    guards = {literal_guard(item) for item in items}
    if len(guards) > 1 or not all(isinstance(item, nodes.Text | nodes.Number) for item in items) or None in guards:
        return None
    (guard,) = guards
    assert guard is not None
    listed = writer.value(node.container)
    values = frozenset(item.value for item in items if isinstance(item, nodes.Text | nodes.Number))
    held = writer.unit.code.constant(values, f"one of {listed}")
    v, is_inside = writer.temporary(), wanted is not node.negated
    quick = f"{v} {'in' if is_inside else 'not in'} {held}"
    fits = f"({v} := {writer.value(node.operand)}).__class__ {guard.format(v)}"
    return f"({quick} if {fits} else is_in(c, {place}, {v}, {listed}) is {is_inside})"
