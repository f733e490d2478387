"""Inputs ⇄ bytes, for another process of the same replay: msgpack, which is quick, where it can hold them."""

from __future__ import annotations

import pickle
from typing import Any

import msgspec

from trigdsl.model.inputs import Input


class Arrived(Input, gc=False):
    """An input that came from another process; `arrival` is greater than that of the inputs before it.

    Its values are JSON's, which needs no telling.
    """

    properties: dict[str, Any] | None = None
    set: dict[str, Any] | None = None
    arrival: int = 0


_ENCODE = msgspec.msgpack.Encoder().encode
_DECODE = msgspec.msgpack.Decoder(list[Arrived]).decode


def packed(inputs: list[Input]) -> bytes:
    """Inputs as bytes."""
    try:
        return b"m" + _ENCODE(inputs)
    except (OverflowError, UnicodeError, TypeError, RecursionError):
        return b"p" + pickle.dumps([msgspec.structs.astuple(given) for given in inputs])


def unpacked(message: bytes) -> list[Arrived]:
    """The inputs that bytes of `packed` hold."""
    if message[:1] == b"m":
        return _DECODE(memoryview(message)[1:])
    return [Arrived(*parts) for parts in pickle.loads(memoryview(message)[1:])]
