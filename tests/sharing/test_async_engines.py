"""The engines for asyncio have what the others have, and do the same."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import pytest
from test_shared_engine import DAY, LEFT, in_two_shards, record

import trigdsl

ASIDE = {"backfill_inputs", "refused_aliases", "vacuum"}
"""What is asked of the engine itself."""


def members(kind: type) -> dict[str, Any]:
    return {name: getattr(kind, name) for name in dir(kind) if not name.startswith("_")}


def shape(call: Any) -> tuple[list[Any], Any]:
    """Parameters and result of a method."""
    signature = inspect.signature(call)
    return list(signature.parameters.values()), signature.return_annotation


@pytest.mark.parametrize(
    ("plain", "other"),
    [(trigdsl.Engine, trigdsl.AsyncEngine), (trigdsl.SharedEngine, trigdsl.AsyncSharedEngine)],
)
def test_every_method_is_there_with_the_same_parameters(plain: type, other: type) -> None:
    found, given = members(other), members(plain)
    assert set(given) - set(found) <= ASIDE
    assert set(found) - set(given) == set()
    for name, member in found.items():
        mine = given[name]
        if name == "run":
            # A task is cancelled where a thread is told to stop.
            assert [one for one in shape(mine)[0] if one.name != "stop"] == shape(member)[0]
        elif inspect.iscoroutinefunction(member):
            assert shape(member) == shape(mine.fget if isinstance(mine, property) else mine), name
        else:
            assert isinstance(member, property), name
            assert shape(member.fget) == shape(mine.fget), name
    assert shape(plain) == shape(other)


def test_all_of_one_engine_for_asyncio() -> None:
    async def main() -> None:
        rejected: list[str] = []
        program = trigdsl.parse(LEFT)
        async with trigdsl.AsyncEngine(
            program, store="memory:", log=True, on_reject=lambda _, why: rejected.append(why)
        ) as engine:
            assert await engine.feed_many([record("10:00:00", "cart", "device"), {"user": "x"}], position=2) == []
            assert rejected == ["no `time`"]
            assert (engine.position, engine.clock and engine.clock.hour) == (2, 10)
            assert len(await engine.rejects()) == 1
            due = await engine.next_due()
            assert due is not None
            assert due.hour == 11
            assert await engine.merge("ann", "device") == []
            assert await engine.user_of("device") == "ann"
            assert len(await engine.pending("ann")) == 1
            assert (await engine.explain("ann", "left")).pending != ()
            state = await engine.state("ann")
            assert state is not None
            assert (await engine.export("device"))["state"] == state
            assert [one.status for one in await engine.feed(record("10:30:00", "purchase", "device"))] == ["cancelled"]
            assert (await engine.gaps(), await engine.data_warnings()) == ((), ())
            more = f"{LEFT}\nrule v: if cart and count(visit) > 1 then send sms"
            assert await engine.reload(trigdsl.parse(more)) == []
            assert [gap.rules for gap in await engine.gaps()] == [("v",)]
            assert (await engine.backfill([record("09:00:00", "visit", "ann")])).events == 1
            assert (await engine.forget("device")).ids == ("ann", "device")
            assert await engine.advance(f"{DAY}T13:00:00Z") == []

    asyncio.run(main())


def test_all_of_a_shared_engine_for_asyncio(postgres_url: str) -> None:
    user, device = in_two_shards()

    async def main() -> None:
        made: list[trigdsl.Decision] = []
        async with trigdsl.AsyncSharedEngine(trigdsl.parse(LEFT), postgres_url, shards=4, log=True) as engine:
            at_work = asyncio.create_task(engine.run(idle=0.005, on_decisions=made.extend))
            await asyncio.gather(*(engine.feed(record("10:00:00", "cart", f"u{number}")) for number in range(20)))
            await engine.feed_many([{"user": "x"}], source="log", position=7)
            assert (await engine.position("log"), len(await engine.rejects())) == (7, 1)
            await engine.merge(user, device)
            with pytest.raises(ValueError, match="stays theirs"):
                await engine.merge("third", device)
            assert await engine.user_of(device) == user
            assert len(await engine.pending(device)) == 1
            assert (await engine.explain(device, "left")).user == user
            assert (await engine.export(user))["state"] == await engine.state(device)
            assert (await engine.forget("u9")).state or (await engine.forget("u8")).state
            await engine.change_shards(3)
            assert len(await engine.leases()) == 3
            due = await engine.next_due()
            assert due is not None
            assert due.hour == 11
            await engine.advance(f"{DAY}T11:00:00Z")
            while await engine.backlog():
                await asyncio.sleep(0.005)
            assert {at.hour for at in (await engine.clocks()).values() if at} == {11}
            at_work.cancel()
            with pytest.raises(asyncio.CancelledError):
                await at_work
            await engine.feed(record("11:30:00", "cart", "late"))
            assert await engine.work() == []
            assert len(engine.shards) == 3
        sent = sorted({one.user for one in made if one.status == "sent"})
        assert len(sent) == 18
        assert not {device, "u9"} & set(sent)

    asyncio.run(main())
