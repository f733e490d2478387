"""trigdsl in FastAPI: records come in by HTTP, timers and deliveries run beside the requests.

    uvicorn fastapi_app:app

One process may have the store at a time: run one worker, and put the others' records through it.  Starlette is the
same without the types of the bodies.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event as Signal
from threading import Thread
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from host import FUNCTIONS
from prometheus_client import CollectorRegistry, generate_latest
from sinks import by_channel, printer

import trigdsl
from trigdsl.delivery.outbox import Outbox, Sink
from trigdsl.observing.logs import Logs
from trigdsl.observing.metrics import Metrics
from trigdsl.observing.observer import Observers

RULES = Path(__file__).parent / "rules.trig"
SINK = by_channel({channel: printer() for channel in ("push", "email", "whatsapp")})


def make_app(store: str, sink: Sink = SINK) -> FastAPI:
    """The application, with its state in a store."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        program = trigdsl.load(RULES, functions=FUNCTIONS)
        registry = CollectorRegistry()
        metrics = Metrics(registry)
        observer = Observers(metrics, Logs())
        # Records may come ten seconds late: so long the engine holds them, and the clock stays behind.
        async with trigdsl.AsyncEngine(program, store=store, lateness="10s", observer=observer) as engine:
            assert engine.engine.store is not None
            outbox = Outbox(engine.engine.store, missed_after="1d", observer=observer)
            metrics.watch(engine.engine, outbox)
            app.state.engine, app.state.registry = engine, registry
            stop = Signal()
            worker = Thread(target=outbox.run, args=(sink, stop), name="outbox")
            worker.start()
            try:
                with trigdsl.LiveClock(engine.engine, behind="10s", observer=observer):
                    yield
            finally:
                stop.set()
                worker.join()

    app = FastAPI(lifespan=lifespan)

    @app.post("/records", status_code=202)
    async def take_in(records: list[dict[str, Any]], request: Request) -> dict[str, int]:
        """Records as trigdsl has them. When this answers, they last; those that cannot be used are kept aside."""
        engine: trigdsl.AsyncEngine = request.app.state.engine
        before = engine.engine.rejected
        await engine.feed_many(records)
        return {"records": len(records), "rejected": engine.engine.rejected - before}

    @app.get("/users/{user}/pending")
    async def pending(user: str, request: Request) -> list[dict[str, Any]]:
        """What waits for a user."""
        engine: trigdsl.AsyncEngine = request.app.state.engine
        return [one.to_dict() for one in await engine.pending(user)]

    @app.get("/users/{user}")
    async def export(user: str, request: Request) -> dict[str, Any]:
        """Everything that is kept of a user."""
        engine: trigdsl.AsyncEngine = request.app.state.engine
        if await engine.state(user) is None:
            raise HTTPException(404, f"nothing is kept of {user}")
        return await engine.export(user)

    @app.delete("/users/{user}", status_code=204)
    async def forget(user: str, request: Request) -> None:
        """Keep nothing of a user any more."""
        engine: trigdsl.AsyncEngine = request.app.state.engine
        await engine.forget(user)

    @app.get("/metrics")
    async def metrics(request: Request) -> Response:
        return Response(generate_latest(request.app.state.registry), media_type="text/plain; version=0.0.4")

    return app


app = make_app(os.environ.get("TRIGDSL_STORE", "sqlite:///state.db"))
