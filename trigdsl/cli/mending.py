"""Rules with findings → the rules mended where that is safe, in place or as a diff."""

from __future__ import annotations

import difflib
import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from trigdsl.diagnostics.diagnostic import Diagnostic
    from trigdsl.source import Source

_BOM = b"\xef\xbb\xbf"


def mended(
    sources: Sequence[Source], folder: Path | None, diagnostics: Sequence[Diagnostic]
) -> tuple[list[Source], int]:
    """The sources with all safe fixes made, and how many.

    The result is checked: where it has an error that the rules did not have, nothing is mended and click's
    ClickException says so.
    """
    from trigdsl.diagnostics.diagnostic import TrigError
    from trigdsl.linter.fixing import fixed
    from trigdsl.loading import compile_sources

    after, count = fixed(sources, diagnostics)
    if not count:
        return list(sources), 0
    try:
        compile_sources(after, folder, {})
    except TrigError as error:
        new = _errors(error.diagnostics) - _errors(diagnostics)
        if new:
            codes = ", ".join(sorted(new))
            raise click.ClickException(f"nothing was mended: the mended rules would have errors ({codes})") from error
    return after, count


def _errors(diagnostics: Iterable[Diagnostic]) -> Counter[str]:
    return Counter(found.code for found in diagnostics if found.severity == "error")


def diff(before: Sequence[Source], after: Sequence[Source]) -> str:
    """What mending changes, as a unified diff."""
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        for old, new in zip(before, after, strict=True)
        for line in difflib.unified_diff(
            old.text.splitlines(keepends=True), new.text.splitlines(keepends=True), old.name, new.name
        )
    )


def write(before: Sequence[Source], after: Sequence[Source]) -> None:
    """Replaces each file whose text has changed, at once or not at all; line ends stay as they are."""
    for old, new in zip(before, after, strict=True):
        if new.text != old.text:
            path = Path(new.name)
            _replace(path, _encoded(path, old.text, new.text))


def _encoded(path: Path, old: str, new: str) -> bytes:
    """The new text with the line ends and byte order mark of the file."""
    raw = path.read_bytes()
    for mark in (b"", _BOM):
        for line_end in ("\n", "\r\n"):
            if mark + old.replace("\n", line_end).encode() == raw:
                return mark + new.replace("\n", line_end).encode()
    raise click.ClickException(f"`{path}` has line ends of several kinds, or was changed meanwhile: nothing is written")


def _replace(path: Path, data: bytes) -> None:
    path = path.resolve()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        shutil.copymode(path, name)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
