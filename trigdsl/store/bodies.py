"""Inputs, decisions and the numbers of an engine → bytes, and back: what a store holds of them."""

from __future__ import annotations

from typing import Any

import attrs
import msgspec

from trigdsl.model.decisions import Decision
from trigdsl.model.inputs import Input
from trigdsl.store.errors import StoreTooNew
from trigdsl.store.packing import decode, encode, packed

FORM = 1
"""The form that is written: of inputs and decisions their attributes in order, those at the end left out if None."""

_NAMES = tuple(field.name for field in attrs.fields(Decision))


def encode_input(given: Input) -> bytes:
    """An input as bytes."""
    return _encode([packed(part) for part in msgspec.structs.astuple(given)])


def decode_input(data: bytes) -> Input:
    """The input of bytes. Raises StoreTooNew."""
    return Input(*_decode(data, "a record that is held back"))


def encode_decision(decision: Decision) -> bytes:
    """A decision as bytes."""
    return _encode([packed(getattr(decision, name)) for name in _NAMES])


def decode_decision(data: bytes) -> Decision:
    """The decision of bytes. Raises StoreTooNew."""
    return Decision(**dict(zip(_NAMES, _decode(data, "a decision"), strict=False)))


def encode_numbers(numbers: list[Any]) -> bytes:
    """What an engine keeps of itself as bytes.

    These are its clock, the latest time of a record, how many records arrived, were rejected and came twice, and the
    position of their source.
    """
    return encode([FORM, *numbers])


def decode_numbers(data: bytes) -> list[Any]:
    """The numbers of an engine. Raises StoreTooNew."""
    return _decode(data, "what the store keeps of the engine itself")


def _encode(parts: list[Any]) -> bytes:
    while parts[-1] is None:
        parts.pop()
    return encode([FORM, *parts])


def _decode(data: bytes, what: str) -> list[Any]:
    parts: list[Any] = decode(data)
    if parts[0] > FORM:
        raise StoreTooNew(what, parts[0], FORM)
    return parts[1:]


def mentions(user: str) -> set[bytes]:
    """What stands in the bytes of a reject that names a user: as JSON writes them, or Python where it is no JSON."""
    return {msgspec.json.encode(user), repr(user).encode("utf-8", "surrogatepass")}
