"""Ids that are one user → the id by which that user is known.

The links are plain data: a dict from an id to the one it was linked to, which may be linked further.  They only
ever grow, so their order is that in which they were made.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping


class TakenAlias(ValueError):  # noqa: N818
    """An id is to be linked to a user, and is another user's already: the first link holds."""

    def __init__(self, alias: str, owner: str) -> None:
        super().__init__(f"`{alias}` is an id of `{owner}` already, and stays theirs")
        self.alias = alias
        self.owner = owner


def user_of(links: Mapping[str, str], user: str) -> str:
    """The id by which the user of an id is known: itself, when it was never linked."""
    while (known := links.get(user)) is not None:
        user = known
    return user


def link(links: MutableMapping[str, str], user: str, alias: str) -> bool:
    """Link an alias, with all that is linked to it, to a user.  False when the two are one user already.

    So a user's own id as alias and links in a circle change nothing.  Raises TakenAlias for an alias that was
    linked to somebody else before: a device that several people use stays with the first of them.
    """
    known, owner = user_of(links, user), user_of(links, alias)
    if known == owner:
        return False
    if owner != alias:
        raise TakenAlias(alias, owner)
    links[alias] = known
    return True
