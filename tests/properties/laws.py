"""A case, and chance → nothing, or an AssertionError: what holds of every program and every stream of records.

A law decides a case twice, the second time with a change that must not matter, and compares.  Where the language
lets the change matter in some programs, the law says in which, and leaves them out.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, TypeAlias

from programs import DURATIONS, Case, seconds
from states import plain_states

import trigdsl
from trigdsl.coverage import Covering
from trigdsl.coverage.record import Recording
from trigdsl.engine.program import Program
from trigdsl.engine.tracing import Trace, TracingMachine
from trigdsl.loading import parse_checked
from trigdsl.records.native import input_of
from trigdsl.records.times import parse_time
from trigdsl.replayer.driver import Replay
from trigdsl.source import Source
from trigdsl.syntax.parser import parse_file
from trigdsl.syntax.printer import print_tree

Record: TypeAlias = dict[str, Any]
Law: TypeAlias = Callable[[Case, random.Random], None]

NOBODY = "~"
"""A user with one record at the last time of a stream, so that the clock stops there whatever else is left out."""

WEEK = timedelta(weeks=1)


@lru_cache(16)
def program_of(text: str) -> Program:
    """The compiled program. Raises TrigError for one that the checker refuses."""
    return trigdsl.parse(text)


def decided(text: str, records: Iterable[Record], **options: Any) -> list[Record]:
    """What a replay decides."""
    return told(trigdsl.replay(program_of(text), [dict(record) for record in records], **options))


def told(decisions: Iterable[trigdsl.Decision]) -> list[Record]:
    return [one.to_dict() for one in decisions]


def same(first: Iterable[Record], second: Iterable[Record]) -> None:
    """Fail when the decisions are not the same in the same order, and show where they part."""
    ours, theirs = [[json.dumps(one) for one in decisions] for decisions in (first, second)]
    if ours != theirs:
        lines = [f"before: {one}" for one in ours if one not in theirs]
        lines += [f"after:  {one}" for one in theirs if one not in ours]
        raise AssertionError("\n".join(lines or ["the order:", *ours, "is now", *theirs]))


def of(user: str, decisions: Iterable[Record]) -> list[Record]:
    return [one for one in decisions if one["user"] == user]


def in_order(decisions: Iterable[Record]) -> list[Record]:
    """By time, then user, then as they were made."""
    return sorted(decisions, key=lambda one: (time_of(one), one["user"]))


def time_of(record: Record) -> datetime:
    return datetime.fromisoformat(record["time"])


def by_time(records: Iterable[Record]) -> list[Record]:
    return sorted(records, key=time_of)


def at(time: datetime, record: Record) -> Record:
    return {**record, "time": time.isoformat().replace("+00:00", "Z")}


def closed(case: Case) -> list[Record]:
    """The records, and one of nobody's at the last time."""
    return [*case.records, {"user": NOBODY, "time": max(case.records, key=time_of)["time"], "event": "the_end"}]


def without_ids(records: Iterable[Record]) -> list[Record]:
    """The records, none of them a duplicate any more."""
    return [{key: held for key, held in record.items() if key != "id"} for record in records]


def says(text: str, *words: str) -> bool:
    return any(re.search(rf"\b{word}\b", text) for word in words)


# ------------------------------------------------------------------------ users, events, rules
def other_users_never_matter(case: Case, chance: random.Random) -> None:
    """Alone, or in a crowd of users who do the same: a user's decisions stay."""
    records = closed(case)
    users = {record["user"] for record in records} - {NOBODY}
    twins = [{**record, "user": f"{record['user']}{chance.choice('0+')}"} for record in records]
    crowd = decided(case.text, shuffled_together(records, twins, chance), **case.options)
    for user in sorted(users):
        alone = [record for record in records if record["user"] in (user, NOBODY)]
        same(of(user, decided(case.text, alone, **case.options)), of(user, crowd))


