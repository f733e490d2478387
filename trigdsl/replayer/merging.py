"""Decisions of several shards, each in order → the decisions of all, in order."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from trigdsl.replayer.shard import Item


def merged(streams: Sequence[Iterator[list[Item]]]) -> Iterator[list[Item]]:
    """Batches in order out of streams of batches in order; of each stream about one batch is kept.

    No two items are of one place, since each user is of one shard, so nothing but their places is compared.
    """
    held: list[list[Item]] = [[] for _ in streams]
    open_ones = set(range(len(streams)))
    while open_ones or any(held):
        for place in [place for place in open_ones if not held[place]]:
            held[place] = next(streams[place], [])
            if not held[place]:
                open_ones.discard(place)
        if open_ones:
            # What comes later of a stream is beyond what is held of it.
            upto = min(held[place][-1] for place in open_ones)
            counts = [bisect_right(items, upto) for items in held]
        else:
            counts = [len(items) for items in held]
        batch = [item for items, count in zip(held, counts, strict=True) for item in items[:count]]
        held = [items[count:] for items, count in zip(held, counts, strict=True)]
        # Sorting finds the runs that are sorted, and merges them.
        batch.sort()
        if batch:
            yield batch
