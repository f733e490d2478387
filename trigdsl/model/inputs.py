"""One input of one user, as the engine takes it: what a record says once its format is forgotten."""

from __future__ import annotations

from attrs import define

from trigdsl.model.values import Micros, Value


@define(eq=True)
class Input:
    """An event, a profile update, or both in one (the profile first).

    `event` is the name on the wire.  `set` maps whole top-level attributes to values, None removes.
    `id` is the record's own identifier, by which duplicates are known.  Not frozen only for the speed
    of making one; nobody changes it.
    """

    user: str
    time: Micros
    event: str | None = None
    properties: dict[str, Value] | None = None
    set: dict[str, Value] | None = None
    add: list[str] | None = None
    remove: list[str] | None = None
    id: str | None = None