def irrelevant_events_never_matter(case: Case, chance: random.Random) -> None:
    """Events that no rule names change nothing, between a user's first input and the end of the clock.

    `any` names them all.  Where a segment is watched they do not come at the moment of a timer: any input makes
    its members be looked at, which a timer would do later in that moment.
    """
    if says(case.text, "any"):
        return
    off = timedelta(microseconds=123_457) if says(case.text, "enters", "leaves") else timedelta()
    records = closed(case)
    end = time_of(records[-1])
    more = list(records)
    for _ in range(6):
        user = chance.choice(case.records)["user"]
        first = min((one for one in records if one["user"] == user), key=time_of)
        later = timedelta(seconds=seconds(chance.choice(DURATIONS))) if chance.random() < 0.5 else timedelta()
        time = time_of(chance.choice([one for one in records if one["user"] == user])) + later + off
        if time <= end:
            noise = at(time, {"user": user, "event": "noise", "properties": {"n": 2, "k": "u", "rule": "r0"}})
            more.insert(chance.randint(place_of(first, more) + 1, len(more)), noise)
    same(decided(case.text, records, **case.options), decided(case.text, more, **case.options))


def place_of(record: Record, records: Sequence[Record]) -> int:
    return next(place for place, one in enumerate(records) if one is record)


def a_rule_that_nothing_triggers_never_matters(case: Case, chance: random.Random) -> None:
    """Nor does its place among the others."""
    place = chance.randint(0, len(case.rules))
    rules = [rule.text for rule in case.rules]
    idle = "rule idle: if never_happens and count(a) > 0 and sum(b.n) in last 1h > 0 then after 1h send push unless a"
    text = "\n".join([*case.declarations, *rules[:place], idle, *rules[place:]]) + "\n"
    same(decided(case.text, case.records, **case.options), decided(text, case.records, **case.options))


# ------------------------------------------------------------------------ time
FIXED = {
    "America/New_York": "Etc/GMT+5",
    "Europe/London": "Etc/GMT-1",
    "Australia/Lord_Howe": "Asia/Kathmandu",
}
"""For each zone whose clock changes one whose clock does not."""
DATE = re.compile(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}")


def shifting_all_times_by_a_week_changes_nothing_but_dates(case: Case, chance: random.Random) -> None:
    """Where no clock is put forward or back, and nothing asks for a month, a year, or its days."""
    if says(case.text, "month", "year", r"local\.day"):
        return
    text, records, options = (without_clock_changes(part) for part in (case.text, list(case.records), case.options))
    after = decided(a_week_later(text), a_week_later(records), **a_week_later(options))
    same(without_keys(a_week_later(decided(text, records, **options))), without_keys(after))


def without_keys(decisions: Iterable[Record]) -> list[Record]:
    """Keys are made from the time of the trigger."""
    return [{name: held for name, held in one.items() if name != "key"} for one in decisions]


def without_clock_changes(part: Any) -> Any:
    text = part if isinstance(part, str) else json.dumps(part)
    for name, fixed in FIXED.items():
        text = text.replace(name, fixed)
    return text if isinstance(part, str) else json.loads(text)


def a_week_later(part: Any) -> Any:
    """A text or JSON with all dates in it a week later."""
    text = part if isinstance(part, str) else json.dumps(part)
    text = DATE.sub(lambda found: (datetime.fromisoformat(found[0]) + WEEK).date().isoformat(), text)
    return text if isinstance(part, str) else json.loads(text)


def one_jump_of_the_clock_is_many(case: Case, chance: random.Random) -> None:
    """Between two records, and after the last, the clock may stop wherever it likes."""
    records = by_time(without_ids(case.records))
    end = time_of(records[-1]) + timedelta(days=2)
    jumping, walking = (trigdsl.Engine(program_of(case.text)) for _ in range(2))
    jumped, walked = [], []
    for record, following in zip(records, [*map(time_of, records[1:]), end], strict=True):
        jumped += jumping.feed(record)
        walked += walking.feed(record)
        for stop in stops(walking, time_of(record), following, chance):
            walked += walking.advance(stop)
    jumped += jumping.advance(end)
    walked += walking.advance(end)
    same(told(jumped), told(walked))


def stops(engine: trigdsl.Engine, start: datetime, end: datetime, chance: random.Random) -> Iterable[datetime]:
    """Moments after a record's time and before the next one's: each timer's, and others."""
    others = sorted(start + (end - start) * chance.random() for _ in range(3))
    yield from (stop for stop in others[:1] if start < stop < end)
    now = max([start, *others[:1]])
    while (due := engine.next_due) is not None and now < due < end:
        yield due
        now = due
    yield from (stop for stop in others[1:] if now < stop < end)


