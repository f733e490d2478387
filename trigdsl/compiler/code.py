"""Pieces of generated Python → functions, with the whole source kept to be looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trigdsl.engine import history, operators, values
from trigdsl.engine.context import EMPTY
from trigdsl.engine.timers import later
from trigdsl.model.values import instant

GENERATED = "<generated>"
"""What the code of generated functions says its file is."""

_NAMESPACE: dict[str, Any] = {
    name: getattr(operators, name)
    for name in (
        "equal", "unequal", "less", "less_equal", "greater", "greater_equal", "text_test", "is_in", "plus", "minus",
        "times", "over", "negate", "truth", "read_date", "read_instant", "call", "call_host", "present", "NUMBERS",
    )
} | {
    name: getattr(history, name)
    for name in (
        "ever", "in_last", "today", "since", "time_since", "count", "tally", "values_in_last", "values_today",
        "aggregate", "previous", "time_since_previous", "latest_passes", "window_passes", "today_passes", "earliest",
        "count_in_last", "sum_in_last", "forget_until",
    )
} | {
    name: getattr(values, name)
    for name in ("contains", "starts_with", "ends_with", "matches", "same")
} | {"instant": instant, "equals": values.equal, "EMPTY": EMPTY, "later": later}  # fmt: skip


def namespace() -> dict[str, Any]:
    """What every generated function may use."""
    return dict(_NAMESPACE)


class TooDeepError(Exception):
    """An expression nests deeper than Python's own compiler can follow."""


class Code:
    """A module under construction: constants and functions, each compiled as it is written."""

    def __init__(self) -> None:
        self.namespace = namespace()
        self._constants: dict[Any, str] = {}
        self._parts: list[str] = ['"""Generated from the rules; c is the context (trigdsl.engine.context)."""\n']
        self._names: set[str] = set(self.namespace)

    @property
    def source(self) -> str:
        return "\n\n".join(part.rstrip("\n") for part in self._parts) + "\n"

    def constant(self, value: Any, shown: str) -> str:
        """A name for a value that has no literal in Python; `shown` is what the source says it is."""
        key = (type(value), shown)
        if key not in self._constants:
            name = self._constants[key] = f"K{len(self._constants) + 1}"
            self.namespace[name] = value
            self._parts.append(f"# {name} = {shown}")
        return self._constants[key]

    def function(self, name: str, parameters: str, comment: str, body: str) -> Callable[..., Any]:
        """Compile `def NAME(parameters): return body`, the comment above it; the name is made unique."""
        return self.define(name, parameters, comment, [f"return {body}"])

    def define(self, name: str, parameters: str, comment: str, lines: list[str]) -> Callable[..., Any]:
        """Compile a function of several lines, the comment above it; the name is made unique."""
        name = self.unique(name)
        comments = "".join(f"# {line}".rstrip() + "\n" for line in comment.splitlines())
        text = f"{comments}def {name}({parameters}):\n" + "".join(f"    {line}\n" for line in lines)
        try:
            exec(compile(text, GENERATED, "exec"), self.namespace)
        except (SyntaxError, RecursionError, MemoryError) as error:
            raise TooDeepError from error
        self._parts.append(text)
        made: Callable[..., Any] = self.namespace[name]
        return made

    def unique(self, name: str) -> str:
        base = "".join(char if char.isascii() and (char.isalnum() or char == "_") else "_" for char in name)
        name, n = base, 1
        while name in self._names:
            n += 1
            name = f"{base}_{n}"
        self._names.add(name)
        return name
