"""Invariants: which sends break them, at the edges of windows, periods and distances, and what they leave alone."""

from __future__ import annotations

from typing import Any

import pytest

import trigdsl
from trigdsl import Violation


def record(time: str, event: str | None = None, user: str = "u", **rest: Any) -> dict[str, Any]:
    day = "" if "T" in time else "2026-11-20T"
    return {"user": user, "time": f"{day}{time}Z", **({"event": event} if event else {}), **rest}


def at(record: dict[str, Any]) -> str:
    return str(record["time"]).removesuffix("Z")


def replayed(text: str, records: list[dict[str, Any]]) -> list[Violation]:
    found: list[Violation] = []
    list(trigdsl.replay(trigdsl.parse(text), records, drain=True, on_violation=found.append))
    return found


def live(text: str, records: list[dict[str, Any]]) -> list[Violation]:
    found: list[Violation] = []
    engine = trigdsl.Engine(trigdsl.parse(text), on_violation=found.append)
    for one in records:
        engine.feed(one)
    engine.advance("2027-12-31T00:00:00Z")
    return found


@pytest.fixture(params=[replayed, live], ids=["replayed", "live"])
def broken(request: pytest.FixtureRequest) -> Any:
    """The broken invariants of rules over records: time of the send and rule."""

    def run(text: str, *records: dict[str, Any]) -> list[tuple[str, str]]:
        found = request.param(text, sorted(records, key=at))
        return [(one.to_dict()["time"].removeprefix("2026-11-"), one.decision.rule) for one in found]

    return run


# ------------------------------------------------------------------------ no send between
SEND = "rule r: if e then send push rule other: if f then send sms "


@pytest.mark.parametrize(
    ("window", "time", "breaks"),
    [
        ("21:00-09:00", "20:59:59.999999", False),
        ("21:00-09:00", "21:00:00", True),
        ("21:00-09:00", "23:59:59.999999", True),
        ("21:00-09:00", "00:00:00", True),
        ("21:00-09:00", "08:59:59.999999", True),
        ("21:00-09:00", "09:00:00", False),
        ("12:00-13:00", "11:59:59", False),
        ("12:00-13:00", "12:00:00", True),
        ("12:00-13:00", "13:00:00", False),
        ("12:00-13:00, 15:00-16:00", "14:59:59", False),
        ("12:00-13:00, 15:00-16:00", "15:00:00", True),
        ("00:00-24:00", "17:00:00", True),
    ],
)
def test_the_edges_of_a_window(window: str, time: str, breaks: bool, broken: Any) -> None:
    found = broken(f"{SEND} invariant i: no send between {window} utc", record(time, "e"))
    assert found == ([(f"20T{time}Z", "r")] if breaks else [])


@pytest.mark.parametrize(
    ("zone", "user", "breaks"),
    [
        ("", {}, False),
        ("", {"timezone": "Asia/Seoul"}, True),
        ("local", {"timezone": "Asia/Seoul"}, True),
        ("utc", {"timezone": "Asia/Seoul"}, False),
        ('"Asia/Seoul"', {}, True),
        ('"Asia/Seoul"', {"timezone": "Europe/London"}, True),
    ],
)
def test_hours_are_those_of_the_user_unless_a_zone_is_given(
    zone: str, user: dict[str, str], breaks: bool, broken: Any
) -> None:
    # 13:00 in London is 22:00 in Seoul.
    found = broken(f"{SEND} invariant i: no send between 21:00-09:00 {zone}", record("13:00:00", "e", set=user))
    assert bool(found) is breaks


def test_the_zone_is_that_of_the_moment_of_the_send(broken: Any) -> None:
    text = "rule r: if e then after 1h send push invariant i: no send between 21:00-09:00"
    moved = record("12:30:00", set={"timezone": "Asia/Seoul"})
    assert broken(text, record("12:00:00", "e")) == []
    assert broken(text, record("12:00:00", "e"), moved) == [("20T13:00:00Z", "r")]


def test_the_program_may_give_the_zone(broken: Any) -> None:
    text = f'timezone "Asia/Seoul" {SEND} invariant i: no send between 21:00-09:00'
    assert broken(text, record("13:00:00", "e")) == [("20T13:00:00Z", "r")]
    assert broken(text, record("11:59:59", "e")) == []


def test_an_hour_that_comes_twice_is_in_the_window_twice(broken: Any) -> None:
    text = 'rule r: if e then send push invariant i: no send between 02:30-02:40 "Europe/Berlin"'
    times = ["2026-10-25T00:29:00", "2026-10-25T00:30:00", "2026-10-25T01:30:00", "2026-10-25T01:40:00"]
    found = broken(text, *(record(time, "e") for time in times))
    assert [time for time, _ in found] == ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"]


