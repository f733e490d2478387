"""A file's bytes, plain or compressed → chunks of bytes → blocks of whole lines."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from trigdsl.records.errors import Damaged, UnreadableFile

CHUNK = 1 << 17
"""Bytes that are read at a time."""
PACKED_CHUNK = 1 << 13
"""The same of a compressed file: it is as much as damage can cost before the place where it shows."""
MOST_BYTES = 1 << 20
"""The largest record: its line without the line break, in bytes."""

BOM = b"\xef\xbb\xbf"
"""The byte order mark of UTF-8."""
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class Decompressor(Protocol):
    """What zlib's and zstandard's decompression objects share: one of them reads one member or frame."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def decompressed(chunks: Iterable[bytes], kind: str) -> Iterator[bytes]:
    """The contents of a gzip (`.gz`) or zstandard (`.zst`) file of any number of members.

    Raises Damaged, after everything before it was handed out, where the data ends early or is corrupt.
    """
    start, fault = _START[kind]()
    current = start()
    fresh = True
    for chunk in chunks:
        rest = chunk
        while rest:
            fresh = False
            try:
                made = current.decompress(rest)
            except fault as error:
                why = str(error).rpartition(": ")[2].lower()
                raise Damaged(f"the compressed data is damaged from here on ({why})") from None
            if made:
                yield made
            if not current.eof:
                break
            # gzip pads with zeros to the blocks of a tape
            rest, current, fresh = current.unused_data.lstrip(b"\0"), start(), True
    if not fresh:
        raise Damaged("the compressed data is cut off here")


def blocks(chunks: Iterable[bytes], *, starts_file: bool = True) -> Iterator[bytes]:
    """Blocks of whole lines, the last perhaps without its line break; a file's byte order mark is left out.

    Of a line longer than `MOST_BYTES` at most that and what came with its last chunk is kept, always more
    than `MOST_BYTES`, so that who looks at it can tell.  A Damaged that passes through gets the line that
    had begun.
    """
    begun = b""
    try:
        for chunk in _without_mark(chunks) if starts_file else chunks:
            end = chunk.rfind(b"\n") + 1
            if end:
                yield begun + chunk[:end]
                begun = chunk[end:]
            else:
                begun = (begun + chunk)[: MOST_BYTES + 1]
    except Damaged as damaged:
        damaged.tail = begun
        raise
    if begun:
        yield begun


def _without_mark(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = iter(chunks)
    start = b""
    while len(start) < len(BOM) and (chunk := next(rest, b"")):
        start += chunk
    if start.startswith(_UTF16):
        raise UnreadableFile("is UTF-16: save it as UTF-8")
    yield start.removeprefix(BOM)
    yield from rest


def _gzip() -> tuple[Callable[[], Decompressor], type[Exception]]:
    return (lambda: zlib.decompressobj(wbits=31)), zlib.error


def _zstd() -> tuple[Callable[[], Decompressor], type[Exception]]:
    import zstandard

    return (lambda: zstandard.ZstdDecompressor().decompressobj()), zstandard.ZstdError


_START = {".gz": _gzip, ".zst": _zstd}
