"""A text as it is written, quotes included → its value, and where an escape is wrong."""

from __future__ import annotations

import re
from itertools import takewhile

_ESCAPE = re.compile(r"\\u[0-9a-fA-F]{4}|\\u|\\[\s\S]|\\$")
_SIMPLE = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def text_value(written: str) -> tuple[str, list[tuple[int, int]]]:
    """The value of a text with its quotes, and the start and end offsets of its wrong escapes."""
    quotes = 3 if written.startswith('"""') else 1
    inner = written[quotes:-quotes]
    wrong = [(quotes + start, quotes + end) for start, end in _wrong_escapes(inner)]
    if quotes == 3:
        inner = _dedent(inner.replace("\r\n", "\n"))
    value = _ESCAPE.sub(lambda escape: _unescape(escape.group()), inner)
    return _PAIR.sub(_join_surrogates, value), wrong


def offsets(written: str) -> list[int]:
    """For each character of `text_value(written)`, the offset in `written` at which it begins."""
    quotes = 3 if written.startswith('"""') else 1
    kept = list(range(quotes, len(written) - quotes))
    if quotes == 3:
        kept = _dedented(written, [at for at in kept if written[at : at + 2] != "\r\n"])
    found, inner = [], "".join(written[at] for at in kept)
    place = 0
    for escape in _ESCAPE.finditer(inner):
        found += kept[place : escape.start()]
        found.append(kept[escape.start()])
        place = escape.end()
    found += kept[place:]
    unescaped = _ESCAPE.sub(lambda escape: _unescape(escape.group()), inner)
    lows = {pair.start() + 1 for pair in _PAIR.finditer(unescaped)}
    return [at for number, at in enumerate(found) if number not in lows]


def _dedented(written: str, kept: list[int]) -> list[int]:
    """The offsets of what `_dedent` leaves of the characters at `kept`."""
    inner = "".join(written[at] for at in kept)
    left: list[int] = []
    place = 0
    # What is left out of a line is its beginning, so what is left is its end; a first line may be dropped whole.
    lines, shorter = inner.split("\n"), _dedent(inner).split("\n")
    for number, line in enumerate(lines):
        dropped = len(lines) - len(shorter)
        if number >= dropped:
            end = place + len(line)
            left += kept[end - len(shorter[number - dropped]) : end]
            left += kept[end : end + 1]
        place += len(line) + 1
    return left


def _wrong_escapes(inner: str) -> list[tuple[int, int]]:
    escapes = list(_ESCAPE.finditer(inner))
    wrong = []
    paired: re.Match[str] | None = None
    for place, escape in enumerate(escapes):
        if escape is paired:
            continue
        after = escapes[place + 1] if place + 1 < len(escapes) else None
        code = _code(escape)
        if code is not None and 0xD800 <= code < 0xDC00 and after and after.start() == escape.end() and _is_low(after):
            paired = after
        elif (code is not None and 0xD800 <= code < 0xE000) or not _is_known(escape.group()):
            wrong.append(escape.span())
    return wrong


def _code(escape: re.Match[str]) -> int | None:
    text = escape.group()
    return int(text[2:], 16) if len(text) == 6 else None


def _is_low(escape: re.Match[str]) -> bool:
    return 0xDC00 <= (_code(escape) or 0) < 0xE000


def _is_known(escape: str) -> bool:
    return len(escape) == 6 or escape[1:] in _SIMPLE


def _unescape(escape: str) -> str:
    if len(escape) == 6:
        return chr(int(escape[2:], 16))
    return _SIMPLE.get(escape[1:], escape[1:])


def _join_surrogates(pair: re.Match[str]) -> str:
    high, low = (ord(half) for half in pair.group())
    return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


def common_margin(lines: list[str]) -> int:
    """How many characters of white space all lines begin with."""
    columns = zip(*lines, strict=False)
    return sum(1 for _ in takewhile(lambda column: len(set(column)) == 1 and column[0].isspace(), columns))


def _dedent(inner: str) -> str:
    """Without the first line break, the white space before the closing quotes, and the common indentation.

    Text right behind the opening quotes has no indentation of its own and does not count for the others.
    """
    first, *rest = inner.split("\n")
    if rest and not rest[-1].strip():
        rest[-1] = ""
    margin = common_margin([line for line in rest if line.strip()])
    lines = [line[margin:] if line.strip() else "" for line in rest]
    return "\n".join(lines if rest and not first.strip() else [first, *lines])