@pytest.mark.parametrize(
    ("target", "rules"),
    [("", ["r", "other"]), ("push", ["r"]), ("sms", ["other"]), ("r", ["r"]), ("other", ["other"])],
)
def test_a_name_is_that_of_a_channel_or_a_rule(target: str, rules: list[str], broken: Any) -> None:
    found = broken(
        f"{SEND} invariant i: no send {target} between 09:00-21:00", record("10:00:00", "e"), record("10:01:00", "f")
    )
    assert [rule for _, rule in found] == rules


# ------------------------------------------------------------------------ no send after
AFTER = "rule remind: if cart then after 1h send push "


@pytest.mark.parametrize(
    ("purchase", "breaks"),
    [
        ("10:59:59.999999", False),  # 1h and a microsecond before the send
        ("11:00:00", True),  # exactly 1h before
        ("11:00:00.000001", True),
        ("12:00:00", True),  # an input of the very instant comes before the timer
        ("12:00:00.000001", False),
    ],
)
def test_the_edges_of_a_distance(purchase: str, breaks: bool, broken: Any) -> None:
    text = f"{AFTER} invariant i: no send within 1h after purchase"
    found = broken(text, record("11:00:00", "cart"), record(purchase, "purchase"))
    assert found == ([("20T12:00:00Z", "remind")] if breaks else [])


def test_at_one_instant_the_event_counts_that_was_handled_first(broken: Any) -> None:
    text = "rule r: if e then send push invariant i: no send within 1h after f"
    assert broken(text, record("10:00:00", "f"), record("10:00:00", "e")) == [("20T10:00:00Z", "r")]
    assert broken(text, record("10:00:00", "e"), record("10:00:00", "f")) == []


def test_the_event_that_triggers_a_send_comes_before_it(broken: Any) -> None:
    text = "rule thanks: if purchase then send email rule r: if cart then send push {}"
    own = "invariant i: no send within 1h after purchase"
    assert broken(text.format(own), record("10:00:00", "purchase")) == [("20T10:00:00Z", "thanks")]
    named = "invariant i: no send r within 1h after purchase"
    assert broken(text.format(named), record("10:00:00", "purchase")) == []


def test_the_latest_event_counts(broken: Any) -> None:
    text = f"{AFTER} invariant i: no send within 30m after purchase"
    early, late = record("11:01:00", "purchase"), record("11:45:00", "purchase")
    assert broken(text, record("11:00:00", "cart"), early) == []
    assert broken(text, record("11:00:00", "cart"), early, late) == [("20T12:00:00Z", "remind")]


def test_a_where_is_decided_when_the_event_comes(broken: Any) -> None:
    text = f"{AFTER} invariant i: no send within 1h after purchase where total > user.limit"
    high, low = {"limit": 100}, {"limit": 10}
    first = record("11:00:00", "cart", set=high)
    bought = record("11:30:00", "purchase", properties={"total": 50})
    assert broken(text, first, bought, record("11:40:00", set=low)) == []
    assert broken(text, first, record("11:20:00", set=low), bought, record("11:40:00", set=high)) != []


def test_events_go_by_their_alias_and_any_is_any_but_sent(broken: Any) -> None:
    text = 'event order = "Order Completed" rule r: if e then after 1h send push, send sms '
    named = f"{text} invariant i: no send push within 2h after order"
    assert broken(named, record("10:00:00", "e"), record("10:30:00", "Order Completed")) == [("20T11:00:00Z", "r")]
    assert broken(named, record("10:00:00", "e"), record("10:30:00", "refund")) == []
    # The push goes out at the instant of the sms, and its `sent` is no event that `any` means.
    assert broken(f"{text} invariant i: no send within 59m after any", record("10:00:00", "e")) == []
    assert len(broken(f"{text} invariant i: no send within 60m after any", record("10:00:00", "e"))) == 2


def test_events_of_rules_count_like_others(broken: Any) -> None:
    text = """
    rule a: if e then send push
    rule b: if e then after 1h send sms
    rule c: if opened a then send email
    invariant i: no send within 1h after {}
    """
    start = record("10:00:00", "e")
    opened = record("10:30:00", "opened", properties={"rule": "a"})
    other = record("10:30:00", "opened", properties={"rule": "b"})
    # The push itself is no send after the event `sent` that it causes.
    assert broken(text.format("sent a"), start) == [("20T11:00:00Z", "b")]
    assert broken(text.format("sent b"), start) == []
    assert broken(text.format("opened a"), start, opened) == [("20T10:30:00Z", "c"), ("20T11:00:00Z", "b")]
    assert broken(text.format("opened a"), start, other) == []


