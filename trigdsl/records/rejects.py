"""Records that could not be used → reports, and a file of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import TracebackType

import msgspec
from attrs import asdict, frozen

MOST_SHOWN = 10_000
"""The number of characters of a rejected record that are kept."""

NO_OFFSET = "a time without an offset was taken as UTC"


def shown(raw: str | bytes) -> str:
    """The text of a rejected record as reports keep it: bytes that are no UTF-8 as `\\xff`, cut to `MOST_SHOWN`.

    In a `str` such bytes are what decoding with `surrogateescape` makes of them.
    """
    if isinstance(raw, str):
        raw = raw[:MOST_SHOWN].encode("utf-8", "surrogateescape")
    # No character takes more than four bytes, so what is cut first would not be kept anyway.
    return raw[: MOST_SHOWN * 4].decode("utf-8", "backslashreplace")[:MOST_SHOWN].rstrip("\r\n")


@frozen
class Reject:
    """A record that could not be used.

    `line` counts from 1: the line of the file, for Parquet the row; None where there is none.  `record` is
    its raw text, cut to 10,000 characters.
    """

    file: str
    line: int | None
    reason: str
    record: str


@frozen
class Reports:
    """Where the readers of one file send what they could not use, or used with a doubt."""

    file: str
    on_reject: Callable[[Reject], None]
    on_warning: Callable[[str, str], None] | None = None

    def reject(self, line: int | None, reason: str, raw: str | bytes) -> None:
        self.on_reject(Reject(self.file, line, reason, shown(raw)))

    def no_offset(self, line: int | None) -> None:
        """Count a time that was taken as UTC for want of an offset."""
        if self.on_warning is not None:
            self.on_warning(NO_OFFSET, self.file if line is None else f"{self.file}:{line}")


class RejectWriter:
    """Writes one JSON object a line for each reject: `file`, `line`, `reason`, `record`.

    Call it with a reject (it fits `on_reject`), and close it or use it in a `with`.  Raises OSError when the
    file cannot be written.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._file = open(path, "wb")  # noqa: SIM115 - closed by `close`

    def __call__(self, reject: Reject) -> None:
        self._file.write(msgspec.json.encode(asdict(reject)) + b"\n")

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> RejectWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
