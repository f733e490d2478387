"""A replay split over workers by user → the decisions of all in their order, and what one process would have counted.

Users are independent of each other, so each worker decides for those of its shard alone.  What is told of the whole is
joined here: what was read and rejected part by part as the parts stand in the files, the last input of all, the first
example of each warning, and the decisions by time and user.  What keeps a replay in one process is in `alone_because`.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from operator import itemgetter
from typing import Protocol, cast

from attrs import frozen

from trigdsl.model.values import FIRST_INSTANT, LAST_INSTANT, Micros
from trigdsl.records.files import Source
from trigdsl.records.parts import Heeding, Part, PartReport, parts_of, weight
from trigdsl.records.passing import Passing
from trigdsl.records.routing import Block, shard_of
from trigdsl.replayer.merging import merged
from trigdsl.replayer.placing import Profile, joined
from trigdsl.replayer.shard import Asked, Batch, Given, Item, Routed, Shard, ShardResult
from trigdsl.replayer.stats import Stats
from trigdsl.replayer.summary import Tally

_line_of, _kind_of = itemgetter(5), itemgetter(4)


class Joins(Exception):  # noqa: N818
    """A record says with an `alias` that two ids are one user: users cannot be split."""


class WorkerEnded(Exception):  # noqa: N818
    """A worker process ended before it was through; the message says how, and what to do."""


class Worker(Protocol):
    """A shard, here or in another process: what `ask_…` asks for is then taken."""

    def reports(self) -> Iterator[Routed]:
        """What was found in each of the worker's parts."""

    def users(self) -> list[Block]:
        """Where the names of users of let-pass records went, by shard."""

    def told(self) -> list[Block] | None:
        """Where it went what the numbers in coded rows mean, by shard; asked for after `users`."""

    def ask_gather(self, given: Given) -> None: ...
    def gathered(self) -> tuple[Micros | None, Micros | None]: ...
    def ask_decide(self, last: Micros | None) -> None: ...
    def decisions(self) -> Iterator[Batch]: ...
    def result(self) -> ShardResult: ...


@frozen
class Work:
    """What is to be split: the parts of all files in order, and the profiles."""

    asked: Asked
    parts: tuple[Part, ...]
    profiles: tuple[Profile, ...]

    def shards(self, files: Sequence[int]) -> Iterator[Shard]:
        """A shard for each of some files, by their descriptors, into which inputs go."""
        count = len(files)
        profiles: list[list[Profile]] = [[] for _ in range(count)]
        for profile in self.profiles:
            profiles[shard_of(profile[1], count)].append(profile)
        parts = list(enumerate(self.parts))
        for number in range(count):
            yield Shard(self.asked, number, parts[number::count], profiles[number], files)


def is_worth_it(sources: Sequence[Source]) -> bool:
    """Whether there is so much to read that processes cost less than they gain: size alone decides."""
    weights = [weight(source) for source in sources]
    known = [each for each in weights if each is not None]
    return len(known) == len(weights) and sum(known) >= 1


def all_parts(sources: Sequence[Source]) -> tuple[Part, ...]:
    return tuple(part for source in sources for part in parts_of(source))