LONGEST_RUN = timedelta(days=40)
"""Longer than three steps of the drawn programs take: each two days, a time of day, and a week's wait for a window."""


def each_run_ends(case: Case, chance: random.Random) -> None:
    """A year after the last record none waits any more, but new ones of rules that trigger each other for ever."""
    left = [one for one in decided(case.text, case.records, drain=True) if one["status"] == "pending"]
    same([one for one in left if time_of(one) - datetime.fromisoformat(one["triggered"]) > LONGEST_RUN], [])


# ------------------------------------------------------------------------ arrival
def records_one_by_one_are_the_whole(case: Case, chance: random.Random) -> None:
    """An engine that gets them as they happen decides what a replay of all decides."""
    records = by_time(without_ids(case.records))
    engine = trigdsl.Engine(program_of(case.text))
    made = [one for record in records for one in engine.feed(record)]
    same(decided(case.text, records), finished(engine, made, records))


def late_records_find_their_place(case: Case, chance: random.Random) -> None:
    """An engine that holds records back for as long as they are late decides as if none were."""
    records = by_time(without_ids(case.records))
    delays = {(one["user"], one["time"]): timedelta(hours=chance.choice((0, 0, 1, 3))) for one in records}
    engine = trigdsl.Engine(program_of(case.text), lateness="3h")
    arriving = sorted(records, key=lambda one: time_of(one) + delays[one["user"], one["time"]])
    made = [one for record in arriving for one in engine.feed(record)]
    same(decided(case.text, records), finished(engine, made, records))


def finished(engine: trigdsl.Engine, made: list[trigdsl.Decision], records: Sequence[Record]) -> list[Record]:
    """What an engine has decided, and decides until the last record's time, then what is pending."""
    made = [*made, *engine.advance(records[-1]["time"])]
    left = [one for user in {record["user"] for record in records} for one in engine.pending(user)]
    return [*in_order(told(made)), *in_order(told(left))]


def a_sorted_stream_is_the_whole(case: Case, chance: random.Random) -> None:
    """A replay that takes the records as they come, sorted, decides what one decides that gathers them first."""
    records = by_time(case.records)
    streamed = Replay(program_of(case.text), map(input_of, records), is_sorted=True)
    same(decided(case.text, records), told(streamed))


def the_order_of_arrival_never_matters(case: Case, chance: random.Random) -> None:
    """Records of different times, and of different users at one time, may arrive in any order."""
    records = without_ids(case.records)
    moved = list(records)
    chance.shuffle(moved)
    ties: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        ties.setdefault((record["user"], record["time"]), []).append(record)
    moved = [ties[record["user"], record["time"]].pop(0) for record in moved]
    same(decided(case.text, records, **case.options), decided(case.text, moved, **case.options))


def duplicates_never_matter(case: Case, chance: random.Random) -> None:
    """What comes with the id of an earlier record of the user, at most seven days from it, is as if it had not come."""
    records = [{**record, "id": f"e{place}"} for place, record in enumerate(closed(case))]
    more = list(records)
    for _ in range(6):
        record = chance.choice(records[:-1])
        apart = chance.choice((timedelta(), timedelta(), WEEK, -WEEK, timedelta(hours=1)))
        again = at(time_of(record) + apart, {**chance.choice(records), "user": record["user"], "id": record["id"]})
        more.insert(chance.randint(place_of(record, more) + 1, len(more)), again)
    same(decided(case.text, records, **case.options), decided(case.text, more, **case.options))


def shuffled_together(records: Sequence[Record], others: Sequence[Record], chance: random.Random) -> list[Record]:
    """Both, each in its order."""
    picks = [True] * len(records) + [False] * len(others)
    chance.shuffle(picks)
    ours, theirs = iter(records), iter(others)
    return [next(ours if pick else theirs) for pick in picks]


