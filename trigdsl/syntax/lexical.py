"""What is no token of the language → what is wrong with it."""

from __future__ import annotations

import re

from lark import Token

from trigdsl.diagnostics.diagnostic import Diagnostic
from trigdsl.source import Span
from trigdsl.syntax import messages

_SIGNS = {
    "&&": "and",
    "||": "or",
    "&": "and",
    "|": "or",
    "!": "not",
    "–": "-",
    "—": "-",
    "−": "-",
    "×": "*",
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
}
_QUOTES = frozenset("'‘’“”„«»")
_UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks"), "w"),
    **dict.fromkeys(("mo", "mon", "month", "months", "y", "yr", "year", "years"), ""),
}


def unit_of(word: str) -> str | None:
    """The unit that a word stands for, empty for months and years, None for any other word."""
    return _UNITS.get(str(word).lower())


def no_token(token: Token, span: Span) -> Diagnostic:
    """What is wrong with a token that the language does not have."""
    match token.type:
        case "UNCLOSED_TEXT":
            return messages.unclosed_text(span)
        case "UNCLOSED_NAME":
            return messages.unclosed_name(span)
        case "BAD_NUMBER":
            return _bad_number(str(token), span)
    return _bad_sign(str(token), span)


def _bad_sign(sign: str, span: Span) -> Diagnostic:
    if "\ud800" <= sign <= "\udfff":
        return messages.lone_surrogate(span)
    if sign in _SIGNS:
        return messages.other_sign(span, _SIGNS[sign])
    if sign in _QUOTES:
        return messages.other_quotes(_quoted(span))
    return messages.unknown_character(span)


def _quoted(span: Span) -> Span:
    """From an opening quote to the next sign that closes it, if there is one on the line."""
    closing = re.compile(r"[^'‘’“”„«»\n]*['‘’“”„«»]").match(span.source.text, span.end)
    return Span(span.source, span.start, closing.end() if closing else span.end)


def _bad_number(written: str, span: Span) -> Diagnostic:
    count, word = re.fullmatch(r"([0-9]+)(.*)", written, re.DOTALL).groups()  # type: ignore[union-attr]
    unit = unit_of(word)
    if unit is not None:
        return messages.unknown_unit(span, f"{count}{unit}") if unit else messages.no_month_unit(span)
    if re.fullmatch(r"[0-9]+\.[0-9]+[smhdw]", written):
        return messages.fractional_duration(span)
    if re.fullmatch(r"([0-9]+[smhdw])+[0-9]+", written):
        return messages.last_unit_missing(span)
    if ":" in written or re.fullmatch(r"[0-9]+[ap]m", written, re.IGNORECASE):
        return messages.clock_words(span)
    if "-" in written:
        return messages.unspaced_minus(span)
    return messages.unknown_unit(span, None) if word.isalpha() else messages.bad_number(span)
