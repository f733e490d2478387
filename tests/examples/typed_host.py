"""A host that uses all of the interface with the types that it promises: checked by `mypy --strict`, never run."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any, assert_type

import trigdsl
from trigdsl.backfilling import Backfilled, Gap
from trigdsl.delivery.outbox import Backlog, Backoff, Handover, Outbox, Undeliverable
from trigdsl.standing import Standing
from trigdsl.store.opening import open_store
from trigdsl.store.personal import Forgotten
from trigdsl.store.protocol import RejectRow, Store
from trigdsl.store.shards import Lease

Decisions = list[trigdsl.Decision]
RECORD = {"user": "ann", "time": "2026-11-20T10:00:00Z", "event": "cart", "properties": {"n": 1}}
EVENT = trigdsl.Event(user="ann", time=datetime.now().astimezone(), event="cart")


def refused(record: Any, reason: str) -> None:
    print(record, reason)


def broken(violation: trigdsl.Violation) -> None:
    print(violation.invariant, violation.decision.user)


def one_engine(program: trigdsl.Program, store: Store) -> None:
    with trigdsl.Engine(program, store=store, lateness="10m", on_reject=refused, on_violation=broken) as engine:
        assert_type(engine.feed(RECORD), Decisions)
        assert_type(engine.feed(EVENT), Decisions)
        assert_type(engine.feed_many([RECORD, EVENT], position=7), Decisions)
        assert_type(engine.advance("2026-11-20T11:00:00Z"), Decisions)
        assert_type(engine.advance(datetime.now().astimezone()), Decisions)
        assert_type(engine.next_due, datetime | None)
        assert_type(engine.clock, datetime | None)
        assert_type(engine.position, str | int | bytes | None)
        assert_type(engine.pending("ann"), Decisions)
        assert_type(engine.state("ann"), dict[str, Any] | None)
        assert_type(engine.explain("ann", "left"), Standing)
        assert_type(engine.export("ann"), dict[str, Any])
        assert_type(engine.merge("ann", "device"), Decisions)
        assert_type(engine.user_of("device"), str)
        assert_type(engine.forget("ann"), Forgotten)
        assert_type(engine.reload(program, on_edit="retime"), Decisions)
        assert_type(engine.gaps(), tuple[Gap, ...])
        assert_type(engine.backfill([RECORD], on_reject=refused), Backfilled)
        assert_type(engine.rejects(), list[tuple[int, RejectRow]])
        with trigdsl.LiveClock(engine, behind="5s", on_decisions=print, on_error=print) as clock:
            assert_type(clock.tick(), float)


async def asynchronous(program: trigdsl.Program) -> None:
    async with trigdsl.AsyncEngine(program, store="sqlite:///state.db", on_reject=refused) as engine:
        assert_type(await engine.feed(RECORD), Decisions)
        assert_type(await engine.next_due(), datetime | None)
        assert_type(await engine.forget("ann"), Forgotten)
    async with trigdsl.AsyncSharedEngine(program, "postgresql:///app", shards=8) as shared:
        assert_type(await shared.forget("ann", within=1.0), Forgotten)
        assert_type(await shared.explain("ann", "left"), Standing)
        assert_type(await shared.work(), Decisions)
        await shared.run(behind="5s", on_decisions=print)


def several_processes(program: trigdsl.Program, stop: threading.Event) -> None:
    with trigdsl.SharedEngine(program, "postgresql:///app", lease="10s", log=True) as engine:
        engine.feed_many([RECORD, EVENT], source="log", position="a")
        engine.merge("ann", "device", within=5)
        engine.change_shards(32)
        assert_type(engine.forget("ann"), Forgotten)
        assert_type(engine.leases(), list[Lease])
        assert_type(engine.clocks(), dict[int, datetime | None])
        assert_type(engine.state("ann"), dict[str, Any] | None)
        engine.run(stop, behind="5s", on_decisions=print, on_error=print)


def sink(handover: Handover) -> None:
    if handover.decision.text is None:
        raise Undeliverable("nothing to say")


def deliver(url: str, stop: threading.Event) -> None:
    outbox = Outbox(open_store(url), rates={"sms": "10 per second"}, backoff=Backoff(attempts=3))
    for handover in outbox.claim():
        assert_type(outbox.ack(handover), bool)
    assert_type(outbox.backlog(), dict[str, Backlog])
    outbox.run(sink, stop)


def replayed() -> None:
    program = trigdsl.parse("if cart then send push", functions={"half": (lambda n: n / 2, "(number) -> number")})
    for decision in trigdsl.replay(program, [RECORD, EVENT], drain=True, on_reject=refused):
        assert_type(decision, trigdsl.Decision)
        assert_type(decision.time, int)
        assert_type(decision.channel, str | None)
