"""What a program asks of fields that it does not declare → their types, and findings about uses that clash.

A use tells a type where only one fits: a comparison with a number, `starts with`, an argument of a function.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import define, field

from trigdsl.checker import messages
from trigdsl.checker.fields import Type
from trigdsl.checker.findings import Findings
from trigdsl.checker.types import can_equal
from trigdsl.source import Span

USER = "user"


@define
class Uses:
    """For each owner (an event's name, or `user`) and path of a field: the types it is used as, and where first."""

    _found: dict[tuple[str, tuple[str, ...]], dict[str, Span]] = field(factory=dict)

    def note(self, owners: Iterable[str], path: tuple[str, ...], kind: Type, span: Span) -> None:
        """Note that the field of each owner is used as `kind`, None when that is not certain."""
        for owner in owners:
            kinds = self._found.setdefault((owner, path), {})
            if kind is not None and "|" not in kind:
                kinds.setdefault(kind, span)

    def check(self, findings: Findings) -> None:
        """Find fields that are used as types of which no value is both."""
        for (owner, path), kinds in self._found.items():
            for kind, span, other, there in _clashes(kinds):
                findings.add(messages.conflicting_use(owner, ".".join(path), kind, other, span, there))

    def types(self) -> dict[str, dict[tuple[str, ...], Type]]:
        """The undeclared fields by their owner, with their types where their use tells."""
        types: dict[str, dict[tuple[str, ...], Type]] = {}
        for (owner, path), kinds in self._found.items():
            types.setdefault(owner, {})[path] = next(iter(kinds)) if len(kinds) == 1 else None
        return types


def _clashes(kinds: dict[str, Span]) -> Iterator[tuple[str, Span, str, Span]]:
    """Each type that does not go with the first, its place, the first, and its place; text may be read as a time."""
    for first, other in [(next(iter(kinds)), other) for other in list(kinds)[1:]]:
        if not can_equal(first, other):
            yield other, kinds[other], first, kinds[first]
