"""Name of a filter → what it makes of a value: the filters of Jinja that templates have.

They do what Jinja's documentation says of them, on values of the language, with these differences: `round`
takes halves away from zero, `tojson` escapes nothing for HTML, `groupby` gives pairs, and `sort`, `min` and
`max` refuse values of different types.
Each draws on the rendering's budget before it does work that its input bounds only loosely.

A filter gets the rendering, the value and the arguments.  It gives None where there is no value (`first` of
nothing), and raises MissingValue with an empty path for a missing element, which the caller names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trigdsl.engine.templates import list_filters, text_filters
from trigdsl.engine.templates.limits import MissingValue, Run, TemplateFailure
from trigdsl.engine.templates.list_filters import attribute_of, elements, get_attribute, present
from trigdsl.engine.templates.predicates import TESTS, truthy

Filter = Callable[..., Any]

CALM = frozenset({"default", "d"})
"""The filters whose value may be missing."""


def map_(run: Run, value: Any, name: Any = None, /, *arguments: Any, **named: Any) -> list[Any]:
    """`map("upper")` or `map(attribute="name", default="?")`."""
    found = elements(run, value)
    if name is None:
        if arguments or not {"attribute"} <= named.keys() <= {"attribute", "default"}:
            raise TemplateFailure("`map` wants a filter or an attribute")
        return [attribute_of(part, named["attribute"], named.get("default")) for part in found]
    if name not in FILTERS:
        raise TemplateFailure(f"there is no filter `{name}`")
    mapped = []
    for part in found:
        run.spend(1)
        mapped.append(FILTERS[name](run, part if name in CALM else present(part), *arguments, **named))
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


def _as_is(run: Run, value: Any) -> Any:
    return value


def default(run: Run, value: Any, default_value: Any = "", boolean: bool = False) -> Any:
    return default_value if value is None or (boolean and not truthy(value)) else value


FILTERS: dict[str, Filter] = {
    "abs": text_filters.abs_,
    "batch": list_filters.batch,
    "capitalize": text_filters.capitalize,
    "center": text_filters.center,
    "count": list_filters.length,
    "d": default,
    "default": default,
    "dictsort": list_filters.dictsort,
    "e": text_filters.escape,
    "escape": text_filters.escape,
    "first": list_filters.first,
    "float": text_filters.float_,
    "format": text_filters.format_,
    "groupby": list_filters.groupby,
    "indent": text_filters.indent,
    "int": text_filters.int_,
    "items": list_filters.items,
    "join": list_filters.join,
    "last": list_filters.last,
    "length": list_filters.length,
    "list": list_filters.list_,
    "lower": text_filters.lower,
    "map": map_,
    "max": list_filters.max_,
    "min": list_filters.min_,
    "reject": reject,
    "rejectattr": rejectattr,
    "replace": text_filters.replace,
    "reverse": list_filters.reverse,
    "round": text_filters.round_,
    "safe": _as_is,
    "select": select,
    "selectattr": selectattr,
    "slice": list_filters.slice_,
    "sort": list_filters.sort,
    "string": text_filters.string,
    "sum": list_filters.sum_,
    "title": text_filters.title,
    "tojson": text_filters.tojson,
    "trim": text_filters.trim,
    "truncate": text_filters.truncate,
    "unique": list_filters.unique,
    "upper": text_filters.upper,
    "urlencode": text_filters.urlencode,
    "wordcount": text_filters.wordcount,
}
