"""The event names that a program uses → warnings about those that look like another's misspelling."""

from __future__ import annotations

import re
from collections.abc import Iterable

from trigdsl.checker import messages
from trigdsl.checker.findings import Findings
from trigdsl.checker.scope import Scope
from trigdsl.diagnostics.suggest import likeness

ALIKE = 0.85
"""Names at least this alike are taken for one: a letter wrong, missing or swapped in about seven."""

SWAPPED = 4
"""Letters that a name has at least for two swapped ones to be a slip: `on` for `no` is another word."""

_DIGITS = re.compile(r"\d+")
_PREFIXES = ("un", "re", "de", "dis", "pre")
"""Syllables that make another word: `unsubscribed` is no misspelt `subscribed`."""


def check_spelling(scope: Scope, findings: Findings) -> None:
    """Warns of an undeclared event used once whose name is like one that is declared or used before or more."""
    order = {name: place for place, name in enumerate(scope.event_uses)}
    alike = _by_shortened(scope.event_names)
    for name, uses in scope.event_uses.items():
        if len(uses) > 1 or name in scope.events or name in scope.wires:
            continue
        near = {other for key in _shortened(name) for other in alike[key]}
        sure = [
            other
            for other in near
            if other in scope.events or len(scope.event_uses[other]) > 1 or order[other] < order[name]
        ]
        if meant := _closest(name, sure):
            findings.add(messages.likely_misspelt(name, uses[0], meant))


def _by_shortened(names: Iterable[str]) -> dict[str, list[str]]:
    """Each name under all that is left of it without one letter: misspellings meet there."""
    table: dict[str, list[str]] = {}
    for name in names:
        for key in _shortened(name):
            table.setdefault(key, []).append(name)
    return table


def _shortened(name: str) -> set[str]:
    name = name.casefold()
    return {name, *(name[:place] + name[place + 1 :] for place in range(len(name)))}


def _closest(name: str, others: list[str]) -> str | None:
    alike = [(_likeness(name, other), other) for other in sorted(others) if _may_be_meant(name, other)]
    best = max(alike, key=lambda pair: pair[0], default=(0.0, ""))
    return best[1] if best[0] >= ALIKE else None


def _likeness(name: str, other: str) -> float:
    """How alike two names are; two neighbouring letters that changed places make a slip of the fingers."""
    differ = [place for place, pair in enumerate(zip(name, other, strict=False)) if pair[0] != pair[1]]
    if len(name) == len(other) >= SWAPPED and len(differ) == 2 and differ[1] == differ[0] + 1:
        first, second = differ
        if (name[first], name[second]) == (other[second], other[first]):
            return 1.0
    return likeness(name, other)


def _may_be_meant(name: str, other: str) -> bool:
    """Not `step_1` for `step_2`, nor `subscribed` for `unsubscribed`: those differ on purpose."""
    if name == other or _DIGITS.sub("0", name) == _DIGITS.sub("0", other):
        return False
    shorter, longer = sorted((name, other), key=len)
    return longer not in {prefix + shorter for prefix in _PREFIXES}
