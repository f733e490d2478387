"""Dates, times, numbers and signs in the form of other languages and of speech → how they are written here."""

from __future__ import annotations

import re
from collections.abc import Callable

from trigdsl.diagnostics.diagnostic import Diagnostic, Severity
from trigdsl.source import Span
from trigdsl.syntax.mistake import Mistake

_DATE = re.compile(r"(\d{1,2})[-./](\d{1,2})[-./](\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})")
_CLOCK = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*([ap]m)?", re.IGNORECASE)
_JOINED = {"<>": "!=", "=!": "!=", "=>": ">=", "=<": "<=", "===": "==", "!==": "!=", ":=": "="}
_DASHES = "-–—"


def misform(at: Mistake) -> Diagnostic | None:
    """What is said about a value or sign in another form; None when it is none of these."""
    for look in _LOOKS:
        found = look(at)
        if found is not None:
            return found
    return None


def _error(code: str, span: Span, message: str, help: str) -> Diagnostic:
    return Diagnostic(code=code, severity=Severity.ERROR, message=message, span=span, help=help)


def _joined_text(at: Mistake) -> tuple[str, int]:
    """The text of the token and of those joined to it, and how many places further on the last stands."""
    step, text = 0, str(at.token)
    while at.is_joined(step + 1):
        step += 1
        text += str(at.token_at(step))
    return text, step


def _date(at: Mistake) -> Diagnostic | None:
    text, last = _joined_text(at)
    span = at.span(0, last) if at.place < len(at.tokens) else None
    if span is None or not (at.would_take("DATE") or at.token.type == "BAD_NUMBER"):
        return None
    if found := _YEAR_FIRST.fullmatch(text):
        year, month, day = found.groups()
        meant = [_written(year, month, day)]
    elif found := _DATE.fullmatch(text):
        one, other, year = found.groups()
        meant = [_written(year, other, one)] if int(one) > 12 else [_written(year, one, other)]
        meant += [_written(year, other, one)] if int(one) <= 12 and int(other) <= 12 and one != other else []
    else:
        return None
    help = f"write `{meant[0]}`" + (f" or `{meant[1]}`" if len(meant) > 1 else "")
    return _error("bad-date", span, "a date is year, month and day, joined by `-`", help)


def _written(year: str, month: str, day: str) -> str:
    return f"{year}-{int(month):02}-{int(day):02}"


def _date_and_time(at: Mistake) -> Diagnostic | None:
    found = re.fullmatch(r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}(?::\d{2})?)(.*)", str(at.token))
    if found is None or at.token.type != "BAD_NUMBER":
        return None
    return _error(
        "bad-date", at.span(), "a date and a time stand apart, without a zone", f"write `{found[1]} {found[2]}`"
    )


def _window(at: Mistake) -> Diagnostic | None:
    """`between 9am-9pm`, `between 9-21`, `between 9:00 to 21:00`."""
    if at.type_at(-1) not in {"BETWEEN", "COMMA"} or not at.would_take("TIME"):
        return None
    text, last = _joined_text(at)
    ends = re.split(f"[{_DASHES}]", text)
    if len(ends) == 2 and all(map(_clock, ends)):
        message = "a window goes from one time of day to another, both with hours and minutes"
        return _error("bad-time", at.span(0, last), message, f"write `{_clock(ends[0])}-{_clock(ends[1])}`")
    return None


def _half_of_day(at: Mistake) -> Diagnostic | None:
    """`9:30 pm`, whose time has been taken."""
    half = at.type_at(-1) == "TIME" and str(at.token).lower() in ("am", "pm")
    meant = _clock(f"{at.token_at(-1)} {at.token}") if half else None
    if meant is None:
        return None
    message = "a time of day is hours and minutes on the 24-hour clock"
    return _error("bad-time", at.span(-1, 0), message, f"write `{meant}`")


def _time(at: Mistake) -> Diagnostic | None:
    if not at.would_take("TIME") or at.would_take(at.token.type):
        return None
    text, last = _joined_text(at)
    if at.type_at(last + 1) == "NAME" and str(at.token_at(last + 1)).lower() in ("am", "pm"):
        text, last = f"{text} {at.token_at(last + 1)}", last + 1
    if (meant := _clock(text)) is None:
        return None
    return _error(
        "bad-time", at.span(0, last), "a time of day is hours and minutes on the 24-hour clock", f"write `{meant}`"
    )


def _clock(text: str) -> str | None:
    """`9am`, `9`, `9:30 PM` as `09:00`, `09:00`, `21:30`; None for what is no time of day."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        return None
    hour, minute, half = int(found[1]), found[2] or "00", (found[3] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return f"{hour:02}:{minute}" if hour <= 23 else None
        hour = hour % 12 + (12 if half == "pm" else 0)
    return f"{hour:02}:{minute}" if hour <= 24 and int(minute) < 60 else None


def _sign(at: Mistake) -> Diagnostic | None:
    """`<>`, `=>`, `===`: two signs that other languages join; the first may have been taken already."""
    for first in (0, -1):
        if at.place + first < 0:
            continue
        text, step = str(at.token_at(first)), first
        while at.is_joined(step + 1) and re.fullmatch(r"[<>=!:]+", str(at.token_at(step + 1))):
            step += 1
            text += str(at.token_at(step))
        if step > first and text in _JOINED:
            return _error(
                "unknown-sign", at.span(first, step), f"the language has no `{text}`", f"write `{_JOINED[text]}`"
            )
    return None


def _number(at: Mistake) -> Diagnostic | None:
    token, before, after = at.token, at.token_at(-1), at.token_at(1)
    if (
        token.type == "COMMA"
        and before.type == "NUMBER"
        and re.fullmatch(r"\d{3}(\.\d+)?", str(after))
        and at.is_joined(0)
    ):
        whole = f"{before}{after}"
        return _error("bad-number", at.span(-1, 1), "a number has no signs between its thousands", f"write `{whole}`")
    if token.type == "UNKNOWN" and token == "." and after.type == "NUMBER" and at.is_joined(1):
        return _error("bad-number", at.span(0, 1), "a number begins with a digit", f"write `0.{after}`")
    if token.type == "UNKNOWN" and token in "$€£¥₩" and after.type == "NUMBER":
        return _error("unknown-sign", at.span(), "amounts of money are plain numbers", f"write `{after}`")
    if token.type == "PERCENT" and at.would_take("NUMBER"):
        share = f"{float(str(token)[:-1]) / 100:.10g}"
        return _error(
            "bad-number", at.span(), "a percentage is the share of a variant or a holdout only", f"write `{share}`"
        )
    return None


def _share(at: Mistake) -> Diagnostic | None:
    if at.token.type != "NUMBER" or not at.would_take("PERCENT") or at.would_take("NUMBER"):
        return None
    spelt = str(at.token_at(1)) in ("percent", "per_cent")
    if not spelt and at.type_at(-1) != "HOLDOUT" and at.type_at(1) not in {"COLON", "AS"}:
        return None
    message = f"a share needs its `%`, and `{at.token}` has none"
    return _error("syntax-error", at.span(0, int(spelt)), message, f"write `{at.token}%`")


_LOOKS: tuple[Callable[[Mistake], Diagnostic | None], ...] = (
    _sign,
    _number,
    _share,
    _window,
    _date,
    _date_and_time,
    _half_of_day,
    _time,
)