# ------------------------------------------------------------------------ explaining
def explaining_changes_nothing(case: Case, chance: random.Random) -> None:
    """A machine that keeps a trace decides as the plain one does."""
    program, _ = parse_checked(case.text, explained=True)
    options = dict(case.options)
    until = options.pop("until", None)
    stop = None if until is None else parse_time(until)[0]
    trace = Trace()
    inputs = map(input_of, case.records)
    traced = told(Replay(program, inputs, until=stop, machine=TracingMachine(program, trace), **options))
    same(decided(case.text, case.records, **case.options), traced)
    noted = [entry.decision.to_dict() for entry in trace.entries if entry.decision is not None]
    assert sorted(map(json.dumps, noted)) == sorted(map(json.dumps, traced))


def measuring_changes_nothing(case: Case, chance: random.Random) -> None:
    """A machine that records what coverage asks decides as the plain one does, and every point can be told."""
    program, checked = parse_checked(case.text, explained=True)
    options = dict(case.options)
    until = options.pop("until", None)
    stop = None if until is None else parse_time(until)[0]
    recording = Recording()
    machine = recording.machine(program, lambda _: None)
    inputs = map(input_of, case.records)
    recorded = told(Replay(program, inputs, until=stop, machine=machine, **options))
    same(decided(case.text, case.records, **case.options), recorded)
    record = recording.record()
    exercised = {one.rule for one in Covering(program, checked).points if one.exercised(record)}
    assert {one["rule"] for one in recorded if one["status"] == "sent"} <= exercised


# ------------------------------------------------------------------------ form, state, bounds
def printing_a_program_keeps_its_meaning(case: Case, chance: random.Random) -> None:
    """A program, printed and read again, decides the same."""
    parsed = parse_file(Source("<case>", case.text))
    assert parsed.file is not None
    printed = decided(print_tree(parsed.file), case.records, **case.options)
    same(decided(case.text, case.records, **case.options), printed)


def state_is_plain_data(case: Case, chance: random.Random) -> None:
    """What is kept between two inputs is plain data: written out and read in again each time, it goes on alike."""
    records = by_time(without_ids(case.records))
    made, left = plain_states(program_of(case.text), [input_of(record) for record in records])
    same(decided(case.text, records), [*in_order(told(made)), *told(left)])


def each_decision_has_a_key_of_its_own(case: Case, chance: random.Random) -> None:
    """By the key a host knows what it has delivered."""
    keys = Counter(one["key"] for one in decided(case.text, case.records, **case.options))
    same([{"key": key, "times": count} for key, count in keys.items() if count > 1], [])


def bounds_that_are_not_met_never_matter(case: Case, chance: random.Random) -> None:
    """Caps, limits, expiries, campaigns and holdouts beyond all that happens might as well not be there."""
    caps = [f"cap {scope} 1000000 per {per}" for scope in ("all", "push", "tag t") for per in ("day", "1h")]
    channels = [f"channel {name}: limit 1000000 characters" for name in ("push", "sms")]
    declared = [one for one in channels if not says(case.text, one.split(":", maxsplit=1)[0])]
    rules = [bounded_rule(rule.name, rule.text, chance) for rule in case.rules]
    text = "\n".join([*case.declarations, *declared, *rules, *caps]) + "\n"
    same(decided(case.text, case.records, **case.options), decided(text, case.records, **case.options))


def bounded_rule(name: str, text: str, chance: random.Random) -> str:
    """A rule's text with bounds where it has none of that kind."""
    more = []
    if not says(text, "once", "at most [0-9]+ per"):
        more.append(f"at most 1000000 per {chance.choice(('day', 'week', 'month', 'ever', '30m'))}")
    if not says(text, "from", "until"):
        more.append("from 1999-01-01 until 2999-12-31")
    if not says(text, "holdout"):
        more.append("holdout 0%")
    return "\n  ".join([text, *more])


LAWS: tuple[Law, ...] = (
    other_users_never_matter,
    irrelevant_events_never_matter,
    a_rule_that_nothing_triggers_never_matters,
    shifting_all_times_by_a_week_changes_nothing_but_dates,
    one_jump_of_the_clock_is_many,
    each_run_ends,
    records_one_by_one_are_the_whole,
    late_records_find_their_place,
    a_sorted_stream_is_the_whole,
    the_order_of_arrival_never_matters,
    duplicates_never_matter,
    printing_a_program_keeps_its_meaning,
    state_is_plain_data,
    each_decision_has_a_key_of_its_own,
    bounds_that_are_not_met_never_matter,
    explaining_changes_nothing,
    measuring_changes_nothing,
)
