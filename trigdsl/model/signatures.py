"""Text such as `(text, number) -> text` → the types that a function takes and gives."""

from __future__ import annotations

import re

from attrs import frozen

TYPES = ("text", "number", "boolean", "instant", "date", "duration", "list", "record")
"""The names of the language's types, as declarations write them."""

ANY = "any"
"""Stands in a signature for a value of whatever type."""

_FORM = re.compile(r"\s*\(([^()]*)\)\s*->\s*(\w+)\s*")


@frozen
class Signature:
    """The types of a function's parameters, in order, and of what it returns: names of TYPES, or `any`."""

    parameters: tuple[str, ...]
    returns: str

    def __str__(self) -> str:
        return f"({', '.join(self.parameters)}) -> {self.returns}"


def parse_signature(text: str) -> Signature:
    """Reads `(text, number) -> text`.

    Raises ValueError, saying what is wrong, when the text has another form or names an unknown type.
    """
    found = _FORM.fullmatch(text)
    if not found:
        raise ValueError(f"a signature is written like `(text, number) -> text`, not `{text}`")
    inside, returns = found[1].strip(), found[2]
    parameters = tuple(part.strip() for part in inside.split(",")) if inside else ()
    for name in (*parameters, returns):
        if name not in (*TYPES, ANY):
            raise ValueError(f"`{name}` in `{text}` is no type: write one of {', '.join(TYPES)}, or any")
    return Signature(parameters, returns)
