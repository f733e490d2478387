"""The workers of a split replay as processes, which are forks: the program goes with them as it is.

Each has a pipe to whoever started it.  One that ends before it is through, by whatever cause, ends the replay with
WorkerEnded; and when whoever started them is gone, they end as soon as they have something to tell.
"""

from __future__ import annotations

import gc
import marshal
import multiprocessing
import os
import pickle
import signal
import traceback
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from multiprocessing.connection import Connection
from typing import Any

from trigdsl.model.values import Micros
from trigdsl.records.routing import Block
from trigdsl.replayer.shard import Batch, Given, Routed, Shard, ShardResult
from trigdsl.replayer.split import SplitReplay, Work, WorkerEnded, temporary_files


def processes(work: Work, count: int, stack: ExitStack) -> SplitReplay:
    """A split replay by so many processes, which the stack ends when it is left."""
    fork = multiprocessing.get_context("fork")
    files = temporary_files(count, stack)
    workers: list[_Process] = []
    # Forks share what is there as long as nobody touches it, which the collector of garbage would.
    gc.freeze()
    stack.callback(gc.unfreeze)
    stack.callback(_end, workers)
    for shard in work.shards(files):
        here, there = fork.Pipe()
        inherited = [*(worker.end for worker in workers), here]
        process = fork.Process(target=_serve, args=(there, shard, inherited), daemon=True)
        process.start()
        there.close()
        workers.append(_Process(here, process))
    return SplitReplay(work, workers)


def _end(workers: Sequence[_Process]) -> None:
    for worker in workers:
        worker.end.close()
        worker.process.terminate()
    for worker in workers:
        worker.process.join()


class _Process:
    """A shard in another process; see `Worker`."""

    def __init__(self, end: Connection, process: multiprocessing.process.BaseProcess) -> None:
        self.end = end
        self.process = process

    def reports(self) -> Iterator[Routed]:
        while (told := self._told()) is not None:
            yield told

    def users(self) -> list[Block]:
        told: list[Block] | None = self._told()
        return self._told() if told is None else told

    def told(self) -> list[Block] | None:
        told: list[Block] | None = self._told()
        return told

    def ask_gather(self, given: Given) -> None:
        self._ask(given)

    def gathered(self) -> tuple[Micros | None, Micros | None]:
        span: tuple[Micros | None, Micros | None] = self._told()
        return span

    def ask_decide(self, last: Micros | None) -> None:
        self._ask(last)

    def decisions(self) -> Iterator[Batch]:
        while batch := self._told():
            yield batch

    def result(self) -> ShardResult:
        result: ShardResult = self._told()
        return result

    def _ask(self, what: object) -> None:
        try:
            self.end.send(what)
        except OSError:
            raise self._ended() from None

    def _told(self) -> Any:
        """The next that the worker tells; raises what it raised."""
        try:
            message = self.end.recv_bytes()
        except (EOFError, OSError):
            raise self._ended() from None
        kind, told = message[:1], memoryview(message)[1:]
        if kind == b"m":
            return marshal.loads(told)
        if kind == b"c":
            return told
        if kind == b"x":
            error, trace = pickle.loads(told)
            error.add_note(f"In a worker process:\n{trace}")
            raise error
        return pickle.loads(told)

    def _ended(self) -> WorkerEnded:
        self.process.join(5)
        code = self.process.exitcode
        if code is not None and code < 0:
            how = f"was killed ({signal.Signals(-code).name})"
        else:
            how = f"ended with status {code}"
        return WorkerEnded(
            f"a worker process {how} before it was through, so the replay was given up: "
            "run it again, with fewer --workers if memory was short"
        )


# ---------------------------------------------------------------------------------------------- in a worker
def _serve(end: Connection, shard: Shard, inherited: Sequence[Connection]) -> None:
    """Do what a worker does, and tell each result when it is there."""
    # Who pressed Ctrl-C ends all of them by way of the first process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for other in inherited:
        other.close()
    shard.share_cores()
    try:
        _work(end, shard)
    except (BrokenPipeError, EOFError, ConnectionResetError):
        os._exit(1)  # nobody is there to be told
    except BaseException as error:
        _tell_error(end, error)


def _work(end: Connection, shard: Shard) -> None:
    for routed in shard.read():
        _tell(end, routed)
        if routed.joins:
            return
    _tell(end, None)
    _tell(end, shard.users())
    _tell(end, shard.told())
    _tell(end, shard.gather(end.recv()))
    for batch in shard.decide(end.recv()):
        end.send_bytes(b"m" + marshal.dumps(batch) if isinstance(batch, list) else b"c" + batch)
    _tell(end, None)
    _tell(end, shard.result())


def _tell(end: Connection, what: object) -> None:
    end.send_bytes(b"p" + pickle.dumps(what))


def _tell_error(end: Connection, error: BaseException) -> None:
    trace = "".join(traceback.format_exception(error))
    try:
        told = pickle.dumps((error, trace))
        pickle.loads(told)
    except Exception:
        told = pickle.dumps((RuntimeError(f"{type(error).__name__}: {error}"), trace))
    end.send_bytes(b"x" + told)