def test_an_emitted_event_counts_from_when_it_is_handled(broken: Any) -> None:
    text = """
    rule a: if e then emit mark, send push
    rule b: if mark then send sms
    invariant i: no send within 1h after mark
    """
    assert broken(text, record("10:00:00", "e")) == [("20T10:00:00Z", "b")]


# ------------------------------------------------------------------------ at most
def times(*at: str) -> list[dict[str, Any]]:
    return [record(time, "e") for time in at]


@pytest.mark.parametrize(
    ("period", "zone", "sends", "breaking"),
    [
        # (t − 1h, t]: what went out exactly 1h ago counts no more.
        ("1h", "UTC", ["10:00:00", "10:30:00", "10:59:59.999999"], ["20T10:59:59.999999Z"]),
        ("1h", "UTC", ["10:00:00", "10:30:00", "11:00:00"], []),
        ("1h", "UTC", ["10:00:00", "10:30:00", "11:00:00", "11:29:59"], ["20T11:29:59Z"]),
        ("1h", "UTC", ["10:00:00", "10:00:00", "10:00:00", "10:00:00"], ["20T10:00:00Z", "20T10:00:00Z"]),
        ("day", "UTC", ["00:00:00", "12:00:00", "23:59:59.999999"], ["20T23:59:59.999999Z"]),
        ("day", "UTC", ["00:00:00", "12:00:00", "2026-11-21T00:00:00"], []),
        # In Seoul the day begins at 15:00 UTC.
        ("day", "Asia/Seoul", ["14:58:00", "14:59:00", "15:00:00"], []),
        ("day", "Asia/Seoul", ["15:00:00", "15:01:00", "2026-11-21T14:59:59"], ["21T14:59:59Z"]),
        # 2026-11-22 is a Sunday.
        ("week", "UTC", ["10:00:00", "11:00:00", "2026-11-22T23:59:59"], ["22T23:59:59Z"]),
        ("week", "UTC", ["10:00:00", "11:00:00", "2026-11-23T00:00:00"], []),
        ("month", "UTC", ["2026-11-01T00:00:00", "10:00:00", "2026-11-30T23:59:59"], ["30T23:59:59Z"]),
        ("month", "UTC", ["2026-10-31T23:59:59", "10:00:00", "2026-11-30T23:59:59"], []),
        ("ever", "UTC", ["2020-01-01T00:00:00", "2023-01-01T00:00:00", "10:00:00"], ["20T10:00:00Z"]),
    ],
)
def test_the_edges_of_a_period(period: str, zone: str, sends: list[str], breaking: list[str], broken: Any) -> None:
    text = f'timezone "{zone}" rule r: if e then send push invariant i: at most 2 sends per {period}'
    assert [time for time, _ in broken(text, *times(*sends))] == breaking


def test_all_channels_and_rules_count_together_and_every_user_alone(broken: Any) -> None:
    text = f"{SEND} invariant i: at most 1 sends per day"
    assert broken(text, record("10:00:00", "e"), record("11:00:00", "f")) == [("20T11:00:00Z", "other")]
    assert broken(text, record("10:00:00", "e"), record("11:00:00", "f", user="v")) == []


def test_one_more_than_none_is_too_many(broken: Any) -> None:
    text = f"{SEND} invariant i: at most 0 sends per day"
    assert broken(text, record("10:00:00", "e"), record("11:00:00", "e")) == [
        ("20T10:00:00Z", "r"),
        ("20T11:00:00Z", "r"),
    ]


# ------------------------------------------------------------------------ what counts as a send
def test_only_what_was_sent_can_break_an_invariant(broken: Any) -> None:
    text = """
    channel push: cap 1 per day
    channel mail: requires user.ok
    rule capped: if e then send push
    rule skipped: if e then send mail
    rule ended: if e then after 1h send sms unless f
    rule withheld: if e then send sms holdout 100%
    rule silent: if e then send sms when true: nothing
    rule other: if e then set user.seen = true, add to seen, emit g
    invariant no_night: no send between 00:00-24:00
    invariant few: at most 1 sends per ever
    """
    found = broken(text, record("10:00:00", "e"), record("10:10:00", "f"), record("11:00:00", "e"))
    # The second event arms `ended` again, which then goes out as the second message.
    assert found == [("20T10:00:00Z", "capped"), ("20T12:00:00Z", "ended"), ("20T12:00:00Z", "ended")]


def test_urgent_sends_count_although_caps_and_windows_do_not_hold_them(broken: Any) -> None:
    text = """
    channel push:
      between 09:00-21:00
      cap 1 per day
    rule r: if e then send push urgent
    invariant night: no send push between 21:00-09:00
    invariant few: at most 1 sends per day
    """
    assert broken(text, record("20:00:00", "e"), record("22:00:00", "e")) == [("20T22:00:00Z", "r")] * 2


