"""Name of a filter → what it makes of a value: the filters of Jinja that templates have.

They do what Jinja's documentation says of them, on values of the language, with these differences: `round`
takes halves away from zero, `tojson` escapes nothing for HTML, `groupby` gives pairs, and `sort`, `min` and
`max` refuse values of different types.
Each draws on the rendering's budget before it does work that its input bounds only loosely.

A filter gets the rendering, the value and the arguments.  It gives None where there is no value (`first` of
nothing), and raises MissingValue with an empty path for a missing element, which the caller names.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import quote, quote_plus

from trigdsl.engine.templates import operators
from trigdsl.engine.templates.limits import MissingValue, Run, TemplateFailure
from trigdsl.engine.templates.predicates import TESTS, truthy
from trigdsl.engine.templates.printing import kind_of, to_json, to_text
from trigdsl.engine.values import is_number, key_of, number, type_name

Filter = Callable[..., Any]

_WORD_STARTS = re.compile(r"([-\s({\[<]+)")
_LEEWAY = 5
_ROUNDINGS = {"common": ROUND_HALF_UP, "floor": ROUND_FLOOR, "ceil": ROUND_CEILING}
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"})

# Text


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
    return run.made(to_text(run, value).strip(chars))


def replace(run: Run, value: Any, old: Any, new: Any, count: int | None = None) -> str:
    text, old, new = to_text(run, value), to_text(run, old), to_text(run, new)
    run.spend_on(text)
    found = text.count(old)
    times = found if count is None or count < 0 else min(found, count)
    run.allow_text(len(text) + times * (len(new) - len(old)))
    return text.replace(old, new, times)


def truncate(  # noqa: PLR0917
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
        pairs = [_pair(pair) for pair in elements(run, value)]
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
    if type(value) is not str or len(value) > 400:
        return default
    try:
        return number(int(value, base))
    except ValueError:
        return _parsed(value, lambda text: int(float(text)), default)


def float_(run: Run, value: Any, default: Any = 0.0) -> Any:
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


# Lists


def length(run: Run, value: Any) -> int:
    if type(value) not in (str, list, dict):
        raise TemplateFailure(f"`length` does not fit {kind_of(value)}")
    return len(value)


def list_(run: Run, value: Any) -> list[Any]:
    return list(elements(run, value))


def first(run: Run, value: Any) -> Any:
    return next(iter(elements(run, value)), None)


def last(run: Run, value: Any) -> Any:
    return next(reversed(elements(run, value)), None)


def reverse(run: Run, value: Any) -> Any:
    return run.made(value)[::-1] if type(value) is str else elements(run, value)[::-1]


def join(run: Run, value: Any, d: Any = "", attribute: Any = None) -> str:
    between = to_text(run, d)
    texts = [to_text(run, part) for part in _parts(run, value, attribute)]
    run.allow_text(sum(map(len, texts)) + len(between) * max(len(texts) - 1, 0))
    return between.join(texts)


def sum_(run: Run, value: Any, attribute: Any = None, start: Any = 0) -> Any:
    for part in _parts(run, value, attribute):
        start = operators.add(run, start, part)
    return start


def min_(run: Run, value: Any, case_sensitive: bool = False, attribute: Any = None) -> Any:
    found = sort(run, value, False, case_sensitive, attribute)
    return found[0] if found else None


def max_(run: Run, value: Any, case_sensitive: bool = False, attribute: Any = None) -> Any:
    found = sort(run, value, True, case_sensitive, attribute)
    return found[0] if found else None


def sort(run: Run, value: Any, reverse: bool = False, case_sensitive: bool = False, attribute: Any = None) -> list[Any]:
    found = elements(run, value)
    keys = [_sort_key(part, case_sensitive) for part in _parts(run, found, attribute)]
    if len({type_name(key) for key in keys}) > 1:
        raise TemplateFailure("`sort`, `min` and `max` want values of one type")
    run.spend(4 * len(keys))
    order = sorted(range(len(keys)), key=keys.__getitem__, reverse=reverse)
    return [found[place] for place in order]


def _sort_key(value: Any, case_sensitive: bool) -> Any:
    if type(value) in (list, dict):
        raise TemplateFailure(f"`sort`, `min` and `max` do not fit {kind_of(value)}")
    return value.lower() if type(value) is str and not case_sensitive else value


def unique(run: Run, value: Any, case_sensitive: bool = False, attribute: Any = None) -> list[Any]:
    found = elements(run, value)
    kept: dict[str, Any] = {}
    for part, by in zip(found, _parts(run, found, attribute), strict=True):
        run.spend_deep(by)
        kept.setdefault(key_of(by.lower() if type(by) is str and not case_sensitive else by), part)
    return list(kept.values())


def groupby(run: Run, value: Any, attribute: Any, default: Any = None, case_sensitive: bool = False) -> list[Any]:
    """Pairs of a value of the attribute and the elements that have it, in the order of the values."""
    found = elements(run, value)
    by = [_attribute(part, attribute, default) for part in found]
    order = sort(run, [[key, place] for place, key in enumerate(by)], False, case_sensitive, 0)
    groups: list[Any] = []
    seen = None
    for key, place in order:
        if (name := key_of(_sort_key(key, case_sensitive))) != seen:
            groups.append([key, []])
            seen = name
        groups[-1][1].append(found[place])
    return groups


def batch(run: Run, value: Any, linecount: int, fill_with: Any = None) -> list[Any]:
    found = elements(run, value)
    run.spend(linecount)
    if linecount < 1:
        raise TemplateFailure("`batch` wants a whole number from 1")
    rows = [found[start : start + linecount] for start in range(0, len(found), linecount)]
    if rows and fill_with is not None:
        rows[-1] += [fill_with] * (linecount - len(rows[-1]))
    return rows


def slice_(run: Run, value: Any, slices: int, fill_with: Any = None) -> list[Any]:
    """`slices` lists of about equal length, the longer ones first."""
    found = elements(run, value)
    if slices < 1:
        raise TemplateFailure("`slice` wants a whole number from 1")
    run.spend(slices)
    size, longer = divmod(len(found), slices)
    rows, start = [], 0
    for place in range(slices):
        end = start + size + (place < longer)
        rows.append(found[start:end] + ([fill_with] if fill_with is not None and place >= longer > 0 else []))
        start = end
    return rows


def items(run: Run, value: Any) -> list[Any]:
    if type(value) is not dict:
        raise TemplateFailure(f"`items` does not fit {kind_of(value)}")
    run.spend_on(value)
    return [[key, held] for key, held in value.items()]


def dictsort(run: Run, value: Any, case_sensitive: bool = False, by: str = "key", reverse: bool = False) -> list[Any]:
    if by not in ("key", "value"):
        raise TemplateFailure("`dictsort` sorts by `key` or `value`")
    return sort(run, items(run, value), reverse, case_sensitive, int(by == "value"))


# Filters and tests of each element


def map_(run: Run, value: Any, name: Any = None, /, *arguments: Any, **named: Any) -> list[Any]:
    """`map("upper")` or `map(attribute="name", default="?")`."""
    found = elements(run, value)
    if name is None:
        if arguments or not {"attribute"} <= named.keys() <= {"attribute", "default"}:
            raise TemplateFailure("`map` wants a filter or an attribute")
        return [_attribute(part, named["attribute"], named.get("default")) for part in found]
    if name not in FILTERS:
        raise TemplateFailure(f"there is no filter `{name}`")
    mapped = []
    for part in found:
        run.spend(1)
        mapped.append(FILTERS[name](run, _present(part), *arguments, **named))
    return mapped


def select(run: Run, value: Any, name: Any = None, /, *arguments: Any) -> list[Any]:
    return [part for part in elements(run, value) if _passes(run, part, name, arguments)]


def reject(run: Run, value: Any, name: Any = None, /, *arguments: Any) -> list[Any]:
    return [part for part in elements(run, value) if not _passes(run, part, name, arguments)]


def selectattr(run: Run, value: Any, attribute: Any, name: Any = None, /, *arguments: Any) -> list[Any]:
    found = elements(run, value)
    return [part for part in found if _passes(run, get_attribute(part, attribute), name, arguments, attribute)]


def rejectattr(run: Run, value: Any, attribute: Any, name: Any = None, /, *arguments: Any) -> list[Any]:
    found = elements(run, value)
    return [part for part in found if not _passes(run, get_attribute(part, attribute), name, arguments, attribute)]


def _passes(run: Run, value: Any, name: Any, arguments: tuple[Any, ...], attribute: Any = "") -> bool:
    run.spend(1)
    if name is not None and name not in TESTS:
        raise TemplateFailure(f"there is no test `{name}`")
    if name not in ("defined", "undefined") and value is None:
        raise MissingValue(str(attribute))
    return truthy(value) if name is None else TESTS[name](run, value, *arguments)


# Parts of values


def elements(run: Run, value: Any) -> list[Any]:
    """What a loop goes over: a list's elements, a record's keys, a text's characters."""
    run.spend_on(value)
    if type(value) is list:
        return value
    if type(value) is dict:
        return list(value)
    if type(value) is str:
        run.spend(len(value))
        return list(value)
    raise TemplateFailure(f"{kind_of(value)} has no elements")


