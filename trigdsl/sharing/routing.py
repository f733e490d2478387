"""A record → the shard where its user is, and what moves when two users of different shards become one."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from uuid import uuid4

from trigdsl.model.inputs import Input
from trigdsl.store.bodies import encode_input
from trigdsl.store.inbox import GIVE, RECORD, TAKE, Feeding, Item
from trigdsl.store.packing import encode


def fingerprint(user: str) -> str:
    """What is kept of an id where the id itself need not be known."""
    return blake2b(user.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def shard_of(root: str, count: int) -> int:
    """The shard, from 1, of all whose fingerprint that is."""
    return 1 + int(root, 16) % count


def shard_holding(t: Feeding, user: str) -> int:
    """The shard where a user is, or will be when all that was asked for is done."""
    mark = fingerprint(user)
    found = t.roots([user, mark])
    return shard_of(found.get(user) or found.get(mark) or mark, t.shard_count())


def has_alias(given: Input) -> bool:
    """Whether a record makes another id its user's, for which nobody else may be feeding."""
    return given.alias is not None and given.alias != given.user


class Routing:
    """Where the users of some records are, in one transaction.

    Ids that an `alias` made one are in one shard, that of their root: the fingerprint of the first of them to which
    others came.  When two roots become one, all that was with the alias moves: its shard is asked to give it, and the
    other one to take it, both before the record.  As an item waits only for one with a lesser number, none waits
    forever.
    """

    def __init__(self, t: Feeding, ids: Sequence[str]) -> None:
        self._t = t
        self._count = t.shard_count()
        self._roots = self._known(list(dict.fromkeys(ids)))
        self.items: list[Item] = []

    def _known(self, ids: Sequence[str]) -> dict[str, str]:
        prints = {fingerprint(one): one for one in ids}
        found = self._t.roots([*ids, *prints])
        for key, root in list(found.items()):
            if key in prints:
                # They were forgotten, and are here again.
                self._t.rename(key, prints[key])
                found[prints[key]] = root
        return {one: found.get(one) or mark for mark, one in prints.items()}

    def shard(self, user: str) -> int:
        return shard_of(self._roots[user], self._count)

    def group(self, user: str) -> list[str]:
        """All ids that are where a user is because they were made one, the user's own among them."""
        return sorted({user, *self._t.with_root(self._roots[user])})

    def add(self, given: Input) -> None:
        """Send a record to its shard, after what must come before."""
        if has_alias(given):
            assert given.alias is not None
            self.unite(given.user, given.alias)
        self.put(given.user, RECORD, encode_input(given))

    def put(self, user: str, kind: int, body: bytes) -> None:
        """Send an item to the shard of a user."""
        self.items.append((self.shard(user), kind, body))

    def unite(self, user: str, alias: str) -> None:
        """Let all that is with an alias move to where a user is."""
        root, old = self._roots[user], self._roots[alias]
        if root == old:
            return
        source, to = shard_of(old, self._count), shard_of(root, self._count)
        moved = self._t.unite(user, root, alias, old)
        if source != to:
            move = uuid4().hex
            self.items.append((source, GIVE, encode([moved, move, to])))
            self.items.append((to, TAKE, encode([moved, move])))
        for one, other in self._roots.items():
            if other == old:
                self._roots[one] = root
