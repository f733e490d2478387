"""Paths → the files to read, each with its kind, and their bytes."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from io import BufferedReader
from typing import cast

from attrs import frozen

from trigdsl.records.chunks import CHUNK, PACKED_CHUNK, decompressed
from trigdsl.records.errors import Damaged, UnreadableFile

STANDARD_INPUT = "-"

KINDS = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet", ".arrow": "arrow", ".feather": "arrow",
}  # fmt: skip
"""The kind of a file by its suffix."""
COLUMNAR = ("parquet", "arrow")
"""The kinds of files that hold columns with types."""
COMPRESSIONS = (".gz", ".zst")

_LIBRARIES = {"parquet": ("pyarrow", "parquet"), "arrow": ("pyarrow", "parquet"), ".zst": ("zstandard", "zstd")}

Progress = Callable[[int], None]


@frozen
class Source:
    """One file to read: its path as reports show it, what is in it, and what is around it."""

    path: str
    kind: str
    compression: str = ""

    @property
    def size(self) -> int | None:
        """Its bytes on disk; None for standard input and whatever else has no size."""
        try:
            return None if self.path == STANDARD_INPUT else os.path.getsize(self.path)
        except OSError:
            return None


def sources(paths: Sequence[str]) -> list[Source]:
    """The files that the paths name, folders searched recursively in path order, hidden files left out.

    Raises UnreadableFile for a path that is not there, a file of unknown suffix, a folder with no file that
    can be read, or a missing optional library.
    """
    found = [source for path in paths for source in _of_path(os.fspath(path))]
    for source in found:
        _require(source)
    return found


def total_bytes(paths: Sequence[str]) -> int | None:
    """The bytes that reading these paths reports as progress; None when standard input is among them.

    Raises UnreadableFile as `sources` does.
    """
    sizes = [source.size for source in sources(paths)]
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) else None


def chunks_of(source: Source, progress: Progress | None = None) -> Iterator[bytes]:
    """The contents of a file, decompressed, in chunks; `progress` is told the bytes read of the file itself.

    Raises UnreadableFile when nothing can be read, Damaged where the compressed data ends early or is corrupt.
    """
    raw = _raw(source, progress)
    if not source.compression:
        yield from raw
        return
    any_read = False
    try:
        for chunk in decompressed(raw, source.compression):
            any_read = True
            yield chunk
    except Damaged as damaged:
        if any_read:
            raise
        raise UnreadableFile(f"`{source.path}` cannot be decompressed: {damaged}") from None


def _of_path(path: str) -> Iterable[Source]:
    if path == STANDARD_INPUT:
        return [Source(path, "jsonl")]
    if os.path.isdir(path):
        return _in_folder(path)
    if not os.path.exists(path):
        raise UnreadableFile(f"`{path}` is not there")
    if (source := _known(path)) is None:
        raise UnreadableFile(f"`{path}` has a suffix that is not read: files are {_suffixes()}")
    return [source]


def _in_folder(folder: str) -> list[Source]:
    paths = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths += [os.path.join(place, name) for name in names if not name.startswith(".")]
    paths.sort(key=lambda path: path.split(os.sep))
    found = [source for path in paths if (source := _known(path))]
    if not found:
        raise UnreadableFile(f"the folder `{folder}` has no file that can be read: files are {_suffixes()}")
    return found


def _known(path: str) -> Source | None:
    name = os.path.basename(path).lower()
    compression = next((suffix for suffix in COMPRESSIONS if name.endswith(suffix)), "")
    kind = KINDS.get(os.path.splitext(name.removesuffix(compression))[1])
    return Source(path, kind, compression) if kind else None


def _suffixes() -> str:
    return ", ".join(f"`{suffix}`" for suffix in KINDS) + ", each plain or with `.gz` or `.zst` behind it"


def _require(source: Source) -> None:
    for part in (source.kind, source.compression):
        library, extra = _LIBRARIES.get(part, ("", ""))
        if library and importlib.util.find_spec(library) is None:
            raise UnreadableFile(f'`{source.path}` needs the {library} library: `pip install "trigdsl[{extra}]"`')


def _raw(source: Source, progress: Progress | None) -> Iterator[bytes]:
    try:
        with _opened(source) as file:
            while chunk := file.read1(PACKED_CHUNK if source.compression else CHUNK):
                if progress is not None:
                    progress(len(chunk))
                yield chunk
    except OSError as error:
        raise UnreadableFile(f"`{source.path}` cannot be read: {(error.strerror or str(error)).lower()}") from None


def _opened(source: Source) -> AbstractContextManager[BufferedReader]:
    if source.path == STANDARD_INPUT:
        # It is not ours to close.
        return nullcontext(cast("BufferedReader", sys.stdin.buffer))
    return open(source.path, "rb")
