"""Files and folders → files in the one form, each replaced whole or left as it was."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from attrs import frozen

from trigdsl.formatter.form import format_text
from trigdsl.source import Source


@frozen
class Formatted:
    """A text before and after; `before` is the very text, byte order mark and line ends included."""

    name: str
    before: str
    after: str

    @property
    def changed(self) -> bool:
        return self.before != self.after


def files_at(path: str) -> list[str]:
    """A file, or the `.trig` files in a folder and below, in the order of their paths.

    Raises FileNotFoundError for a folder without any.
    """
    if not Path(path).is_dir():
        return [path]
    found = sorted(map(str, Path(path).rglob("*.trig")))
    if not found:
        raise FileNotFoundError(None, "no .trig file in the folder", path)
    return found


def format_bytes(name: str, content: bytes) -> Formatted:
    """The content of a file and its form; raises UnformattableError, and UnicodeDecodeError when it is not UTF-8."""
    before = content.decode("utf-8")
    return Formatted(name, before, format_text(Source(name, before.removeprefix("\ufeff"))))


def replace_file(path: str, text: str) -> None:
    """Let `path` (or what it links to) hold this text: all of it, or what it held before; raises OSError."""
    target = Path(os.path.realpath(path))
    mode = target.stat().st_mode & 0o7777
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8"))
        Path(name).chmod(mode)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
