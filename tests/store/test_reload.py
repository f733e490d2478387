"""Other rules under way: which runs wait on, which end, and what is still known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from live_engine import DAY, Live, told

import trigdsl
from trigdsl.store.keeper import Keeper

Start: TypeAlias = Callable[[str], Live]


@pytest.fixture(params=["in memory", "reloaded", "reopened"])
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Start:
    url = None if request.param == "in memory" else f"sqlite:///{tmp_path / 'state.db'}"
    return lambda rules: Live(request.param, url, rules)


ONE = 'rule one: if cart then after 1h send push "old one" unless purchase\n'
TWO = 'rule two: if cart then after 2h send push "old two" then after 1h send push "old three"\n'


def test_runs_of_rules_that_are_as_they_were_wait_on_wherever_the_rules_stand(start: Start) -> None:
    live = start(ONE + TWO)
    live.feed("10:00:00", "cart")
    live.change("rule new: if x then send push\n" + TWO + "# said\n" + ONE.replace(": if", ":\n  if"))
    assert live.pending() == ["one/1 11:00:00", "two/1 12:00:00"]
    assert live.feed("10:30:00", "purchase") == ["one/1 cancelled unless purchase 10:30:00"]
    assert live.advance("13:00:00") == ["two/1 sent old two 12:00:00", "two/2 sent old three 13:00:00"]


def test_runs_of_a_rule_that_is_gone_end(start: Start) -> None:
    live = start(ONE + TWO)
    live.feed("10:00:00", "cart")
    live.change(TWO)
    assert live.pending() == ["two/1 12:00:00"]


def test_reload_tells_what_ends() -> None:
    engine = trigdsl.Engine(trigdsl.parse(ONE + TWO))
    engine.feed({"user": "u", "time": f"{DAY}T10:00:00Z", "event": "cart", "id": "e-1"})
    (before,) = [one for one in engine.pending("u") if one.rule == "one"]
    (ended,) = engine.reload(trigdsl.parse(TWO))
    assert told([ended]) == ["one/1 cancelled rule removed 10:00:00"]
    assert (ended.key, ended.channel, ended.event_id, ended.due) == (before.key, "push", "e-1", before.due)


CHANGED = 'rule one: if cart then after 30m send push "new one" unless purchase\n'


@pytest.mark.parametrize(
    ("policy", "waits", "sent"),
    [
        ("keep", ["one/1 11:00:00"], ["one/1 sent old one 11:00:00"]),
        ("retime", ["one/1 10:30:00"], ["one/1 sent new one 10:30:00"]),
        ("cancel", [], []),
    ],
)
def test_runs_of_a_rule_that_was_changed(start: Start, policy: str, waits: list[str], sent: list[str]) -> None:
    live = start(ONE)
    live.feed("10:00:00", "cart")
    live.change(CHANGED, on_edit=policy)
    assert live.pending() == waits
    assert live.advance("12:00:00") == sent


def test_a_run_that_is_timed_anew_is_not_due_before_the_clock(start: Start) -> None:
    live = start(ONE)
    live.feed("10:00:00", "cart")
    live.advance("10:45:00")
    live.change(CHANGED, on_edit="retime")
    assert live.pending() == ["one/1 10:45:00"]
    assert live.advance("10:45:00") == ["one/1 sent new one 10:45:00"]


def test_a_run_that_is_timed_anew_ends_when_its_step_is_no_more(start: Start) -> None:
    live = start(TWO)
    live.feed("10:00:00", "cart")
    live.advance("12:00:00")
    assert live.pending() == ["two/2 13:00:00"]
    live.change('rule two: if cart then after 2h send push "new two"', on_edit="retime")
    assert live.pending() == []
    assert live.advance("14:00:00") == []


def test_a_run_that_is_timed_anew_goes_under_the_value_of_for_each(start: Start) -> None:
    live = start("rule r: if cart then after 1h send push")
    live.feed("10:00:00", "cart", properties={"id": "a"})
    live.feed("10:00:00", "cart", "v")
    live.change("rule r: if cart then after 1h send push unless purchase for each id", on_edit="retime")
    assert live.pending("v") == [], "it has no value"
    assert live.feed("10:10:00", "purchase", properties={"id": "b"}) == []
    assert live.feed("10:20:00", "purchase", properties={"id": "a"}) == ["r/1 cancelled unless purchase 10:20:00"]


def test_history_goes_on_where_it_was_asked_for_and_starts_empty_where_not(start: Start) -> None:
    live = start("rule a: if x and count(cart) >= 2 then send push")
    live.feed("10:00:00", "cart")
    live.feed("10:00:01", "visit")
    live.change(
        "rule b: if x and visit ever then send push\n"
        "rule c: if x and count(cart) >= 2 then send push\n"
        "rule d: if x and visit ever and count(cart) >= 2 then send push"
    )
    live.feed("10:01:00", "cart")
    assert live.feed("10:02:00", "x") == ["c/1 sent 10:02:00"]
    live.feed("10:03:00", "visit")
    assert live.feed("10:04:00", "x") == [f"{rule}/1 sent 10:04:00" for rule in "bcd"]


def test_caps_limits_and_lists_go_on(start: Start) -> None:
    cap, once = "cap push 1 per 1d\n", 'rule o: if x then send push "o" once per 1d\n'
    live = start(cap + once)
    assert live.feed("10:00:00", "x") == ["o/1 sent o 10:00:00"]
    live.change('rule p: if x then send push "p"\n' + once + cap)
    assert live.feed("10:00:01", "x") == ["p/1 capped push 1 per 1d 10:00:01"]


def test_silences_and_calendars_of_rules_that_stayed_go_on_and_new_ones_begin(start: Start) -> None:
    quiet, daily = (
        "rule quiet: if no cart for 3h then send push\n",
        "rule daily: if every day at 11:00 then send push\n",
    )
    live = start(quiet + "rule d: if every day at 12:00 then send push")
    live.feed("10:00:00", "cart")
    live.change(daily + quiet)
    assert live.advance("13:00:00") == ["daily/1 sent 11:00:00", "quiet/1 sent 13:00:00"]


def test_a_rule_whose_trigger_changed_does_not_fire_by_the_old_one(start: Start) -> None:
    live = start("rule r: if no cart for 3h then send push\nrule d: if every day at 12:00 then send push")
    live.feed("10:00:00", "cart")
    live.change("rule r: if cart then send push\nrule d: if visit then send push")
    assert live.advance("14:00:00") == []


def test_changing_back_and_forth(start: Start) -> None:
    live = start(ONE + TWO)
    live.feed("10:00:00", "cart")
    live.change(TWO + ONE)
    live.change(ONE + TWO)
    live.feed("10:00:01", "cart", "v")
    live.change(TWO + ONE)
    assert live.pending() == ["one/1 11:00:00", "two/1 12:00:00"]
    assert live.pending("v") == ["one/1 11:00:01", "two/1 12:00:01"]


def test_a_policy_that_is_none() -> None:
    with pytest.raises(ValueError, match="`on_edit` is `drop`: wanted is one of keep, retime, cancel"):
        trigdsl.Engine(trigdsl.parse(ONE)).reload(trigdsl.parse(TWO), on_edit="drop")


def test_an_adoption_that_was_interrupted_is_made_good_by_the_rules_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trigdsl.store.keeper.USERS_AT_ONCE", 1)
    url = f"sqlite:///{tmp_path / 'state.db'}"
    with trigdsl.Engine(trigdsl.parse(ONE + TWO), store=url) as engine:
        engine.feed_many([{"user": user, "time": f"{DAY}T10:00:00Z", "event": "cart"} for user in "ab"])
    real, calls = Keeper._adopted, list[str]()

    def interrupted(self: Keeper, adoption: Any, user: str, *rest: Any) -> Any:
        calls.append(user)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(self, adoption, user, *rest)

    monkeypatch.setattr(Keeper, "_adopted", interrupted)
    with pytest.raises(KeyboardInterrupt):
        trigdsl.Engine(trigdsl.parse(TWO + ONE), store=url)
    with trigdsl.Engine(trigdsl.parse(ONE + TWO), store=url) as engine:
        assert [[one.rule for one in engine.pending(user)] for user in "ab"] == [["one", "two"]] * 2
        assert told(engine.feed({"user": "a", "time": f"{DAY}T10:01:00Z", "event": "purchase"})) == [
            "one/1 cancelled unless purchase 10:01:00"
        ]
