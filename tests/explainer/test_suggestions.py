"""What is suggested for a silent rule: the change that is nearest at hand, several if one is not enough, or none."""

from __future__ import annotations

from typing import Any

import pytest

from trigdsl import explainer
from trigdsl.explainer import Silence, suggesting

Record = dict[str, Any]


def event(time: str, name: str, **properties: Any) -> Record:
    return {"user": "u", "time": f"2026-11-20T{time}:00Z", "event": name, "properties": properties}


def update(time: str, **attributes: Any) -> Record:
    return {"user": "u", "time": f"2026-11-20T{time}:00Z", "set": attributes}


def silence(rules: str, *records: Record, **options: Any) -> Silence:
    [found] = explainer.parse(rules).explain(records, user="u", rule="r", **options).silences
    return found


@pytest.mark.parametrize(
    ("rules", "records", "said"),
    [
        # Just above a limit, in whole numbers when it is whole, else by a hundredth.
        ("rule r: if e and n > 200 then send push", [event("10:00", "e", n=198)],
         "with `n` 201 in `e` at 10:00: push goes at 10:00"),
        ("rule r: if e and n > 2.5 then send push", [event("10:00", "e", n=2.5)],
         "with `n` 2.51 in `e` at 10:00: push goes at 10:00"),
        ("rule r: if e and n >= 200 then send push", [event("10:00", "e", n=198)],
         "with `n` 200 in `e` at 10:00: push goes at 10:00"),
        ("rule r: if e and not (n > 2) then send push", [event("10:00", "e", n=3)],
         "with `n` 2 in `e` at 10:00: push goes at 10:00"),
        ("rule r: if e and user.tier == \"gold\" then send push", [event("10:00", "e")],
         'with `user.tier` "gold" at 10:00: push goes at 10:00'),
        # Exactly an hour ago is outside `in last 1h`, so only what is nearer must go.
        ("rule r: if e and no f in last 1h then send push",
         [event("09:00", "f"), event("09:30", "f"), event("10:00", "e")],
         "without `f` at 09:30: push goes at 10:00"),
        ("rule r: if e and count(f) >= 2 then send push", [event("09:00", "f"), event("10:00", "e")],
         "with `f` at 2026-11-20 09:59:59: push goes at 10:00"),
        ("rule r: if e and sum(f.n) > 10 then send push",
         [event("08:00", "f", n=4), event("09:00", "f", n=5), event("10:00", "e")],
         "with `n` 7 in `f` at 09:00: push goes at 10:00"),
        ("rule r: if e and local.weekday == \"sat\" then send push", [event("10:00", "e")],
         "with `e` at 2026-11-21 10:00 instead of 10:00: push goes at 2026-11-21 10:00"),
        # Two things hold it back, one after the other.
        ("channel push: requires user.ok rule r: if e and n > 2 then send push", [event("10:00", "e", n=1)],
         "with `n` 3 in `e` at 10:00, with `user.ok` true at 10:00: push goes at 10:00"),
        # What the condition wants of two properties goes into one record.
        ("rule r: if e and n > 2 and t exists then send push", [event("10:00", "e")],
         'with `n` 3 in `e` at 10:00, with `t` "any" in `e` at 10:00: push goes at 10:00'),
        # The rule that is to send first is silent itself.
        ("rule a: if e and n > 2 then send push rule r: if sent a then send email", [event("10:00", "e", n=2)],
         "with `n` 3 in `e` at 10:00: email goes at 10:00"),
        # What goes to a control group is no silence that is left.
        ("rule r: if e and n > 2 then send push holdout 100%", [event("10:00", "e", n=2)],
         "with `n` 3 in `e` at 10:00: push goes to a control group at 10:00"),
        # A function of the message is not worked backwards.
        ("rule r: if e and length(t) > 3 then send push", [event("10:00", "e", t="abc")],
         "no change was found that makes it send"),
    ],
)  # fmt: skip
def test_what_is_suggested(rules: str, records: list[Record], said: str) -> None:
    found = silence(rules, *records)
    assert (found.suggested or "").replace("2026-11-20 ", "") == said.replace("2026-11-20 ", "")
    assert (found.suggestion is None) == said.startswith("no change")


def test_a_change_that_is_not_needed_is_left_out() -> None:
    """The condition of a segment that nobody entered is worked out as a whole, though half of it holds."""
    rules = "segment s = user.a > 1 and user.b > 1 rule r: if user enters s then send push"
    suggestion = silence(rules, update("10:00", a=5)).suggestion
    assert suggestion is not None
    [change] = suggestion.to_dict()["changes"]
    assert change["record"] == {"time": "2026-11-20T10:00:00Z", "set": {"b": 2}}


def test_a_drained_clock_needs_not_go_on() -> None:
    rules = "rule r: if e then after 1h send push unless f"
    records = event("10:00", "e"), event("10:30", "f")
    kinds = []
    for drain in (False, True):
        suggestion = silence(rules, *records, drain=drain).suggestion
        assert suggestion is not None
        kinds.append([change["change"] for change in suggestion.to_dict()["changes"]])
    assert kinds == [["drop", "clock"], ["drop"]]


def test_other_users_records_are_left_alone() -> None:
    records = [event("10:00", "e", n=1), {**event("10:00", "e", n=1), "user": "v"}]
    suggestion = silence("rule r: if e and n > 2 then send push", *records).suggestion
    assert suggestion is not None
    assert suggestion.decision.user == "u"


def test_nothing_is_looked_for_when_it_is_not_wanted() -> None:
    found = silence("rule r: if e and n > 2 then send push", event("10:00", "e", n=2), suggest=False)
    assert (found.suggestion, found.suggested) == (None, None)


def test_what_nothing_triggered_is_looked_into_only_when_asked_for() -> None:
    program = explainer.parse("rule r: if e then send push rule o: if f then send push")
    records = [event("10:00", "x")]
    assert [one.suggested for one in program.explain(records, user="u").silences] == [None, None]
    [asked] = program.explain(records, user="u", rule="o").silences
    assert asked.suggested == "with `f` at 2026-11-20 10:00: push goes at 2026-11-20 10:00"


def test_the_search_ends_where_its_bounds_are(monkeypatch: pytest.MonkeyPatch) -> None:
    rules, record = "rule r: if e and n > 2 then send push", event("10:00", "e", n=2)
    # One input is handled to see how it was, and one after the change.
    monkeypatch.setattr(suggesting, "MOST_HANDLED", 1)
    assert silence(rules, record).suggestion is None
    monkeypatch.setattr(suggesting, "MOST_HANDLED", 2)
    assert silence(rules, record).suggestion is not None
    monkeypatch.setattr(suggesting, "MOST_RUNS", 1)
    assert silence(rules, record).suggestion is None


def test_what_happens_over_and_over_is_told_once() -> None:
    records = [event(f"10:0{minute}", "e") for minute in range(6)]
    story = explainer.parse("rule r: if 9th e then send push").explain(records, user="u")
    text = str(story)
    assert "  10:05     e (5 more like it, this is the last)" in text
    assert text.count("it was not the `9th e`") == 2
    three = explainer.parse("rule r: if 9th e then send push").explain(records[:3], user="u")
    assert str(three).count("it was not the `9th e`") == 4
