"""A text with its name, and places in it: where every message to the author of rules points."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from pathlib import Path, PurePath

from attrs import field, frozen


@frozen(slots=False)
class Source:
    """The text of one `.trig` file (or of `-e`), and the name it goes by in messages.

    `name` is a path as the user wrote it, or something like `<text>`.
    """

    name: str
    text: str = field(repr=False)

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(i + 1 for i, char in enumerate(self.text) if char == "\n")]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of a character offset, both counted from 1."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of line `number` (from 1), without its line break."""
        start = self._line_starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start : end if end >= 0 else len(self.text)].rstrip("\r")


@frozen
class Span:
    """The characters `start` (inclusive) to `end` (exclusive) of a source."""

    source: Source = field(repr=False)
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @property
    def position(self) -> tuple[int, int]:
        """Line and column of the first character, both counted from 1."""
        return self.source.position(self.start)

    def to(self, other: Span) -> Span:
        """The span from the start of this one to the end of `other`, in the same source."""
        return Span(self.source, self.start, other.end)


NOWHERE = Span(Source("<nowhere>", ""), 0, 0)


@frozen
class Texts:
    """The texts that a program is compiled of: those of its rules, and of its template files by `FOLDER/path`.

    `folder` is that of the program's files, None when it was given as a text.  With all these another process, on
    another machine, compiles the same program.
    """

    sources: tuple[Source, ...]
    templates: tuple[Source, ...] = ()
    folder: PurePath | None = None


def folder_of(path: Path) -> Path:
    """The folder of a program that lies in a file or a folder: no template of it lies elsewhere."""
    return path if path.is_dir() else path.parent


def read_sources(path: Path) -> list[Source]:
    """The texts of a `.trig` file, or of all in a folder; raises as `load` does when one cannot be read."""
    files = sorted(path.rglob("*.trig")) if path.is_dir() else [path]
    if not files:
        raise FileNotFoundError(f"no .trig file in {path}")
    return [Source(str(file), file.read_text(encoding="utf-8-sig")) for file in files]
