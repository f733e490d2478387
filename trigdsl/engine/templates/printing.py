"""Values → text, as templates print them."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

from trigdsl.engine.templates.limits import MAX_OUTPUT, Run, TemplateFailure
from trigdsl.engine.values import LARGEST_WHOLE, type_name
from trigdsl.model.decisions import json_value
from trigdsl.model.printing import print_duration
from trigdsl.model.values import instant_text, micros


def to_text(run: Run, value: Any) -> str:
    """What `{{ value }}` writes.

    Booleans as `true` and `false`; numbers as the shortest text that reads back, whole ones without `.0`;
    instants and dates as decisions do; durations in short form; lists and records as JSON with `, ` and
    `: ` between and letters unescaped.
    """
    kind = type(value)
    if kind is str:
        return value  # type: ignore[no-any-return]
    if kind is int:
        return str(value)
    if kind is float:
        return number_text(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is datetime:
        return instant_text(micros(value))
    if kind is date:
        return value.isoformat()  # type: ignore[no-any-return]
    if kind is timedelta:
        return print_duration(value)
    return to_json(run, value)


def number_text(value: float) -> str:
    """The shortest text that reads back as this double; `1e+16` and up and below `0.0001` with an exponent."""
    if value.is_integer() and abs(value) <= LARGEST_WHOLE:
        return str(int(value))
    return repr(value).removesuffix(".0")


def to_json(run: Run, value: Any, indent: int | None = None) -> str:
    """A value as JSON; instants, dates and durations as text."""
    if type_name(value) == "unknown":
        raise TemplateFailure(f"{kind_of(value)} cannot be printed")
    run.spend_deep(value)
    text = json.dumps(json_value(value), ensure_ascii=False, allow_nan=False, indent=indent)
    if len(text) > MAX_OUTPUT:
        raise TemplateFailure("output over 64 KiB")
    return run.made(text)


def kind_of(value: object) -> str:
    """What a value is, for messages: a type of the language, `a macro`, `a loop` or `a namespace`."""
    name = type_name(value)
    return f"a {type(value).__name__.lower()}" if name == "unknown" else name
