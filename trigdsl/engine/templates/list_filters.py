"""Filters of lists and records: a list → its order, a part or a sum of it."""

from __future__ import annotations

from typing import Any

from trigdsl.engine.templates import operators
from trigdsl.engine.templates.limits import MissingValue, Run, TemplateFailure
from trigdsl.engine.templates.printing import kind_of, to_text
from trigdsl.engine.values import key_of, type_name

_MAX_ATTRIBUTE = 200

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
    if type(attribute) is str and len(attribute) > _MAX_ATTRIBUTE:
        raise TemplateFailure("an attribute is too long")
    for name in attribute.split(".") if type(attribute) is str else [attribute]:
        if type(value) is dict:
            value = value.get(name)
        elif type(value) is list and (type(name) is int or name.isdecimal()):
            place = int(name)
            value = value[place] if -len(value) <= place < len(value) else None
        else:
            return None
    return value


def attribute_of(value: Any, attribute: Any, default: Any = None) -> Any:
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
        return [attribute_of(part, attribute) for part in found]
    return [present(part) for part in found]


def present(value: Any) -> Any:
    if value is None:
        raise MissingValue("")
    return value


# Filters


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
    keys = [sort_key(run, part, case_sensitive) for part in _parts(run, found, attribute)]
    if len({type_name(key) for key in keys}) > 1:
        raise TemplateFailure("`sort`, `min` and `max` want values of one type")
    run.spend(4 * len(keys))
    order = sorted(range(len(keys)), key=keys.__getitem__, reverse=reverse)
    return [found[place] for place in order]


def sort_key(run: Run, value: Any, case_sensitive: bool) -> Any:
    """What a value is ordered and told from others by."""
    if type(value) in (list, dict):
        raise TemplateFailure(f"`sort`, `min` and `max` do not fit {kind_of(value)}")
    if type(value) is not str:
        return value
    return run.made(value if case_sensitive else value.lower())


def unique(run: Run, value: Any, case_sensitive: bool = False, attribute: Any = None) -> list[Any]:
    found = elements(run, value)
    kept: dict[str, Any] = {}
    for part, by in zip(found, _parts(run, found, attribute), strict=True):
        run.spend_deep(by)
        kept.setdefault(key_of(by if type(by) in (list, dict) else sort_key(run, by, case_sensitive)), part)
    return list(kept.values())


def groupby(run: Run, value: Any, attribute: Any, default: Any = None, case_sensitive: bool = False) -> list[Any]:
    """Pairs of a value of the attribute and the elements that have it, in the order of the values."""
    found = elements(run, value)
    by = [attribute_of(part, attribute, default) for part in found]
    order = sort(run, [[key, place] for place, key in enumerate(by)], False, case_sensitive, 0)
    groups: list[Any] = []
    seen = None
    for key, place in order:
        if (name := key_of(sort_key(run, key, case_sensitive))) != seen:
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
