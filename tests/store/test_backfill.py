"""History from events of the past, for rules that ask what was not asked before."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import trigdsl
from trigdsl.backfilling import Gap

START = 1_795_168_800
DAY = 86_400
OLD = "rule old: if never then send push"
URLS = {"memory": None, "store": "memory:", "file": "sqlite:///state.db"}

CONDITIONS = (
    "count(a) >= 3",
    "count(a) in last 2d >= 2",
    "a in last 1d",
    "a today",
    "b ever",
    "a since b",
    "time since a > 30h",
    "sum(a.n) > 5",
    "sum(a.n) since b > 3",
    "avg(a.n) > 1",
    "first(a.n) == 1",
    "last(a.n) == 2",
    "max(a.n) since b >= 2",
    "distinct(a.n) in last 3d >= 2",
    "sum(a.n) today > 1",
    "previous(x.n) == 1",
    "time since previous x < 1d",
    "count(a where n > 1) >= 1",
    "count(a where user.vip) >= 1",
)
RULES = "\n".join(f"rule r{n}: if x and {condition} then send push" for n, condition in enumerate(CONDITIONS))
"""A rule for everything that can be asked of history."""


def record(user: str, day: float, event: str, n: int = 0, **more: Any) -> dict[str, Any]:
    return {"user": user, "time": START + round(day * DAY), "event": event, "properties": {"n": n}, **more}


def told(decisions: list[trigdsl.Decision]) -> list[tuple[str, str, int]]:
    return [(one.user, one.rule, one.time) for one in decisions]


@pytest.fixture(params=list(URLS))
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str | None:
    monkeypatch.chdir(tmp_path)
    return URLS[request.param]


def stream(draw: random.Random) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Records before and after the rules change; many share a moment, and some came twice."""
    days = sorted(draw.choice((0, 0.5, 1, 1.25, 2, 2.5, 3, 3.5, 4, 5, 6)) for _ in range(40))
    records = []
    for number, day in enumerate(days):
        more: dict[str, Any] = {"id": f"e{number}"} if draw.random() < 0.3 else {}
        if draw.random() < 0.2:
            more["set"] = {"vip": draw.random() < 0.5}
        records.append(record(draw.choice("uv"), day, draw.choice("aabxx"), draw.randrange(3), **more))
    change = START + 3 * DAY
    before = [one for one in records if one["time"] <= change]
    return before, [one for one in records if one["time"] > change]


@pytest.mark.parametrize("seed", range(40))
def test_a_backfilled_engine_decides_what_one_decides_that_asked_from_the_beginning(seed: int, url: str | None) -> None:
    draw = random.Random(seed)
    before, after = stream(draw)
    program = trigdsl.parse(RULES)
    knows = trigdsl.Engine(program)
    knows.feed_many(before)
    expected = told(knows.feed_many(after))
    engine = trigdsl.Engine(trigdsl.parse(OLD), store=url)
    engine.feed_many(before)
    engine.reload(program)
    # In any order of time, and some twice; at one moment the order of arrival decides.
    moments = sorted({one["time"] for one in before}, key=lambda _: draw.random())
    past = [one for at in moments for one in before if one["time"] == at]
    past += [one for one in before if "id" in one]
    done = engine.backfill(past + after)
    assert (done.later, done.events) == (len(after), len(before))
    assert told(engine.feed_many(after)) == expected
    assert engine.gaps() == ()


