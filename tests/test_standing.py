"""How rules stand for a user in a running engine: what waits, what is used up and when it is free, what was decided."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

import trigdsl
from trigdsl.living import AsyncEngine

HEAD = 'timezone "Asia/Seoul"\n'


def engine(rules: str, **options: Any) -> trigdsl.Engine:
    return trigdsl.Engine(trigdsl.parse(HEAD + rules), **options)


def feed(live: trigdsl.Engine, time: str, event: str, **more: Any) -> None:
    """An event of the user `u` at a time in Seoul; a day without a date is Friday, 2026-11-20."""
    moment = time if "T" in time else f"2026-11-20T{time}"
    live.feed({"user": "u", "time": f"{moment}:00+09:00", "event": event, **more})


def test_what_waits() -> None:
    live = engine(
        "rule d: if a then after 1h send push\n"
        "rule w: if a then send push between 09:00-21:00\n"
        "rule s: if no a for 2h then send push\n"
        "rule i: if ignored n after 1d then send sms\n"
        "rule n: if a then send email\n"
        "rule c: if every day at 08:00 then send push"
    )
    feed(live, "22:00", "a")
    told = {name: live.explain("u", name) for name in "dwsinc"}
    [delayed], [windowed] = told["d"].pending, told["w"].pending
    assert (delayed.reason, delayed.to_dict()["time"]) == ("due", "2026-11-20T14:00:00Z")
    assert (windowed.reason, windowed.to_dict()["time"]) == ("window", "2026-11-21T00:00:00Z")
    assert {name: [(what, at.isoformat()) for what, at in one.awaits] for name, one in told.items() if one.awaits} == {
        "s": [("the end of a silence", "2026-11-20T15:00:00+00:00")],
        "i": [("an answer to what was sent", "2026-11-21T13:00:00+00:00")],
        "c": [("its next date", "2026-11-20T23:00:00+00:00")],
    }
    assert "waits for its window until 2026-11-21T00:00:00Z: step 1, send push" in str(told["w"])
    assert "waits for the end of a silence at 2026-11-20T15:00:00Z" in str(told["s"])


@pytest.mark.parametrize(
    ("period", "free"),
    [
        ("day", "2026-11-20T15:00:00+00:00"),
        ("week", "2026-11-22T15:00:00+00:00"),
        ("month", "2026-11-30T15:00:00+00:00"),
        ("36h", "2026-11-21T13:00:00+00:00"),
        ("ever", None),
    ],
)
@pytest.mark.parametrize("what", ["limit", "cap"])
def test_what_is_full_is_free_when_its_period_ends(period: str, free: str | None, what: str) -> None:
    """10:00 in Seoul is 01:00 UTC; a Sunday's midnight there is 15:00 UTC."""
    if what == "cap" and period == "ever":
        pytest.skip("caps have a period")
    rules = f"rule r: if a then send push at most 2 per {period}"
    if what == "cap":
        rules = f"cap push 2 per {period}\nrule r: if a then send push"
    live = engine(rules)

    def quota() -> Any:
        one = live.explain("u", "r")
        found = [quota for _, quota in one.limits] if what == "limit" else list(one.caps)
        return found[0] if found else None

    feed(live, "10:00", "a")
    assert (quota().used, quota().is_full, quota().free_at) == (1, False, None)
    feed(live, "11:00", "a")
    assert (quota().used, quota().is_full) == (2, True)
    assert (None if quota().free_at is None else quota().free_at.isoformat()) == free
    assert ("full, for ever" if free is None else "full, until") in str(live.explain("u", "r"))
    if free is None:
        return
    live.advance(quota().free_at)
    # Of a duration only the first has fallen out; a day, week or month ends for both.
    assert quota().used == (1 if period == "36h" else 0)
    feed(live, "2026-12-01T12:00", "a")
    assert live.explain("u", "r").at is not None


def test_limits_go_by_the_value_of_for_each() -> None:
    live = engine("rule r: if a then send push once per 1d for each id")
    feed(live, "10:00", "a", properties={"id": "x"})
    feed(live, "10:00", "a", properties={"id": "y"})
    assert [(key, quota.is_full) for key, quota in live.explain("u", "r").limits] == [("x", True), ("y", True)]
    assert "at most 1 per 1d: full, until 2026-11-21T01:00:00Z for x" in str(live.explain("u", "r"))


def test_the_log_tells_the_latest_decisions() -> None:
    live = engine("rule r: if a then send push once per 1d\nrule s: if a then send sms", store="memory:", log=True)
    for hour in range(10, 20):
        feed(live, f"{hour}:00", "a")
        feed(live, f"{hour}:30", "a")
    feed(live, "20:00", "a")
    assert [one.status for one in live.explain("u", "r").decisions] == ["sent"]
    told = live.explain("u", "s").decisions
    assert len(told) == 20
    assert told[-1].to_dict()["time"] == "2026-11-20T11:00:00Z"
    assert "2026-11-20T01:00:00Z sent: step 1, send push" in str(live.explain("u", "r"))
    without = engine("rule r: if a then send push", store="memory:")
    feed(without, "10:00", "a")
    assert without.explain("u", "r").decisions == ()


def test_an_alias_is_the_user() -> None:
    live = engine("rule r: if a then after 1h send push")
    live.feed({"user": "u", "time": "2026-11-20T10:00:00Z", "event": "a"})
    live.feed({"user": "u", "time": "2026-11-20T10:00:00Z", "alias": "device"})
    assert live.explain("device", "r").user == "u"
    assert len(live.explain("device", "r").pending) == 1


def test_a_user_that_is_not_known_and_a_rule_that_there_is_not() -> None:
    live = engine("rule r: if a then send push")
    told = live.explain("nobody", "r")
    assert str(told) == "r for nobody, before the first record\n  nothing is kept"
    assert live.state("nobody") is None
    with pytest.raises(ValueError, match="no rule `x`"):
        live.explain("nobody", "x")


def test_the_json_form_is_json() -> None:
    live = engine("cap push 1 per day\nrule r: if a then send push then after 1h send push once per 1d")
    feed(live, "10:00", "a")
    told = json.loads(json.dumps(live.explain("u", "r").to_dict()))
    assert told["caps"] == [{"name": "cap push 1 per day", "most": 1, "used": 1, "free_at": "2026-11-20T15:00:00Z"}]
    assert told["limits"][0]["key"] is None
    assert [one["step"] for one in told["pending"]] == [2]


def test_the_asynchronous_engine_has_it_too() -> None:
    async def ask() -> str:
        async with AsyncEngine(trigdsl.parse("rule r: if a then send push")) as live:
            return (await live.explain("u", "r")).rule

    assert asyncio.run(ask()) == "r"
