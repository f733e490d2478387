"""A code → its page: what it means, an example that provokes it, and the same example mended."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
_FOLDERS = (_PACKAGE / "pages", _PACKAGE.parent / "docs")
"""Where the pages are: in an installed package, and in the project itself."""

_FILES = ("diagnostics.md", "lints.md")
_FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def page(code: str) -> str:
    """The page of a code as plain text; raises KeyError when it has none."""
    prose = re.sub(r"\n{3,}", "\n\n", _FENCE.sub(_block, _entries()[code]))
    return f"{code}\n\n{prose.strip()}\n"


@cache
def _entries() -> dict[str, str]:
    entries: dict[str, str] = {}
    for name in _FILES:
        text = next(folder / name for folder in _FOLDERS if (folder / name).is_file()).read_text(encoding="utf-8")
        for part in re.split(r"^### ", text, flags=re.MULTILINE)[1:]:
            code, _, rest = part.partition("\n")
            entries[code.strip()] = re.split(r"^## ", rest, flags=re.MULTILINE)[0]
    return entries


def _block(found: re.Match[str]) -> str:
    language, options, text = found.groups()
    indented = "".join(f"    {line}".rstrip() + "\n" for line in text.splitlines())
    if language != "trig":
        return indented
    return ("Instead of\n\n" if "wrong" in options else "write\n\n") + indented
