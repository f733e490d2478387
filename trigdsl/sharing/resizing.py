"""Another number of shards for a store that processes share and work on.

While it is done, nobody puts anything into the inbox, by the lock of those who feed.  The owners work off what is in
there; so no user is on the way from one shard to another.  Then the owners are stopped, and all that is kept by shard
gets its new place in one transaction.  A process that had a shard finds its lease lost and claims anew; one that feeds
asks for the number of shards each time.  If anything fails before the commit, nothing has been.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from trigdsl.sharing.routing import fingerprint, shard_of
from trigdsl.store.again import again
from trigdsl.store.bodies import decode_numbers, encode_numbers
from trigdsl.store.errors import StoreError
from trigdsl.store.gaps import GAPS, joined_gaps
from trigdsl.store.resharding import Moving, Place
from trigdsl.store.shards import Shards

_PAUSE = 0.02
_ENGINE, _LAYOUT = "engine", "layout"


@again
def resize(shards: Shards, count: int, work: Callable[[], bool], within: float) -> None:
    """Have `count` shards. `work` does some of what is in the inbox, and tells whether it did anything.

    Raises TimeoutError when the inbox is not empty `within` so many seconds.
    """
    until = time.monotonic() + within
    with shards.moving() as t:
        while waiting := t.waiting():
            if time.monotonic() >= until:
                some = ", ".join(f"{number} of shard {shard}" for shard, number in waiting.items())
                raise TimeoutError(
                    f"{shards.name}: the inbox was not empty within {within:g} s, items wait: {some}; let processes "
                    f"work on all shards, and try again: nothing has changed"
                )
            if not work():
                time.sleep(_PAUSE)
        t.stop_owners()
        if count != t.shard_count():
            _move(t, count, shards.name)


def _move(t: Moving, count: int, name: str) -> None:
    layouts = t.metas(_LAYOUT)
    if len(set(layouts.values())) > 1:
        raise StoreError(
            f"{name}: different rules wrote to the shards: give all processes the same rules and let them work, then "
            f"change the number of shards; nothing has changed"
        )
    place = _place(t, count)
    numbers = [decode_numbers(kept) for kept in t.metas(_ENGINE).values()]
    t.set_count(count)
    t.place_states(place)
    arrived = t.place_held(place, max((one[2] for one in numbers), default=0))
    metas: dict[str, Sequence[bytes]] = {}
    if numbers:
        metas[_ENGINE] = [encode_numbers(one) for one in _joined(numbers, arrived, count)]
    if layouts:
        metas[_LAYOUT] = [next(iter(layouts.values()))] * count
    if gaps := t.metas(GAPS):
        metas[GAPS] = [joined_gaps(gaps.values())] * count
    t.set_metas(metas)


def _place(t: Moving, count: int) -> Place:
    def place(users: Sequence[str]) -> list[int]:
        prints = [fingerprint(user) for user in users]
        roots = t.roots([*users, *prints])
        return [
            shard_of(roots.get(user) or roots.get(mark) or mark, count)
            for user, mark in zip(users, prints, strict=True)
        ]

    return place


def _joined(numbers: list[list[Any]], arrived: int, count: int) -> list[list[Any]]:
    """What the engines of the new shards begin with, see the engine's own numbers.

    No clock goes back.  How many records were rejected and how many came twice is told of the first shard.
    """
    clocks, latest, _, rejected, duplicates, positions = zip(*numbers, strict=True)
    begin = [_latest(clocks), _latest(latest), arrived]
    # The inbox is empty, and its numbers only grow: all that comes is after what any of them did.
    position = _latest(positions)
    return [
        [*begin, *((sum(rejected), sum(duplicates)) if number == 0 else (0, 0)), position] for number in range(count)
    ]


def _latest(some: Iterable[Any]) -> Any:
    return max((one for one in some if one is not None), default=None)
