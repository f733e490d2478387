"""Values → text for people, the same in templates, decisions and messages."""

from __future__ import annotations

from datetime import timedelta

_UNITS = (("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def print_duration(length: timedelta) -> str:
    """The short form from large to small: `1h30m`, `2w`; `0s`; `-1h`; fractions of a second as `1.5s`."""
    micros = length // timedelta(microseconds=1)
    sign, micros = ("-", -micros) if micros < 0 else ("", micros)
    seconds, fraction = divmod(micros, 1_000_000)
    parts = []
    for unit, size in _UNITS[:-1]:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    if seconds or fraction or not parts:
        tail = f".{fraction:06d}".rstrip("0") if fraction else ""
        parts.append(f"{seconds}{tail}s")
    return sign + "".join(parts)
