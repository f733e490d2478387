"""Filters of texts and numbers: what a value is printed as → another text; a number → another number."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import quote, quote_plus

from trigdsl.engine.templates import operators
from trigdsl.engine.templates.limits import Run, TemplateFailure
from trigdsl.engine.templates.printing import kind_of, to_json, to_text
from trigdsl.engine.values import is_number, number

_WORD_STARTS = re.compile(r"([-\s({\[<]+)")
_LEEWAY = 5
_MAX_TRIMMED = 100
_MAX_DIGITS = 400
_ROUNDINGS = {"common": ROUND_HALF_UP, "floor": ROUND_FLOOR, "ceil": ROUND_CEILING}
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"})


def lower(run: Run, value: Any) -> str:
    return run.made(to_text(run, value).lower())


def upper(run: Run, value: Any) -> str:
    return run.made(to_text(run, value).upper())


def capitalize(run: Run, value: Any) -> str:
    return run.made(to_text(run, value).capitalize())


def title(run: Run, value: Any) -> str:
    words = _WORD_STARTS.split(run.made(to_text(run, value)))
    return run.made("".join(word[:1].upper() + word[1:].lower() for word in words))


def trim(run: Run, value: Any, chars: str | None = None) -> str:
    if chars is not None and len(chars) > _MAX_TRIMMED:
        raise TemplateFailure("`trim` wants fewer characters")
    return run.made(to_text(run, value).strip(chars))


def replace(run: Run, value: Any, old: Any, new: Any, count: int | None = None) -> str:
    text, old, new = to_text(run, value), to_text(run, old), to_text(run, new)
    run.spend_on(text)
    found = text.count(old)
    times = found if count is None or count < 0 else min(found, count)
    run.allow_text(len(text) + times * (len(new) - len(old)))
    return text.replace(old, new, times)


def truncate(
    run: Run, value: Any, length: int = 255, killwords: bool = False, end: str = "...", leeway: int = _LEEWAY
) -> str:
    text = to_text(run, value)
    if length < len(end):
        raise TemplateFailure(f"`truncate` leaves no room for its end `{end[:20]}`")
    if len(text) <= length + leeway:
        return text
    head = text[: length - len(end)]
    return run.made((head if killwords else head.rsplit(" ", 1)[0]) + end)


def center(run: Run, value: Any, width: int = 80) -> str:
    run.allow_text(max(width, 0))
    return run.made(to_text(run, value).center(width))


def indent(run: Run, value: Any, width: Any = 4, first: bool = False, blank: bool = False) -> str:
    if type(width) is int:
        run.allow_text(max(width, 0))
        width = " " * width
    lines = run.made(to_text(run, value)).splitlines()
    run.allow_text(sum(map(len, lines)) + len(lines) * (1 + len(width)))
    rest = [width + line if line or blank else line for line in lines[1:]]
    return "\n".join([width + lines[0] if first else lines[0], *rest]) if lines else ""


def wordcount(run: Run, value: Any) -> int:
    return len(run.made(to_text(run, value)).split())


def string(run: Run, value: Any) -> str:
    return to_text(run, value)


def escape(run: Run, value: Any) -> str:
    return run.made(to_text(run, value).translate(_ESCAPES))


def urlencode(run: Run, value: Any) -> str:
    """A text with everything but letters, digits and `_.-~/` as %XX; a record or pairs as a query."""
    if type(value) is dict:
        value = [[key, held] for key, held in value.items()]
    if type(value) is list:
        run.spend_on(value)
        pairs = [_pair(pair) for pair in value]
        return run.made(
            "&".join(f"{_quoted(run, key, quote_plus)}={_quoted(run, held, quote_plus)}" for key, held in pairs)
        )
    return _quoted(run, value, quote)


def _quoted(run: Run, value: Any, how: Callable[..., str]) -> str:
    return run.made(how(run.made(to_text(run, value)), errors="replace"))


def _pair(value: Any) -> list[Any]:
    if type(value) is not list or len(value) != 2:
        raise TemplateFailure("`urlencode` wants text, a record or pairs")
    return value


def format_(run: Run, value: Any, *arguments: Any, **named: Any) -> str:
    return operators.format_text(run, to_text(run, value), named or list(arguments))


def tojson(run: Run, value: Any, indent: int | None = None) -> str:
    if indent is not None and not 0 <= indent <= 8:
        raise TemplateFailure("`tojson` indents by 0 to 8")
    return to_json(run, value, indent)


# Numbers


def int_(run: Run, value: Any, default: Any = 0, base: int = 10) -> Any:
    if is_number(value) or type(value) is bool:
        return number(int(value))
    if type(value) is not str or len(value) > _MAX_DIGITS:
        return default
    try:
        return number(int(value, base))
    except ValueError:
        return _parsed(value, lambda text: int(float(text)), default)


def float_(run: Run, value: Any, default: Any = 0.0) -> Any:
    if type(value) is str and len(value) > _MAX_DIGITS:
        return default
    return _parsed(value, float, default) if type(value) in (str, int, float, bool) else default


def _parsed(value: Any, parse: Callable[[Any], Any], default: Any) -> Any:
    try:
        read = number(parse(value))
    except (ValueError, OverflowError):
        return default
    return default if read is None else read


def round_(run: Run, value: Any, precision: int = 0, method: str = "common") -> Any:
    """To `precision` digits after the point (or, negative, before it), halves away from zero."""
    if not is_number(value) or method not in _ROUNDINGS or not -400 <= precision <= 400:
        raise TemplateFailure(f"`round` does not fit {kind_of(value)}")
    exact = Decimal(value)
    if precision >= -int(exact.as_tuple().exponent):
        return value
    step = Decimal(1).scaleb(-precision)
    rounded = (exact / step).to_integral_value(_ROUNDINGS[method]) * step
    return number(int(rounded) if precision <= 0 else float(rounded))


def abs_(run: Run, value: Any) -> Any:
    if not is_number(value):
        raise TemplateFailure(f"`abs` does not fit {kind_of(value)}")
    return number(abs(value))
