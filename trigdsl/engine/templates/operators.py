"""Operands → the value of an operator in a template.

The same as in rules (`engine.values`) where rules have the operator; beside that `+` joins texts and lists, `*`
repeats a text, `%` formats one, and there are `//`, `%` and `**` of numbers.  Operands that do not fit raise
TemplateFailure, except that `==` of different types is false, and a division by zero is missing (None).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from trigdsl.engine import values
from trigdsl.engine.templates.limits import MAX_FORMAT_WIDTH, Output, Run, TemplateFailure
from trigdsl.engine.templates.printing import kind_of, to_text
from trigdsl.engine.values import is_number, number

Operation = Callable[[Run, Any, Any], Any]


def misfit(sign: str, *operands: object) -> TemplateFailure:
    return TemplateFailure(f"`{sign}` does not fit {' and '.join(kind_of(operand) for operand in operands)}")


def add(run: Run, a: Any, b: Any) -> Any:
    if type(a) is str and type(b) is str:
        run.allow_text(len(a) + len(b))
        return a + b
    if type(a) is list and type(b) is list:
        run.spend(len(a) + len(b))
        return a + b
    return _fitting("+", values.add(a, b), a, b)


def subtract(run: Run, a: Any, b: Any) -> Any:
    return _fitting("-", values.subtract(a, b), a, b)


def multiply(run: Run, a: Any, b: Any) -> Any:
    if type(a) is int and type(b) is str:
        a, b = b, a
    if type(a) is str and type(b) is int:
        run.allow_text(len(a) * max(b, 0))
        return a * b
    return _fitting("*", values.multiply(a, b), a, b)


def divide(run: Run, a: Any, b: Any) -> Any:
    if is_number(b) and b == 0:
        return None
    return _fitting("/", values.divide(a, b), a, b)


def floor_divide(run: Run, a: Any, b: Any) -> Any:
    if not is_number(a) or not is_number(b):
        raise misfit("//", a, b)
    return None if b == 0 else number(a // b)


def remainder(run: Run, a: Any, b: Any) -> Any:
    if type(a) is str:
        return format_text(run, a, b if type(b) in (list, dict) else [b])
    if not is_number(a) or not is_number(b):
        raise misfit("%", a, b)
    return None if b == 0 else number(a % b)


def power(run: Run, a: Any, b: Any) -> Any:
    if not is_number(a) or not is_number(b):
        raise misfit("**", a, b)
    try:
        # On doubles: a whole power could have any number of digits.
        return number(_whole_if_exact(math.pow(a, b)))
    except (OverflowError, ValueError):
        raise TemplateFailure("`**` gives no finite number") from None


def _whole_if_exact(result: float) -> int | float:
    return int(result) if result.is_integer() and abs(result) <= values.LARGEST_WHOLE else result


def _fitting(sign: str, result: Any, a: Any, b: Any) -> Any:
    if result is None:
        raise misfit(sign, a, b)
    return result


def negative(run: Run, a: Any) -> Any:
    result = values.negate(a)
    if result is None:
        raise misfit("-", a)
    return result


def positive(run: Run, a: Any) -> Any:
    if not is_number(a):
        raise misfit("+", a)
    return a


def concat(run: Run, parts: list[Any]) -> str:
    """a ~ b: the texts of both, one after the other."""
    texts = [to_text(run, part) for part in parts]
    run.allow_text(sum(map(len, texts)))
    return "".join(texts)


# Comparison


def equal(run: Run, a: Any, b: Any) -> bool:
    if type(a) in (list, dict) and type(b) in (list, dict):
        run.spend_deep(a)
    elif type(a) is str:
        run.spend_on(a)
    return values.equal(a, b, run.context.zone) is True


def unequal(run: Run, a: Any, b: Any) -> bool:
    return not equal(run, a, b)


def less(run: Run, a: Any, b: Any) -> bool:
    return _ordered(run, "<", values.less, a, b)


def less_equal(run: Run, a: Any, b: Any) -> bool:
    return _ordered(run, "<=", values.less_equal, a, b)


def greater(run: Run, a: Any, b: Any) -> bool:
    return _ordered(run, ">", lambda a, b, zone: values.less(b, a, zone), a, b)


def greater_equal(run: Run, a: Any, b: Any) -> bool:
    return _ordered(run, ">=", lambda a, b, zone: values.less_equal(b, a, zone), a, b)


def _ordered(run: Run, sign: str, before: Callable[..., bool | None], a: Any, b: Any) -> bool:
    run.spend_on(a)
    result = before(a, b, run.context.zone)
    if result is None:
        raise misfit(sign, a, b)
    return result


def is_in(run: Run, a: Any, b: Any) -> bool:
    """a in b: an element of a list, a part of a text, a key of a record."""
    if type(b) is dict:
        return type(a) is str and a in b
    run.spend_deep(b)
    found = values.contains(b, a)
    if found is None:
        raise misfit("in", a, b)
    return found


def is_not_in(run: Run, a: Any, b: Any) -> bool:
    return not is_in(run, a, b)


BINARY: dict[str, tuple[str, Operation]] = {
    "Add": ("+", add),
    "Sub": ("-", subtract),
    "Mul": ("*", multiply),
    "Div": ("/", divide),
    "FloorDiv": ("//", floor_divide),
    "Mod": ("%", remainder),
    "Pow": ("**", power),
}
"""Operators by the name of their node: how they are written, and what they do."""

COMPARISONS: dict[str, tuple[str, Operation]] = {
    "eq": ("==", equal),
    "ne": ("!=", unequal),
    "lt": ("<", less),
    "lteq": ("<=", less_equal),
    "gt": (">", greater),
    "gteq": (">=", greater_equal),
    "in": ("in", is_in),
    "notin": ("not in", is_not_in),
}

# Formats

_DIRECTIVE = re.compile(
    r"%(?:\((?P<key>[^)]{0,100})\))?(?P<flags>[-#0 +]*)(?P<width>[0-9]*)(?:\.(?P<precision>[0-9]*))?(?P<kind>.)?", re.S
)


def format_text(run: Run, pattern: str, arguments: list[Any] | dict[str, Any]) -> str:
    """`"%.2f" % n`, `"%s: %d" | format(a, b)`, `"%(a)s" | format(a=1)`; widths and precisions up to 1,000."""
    run.allow_text(len(pattern))
    out = Output()
    left = iter(arguments) if type(arguments) is list else iter(())
    end = 0
    for directive in _DIRECTIVE.finditer(pattern):
        out.write(pattern[end : directive.start()])
        end = directive.end()
        if directive["kind"] == "%":
            out.write("%")
            continue
        try:
            value = arguments[directive["key"]] if type(arguments) is dict else next(left)
        except (KeyError, StopIteration):
            raise TemplateFailure("a format has more places than values") from None
        out.write(_format_one(run, directive, value))
    out.write(pattern[end:])
    if next(left, None) is not None:
        raise TemplateFailure("a format has fewer places than values")
    return run.made(out.text())


def _format_one(run: Run, directive: re.Match[str], value: Any) -> str:
    kind = directive["kind"]
    if any(part and (len(part) > 4 or int(part) > MAX_FORMAT_WIDTH) for part in directive.group("width", "precision")):
        raise TemplateFailure(f"a width in a format is over {MAX_FORMAT_WIDTH}")
    run.spend(1 + int(directive["width"] or 0) // 64)
    if kind == "s":
        value = to_text(run, value)
    elif kind is None or kind not in "diouxXeEfFgG" or not is_number(value):
        raise TemplateFailure(f"a format does not fit {kind_of(value)}")
    precision = "" if directive["precision"] is None else f".{directive['precision']}"
    try:
        return f"%{directive['flags'][:8]}{directive['width']}{precision}{kind}" % value  # type: ignore[no-any-return]
    except (TypeError, ValueError, OverflowError):
        raise TemplateFailure(f"a format does not fit {kind_of(value)}") from None
