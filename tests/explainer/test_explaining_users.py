"""Explanations: the value under each piece of a condition, why a message came, and why a rule stayed silent."""

from __future__ import annotations

from typing import Any

import pytest

from trigdsl import explainer
from trigdsl.explainer import Explanation, Silence

Record = dict[str, Any]


def event(time: str, name: str, user: str = "u", **properties: Any) -> Record:
    """A record of 2026-11-20 when `time` is a time of day."""
    at = f"2026-11-20T{time}:00Z" if len(time) == 5 else time
    return {"user": user, "time": at, "event": name, "properties": properties}


def explained(rules: str, *records: Record, **options: Any) -> Explanation:
    return explainer.parse(rules).explain(records, user="u", **options)


def silence(rules: str, *records: Record, **options: Any) -> Silence:
    [found] = explained(rules, *records, **options).silences
    return found


# ------------------------------------------------------------------------ why not
def test_the_nearest_miss_of_a_condition_is_the_one_that_lacks_least() -> None:
    rules = "rule r: if cart and cart.value > 200 then send push"
    carts = [
        event(time, "cart", cart={"value": value}) for time, value in (("10:00", 20), ("11:00", 198), ("12:00", 3))
    ]
    found = silence(rules, *carts)
    assert (found.stage, found.text, found.change) == (
        "condition", "`cart.value` was 198, needs > 200", "`cart.value` > 200",
    )  # fmt: skip
    assert found.to_dict()["time"] == "2026-11-20T11:00:00Z"
    assert [(miss["was"], miss["needs"], miss["off"]) for miss in found.misses] == [(198, "> 200", "2")]


@pytest.mark.parametrize(
    ("condition", "properties", "said"),
    [
        ("n > 200", {"n": 200}, ["`n` was 200, needs > 200"]),
        ("200 < n", {"n": 200}, ["`n` was 200, needs > 200"]),
        ("n > 200", {}, ["`n` was missing, needs > 200"]),
        ("not (n > 2)", {"n": 3}, ["`n` was 3, needs <= 2"]),
        ("not (n > 2)", {}, ["`n` was missing, needs <= 2"]),
        ("n > 2 and t == 'x'", {"n": 1, "t": "y"}, ["`n` was 1, needs > 2", '`t` was "y", needs == "x"']),
        ("(n > 2 or n < 0)", {"n": 1.9}, ["`n` was 1.9, needs > 2"]),
        ("(n > 2 and t exists or n < 0)", {"n": 1.9}, ["`n` was 1.9, needs < 0"]),
        ("t exists", {}, ["`t` was missing, needs a value"]),
        ("n is missing", {"n": 1}, ["`n` was 1, needs to be missing"]),
        ("ok", {"ok": False}, ["`ok` was false, needs true"]),
        ("n > m + 1", {"n": 1, "m": 2}, ["`n` was 1, needs > m + 1 (3)"]),
        ("no e ever", {}, ["`no e ever` was false, needs true"]),
        ("user in s", {"n": 1}, ["`count(e)` was 1, needs > 1"]),
    ],
)
def test_what_a_condition_lacked(condition: str, properties: Record, said: list[str]) -> None:
    rules = f"segment s = count(e) > 1\nrule r: if e and {condition} then send push".replace("'", '"')
    found = silence(rules, event("10:00", "e", **properties))
    assert [miss["text"] for miss in found.misses] == said


def test_a_where_that_did_not_hold() -> None:
    found = silence("rule r: if (purchase where total > 100) then send push", event("10:00", "purchase", total=99))
    assert (found.stage, found.text) == ("trigger", "`total` was 99, needs > 100")


def test_nothing_fired() -> None:
    found = silence("rule r: if purchase then send push", event("10:00", "visit"))
    assert (found.stage, found.text) == ("never triggered", "nothing fired `purchase`")


def test_a_cancel_names_the_event_and_how_long_before_the_send_it_came() -> None:
    rules = 'timezone "Europe/Berlin" rule r: if cart then after 1h send push unless purchase'
    found = silence(rules, event("12:30", "cart"), event("12:52", "purchase"))
    assert found.text == "`purchase` at 13:52 cancelled it, 38m before the send"
    at_the_send = silence(rules, event("12:30", "cart"), event("13:30", "purchase"))
    assert at_the_send.text == "`purchase` at 14:30 cancelled it, at the very moment of the send"


def test_quiet_hours_that_open_after_the_step_expires() -> None:
    rules = 'timezone "Europe/Berlin" rule r: if e then after 1h send push between 09:00-21:00 expires 3h'
    # 22:00Z is 23:00 in Berlin; due at 00:00, three hours later it is 03:00.
    found = silence(rules, event("22:00", "e"), event("2026-11-21T12:00:00Z", "end"))
    assert found.stage == "skipped"
    assert "opens 09:00 Europe/Berlin" in found.text
    assert found.text.endswith("expired 03:00")
    assert found.change == "`expires 9h`, or a window open at 00:00"
    longer = rules.replace("expires 3h", "expires 9h")
    assert explained(longer, event("22:00", "e"), event("2026-11-21T12:00:00Z", "end")).silences == ()


def test_a_cap_names_the_sends_that_filled_it() -> None:
    rules = "channel push: cap 2 per day rule a: if e then send push rule b: if f then send push"
    found = silence(rules, event("10:00", "e"), event("11:00", "e"), event("12:00", "f"))
    assert found.text == "the cap `push 2 per day` was full, filled by `a` at 10:00 and `a` at 11:00"


