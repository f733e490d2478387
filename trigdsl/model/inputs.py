"""One input of one user, as the engine takes it: what a record says once its format is forgotten."""

from __future__ import annotations

import msgspec

from trigdsl.model.values import Micros, Value


class Input(msgspec.Struct, array_like=True, gc=False):
    """An event, a profile update, or both in one (the profile first).

    `event` is the name on the wire.  `set` maps whole top-level attributes to values, None removes.
    `id` is the record's own identifier, by which duplicates are known.  `alias` is another id that is this user
    too: it comes before all else, and may stand alone.  A struct of msgspec, which is made in a third of the
    time; nobody changes one.
    """

    user: str
    time: Micros
    event: str | None = None
    properties: dict[str, Value] | None = None
    set: dict[str, Value] | None = None
    add: list[str] | None = None
    remove: list[str] | None = None
    id: str | None = None
    alias: str | None = None

    @property
    def is_only_alias(self) -> bool:
        """Whether it says nothing but who somebody is, which is no input of the rules."""
        return self.event is None and self.set is None and self.add is None and self.remove is None
