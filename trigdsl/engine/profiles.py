"""Profile updates → the profile as it is then, and the net changes that may trigger rules."""

from __future__ import annotations

from attrs import Factory, define

from trigdsl.engine.state import State
from trigdsl.engine.values import same
from trigdsl.engine.zones import zone
from trigdsl.model.values import Value


@define
class Changes:
    """What an update changed: attribute → (value before, value after), list → whether the user is now in it."""

    attributes: dict[str, tuple[Value, Value]] = Factory(dict)
    lists: dict[str, bool] = Factory(dict)

    def __bool__(self) -> bool:
        return bool(self.attributes or self.lists)


def set_attribute(state: State, name: str, value: Value, changes: Changes) -> bool:
    """Set one attribute, None removes it. False when it is a time zone that does not exist."""
    profile = state.profile
    before = profile.get(name) if profile is not None else None
    known = True
    if name == "timezone" and value is not None:
        found = zone(value) if isinstance(value, str) else None
        known = found is not None
        if found is not None:
            value = found.name  # one text for all users of a zone
    if value is None:
        if profile is not None:
            profile.pop(name, None)
    elif profile is None:
        state.profile = {name: value}
    else:
        profile[name] = value
    if not same(before, value):
        first = changes.attributes.get(name, (before, None))[0]
        changes.attributes[name] = (first, value)
    return known


def change_lists(state: State, add: list[str], remove: list[str], changes: Changes) -> None:
    """Add the user to lists, then remove them from others; what changed in the end is noted."""
    lists = state.lists if state.lists is not None else set()
    before = {name: name in lists for name in (*add, *remove)}
    lists.update(add)
    lists.difference_update(remove)
    state.lists = lists or None
    for name, was in before.items():
        if (name in lists) is not was:
            changes.lists[name] = not was