def test_a_limit_names_the_runs_that_filled_it() -> None:
    story = explained("rule r: if e then send push once per day", event("10:00", "e"), event("12:00", "e"))
    assert story.silences == ()
    refused = story.lines[-1]
    assert refused.text == "triggered, starts no run: the limit `once per day` was full, filled at 10:00"


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("rule r: if 2nd e then send push", "it was not the `2nd e`: 1 came until then"),
        ("rule r: if e then send push until 2026-11-19", "2026-11-20 10:00 is outside the campaign `until 2026-11-19`"),
        ("rule r: if e then send push for each k", "`k` was missing, which `for each` needs"),
        ("channel push: requires user.ok rule r: if e then send push",
         "channel `push` requires what was not true: `user.ok` was missing, needs true"),
        ("rule r: if e then if n > 1 send push", "the guard was not true: `n` was missing, needs > 1"),
        ("rule r: if e then send push between 11:00-12:00 else skip",
         "10:00 UTC is outside `between 11:00-12:00`"),
        ("rule r: if e then after 1h send push", "it is due at 2026-11-20 11:00, and the clock stopped before"),
    ],
)  # fmt: skip
def test_other_silences(rules: str, said: str) -> None:
    assert silence(rules, event("10:00", "e")).text == said


def test_a_second_trigger_finds_a_run_unfinished() -> None:
    story = explained(
        "rule r: if e then after 1h send push", event("10:00", "e"), event("10:59", "e"), event("11:00", "x")
    )
    refused = [line.text for line in story.lines if line.kind == "tried"]
    assert refused == ["triggered, a run starts", "triggered, starts no run: another run of the rule was unfinished"]


# ------------------------------------------------------------------------ the story
def test_the_value_of_each_piece_stands_under_it() -> None:
    rules = "rule r: if cart and cart.value > 200\n   and no purchase in last 1d then send push"
    story = explained(rules, event("10:00", "cart", cart={"value": 198}))
    tried = next(line for line in story.lines if line.kind == "tried")
    assert tried.details == (
        "cart.value > 200 and no purchase in last 1d",
        "^^^^^^^^^^^^^^^^ false",
        "^^^^^^^^^^ 198",
        "                     ^^^^^^^^^^^^^^^^^^^^^^ true",
    )


def test_what_rules_cause_is_told_with_the_rule_it_comes_from() -> None:
    rules = "rule a: if e then emit f { n: 1 } rule b: if f then send push"
    story = explained(rules, event("10:00", "e"))
    [reason] = [one for one in story.reasons if one.decision.rule == "b"]
    assert reason.text == "triggered by `f` of `a` at 10:00"


def test_a_window_that_passes_as_something_else_comes_is_what_decided() -> None:
    rules = "segment s = e in last 1h rule r: if user leaves s then send push"
    update = {"user": "u", "time": "2026-11-20T11:00:00Z", "set": {"a": 1}}
    [reason] = explained(rules, event("10:00", "e"), update).reasons
    assert reason.text == "triggered by `user leaves s` at 11:00, as time passed"
    assert [fact.kind for fact in reason.facts] == ["clause"]


def test_a_story_can_be_of_one_rule() -> None:
    rules = "rule a: if e then send push rule b: if f then send push"
    story = explained(rules, event("10:00", "e"), event("11:00", "f"), rule="b")
    assert [line.text for line in story.lines if line.kind == "input"] == ["f"]
    assert {line.rule for line in story.lines if line.rule} == {"b"}
    with pytest.raises(ValueError, match="no rule `c`"):
        explained(rules, event("10:00", "e"), rule="c")


def test_at_stops_the_clock_there() -> None:
    rules = "rule r: if e then after 1h send push"
    records = event("10:00", "e"), event("12:00", "x")
    before = explained(rules, *records, at="2026-11-20T10:59:59Z")
    assert [one.decision.status for one in before.reasons] == ["pending"]
    due = explained(rules, *records, at="2026-11-20T11:00:00Z")
    assert [one.decision.status for one in due.reasons] == ["sent"]


def test_other_users_set_the_clock_and_nothing_else() -> None:
    rules = "rule r: if e then after 1h send push"
    alone = explained(rules, event("10:00", "e"), event("10:10", "e", user="v"))
    assert [one.decision.status for one in alone.reasons] == ["pending"]
    later = explained(rules, event("10:00", "e"), event("11:00", "x", user="v"))
    assert [one.decision.user for one in later.reasons] == ["u"]
    assert [one.decision.status for one in later.reasons] == ["sent"]


def test_an_alias_is_explained_under_the_known_id() -> None:
    records = [
        event("10:00", "e", user="anonymous"),
        {"user": "u", "time": "2026-11-20T10:05:00Z", "alias": "anonymous"},
    ]
    story = explainer.parse("rule r: if e then send push").explain(records, user="anonymous")
    assert story.user == "u"
    assert [one.decision.status for one in story.reasons] == ["sent"]


def test_a_bad_record_is_handed_back_and_the_rest_is_told() -> None:
    rejected: list[tuple[Any, str]] = []
    story = explained(
        "rule r: if e then send push", {"time": 1}, event("10:00", "e"),
        on_reject=lambda record, why: rejected.append((record, why)),
    )  # fmt: skip
    assert [one.decision.status for one in story.reasons] == ["sent"]
    assert [record for record, _ in rejected] == [{"time": 1}]


def test_a_plain_program_carries_no_parts() -> None:
    import trigdsl

    assert trigdsl.parse("rule r: if e and n > 1 then send push").parts == {}
