"""A misspelt name and the names there are → the one that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches


def suggest(name: str, candidates: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The candidate most like `name`, at least `cutoff` alike (0 to 1); None when none is.

    Case does not count.  Of equally good candidates the first by code point wins, so that the answer
    does not depend on the order in which names were declared.
    """
    folded: dict[str, str] = {}
    for candidate in sorted(set(candidates) - {name}, reverse=True):
        folded[candidate.casefold()] = candidate
    close = get_close_matches(name.casefold(), sorted(folded), n=1, cutoff=cutoff)
    return folded[close[0]] if close else None


def did_you_mean(name: str, candidates: Iterable[str]) -> str | None:
    """The help line for an unknown name, or None when nothing is like it."""
    meant = suggest(name, candidates)
    return f"did you mean `{meant}`?" if meant is not None else None


def likeness(one: str, other: str) -> float:
    """How alike two names are, from 0 to 1, whatever their case."""
    return SequenceMatcher(None, one.casefold(), other.casefold(), autojunk=False).ratio()