class SplitReplay:
    """One split replay by workers that have been started; see `in_process` and `processes`."""

    def __init__(self, work: Work, workers: Sequence[Worker]) -> None:
        self._work = work
        self._workers = workers
        self._passing = Passing()
        self._first: Micros | None = None
        self._last: Micros | None = None

    def read(self, on_part: Callable[[Part, PartReport, Heeding], None]) -> None:
        """Let all parts be read; `on_part` is called for each of them in order.

        Raises Joins when users turn out not to be split, and UnreadableFile.
        """
        workers, count = self._workers, len(self._workers)
        heeding = Heeding(self._passing)
        reports = [worker.reports() for worker in workers]
        given = [Given([], [], [], []) for _ in workers]
        for number, part in enumerate(self._work.parts):
            found = next(reports[number % count])
            if found.joins:
                raise Joins
            on_part(part, found.report, heeding)
            for of_shard, inputs, rows in zip(given, found.inputs, found.rows, strict=True):
                of_shard.inputs.extend(inputs)
                of_shard.rows.extend(rows)
        for worker in workers:
            for of_shard, users in zip(given, worker.users(), strict=True):
                of_shard.users.append(users)
            if (told := worker.told()) is not None:
                for of_shard, block in zip(given, told, strict=True):
                    of_shard.told.append(block)
        for worker, of_shard in zip(workers, given, strict=True):
            worker.ask_gather(of_shard)
        spans = [worker.gathered() for worker in workers]
        passed = [self._passing.first] if self._passing.first < LAST_INSTANT else []
        self._first = min([*passed, *(first for first, _ in spans if first is not None)], default=None)
        passed = [self._passing.last] if self._passing.last > FIRST_INSTANT else []
        self._last = max([*passed, *(last for _, last in spans if last is not None)], default=None)

    def decide(self, tally: Tally, on_decisions: Callable[[int, Iterable[bytes]], None]) -> None:
        """Let decide, and count it; `on_decisions` gets how many more there are that are shown, and their lines.

        The lines come in order, several in one where they come from the compiled kernel.
        """
        for worker in self._workers:
            worker.ask_decide(self._last)
        streams = [worker.decisions() for worker in self._workers]
        firsts = [next(stream, []) for stream in streams]
        if isinstance(firsts[0], list):
            items = cast("Sequence[Iterator[list[Item]]]", [_led(*both) for both in zip(firsts, streams, strict=True)])
            batches = ((Counter(map(_kind_of, batch)), map(_line_of, batch)) for batch in merged(items))
        else:
            from trigdsl.replayer.line_batches import merged_lines

            batches = merged_lines(self._work.asked.program, firsts, streams)  # type: ignore[arg-type,assignment]
        for kinds, lines in batches:
            # In the order of their first ones, which matters where there are too many kinds.
            for kind, number in kinds.items():
                tally.count(kind, number)
            on_decisions(kinds.total(), lines)

    def stats(self, tally: Tally) -> Stats:
        """What all shards counted; broken invariants and users reached go to the tally."""
        results = [worker.result() for worker in self._workers]
        found = Stats(first=self._first, last=self._last, event_names=dict(self._passing.events))
        found.events = sum(self._passing.events.values())
        found.inputs = found.events + self._passing.updates
        for result in results:
            found.add(result.stats)
            tally.reached(result.reached)
            for invariant, number in result.broken.items():
                tally.broken(invariant, number)
        found.event_names = {event: count for event, count in found.event_names.items() if count}
        found.take(joined([result.observations for result in results]), self._work.asked.program)
        for _, violation in sorted((one for result in results for one in result.violations), key=itemgetter(0)):
            tally.keep(violation)
        return found


def _led(first: Batch, others: Iterator[Batch]) -> Iterator[Batch]:
    """A stream with the batch that was taken off it; empty if that is."""
    if first:
        yield first
        yield from others


def temporary_files(count: int, stack: ExitStack) -> list[int]:
    """The descriptors of so many files that nobody else sees, and that are gone when the stack is left."""
    return [stack.enter_context(closing(tempfile.TemporaryFile())).fileno() for _ in range(count)]


def in_process(work: Work, shards: int, stack: ExitStack) -> SplitReplay:
    """The same without processes, one shard after the other: for tests, and for who wants no processes."""
    files = temporary_files(shards, stack)
    return SplitReplay(work, [_Here(shard) for shard in work.shards(files)])


class _Here:
    """A shard in this process."""

    def __init__(self, shard: Shard) -> None:
        self._shard = shard
        self._span: tuple[Micros | None, Micros | None] = (None, None)
        self._last: Micros | None = None

    def reports(self) -> Iterator[Routed]:
        return self._shard.read()

    def users(self) -> list[Block]:
        return self._shard.users()

    def told(self) -> list[Block] | None:
        return self._shard.told()

    def ask_gather(self, given: Given) -> None:
        self._span = self._shard.gather(given)

    def gathered(self) -> tuple[Micros | None, Micros | None]:
        return self._span

    def ask_decide(self, last: Micros | None) -> None:
        self._last = last

    def decisions(self) -> Iterator[Batch]:
        return self._shard.decide(self._last)

    def result(self) -> ShardResult:
        return self._shard.result()


def alone_because(*, is_sorted: bool) -> list[str]:
    """What keeps a replay in one process, whatever it reads.

    Of the language nothing does: what rules keep, caps and limits too, they keep for each user.
    """
    found = [] if can_fork() else ["processes can be forked on Linux alone"]
    return [*found, "`--sorted` handles records as they come"] if is_sorted else found


def can_fork() -> bool:
    """Whether workers can be processes on this system."""
    return sys.platform == "linux"


def can_spill() -> bool:
    """Whether this system can write and read at any place of a file that several hold open."""
    return hasattr(os, "pread")
