"""A path and its type → a plain value for it, as somebody would write it into a test."""

from __future__ import annotations

from trigdsl.checker.program import CheckedProgram
from trigdsl.suggester.scenes import Around, Wanted
from trigdsl.tester.mentions import Carriers

_NAMES = {"name": "Mina", "first_name": "Mina", "email": "mina@example.com", "timezone": "UTC", "language": "en"}
_NUMBERS = {"latitude": 37, "longitude": 127, "lat": 37, "lon": 127, "lng": 127}


def kind_of(checked: CheckedProgram, root: str, path: tuple[str, ...], carriers: Carriers) -> str | None:
    """The type of a property or attribute: declared, else as it is used, None when nothing tells."""
    if root == "user":
        return (checked.user_fields or {}).get(path) or checked.used_fields.get("user", {}).get(path)
    for name in carriers:
        kind = checked.event_fields.get(name, {}).get(path) or checked.used_fields.get(name, {}).get(path)
        if kind is not None:
            return kind
    return None


def sample(path: tuple[str, ...], kind: str | None) -> Wanted:
    """A value of this type that says what it is; of no known type, a text."""
    last = path[-1]
    match kind:
        case "number":
            return _NUMBERS.get(last, 10)
        case "boolean":
            return True
        case "date":
            return Around(0, is_date=True)
        case "instant":
            return Around(0)
        case "list":
            return ["a", "b"]
        case "record":
            return {"a": 1}
    if kind is None and last in _NUMBERS:
        return _NUMBERS[last]
    return _NAMES.get(last) or f"some {last.replace('_', ' ')}"
