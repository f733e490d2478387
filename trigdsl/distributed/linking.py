"""What records say of who is whom → which ids go together, and under which name a user is known."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from trigdsl.distributed.rows import Claims
from trigdsl.engine.links import TakenAlias, link, user_of


@frozen
class Linked:
    """Ids that are others': `groups` by whom they are decided with, `users` by the user that they are.

    An id that two users claim is one's alone, but the records of all of them have to come together to find that out.
    `taken` is the alias that was first claimed in vain.
    """

    groups: Mapping[str, str] = field(factory=dict)
    users: Mapping[str, str] = field(factory=dict)
    taken: str | None = None


def linked(claims: Claims) -> Linked:
    """The links that claims make: the first in time, then in arrival, holds."""
    links: dict[str, str] = {}
    together: dict[str, str] = {}
    taken = None
    for (user, alias), _ in sorted(claims.items(), key=lambda item: item[1][:2]):
        one, other = _head(together, user), _head(together, alias)
        if one != other:
            together[other] = one
        try:
            link(links, user, alias)
        except TakenAlias:
            taken = taken or alias
    groups = {name: _head(together, name) for name in together}
    return Linked(groups, {name: user_of(links, name) for name in links}, taken)


def _head(together: dict[str, str], name: str) -> str:
    while name in together:
        name = together[name]
    return name
