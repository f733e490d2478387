"""Where a path starts: at the triggering event, the user, the clock or the rule."""

from __future__ import annotations

ROOTS = frozenset({"user", "event", "trigger", "now", "local", "rule"})
"""First names that are taken before a property of that name."""


def resolve(parts: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The root of a path and the names after it: `cart.value` is `("event", ("cart", "value"))`."""
    if parts[0] in ROOTS:
        return parts[0], parts[1:]
    return "event", parts