@pytest.mark.parametrize("seed", range(20))
def test_the_past_may_be_filled_in_when_the_engine_has_gone_on(seed: int, url: str | None) -> None:
    """Between the change and the backfill the engine remembers itself; the two pieces are put together."""
    draw = random.Random(seed)
    before, after = stream(draw)
    middle, last = after[: len(after) // 2], after[len(after) // 2 :]
    last = [one for one in last if not middle or one["time"] > middle[-1]["time"]]
    program = trigdsl.parse(RULES)
    knows = trigdsl.Engine(program)
    knows.feed_many(before + middle)
    expected = told(knows.feed_many(last))
    engine = trigdsl.Engine(trigdsl.parse(OLD), store=url)
    engine.feed_many(before)
    engine.reload(program)
    engine.feed_many(middle)
    engine.backfill(before + middle)
    assert told(engine.feed_many(last)) == expected


def test_without_a_backfill_history_is_empty_and_says_so(url: str | None) -> None:
    engine = trigdsl.Engine(trigdsl.parse("rule a: if x and count(a) >= 1 then send push"), store=url)
    engine.feed_many([record("u", 0, "a"), record("u", 1, "b")])
    assert engine.gaps() == ()
    engine.reload(
        trigdsl.parse(
            "rule c: if x and count(a) >= 1 then send push\n"
            "rule d: if x and b ever and sent c ever and count(a) >= 1 then send push"
        )
    )
    b, sent = engine.gaps()
    assert (b.rules, b.fillable, sent.rules, sent.fillable) == (("d",), True, ("d",), False)
    assert {gap.since.timestamp() for gap in (b, sent)} == {START + DAY}
    assert told(engine.feed(record("u", 1, "x"))) == [("u", "c", (START + DAY) * 1_000_000)]
    done = engine.backfill([record("u", 0, "a"), record("u", 1, "b")])
    assert done.closed == (b,)
    assert engine.gaps() == (sent,)


@pytest.mark.parametrize(("at", "counts"), [(1 - 1 / DAY, True), (1, True), (1 + 1 / DAY, False)])
def test_records_up_to_the_change_count_and_later_ones_do_not(at: float, counts: bool, url: str | None) -> None:
    engine = trigdsl.Engine(trigdsl.parse(OLD), store=url)
    engine.advance(START + DAY)
    engine.reload(trigdsl.parse("rule r: if x and a ever then send push"))
    done = engine.backfill([record("u", at, "a")])
    assert (done.events, done.later) == ((1, 0) if counts else (0, 1))
    assert bool(engine.feed(record("u", 2, "x"))) is counts


def test_a_period_that_grew_is_filled_where_it_was_forgotten(url: str | None) -> None:
    def rules(days: int) -> trigdsl.Program:
        return trigdsl.parse(f"rule r: if x and count(a) in last {days}d >= 4 then send push")

    past = [record("u", day, "a") for day in (0, 1, 2, 3)]
    engine = trigdsl.Engine(rules(2), store=url)
    engine.feed_many(past)
    engine.reload(rules(10))
    [gap] = engine.gaps()
    assert gap.since.timestamp() == START + DAY, "two days before the clock"
    assert engine.feed(record("u", 3.1, "x")) == []
    engine.backfill(past)
    [sent] = engine.feed(record("u", 3.2, "x"))
    assert sent.status == "sent"
    engine.reload(trigdsl.parse("rule r: if x and count(a) in last 10d >= 5 then send push"))
    assert engine.feed(record("u", 3.3, "x")) == [], "four events stay four"


def test_nothing_is_triggered_ended_or_forgotten_by_the_past(url: str | None) -> None:
    engine = trigdsl.Engine(trigdsl.parse("rule w: if cart then after 1d send push unless purchase"), store=url)
    engine.feed_many([record("u", 0, "cart", set={"name": "Ann"})])
    segment = "segment buyers = count(purchase) >= 1\n"
    engine.reload(
        trigdsl.parse(
            segment
            + "rule w: if cart then after 1d send push unless purchase\n"
            + "rule s: if user enters buyers then send push\n"
            + "rule t: if x and user in buyers then send push"
        )
    )
    assert engine.feed(record("u", 0.1, "y")) == [], "outside the segment, as far as is known"
    done = engine.backfill([record("u", 0, "purchase", set={"name": "Bob"}), record("u", 0, "cart")])
    assert done.users == 1
    assert [one.rule for one in engine.pending("u")] == ["w"]
    assert (engine.state("u") or {})["profile"] == {"name": "Ann"}
    assert told(engine.feed(record("u", 0.5, "x"))) == [("u", "t", (START + DAY // 2) * 1_000_000)]


def test_users_that_the_engine_has_not_met_get_their_history_too(url: str | None) -> None:
    engine = trigdsl.Engine(trigdsl.parse(OLD), store=url)
    engine.feed(record("known", 0, "a"))
    engine.reload(trigdsl.parse("rule r: if x and count(a) >= 2 then send push"))
    engine.backfill([record("new", 0, "a"), record("new", -1, "a"), record("known", 0, "a")])
    assert [one.user for one in engine.feed_many([record("new", 1, "x"), record("known", 1, "x")])] == ["new"]


def test_ids_of_one_user_are_one(url: str | None) -> None:
    engine = trigdsl.Engine(trigdsl.parse(OLD), store=url)
    engine.feed({"user": "ann", "time": START, "alias": "device"})
    engine.reload(trigdsl.parse("rule r: if x and count(a) >= 3 then send push"))
    engine.backfill([record("device", -1, "a"), record("ann", -1, "a"), record("phone", -1, "a", alias=None)])
    assert engine.feed(record("ann", 1, "x")) == []
    engine.feed({"user": "ann", "time": START + 2 * DAY, "alias": "phone"})
    assert len(engine.feed(record("ann", 3, "x"))) == 1


def test_records_that_cannot_be_used_are_handed_over(url: str | None) -> None:
    engine = trigdsl.Engine(trigdsl.parse(OLD), store=url)
    engine.advance(START)
    engine.reload(trigdsl.parse("rule r: if x and a ever then send push"))
    bad: list[Any] = []
    done = engine.backfill([{"user": "u"}, record("u", 0, "a")], on_reject=lambda one, why: bad.append((one, why)))
    assert bad == [({"user": "u"}, "no `time`")]
    assert (done.users, engine.rejected) == (1, 0)


def test_without_gaps_nothing_is_read(url: str | None) -> None:
    def never() -> Iterator[dict[str, Any]]:
        raise AssertionError
        yield

    done = trigdsl.Engine(trigdsl.parse(RULES), store=url).backfill(never())
    assert (done.closed, done.users) == ((), 0)


class TestGapsLast:
    """Gaps lie in the store, and so does how far a backfill came."""

    NEW = "rule r: if x and count(a) >= 2 then send push"

    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        url = f"sqlite:///{tmp_path}/state.db"
        with trigdsl.Engine(trigdsl.parse(OLD), store=url) as engine:
            engine.feed_many(self.past())
        return url

    def past(self) -> list[dict[str, Any]]:
        return [record(f"u{n:04}", day, "a") for n in range(1_100) for day in (0, 0.5)]

    def test_an_engine_that_opens_the_store_later_knows_them(self, url: str) -> None:
        def gaps(rules: str) -> list[tuple[bool, float]]:
            with trigdsl.Engine(trigdsl.parse(rules), store=url) as engine:
                return [(gap.fillable, gap.since.timestamp()) for gap in engine.gaps()]

        assert gaps(OLD) == []
        assert gaps(self.NEW) == [(True, START + DAY / 2)]
        assert gaps(self.NEW) == [(True, START + DAY / 2)]
        assert gaps(OLD) == []
        with trigdsl.Engine(trigdsl.parse(self.NEW), store=url) as engine:
            engine.backfill(self.past())
        assert gaps(self.NEW) == []

    @pytest.mark.parametrize("dies_at", [1, 2, 3, 4, 5, 6])
    def test_one_that_was_interrupted_goes_on(self, dies_at: int, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        class Crash(BaseException):
            """A process that is gone."""

        with trigdsl.Engine(trigdsl.parse(self.NEW), store=url) as engine:
            real, calls = engine._transaction, 0

            def transaction() -> Any:
                nonlocal calls
                calls += 1
                if calls == dies_at:
                    raise Crash
                return real()

            # One to see how far it came, three for 1,100 users, one to close the gap.
            monkeypatch.setattr(engine, "_transaction", transaction)
            if dies_at < 6:
                with pytest.raises(Crash):
                    engine.backfill(self.past())
            else:
                engine.backfill(self.past())
                assert calls == 5
        with trigdsl.Engine(trigdsl.parse(self.NEW), store=url) as engine:
            assert len(engine.gaps()) == (0 if dies_at == 6 else 1)
            engine.backfill(self.past())
            states = [(engine.state(f"u{n:04}") or {})["history"] for n in range(1_100)]
            assert all(list(history.values()) == [2] for history in states)


def test_a_gap_names_what_the_plan_names() -> None:
    engine = trigdsl.Engine(trigdsl.parse(OLD))
    engine.advance(START)
    engine.reload(trigdsl.parse("rule r: if x and count(a) >= 1 then send push"))
    [gap] = engine.gaps()
    assert isinstance(gap, Gap)
    assert "a" in gap.what
