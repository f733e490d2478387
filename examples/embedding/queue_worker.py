"""trigdsl behind a queue or a log: records are taken in batches, and none is lost or counted twice.

    python queue_worker.py records.jsonl sqlite:///state.db

Two kinds of source are shown.  A *log* (a file, a Kafka partition) is read from a position: the engine keeps the
position in the very transaction that took the records in, and so goes on where it stopped, whatever happens between.
A *queue* (RabbitMQ, SQS, a table of jobs) wants each message acknowledged: a worker that dies before it did so gets the
message again, and the engine knows it by its `id`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from host import FUNCTIONS
from sinks import printer

import trigdsl
from trigdsl.delivery.outbox import Outbox

BATCH = 500
M = TypeVar("M")


def follow_log(engine: trigdsl.Engine, path: Path, batch: int = BATCH) -> int:
    """Take in what a log of JSON Lines has beyond the engine's position; how many records that were."""
    taken = 0
    with path.open("rb") as log:
        start = engine.position
        log.seek(start if isinstance(start, int) else 0)
        while records := list(islice(_whole_lines(log), batch)):
            engine.feed_many([record for record, _ in records], position=records[-1][1])
            taken += len(records)
    return taken


def _whole_lines(log: Any) -> Iterator[tuple[Any, int]]:
    """Records and where each ends. A last line without its end is still being written."""
    end = log.tell()
    while (line := log.readline()).endswith(b"\n"):
        end += len(line)
        try:
            yield json.loads(line), end
        except ValueError:
            # What is no record is rejected by the engine, which keeps it with the reason.
            yield line.decode(errors="replace"), end
    log.seek(end)


class Queue(Protocol, Generic[M]):
    """What is asked of a queue: some messages, at most so many, and to be told when they are done with."""

    def receive(self, most: int) -> list[M]: ...
    def acknowledge(self, messages: list[M]) -> None: ...


def work(engine: trigdsl.Engine, queue: Queue[M], record: Callable[[M], Any], batch: int = BATCH) -> int:
    """Take in all that a queue has; how many messages that were. Acknowledges them when they last."""
    taken = 0
    while messages := queue.receive(batch):
        engine.feed_many([record(message) for message in messages])
        queue.acknowledge(messages)
        taken += len(messages)
    return taken


def main(log: str, store: str) -> None:
    program = trigdsl.load(Path(__file__).parent / "rules.trig", functions=FUNCTIONS)
    with trigdsl.Engine(program, store=store) as engine:
        print(follow_log(engine, Path(log)), "records taken in,", engine.rejected, "rejected so far")
        assert engine.store is not None
        outbox = Outbox(engine.store)
        while outbox.deliver(printer()):
            pass


if __name__ == "__main__":
    main(*sys.argv[1:3])
