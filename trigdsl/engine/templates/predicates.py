"""Name of a test → whether it holds: the tests of Jinja that templates have (`x is even`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trigdsl.engine.templates import operators
from trigdsl.engine.templates.limits import Run, TemplateFailure
from trigdsl.engine.templates.printing import kind_of
from trigdsl.engine.values import is_number

Test = Callable[..., bool]


def truthy(value: Any) -> bool:
    """What `{% if value %}` goes by: false, 0, and empty text, lists and records are not."""
    return bool(value)


def even(run: Run, value: Any) -> bool:
    return divisible_by(run, value, 2)


def odd(run: Run, value: Any) -> bool:
    return not divisible_by(run, value, 2)


def divisible_by(run: Run, value: Any, by: Any) -> bool:
    if not is_number(value) or not is_number(by) or by == 0:
        raise TemplateFailure(f"`divisibleby` does not fit {kind_of(value)} and {kind_of(by)}")
    return bool(value % by == 0)


def is_lower(run: Run, value: Any) -> bool:
    run.spend_on(value)
    return type(value) is str and value.islower()


def is_upper(run: Run, value: Any) -> bool:
    run.spend_on(value)
    return type(value) is str and value.isupper()


def _of_types(*kinds: type) -> Test:
    return lambda run, value: type(value) in kinds


TESTS: dict[str, Test] = {
    "boolean": _of_types(bool),
    "defined": lambda run, value: value is not None,
    "divisibleby": divisible_by,
    "even": even,
    "false": lambda run, value: value is False,
    "float": _of_types(float),
    "integer": _of_types(int),
    "iterable": _of_types(str, list, dict),
    "lower": is_lower,
    "mapping": _of_types(dict),
    "none": lambda run, value: value is None,
    "number": _of_types(int, float),
    "odd": odd,
    "sequence": _of_types(str, list, dict),
    "string": _of_types(str),
    "true": lambda run, value: value is True,
    "undefined": lambda run, value: value is None,
    "upper": is_upper,
    **dict.fromkeys(("==", "eq", "equalto"), operators.equal),
    **dict.fromkeys(("!=", "ne"), operators.unequal),
    **dict.fromkeys(("<", "lt", "lessthan"), operators.less),
    **dict.fromkeys(("<=", "le"), operators.less_equal),
    **dict.fromkeys((">", "gt", "greaterthan"), operators.greater),
    **dict.fromkeys((">=", "ge"), operators.greater_equal),
    "in": operators.is_in,
}
