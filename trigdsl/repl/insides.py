"""What the language makes of rules → lines: types of fields, syntax trees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from trigdsl.checker.program import CheckedProgram
from trigdsl.syntax.nodes import Node


def types(checked: CheckedProgram) -> Iterator[str]:
    """The fields of events and of the user with their types: declared ones, else those that rules use."""
    fields: dict[str, Mapping[tuple[str, ...], str | None]] = {**checked.used_fields, **checked.event_fields}
    if checked.user_fields is not None:
        fields["user"] = checked.user_fields
    for owner in sorted(fields, key=lambda name: (name == "user", name)):
        declared = owner in checked.event_fields or (owner == "user" and checked.user_fields is not None)
        shown = ", ".join(f"{'.'.join(path)}: {kind or 'any'}" for path, kind in fields[owner].items())
        yield f"  {owner} {{ {shown} }}{'' if declared else '  (as rules use it)'}"
    if not fields:
        yield "  no fields are declared or used"


def tree(node: Node, name: str = "", depth: int = 0) -> Iterator[str]:
    """Each node with what it holds itself, then its parts, indented; what was left out is not shown."""
    parts: list[tuple[str, object]] = []
    own: list[tuple[str, object]] = []
    for field in attrs.fields(type(node)):
        held = getattr(node, field.name)
        if field.name not in ("span", "id") and held not in (field.default, (), None):
            (parts if _is_part(held) else own).append((field.name, held))
    shown = "".join(f" {key}={held!r}" for key, held in own)
    yield f"{'  ' * (depth + 1)}{name}{type(node).__name__}{shown}"
    for key, held in parts:
        for part in held if isinstance(held, tuple) else (held,):
            yield from tree(part, f"{key}: ", depth + 1)


def _is_part(held: object) -> bool:
    return isinstance(held[0] if isinstance(held, tuple) and held else held, Node)
