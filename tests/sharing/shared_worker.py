"""`shared_worker.py URL DELIVERED`: works on a shared store and delivers, until it is told to end or killed.

Each delivery is a line of DELIVERED; the sink fails three times in ten.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from pathlib import Path
from threading import Event as Signal
from threading import Thread

sys.path[:0] = [str(Path(__file__).parents[1] / "store")]

from shared_records import LATENESS, RULES  # noqa: E402

import trigdsl  # noqa: E402
from trigdsl.delivery.outbox import Backoff, Handover, Outbox  # noqa: E402

SHARDS = 8
LEASE = "1s"


def run(url: str, delivered: str) -> None:
    sink_file = os.open(delivered, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    stop = Signal()
    # By another thread: the signal may interrupt this one where it holds the very lock that `set` takes.
    signal.signal(signal.SIGTERM, lambda *_: Thread(target=stop.set).start())

    def sink(handover: Handover) -> None:
        if random.random() < 0.3:
            raise ConnectionError("no answer")
        os.write(sink_file, f"{handover.decision.user} {handover.key}\n".encode())

    def failed(error: Exception) -> None:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)

    options = {"shards": SHARDS, "lease": LEASE, "lateness": LATENESS, "log": True}
    with trigdsl.SharedEngine(trigdsl.parse(RULES), url, **options) as engine:
        box = Outbox(engine.store, lease="1s", backoff=Backoff(first=1000, longest=10_000, attempts=10**6))
        deliverer = Thread(target=box.run, args=(sink, stop), kwargs={"idle": 0.02})
        deliverer.start()
        print("ready", flush=True)
        engine.run(stop, idle=0.02, on_error=failed)
        deliverer.join()


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2])
