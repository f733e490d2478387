"""Decisions → JSON Lines, in a file that appears only when it is whole, or on a stream."""

from __future__ import annotations

import gzip
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

import msgspec

from trigdsl.model.decisions import Decision, json_value
from trigdsl.model.values import Value

_ENCODER = msgspec.json.Encoder()
_BUFFERED = 1 << 16


def _compiled() -> Any:
    """The module that makes lines; None where it was not compiled."""
    try:
        from trigdsl.native import lines
    except ImportError:
        return None
    return lines


_native = _compiled()


class DecisionWriter:
    """Writes decisions to a binary stream, one JSON object a line."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._lines = bytearray()

    def write(self, decision: Decision) -> None:
        self.write_lines((line_of(decision),))

    def write_lines(self, lines: Iterable[bytes | memoryview]) -> None:
        """Write decisions that were made lines of, one or several in each; nothing of them is kept."""
        for line in lines:
            if len(line) >= _BUFFERED:
                self.flush()
                self._stream.write(line)
            else:
                self._lines += line
        if len(self._lines) >= _BUFFERED:
            self.flush()

    def flush(self) -> None:
        if self._lines:
            self._stream.write(self._lines)
            self._lines.clear()


def line_of(decision: Decision) -> bytes:
    """A decision as one line of JSON, with its line feed. Raises UnicodeEncodeError for text that is no UTF-8."""
    if _native is not None:
        line: bytes = _native.line_of(decision, _json_of)
        return line
    return _ENCODER.encode(decision.to_dict()) + b"\n"


def _json_of(value: Value) -> bytes:
    return _ENCODER.encode(json_value(value))


@contextmanager
def decisions_to_file(path: str | Path) -> Iterator[DecisionWriter]:
    """A writer whose lines are at `path` once the block is left without an exception, else nowhere.

    They are compressed when `path` ends in `.gz`. A device or pipe is written to directly.  Raises OSError.
    """
    target = Path(os.path.realpath(path))
    with whole_file(path) as file:
        if target.suffix == ".gz" and _is_plain(target):
            with gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) as packed:
                yield from _writing(cast("BinaryIO", packed))
        else:
            yield from _writing(file)


@contextmanager
def whole_file(path: str | Path) -> Iterator[IO[bytes]]:
    """A file to write to that is at `path` once the block is left without an exception, else nowhere.

    A device or pipe is written to directly.  Raises OSError.
    """
    target = Path(os.path.realpath(path))
    if not _is_plain(target):
        with target.open("wb") as stream:
            yield stream
        return
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        Path(name).chmod(_mode(target))
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _is_plain(path: Path) -> bool:
    """Whether a path is that of a file, or of one that can be made."""
    return path.is_file() or not path.exists()


@contextmanager
def decisions_to_stream(stream: IO[bytes]) -> Iterator[DecisionWriter]:
    """A writer to a stream that stays open."""
    yield from _writing(stream)
    stream.flush()


def _writing(stream: IO[bytes]) -> Iterator[DecisionWriter]:
    writer = DecisionWriter(stream)
    yield writer
    writer.flush()


def _mode(target: Path) -> int:
    """The permissions of the file that is replaced, or those that a new file gets."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
