"""The steps of a stream: how records are cut into batches changes nothing, and every boundary lies where it should."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from budget import FIRST, share
from case_parts import Case
from flat_programs import flat_case
from programs import case
from streaming_by_hand import ByHand, by_user, cut, ended, replayed
from twists import twisted_case

import trigdsl
from trigdsl.distributed.streaming import ALIAS, UserStream
from trigdsl.distributed.streaming_kept import decode_kept
from trigdsl.engine.machine import Machine
from trigdsl.engine.state import State
from trigdsl.model.inputs import Input
from trigdsl.model.values import DAY, HOUR, MINUTE, SECOND
from trigdsl.records.errors import BadRecord
from trigdsl.records.native import input_of
from trigdsl.records.times import parse_time

Record = dict[str, Any]
T = parse_time("2026-11-20T10:00:00Z")[0]
REMINDER = 'if cart then after 30m send push "left" unless purchase'


def inputs_of(records: Any) -> list[Input]:
    made = []
    for record in records:
        with suppress(BadRecord):
            made.append(input_of(dict(record)))
    return made


def streamed(program: trigdsl.Program, records: list[Record], seed: int, lateness: int) -> list[Record]:
    """What is decided of the records in random batches, until just after the last of them."""
    inputs, draw = inputs_of(records), random.Random(seed)
    hand = ByHand(program, lateness)
    made = [decision for batch in cut(inputs, draw) for decision in hand.batch(batch)]
    if inputs:
        end = max(given.time for given in inputs) // 1000 + 1
        made += hand.batch([], tick=end + lateness)
    assert hand.refused == []
    return by_user(decision.to_dict() for decision in made)


def shuffled(records: list[Record], draw: random.Random) -> list[Record]:
    drawn = list(records)
    draw.shuffle(drawn)
    return drawn


@pytest.mark.parametrize("draw", [case, twisted_case, flat_case])
def test_batches_change_nothing(draw: Callable[[int], Case]) -> None:
    tried = 0
    for seed in range(FIRST, FIRST + share(30)):
        drawn = draw(seed)
        records = ended(drawn.records)
        if any("alias" in record for record in records):
            continue
        try:
            program = trigdsl.parse(drawn.text)
        except trigdsl.TrigError:
            continue
        tried += 1
        in_order = sorted(inputs_of(records), key=lambda given: given.time)
        span = (in_order[-1].time - in_order[0].time) // 1000 + 1 if in_order else 0
        ordered = sorted(records, key=lambda record: parse_time(record["time"])[0])
        assert streamed(program, ordered, seed, 0) == replayed(program, ordered), f"seed {seed}\n{drawn.text}"
        mixed = shuffled(records, random.Random(seed))
        assert streamed(program, mixed, seed, span) == replayed(program, mixed), f"seed {seed}, shuffled\n{drawn.text}"
    assert tried


# ------------------------------------------------------------------------ other rules
EDITED = 'rule r: if cart then after 45m send push "new"'
AGAIN = 'rule r: if cart then after 50m send push "newest"'


@pytest.mark.parametrize(
    ("clause", "on_edit", "told"),
    [
        ("", None, [(30, "sent", "old")]),
        (" on edit keep", None, [(30, "sent", "old")]),
        (" on edit retime", None, [(45, "sent", "new")]),
        (" on edit cancel", None, [(10, "cancelled", None)]),
        (" on edit cancel", "keep", [(30, "sent", "old")]),
        ("", "retime", [(45, "sent", "new")]),
    ],
)
def test_runs_of_a_changed_rule_heed_on_edit(
    clause: str, on_edit: str | None, told: list[tuple[int, str, str | None]]
) -> None:
    armed = step('rule r: if cart then after 30m send push "old"', T, cart())
    stream = UserStream(trigdsl.parse(EDITED + clause), on_edit)
    made, kept = [], armed.kept
    for minutes in (10, 30, 45, 60):
        found = stream.step("u", kept, (), T + minutes * MINUTE + SECOND)
        made, kept = [*made, *found.decisions], found.kept
    shown = [((one.time - T) // MINUTE, one.status, one.text) for one in made]
    assert shown == told


def test_runs_of_several_old_texts_go_on_side_by_side() -> None:
    first = step('rule r: if cart then after 30m send push "old" while pending stack', T, cart())
    second = UserStream(trigdsl.parse(EDITED + " while pending stack"))
    both = second.step("u", first.kept, [cart(T + MINUTE)], T + MINUTE)
    third = UserStream(trigdsl.parse(AGAIN + " while pending stack"))
    all_three = third.step("u", both.kept, [cart(T + 2 * MINUTE)], T + 2 * MINUTE)
    ended = third.step("u", all_three.kept, (), T + HOUR)
    assert [((one.time - T) // MINUTE, one.text) for one in ended.decisions] == [
        (30, "old"),
        (46, "new"),
        (52, "newest"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "lasts"),
    [
        (" expires 2h", " expires 1h", (120, 60)),
        (" expires 2h", "", (120, None)),
        ("", " expires 1h", (None, 60)),
    ],
)
def test_a_decision_expires_by_the_text_that_its_run_goes_by(
    old: str, new: str, lasts: tuple[int | None, int | None]
) -> None:
    armed = step(f'rule r: if cart then after 30m send push "old"{old} while pending stack', T, cart())
    stream = UserStream(trigdsl.parse(f'rule r: if cart then after 45m send push "new"{new} while pending stack'))
    both = stream.step("u", armed.kept, [cart(T + MINUTE)], T + MINUTE)
    found = stream.step("u", both.kept, (), T + HOUR)
    expires = [
        (one.text, None if until is None else (until - one.due) // MINUTE)
        for one, until in zip(found.decisions, found.expires, strict=True)
    ]
    assert expires == [("old", lasts[0]), ("new", lasts[1])]


def test_what_expires_on_a_stream_expires_in_a_store_too() -> None:
    """The outbox of an engine whose rules were edited, and what the stream tells of the same records and edits."""
    texts = [
        f'rule r: if cart then after {after} send push "{after}" expires {after} while pending stack\n'
        for after in ("30m", "45m", "50m")
    ]
    records = [{"user": "u", "time": f"2026-11-20T10:0{n}:00Z", "event": "cart"} for n in range(3)]
    engine = trigdsl.Engine(trigdsl.parse(texts[0]), store="memory:")
    kept, told = None, []
    for text, record in zip(texts, records, strict=True):
        if text is not texts[0]:
            engine.reload(trigdsl.parse(text))
        engine.feed(record)
        given = input_of(dict(record))
        found = UserStream(trigdsl.parse(text)).step("u", kept, [given], given.time)
        kept = found.kept
    engine.advance("2026-11-20T12:00:00Z")
    found = UserStream(trigdsl.parse(texts[2])).step("u", kept, (), T + 2 * HOUR)
    told = [(one.key, until) for one, until in zip(found.decisions, found.expires, strict=True)]
    with engine.store.transaction() as t:
        waiting = [(row.key, row.expires) for row in t.deliveries(None, None, 0, 10)]
    assert told == waiting
    minutes = [(until - T) // MINUTE for _, until in told if until is not None]
    assert minutes == [60, 91, 102]


# ------------------------------------------------------------------------ boundaries
def cart(at: int = T, user: str = "u", **more: Any) -> Input:
    return Input(user, at, "cart", {}, **more)


def step(program: str, time: int | None, *arrived: Input, kept: bytes | None = None) -> Any:
    return UserStream(trigdsl.parse(program)).step("u", kept, arrived, time)


@pytest.mark.parametrize(("time", "decided"), [(T - 1, 0), (T, 1), (T + 1, 1)])
def test_a_record_is_handled_when_time_has_reached_it(time: int, decided: int) -> None:
    found = step("if cart then send push", T - HOUR, cart())
    assert found.decisions == ()
    assert found.wake == T // 1000
    later = step("if cart then send push", time, kept=found.kept)
    assert len(later.decisions) == decided


@pytest.mark.parametrize(("past", "decided"), [(0, 0), (1, 1), (2, 1)])
def test_a_timer_goes_off_when_time_has_passed_it(past: int, decided: int) -> None:
    armed = step(REMINDER, T, cart())
    assert armed.wake == (T + 30 * MINUTE) // 1000 + 1
    later = step(REMINDER, T + 30 * MINUTE + past, kept=armed.kept)
    assert [one.time for one in later.decisions] == [T + 30 * MINUTE] * decided


def test_a_record_of_a_timers_very_moment_goes_before_it_however_late_it_comes() -> None:
    armed = step(REMINDER, T, cart())
    waiting = step(REMINDER, T + 30 * MINUTE, kept=armed.kept)
    assert waiting.decisions == ()
    bought = Input("u", T + 30 * MINUTE, "purchase", {})
    found = step(REMINDER, T + 30 * MINUTE, bought, kept=waiting.kept)
    assert [one.reason for one in found.decisions] == ["unless purchase"]


@pytest.mark.parametrize(("at", "refused"), [(T - 1, 1), (T, 0), (T + 1, 0)])
def test_what_comes_when_time_has_passed_it_is_late(at: int, refused: int) -> None:
    found = step("if cart then send push", T, cart(at))
    assert len(found.refused) == refused
    if refused:
        late = found.refused[0].reason
        assert late == "late: `time` is before 2026-11-20T10:00:00Z, up to which everything is decided"


def test_time_of_a_user_does_not_go_back() -> None:
    found = step(REMINDER, T, cart())
    assert len(step(REMINDER, None, cart(T - 1), kept=found.kept).refused) == 1
    assert len(step(REMINDER, T - HOUR, cart(T - 1), kept=found.kept).refused) == 1


def test_nothing_is_decided_while_no_time_is_known() -> None:
    found = step("if cart then send push", None, cart())
    assert found.decisions == ()
    assert len(decode_kept(found.kept).held) == 1


def test_of_equal_times_the_order_of_arrival_counts_over_batches() -> None:
    rules = "rule r: if a and n == 2 and b in last 1h then send push\nrule s: if b then send sms"
    first = step(rules, T - 1, Input("u", T, "b", {}))
    found = step(rules, T, Input("u", T, "a", {"n": 2}), kept=first.kept)
    assert [one.rule for one in found.decisions] == ["s", "r"]
    first = step(rules, T - 1, Input("u", T, "a", {"n": 2}))
    found = step(rules, T, Input("u", T, "b", {}), kept=first.kept)
    assert [one.rule for one in found.decisions] == ["s"]


@pytest.mark.parametrize(("apart", "decided"), [(7 * DAY, 1), (7 * DAY + 1, 2)])
def test_one_id_within_a_week_is_one_record_over_batches(apart: int, decided: int) -> None:
    rules = "if cart then send push"
    first = step(rules, T, cart(id="i"))
    found = step(rules, T + apart, cart(T + apart, id="i"), kept=first.kept)
    assert len(first.decisions + found.decisions) == decided


def test_silence_fires_for_who_stays_silent() -> None:
    rules = "if no visit for 30d then send sms"
    armed = step(rules, T, Input("u", T, "visit", {}))
    assert armed.wake == (T + 30 * DAY) // 1000 + 1
    assert [one.time for one in step(rules, T + 40 * DAY, kept=armed.kept).decisions] == [T + 30 * DAY]


def test_a_calendar_fires_each_day_for_who_stays_silent() -> None:
    rules = "if every day at 09:00 then send push"
    armed = step(rules, T, Input("u", T, "visit", {}))
    found = step(rules, T + 3 * DAY, kept=armed.kept)
    nine = T - HOUR
    assert [one.time for one in found.decisions] == [nine + DAY, nine + 2 * DAY, nine + 3 * DAY]
    assert found.wake == (nine + 4 * DAY) // 1000 + 1


def test_one_of_whom_nothing_is_to_be_known_is_not_kept() -> None:
    found = step("if cart then send push", T, Input("u", T, "visit", {}))
    assert (found.kept, found.wake) == (None, None)


def test_an_alias_is_rejected_and_the_rest_of_its_record_counts() -> None:
    found = step("if cart then send push", T, cart(alias="w"), Input("u", T, alias="w"))
    assert [one.reason for one in found.refused] == [ALIAS, ALIAS]
    assert len(found.decisions) == 1


def test_a_record_on_which_the_engine_fails_is_left_out_and_the_others_count(monkeypatch: pytest.MonkeyPatch) -> None:
    handle = Machine.handle

    def fails(machine: Machine, state: State, given: Input) -> None:
        handle(machine, state, given)
        if given.properties == {"n": 13}:
            raise RuntimeError("poison")

    monkeypatch.setattr(Machine, "handle", fails)
    stream = UserStream(trigdsl.parse("if cart then send push"))
    waiting = stream.step("u", None, [Input("u", T + n, "cart", {"n": n}) for n in (1, 13, 2)], T)
    found = stream.step("u", waiting.kept, (), T + HOUR)
    assert [one.reason for one in found.refused] == ["the engine failed on it: RuntimeError: poison"]
    assert [one.time for one in found.decisions] == [T + 1, T + 2]


# ------------------------------------------------------------------------ other rules
def going_on(rules: str, policy: str) -> Any:
    armed = step("rule r: " + REMINDER, T, cart())
    return UserStream(trigdsl.parse(rules), policy).step("u", armed.kept, (), T + MINUTE)


def test_an_unchanged_rule_goes_on_under_other_rules() -> None:
    rules = "rule new: if signup then send email\nrule r: " + REMINDER
    found = going_on(rules, "cancel")
    assert found.decisions == ()
    later = UserStream(trigdsl.parse(rules)).step("u", found.kept, (), T + HOUR)
    assert [(one.rule, one.status) for one in later.decisions] == [("r", "sent")]


@pytest.mark.parametrize(("policy", "due"), [("keep", 30), ("retime", 10), ("cancel", None)])
def test_a_changed_rule_goes_on_by_the_policy(policy: str, due: int | None) -> None:
    rules = 'rule r: if cart then after 10m send push "left" unless purchase'
    found = going_on(rules, policy)
    if due is None:
        assert [(one.status, one.reason, one.time) for one in found.decisions] == [
            ("cancelled", "rule changed", T + MINUTE)
        ]
        return
    later = UserStream(trigdsl.parse(rules)).step("u", found.kept, (), T + HOUR)
    assert [one.time for one in (*found.decisions, *later.decisions)] == [T + due * MINUTE]


def test_a_rule_that_is_gone_ends_its_runs_when_the_user_is_called_on() -> None:
    found = going_on("rule other: if signup then send email", "keep")
    assert [(one.rule, one.status, one.reason, one.time) for one in found.decisions] == [
        ("r", "cancelled", "rule removed", T + MINUTE)
    ]


def test_what_a_store_kept_goes_on_at_its_own_moment_and_what_that_decides_is_told_later() -> None:
    armed = step("rule r: " + REMINDER, T, cart())
    stream = UserStream(trigdsl.parse("rule d: if every day at 09:00 then send email"))
    adopted = stream.adopt("u", armed.kept)
    assert (adopted.decisions, adopted.wake) == ((), 1)
    found = stream.step("u", adopted.kept, (), T + HOUR)
    assert [(one.reason, one.time) for one in found.decisions] == [("rule removed", T)]
    assert stream.step("u", found.kept, (), T + 2 * HOUR).decisions == ()


def test_what_a_store_kept_of_the_same_rules_waits_for_its_timer() -> None:
    armed = step(REMINDER, T, cart())
    stream = UserStream(trigdsl.parse(REMINDER))
    adopted = stream.adopt("u", armed.kept)
    assert adopted.wake == armed.wake
    assert [one.status for one in stream.step("u", adopted.kept, (), T + HOUR).decisions] == ["sent"]


def test_a_rejected_record_is_told_as_it_came() -> None:
    late = step(REMINDER, T, cart(T - SECOND)).refused[0]
    assert late.text == '{"user":"u","time":"2026-11-20T09:59:59Z","event":"cart","properties":{}}'