def get_attribute(value: Any, attribute: Any) -> Any:
    """What stands at a path such as `city`, `address.city` or `0`; None where nothing does."""
    for name in attribute.split(".") if type(attribute) is str else [attribute]:
        if type(value) is dict:
            value = value.get(name)
        elif type(value) is list and (type(name) is int or name.isdecimal()):
            place = int(name)
            value = value[place] if -len(value) <= place < len(value) else None
        else:
            return None
    return value


def _attribute(value: Any, attribute: Any, default: Any = None) -> Any:
    found = get_attribute(value, attribute)
    if found is None:
        found = default
    if found is None:
        raise MissingValue(str(attribute))
    return found


def _parts(run: Run, value: Any, attribute: Any) -> list[Any]:
    """The elements, or their values at an attribute, none of them missing."""
    found = elements(run, value)
    if attribute is not None:
        return [_attribute(part, attribute) for part in found]
    return [_present(part) for part in found]


def _present(value: Any) -> Any:
    if value is None:
        raise MissingValue("")
    return value


def _as_is(run: Run, value: Any) -> Any:
    return value


def default(run: Run, value: Any, default_value: Any = "", boolean: bool = False) -> Any:
    """Only named here: the one filter whose value may be missing is looked after where filters are called."""
    return default_value if value is None or (boolean and not truthy(value)) else value


FILTERS: dict[str, Filter] = {
    "abs": abs_,
    "batch": batch,
    "capitalize": capitalize,
    "center": center,
    "count": length,
    "d": default,
    "default": default,
    "dictsort": dictsort,
    "e": escape,
    "escape": escape,
    "first": first,
    "float": float_,
    "format": format_,
    "groupby": groupby,
    "indent": indent,
    "int": int_,
    "items": items,
    "join": join,
    "last": last,
    "length": length,
    "list": list_,
    "lower": lower,
    "map": map_,
    "max": max_,
    "min": min_,
    "reject": reject,
    "rejectattr": rejectattr,
    "replace": replace,
    "reverse": reverse,
    "round": round_,
    "safe": _as_is,
    "select": select,
    "selectattr": selectattr,
    "slice": slice_,
    "sort": sort,
    "string": string,
    "sum": sum_,
    "title": title,
    "tojson": tojson,
    "trim": trim,
    "truncate": truncate,
    "unique": unique,
    "upper": upper,
    "urlencode": urlencode,
    "wordcount": wordcount,
}