def test_without_a_listener_nothing_is_kept() -> None:
    engine = trigdsl.Engine(trigdsl.parse(f"{SEND} invariant i: at most 0 sends per day"))
    engine.feed(record("10:00:00", "e"))
    assert engine._clockwork.state("u").watched is None


def test_watching_changes_no_decision() -> None:
    text = f"{SEND} invariant i: no send within 1h after any invariant j: at most 1 sends per day"
    records = [record(f"10:0{minute}:00", event) for minute, event in enumerate("efgefg")]
    program = trigdsl.parse(text)
    assert list(trigdsl.replay(program, records)) == list(trigdsl.replay(program, records, on_violation=lambda _: None))
    bare = trigdsl.parse(SEND)
    assert list(trigdsl.replay(program, records)) == list(trigdsl.replay(bare, records))


# ------------------------------------------------------------------------ what is told
@pytest.mark.parametrize(
    ("invariant", "records", "because"),
    [
        ("no send between 21:00-09:00", ["22:05:00 e"], "it was 22:05 in UTC"),
        ('no send between 06:00-09:00 "Asia/Seoul"', ["22:05:30 e"], "it was 07:05:30 in Asia/Seoul"),
        ("no send within 1h after visit", ["09:40:00 visit", "10:00:00 e"], "`visit` came 20m before"),
        ("no send within 1h after visit", ["10:00:00 visit", "10:00:00 e"], "`visit` came at the same moment"),
        ("no send within 1h after order", ["09:30:00 Order", "10:00:00 e"], "`order` came 30m before"),
        ("no send other within 1h after sent r", ["10:00:00 e", "10:10:00 f"], "`sent r` came 10m before"),
        ("at most 1 sends per 1d", ["10:00:00 e", "11:00:00 e"], "1 had gone out in the 1d before it"),
        ("at most 1 sends per day", ["10:00:00 e", "11:00:00 e"], "1 had gone out that day already"),
        ("at most 1 sends per week", ["10:00:00 e", "11:00:00 e"], "1 had gone out that week already"),
        ("at most 1 sends per month", ["10:00:00 e", "11:00:00 e"], "1 had gone out that month already"),
        ("at most 1 sends per ever", ["10:00:00 e", "11:00:00 e"], "1 had gone out before it"),
    ],
)
def test_a_violation_says_what_was_so(invariant: str, records: list[str], because: str) -> None:
    text = f'event order = "Order" {SEND} invariant my_name: {invariant}'
    (found,) = replayed(text, [record(*one.split()) for one in records])
    assert (found.invariant, found.promise, found.because) == ("my_name", invariant, because)


def test_the_json_form_holds_the_decision() -> None:
    (found,) = replayed(f"{SEND} invariant i: at most 0 sends per day", [record("10:00:00", "e", id="e-1")])
    told = found.to_dict()
    assert list(told) == ["invariant", "promise", "because", "user", "time", "decision"]
    assert (told["user"], told["time"]) == ("u", "2026-11-20T10:00:00Z")
    assert told["decision"] == found.decision.to_dict()


# ------------------------------------------------------------------------ users that turn out to be one
def one_user(invariant: str, *records: dict[str, Any]) -> list[tuple[str, str]]:
    found = live(f"{SEND} invariant i: {invariant}", list(records))
    return [(one.user, str(one.to_dict()["time"])[11:19]) for one in found]


def test_what_two_ids_got_counts_for_the_one_user_that_they_are() -> None:
    first, second = record("10:00:00", "e", user="anonymous"), record("10:10:00", "e", user="known")
    joined, third = record("10:20:00", user="known", alias="anonymous"), record("10:30:00", "e", user="known")
    assert one_user("at most 2 sends per day", first, second, joined, third) == [("known", "10:30:00")]
    assert one_user("at most 2 sends per day", first, joined, third) == []
    assert one_user("at most 3 sends per day", first, second, joined, third) == []


def test_an_event_of_either_id_counts() -> None:
    send = record("10:59:00", "e", user="known")
    joined = record("10:20:00", user="known", alias="anonymous")
    early, late = record("09:00:00", "visit", user="anonymous"), record("10:00:00", "visit", user="known")
    other = record("10:00:00", "visit", user="anonymous")
    assert one_user("no send within 1h after visit", early, late, joined, send) == [("known", "10:59:00")]
    assert one_user("no send within 1h after visit", early, joined, send) == []
    assert one_user("no send within 1h after visit", other, joined, send) == [("known", "10:59:00")]
