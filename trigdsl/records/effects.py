"""Events that are told by what they do: enough where who decides needs to know nothing else of them.

Under rules of the simplest shape, of most events it matters only which rules they trigger and end.  Columns of such
events stay columns until their users are gone through.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

from attrs import frozen

from trigdsl.model.values import Value

Effect: TypeAlias = tuple[str, tuple[int, ...]]
"""The name of an event and the numbers of the rules that it triggers."""


Columns: TypeAlias = tuple[bytes, bytes, bytes, bytes, bytes, bytes]
"""Rows as the scanner of lines makes them: see `split_rows` in `trigdsl/native/line_columns.pyx`."""


class Effects(Protocol):
    """Who knows what events do, as a flat program does."""

    paths: frozenset[tuple[str, ...]]
    """The paths of all properties that are read of any event."""

    def reads(self, event: str) -> tuple[tuple[str, ...], ...]:
        """The paths of the properties that decide which rules an event of that name triggers."""

    def turns(self, event: str) -> tuple[float, ...] | None:
        """Where one property decides, the numbers between which all of its numbers trigger the same; else None."""

    def triggered(self, event: str, properties: dict[str, Value]) -> tuple[int, ...] | None:
        """The rules that an event triggers; None when it has a value that somebody must be told of."""

    def ends(self, event: str) -> bool:
        """Whether an event of that name may end runs."""


@frozen
class EventRows:
    """Some events as columns: `rows` has the columns user, time (microseconds), arrival, and effect.

    An effect is the place of what it means in `effects`.
    """

    rows: Any
    effects: list[Effect]
