"""A pattern of RE2 → the same one for Python's own `re`, where that takes no more than linear time either.

RE2 takes linear time whatever the pattern, but calling it costs several times what `re` takes for a short text.  `re`
goes back when it fails, so a pattern is taken only where that costs little: it is a sequence of characters and
classes of them, with the ends of the text and numbers of times, and

- every part whose number of times varies is followed by a part that none of its characters fits, or by the end, so
  that it can be cut in one way only; or it is the only such part;
- where such a part may go on without end, the pattern begins at the beginning of the text.

Both mean the same only of ASCII, so whoever calls it sees to it that the text is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import frozen

_LONGEST = 200
_MOST_TIMES = 100
"""So many characters may all parts together be told to be, where a number says how many; what `re` goes back over."""
_LITERAL = r"[A-Za-z0-9_ /\-:,;=@!#%~<>\"']"
_ESCAPED = r"\\[.+*?()\[\]{}|^$/\\\-dw]"
_IN_CLASS = r"(?:[A-Za-z0-9]-[A-Za-z0-9]|[A-Za-z0-9_ /.@%:,!=+#]|\\[.\-\]\[\\/^dw])"
_ATOM = re.compile(rf"(?:{_LITERAL}|{_ESCAPED}|\.|\[\^?{_IN_CLASS}+\])")
_NUMBER = r"(0|[1-9]\d{0,2})"
"""How often: with a zero before it, RE2 takes the braces for themselves."""
_TIMES = re.compile(rf"[?*+]|\{{{_NUMBER}(,{_NUMBER}?)?\}}")
_ASCII = [chr(code) for code in range(128)]


@frozen
class _Part:
    """One character of those that fit, from `least` to `most` times (None: without end)."""

    fits: frozenset[str]
    least: int
    most: int | None

    @property
    def varies(self) -> bool:
        return self.least != self.most


def linear_pattern(pattern: str) -> re.Pattern[str] | None:
    """The pattern for `search` of an ASCII text; None for one that RE2 is to look for. It must be one of RE2."""
    if len(pattern) > _LONGEST:
        return None
    begins, ends = pattern.startswith("^"), _ends(pattern)
    inner = pattern[begins : len(pattern) - ends]
    parts = list(_parts(inner))
    known = [part for part in parts if part is not None]
    if not known or len(known) < len(parts) or not _is_linear(known, begins):
        return None
    # The `$` of `re` is also before a line break at the end.
    return re.compile(f"{'^' * begins}{inner}{chr(92) + 'Z' if ends else ''}", re.ASCII)


def _ends(pattern: str) -> bool:
    """Whether a pattern ends with the end of the text: a `$` that is no character itself."""
    before = pattern.removesuffix("$")
    return before != pattern and (len(before) - len(before.rstrip("\\"))) % 2 == 0


def _parts(pattern: str) -> Iterator[_Part | None]:
    """The parts of a pattern without its ends; None for what is none of these."""
    at = 0
    while at < len(pattern):
        atom = _ATOM.match(pattern, at)
        if atom is None:
            yield None
            return
        times = _TIMES.match(pattern, atom.end())
        at = atom.end() if times is None else times.end()
        yield _part(atom[0], times)


def _part(atom: str, times: re.Match[str] | None) -> _Part | None:
    least, most = _bounds(times)
    if most is not None and most < max(least, 1):
        return None
    try:
        fits = re.compile(atom, re.ASCII)
    except re.error:
        return None
    return _Part(frozenset(char for char in _ASCII if fits.fullmatch(char)), least, most)


def _bounds(times: re.Match[str] | None) -> tuple[int, int | None]:
    if times is None:
        return 1, 1
    if times[1] is None:
        return {"?": (0, 1), "*": (0, None), "+": (1, None)}[times[0]]
    least = int(times[1])
    if times[2] is None:
        return least, least
    return least, int(times[3]) if times[3] else None


def _is_linear(parts: list[_Part], begins: bool) -> bool:
    """Whether `re` takes linear time for these parts."""
    if sum(part.most or part.least for part in parts) > _MOST_TIMES:
        return False
    varying = [place for place, part in enumerate(parts) if part.varies]
    if not begins and any(parts[place].most is None for place in varying):
        return False
    return len(varying) < 2 or all(_is_cut_once(parts, place) for place in varying)


def _is_cut_once(parts: list[_Part], place: int) -> bool:
    """Whether a part that varies can end in one way only: the part behind it is there, and fits nothing of it."""
    if place + 1 == len(parts):
        return True
    behind = parts[place + 1]
    return behind.least > 0 and not (behind.fits & parts[place].fits)
