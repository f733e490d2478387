"""Runs of a rule that was changed go on by the text by which they started, whatever happens meanwhile."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from live_engine import DAY, Live, told

import trigdsl
from trigdsl.store.keeper import Keeper
from trigdsl.store.layouts import decode_layout
from trigdsl.store.opening import open_store
from trigdsl.store.planning import plan

GOLDEN = Path(__file__).parent / "golden" / "store-layout-1.sql"
Start: TypeAlias = Callable[..., Live]


@pytest.fixture(params=["in memory", "reloaded", "reopened", "killed", "in PostgreSQL"])
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Start:
    if request.param == "in memory":
        return lambda rules, **options: Live("in memory", None, rules, **options)
    if request.param == "in PostgreSQL":
        url = request.getfixturevalue("postgres_url")
        return lambda rules, **options: Live("reopened", url, rules, **options)
    return lambda rules, **options: Live(request.param, f"sqlite:///{tmp_path / 'state.db'}", rules, **options)


# ------------------------------------------------------------------------ what of a rule can change
EDITS = {
    "text": (
        'if cart then after 1h send push "old"',
        'if cart then after 1h send push "new"',
        ["r/1 sent old 11:00:00", "r/1 sent new 11:30:00"],
    ),
    "delay": (
        'if cart then after 1h send push "old"',
        'if cart then after 10m send push "new"',
        ["r/1 sent new 10:40:00", "r/1 sent old 11:00:00"],
    ),
    "delay of a later step": (
        'if cart then after 1h send push "1" then after 2h send push "2"',
        'if cart then after 1h send push "1" then after 3h send push "3"',
        ["r/1 sent 1 11:00:00", "r/1 sent 1 11:30:00", "r/2 sent 2 13:00:00", "r/2 sent 3 14:30:00"],
    ),
    "fewer steps": (
        'if cart then after 1h send push "1" then after 1h send push "2"',
        'if cart then after 1h send push "one"',
        ["r/1 sent 1 11:00:00", "r/1 sent one 11:30:00", "r/2 sent 2 12:00:00"],
    ),
    "more steps": (
        'if cart then after 1h send push "1"',
        'if cart then after 1h send push "1" then after 1h send push "2"',
        ["r/1 sent 1 11:00:00", "r/1 sent 1 11:30:00", "r/2 sent 2 12:30:00"],
    ),
    "unless": (
        'if cart then after 2h send push "old" unless purchase',
        'if cart then after 2h send push "new" unless refund',
        ["r/1 cancelled unless purchase 10:45:00", "r/1 sent new 12:30:00"],
    ),
    "how long an unless watches": (
        'if cart then after 2h send push "old" unless purchase within 45m',
        'if cart then after 2h send push "new" unless purchase within 14m59s',
        ["r/1 cancelled unless purchase 10:45:00", "r/1 sent new 12:30:00"],
    ),
    "stop on": (
        'if cart then after 2h send push "old" stop on purchase',
        'if cart then after 2h send push "new"',
        ["r/1 cancelled stop on purchase 10:45:00", "r/1 sent new 12:30:00"],
    ),
    "window": (
        'if cart then after 1h send push "old" between 12:00-13:00 utc',
        'if cart then after 1h send push "new" between 13:00-14:00 utc',
        ["r/1 sent old 12:00:00", "r/1 sent new 13:00:00"],
    ),
    "else skip": (
        'if cart then after 1h send push "old" between 12:00-13:00 utc else skip',
        'if cart then after 1h send push "new" between 12:00-13:00 utc',
        ["r/1 skipped outside window 11:00:00", "r/1 sent new 12:00:00"],
    ),
    "expires": (
        'if cart then after 1h send push "old" between 14:00-15:00 utc expires 2h',
        'if cart then after 1h send push "new" between 14:00-15:00 utc expires 3h',
        ["r/1 skipped expired 13:00:00", "r/1 sent new 14:00:00"],
    ),
    "guard": (
        'if cart then after 1h if count(purchase) > 1 send push "old"',
        'if cart then after 1h if count(purchase) > 0 send push "new"',
        ["r/1 skipped guard 11:00:00", "r/1 sent new 11:30:00"],
    ),
    "variants": (
        'if cart then after 1h send push when n > 1: "many" otherwise: "one"',
        'if cart then after 1h send push when n > 5: "MANY" otherwise: "ONE"',
        ["r/1 sent many 11:00:00", "r/1 sent ONE 11:30:00"],
    ),
    "channel": (
        'if cart then after 1h send push "old"',
        'if cart then after 1h send sms "new"',
        ["r/1 sent old 11:00:00", "r/1 sent new 11:30:00"],
    ),
    "trigger": (
        'if cart where n > 1 then after 1h send push "old {{ n }}"',
        'if (cart where n > 0) and purchase ever then after 1h send push "new"',
        ["r/1 sent old 2 11:00:00"],
    ),
    "campaign": (
        'if cart then after 1h send push "old" until 2026-11-19',
        'if cart then after 1h send push "new"',
        ["r/1 sent new 11:30:00"],
    ),
    "holdout": (
        'if cart then after 1h send push "old" holdout 100%',
        'if cart then after 1h send push "new"',
        ["r/1 control holdout old 11:00:00", "r/1 sent new 11:30:00"],
    ),
    "title": (
        'if cart then after 1h send push "{{ rule.title }}"',
        'if cart then after 1h send push "{{ rule.name }}"',
        ["r/1 sent Title 11:00:00", "r/1 sent r 11:30:00"],
    ),
    "previous": (
        'if cart then after 1h send push when previous(visit.n) == 1: "one" otherwise: "none"',
        'if cart then after 1h send push when previous(visit.n) == 2: "two" otherwise: "none"',
        ["r/1 sent one 11:00:00", "r/1 sent two 11:30:00"],
    ),
}
"""The rule before and after, and what is decided: of two carts at 10:00 and 10:30 the first comes before the change."""


@pytest.mark.parametrize("what", EDITS)
def test_what_a_rule_said_and_says(start: Start, what: str) -> None:
    old, new, expected = EDITS[what]
    live = start(f'rule r "Title": {old} while pending stack')
    live.feed("09:00:00", "visit", properties={"n": 1})
    made = live.feed("10:00:00", "cart", properties={"n": 2})
    live.change(
        f"rule r: {new} while pending stack\nrule ask: if x and visit ever and previous(visit.n) > 0 then send push"
    )
    live.again()
    made += live.feed("10:20:00", "visit", properties={"n": 2})
    made += live.feed("10:30:00", "cart", properties={"n": 3})
    made += live.feed("10:45:00", "purchase")
    live.again()
    assert made + live.advance("23:00:00") == expected
    assert live.pending() == []


R = 'rule r: if cart then after 1h send push "{}" unless purchase while pending stack\n'


def test_runs_of_three_texts_are_alive_at_once(start: Start) -> None:
    live = start(R.format(1))
    live.feed("10:00:00", "cart")
    live.change(R.format(2))
    live.feed("10:10:00", "cart")
    live.change(R.format(3))
    live.feed("10:20:00", "cart")
    live.again()
    assert live.old_rules == ["r", "r"]
    assert live.pending() == ["r/1 11:00:00", "r/1 11:10:00", "r/1 11:20:00"]
    assert live.advance("11:10:00") == ["r/1 sent 1 11:00:00", "r/1 sent 2 11:10:00"]
    assert live.feed("11:15:00", "purchase") == ["r/1 cancelled unless purchase 11:15:00"]


def test_a_text_that_comes_back_takes_its_runs_back(start: Start) -> None:
    live = start(R.format(1))
    live.feed("10:00:00", "cart")
    live.change(R.format(2))
    live.feed("10:10:00", "cart")
    live.change(R.format(1), on_edit="cancel")
    assert live.old_rules == []
    assert live.pending() == ["r/1 11:00:00"]
    assert live.advance("12:00:00") == ["r/1 sent 1 11:00:00"]


def test_an_old_rule_is_gone_when_its_last_run_has_ended(start: Start) -> None:
    live = start(R.format(1))
    live.feed("10:00:00", "cart")
    live.feed("10:00:00", "cart", "v")
    live.change(R.format(2))
    live.feed("10:30:00", "purchase")
    live.change(R.format(2) + "# said")
    assert live.old_rules == ["r"]
    live.advance("11:00:00")
    live.change(R.format(2))
    assert live.old_rules == []
    if live.url is not None:
        with live.engine.store.transaction() as t:
            written = decode_layout(t.layouts()[int(t.meta("layout"))])
        assert [(rule.name, rule.is_old) for rule in written.rules] == [("r", False)]


def test_runs_that_have_been_kept_are_asked_again_only_when_their_rule_is_changed_again(start: Start) -> None:
    other = "rule o: if x then send push\n"
    live = start(R.format(1))
    live.feed("10:00:00", "cart")
    live.change(R.format(2))
    live.change(other + R.format(2).strip() + " on edit cancel", on_edit="cancel")
    assert live.pending() == ["r/1 11:00:00"], "r says what it said"
    live.change(R.format(3).strip() + " on edit cancel")
    assert live.pending() == []


# ------------------------------------------------------------------------ what the rules say of it
@pytest.mark.parametrize(
    ("says", "made"),
    [
        ("", ["r/1 sent old 11:00:00"]),
        ("on edit keep", ["r/1 sent old 11:00:00"]),
        ("on edit retime", ["r/1 sent new 12:00:00"]),
        ("on edit cancel", []),
    ],
)
def test_the_new_text_says_what_becomes_of_runs(start: Start, says: str, made: list[str]) -> None:
    live = start('rule r: if cart then after 1h send push "old" on edit cancel')
    live.feed("10:00:00", "cart")
    live.change(f'rule r: if cart then after 2h send push "new" {says}')
    assert live.advance("23:00:00") == made


def test_who_changes_rules_can_say_it_in_place_of_them(start: Start) -> None:
    live = start(R.format(1))
    live.feed("10:00:00", "cart")
    live.change(R.format(2).strip() + " on edit cancel", on_edit="keep")
    assert live.advance("11:00:00") == ["r/1 sent 1 11:00:00"]


def test_a_change_of_on_edit_alone_is_none(start: Start) -> None:
    live = start(R.format(1))
    live.feed("10:00:00", "cart")
    live.change(R.format(1).strip() + " on edit cancel")
    assert live.old_rules == []
    assert live.advance("11:00:00") == ["r/1 sent 1 11:00:00"]


def test_runs_of_a_rule_that_is_gone_end_whatever_their_text(start: Start) -> None:
    live = start(R.format(1))
    live.feed("10:00:00", "cart")
    live.change(R.format(2))
    live.feed("10:10:00", "cart")
    live.change("rule other: if x then send push")
    assert live.pending() == []
    if live.url is not None:
        assert [one.reason for one in live.engine.explain("u", "other").decisions] == []


# ------------------------------------------------------------------------ what is the rule's, whatever its text
def test_a_limit_counts_runs_of_all_texts(start: Start) -> None:
    live = start('rule r: if cart then after 1h send push "old" while pending stack at most 5 per day')
    live.feed("10:00:00", "cart")
    live.feed("10:01:00", "cart")
    live.change('rule r: if cart then after 10m send push "new" while pending stack at most 2 per day')
    live.feed("10:30:00", "cart")
    assert live.advance("11:00:00") == ["r/1 sent new 10:40:00", "r/1 sent old 11:00:00"]
    assert live.advance("11:01:00") == ["r/1 skipped limit 11:01:00"], "the limit is that of the rule as it is"
    assert live.feed("12:00:00", "cart") == []
    assert live.pending() == []


def test_a_limit_that_is_gone_holds_nothing_back(start: Start) -> None:
    live = start('rule r: if cart then after 1h send push "old" while pending stack once')
    live.feed("10:00:00", "cart")
    live.feed("10:01:00", "cart")
    live.change('rule r: if cart then after 1h send push "new" while pending stack')
    assert live.advance("12:00:00") == ["r/1 sent old 11:00:00", "r/1 sent old 11:01:00"]


def test_limits_go_by_the_value_that_the_rule_as_it_is_keeps_apart(start: Start) -> None:
    live = start('rule r: if cart then after 1h send push "old" while pending stack')
    live.feed("10:00:00", "cart", properties={"id": "a"})
    live.feed("10:00:01", "cart", properties={"id": "a"})
    live.feed("10:00:02", "cart", properties={"id": "b"})
    live.change('rule r: if cart then after 1h send push "new" while pending stack once for each id')
    made = live.advance("11:00:02")
    assert made == ["r/1 sent old 11:00:00", "r/1 skipped limit 11:00:01", "r/1 sent old 11:00:02"]
    assert live.feed("12:00:00", "cart", properties={"id": "b"}) == []
    assert live.pending() == []


def test_an_old_run_heeds_what_its_own_text_keeps_apart(start: Start) -> None:
    live = start('rule r: if cart then after 1h send push "old" unless purchase for each id')
    live.feed("10:00:00", "cart", properties={"id": "a"})
    live.change('rule r: if cart then after 1h send push "new" unless purchase')
    assert live.feed("10:10:00", "purchase", properties={"id": "b"}) == []
    assert live.feed("10:11:00", "purchase", properties={"id": "a"}) == ["r/1 cancelled unless purchase 10:11:00"]


@pytest.mark.parametrize(
    ("policy", "made"),
    [
        ("ignore", ["r/1 sent old 11:00:00"]),
        ("restart", ["r/1 cancelled restarted 10:30:00", "r/1 sent new 11:30:00"]),
        ("stack", ["r/1 sent old 11:00:00", "r/1 sent new 11:30:00"]),
    ],
)
def test_an_old_run_is_pending_to_the_rule_as_it_is(start: Start, policy: str, made: list[str]) -> None:
    live = start('rule r: if cart then after 1h send push "old" while pending stack')
    live.feed("10:00:00", "cart")
    live.change(f'rule r: if cart then after 1h send push "new" while pending {policy}')
    assert live.feed("10:30:00", "cart") + live.advance("12:00:00") == made


def test_a_chain_of_restarts_goes_on_from_the_old_run(start: Start) -> None:
    rule = 'rule r: if cart then after 1h send push "{}" while pending restart for at most 45m'
    live = start(rule.format("old"))
    live.feed("10:00:00", "cart")
    live.change(rule.format("new"))
    assert live.feed("10:45:00", "cart") == ["r/1 cancelled restarted 10:45:00"]
    assert live.feed("10:45:01", "cart") == [], "the chain began at 10:00:00"
    assert live.advance("12:00:00") == ["r/1 sent new 11:45:00"]


def test_caps_are_those_of_now(start: Start) -> None:
    live = start('rule r: if cart then after 1h send push "old" while pending stack')
    live.feed("10:00:00", "cart")
    live.feed("10:01:00", "cart")
    live.change('cap push 1 per 1d\nrule r: if cart then after 1h send push "new"')
    assert live.advance("12:00:00") == ["r/1 sent old 11:00:00", "r/1 capped push 1 per 1d 11:01:00"]


def test_channels_are_those_of_now(start: Start) -> None:
    live = start('rule r: if cart then after 1h send push "old"')
    live.feed("10:00:00", "cart")
    live.change('channel push: between 12:00-13:00 utc\nrule r: if cart then after 1h send push "new"')
    assert live.advance("12:00:00") == ["r/1 sent old 12:00:00"]


def test_of_one_moment_old_runs_go_off_in_the_place_of_their_rule(start: Start) -> None:
    first, last = 'rule a: if cart then after {} send push "a{}"\n', 'rule z: if cart then after 1h send push "z"\n'
    live = start(first.format("1h", 1) + last)
    live.feed("10:00:00", "cart")
    live.change(first.format("30m", 2).strip() + " while pending stack\n" + last)
    live.feed("10:30:00", "cart")
    assert live.advance("11:00:00") == ["a/1 sent a1 11:00:00", "a/1 sent a2 11:00:00", "z/1 sent z 11:00:00"]


def test_history_of_what_only_the_old_text_asks_goes_on(start: Start) -> None:
    live = start('rule r: if cart then after 1h if count(visit) >= 2 send push "old" while pending stack')
    live.feed("09:00:00", "visit")
    live.feed("10:00:00", "cart")
    live.change('rule r: if cart then after 1h send push "new" while pending stack')
    live.again()
    live.feed("10:10:00", "visit")
    assert live.advance("11:00:00") == ["r/1 sent old 11:00:00"]


def test_what_both_texts_ask_of_an_event_later_goes_on_for_both(start: Start) -> None:
    guard = "if count(visit where n >= trigger.n) in last 2h >= 2"
    live = start(f'rule r: if cart then after 1h {guard} send push "old" while pending stack')
    live.feed("09:30:00", "visit", properties={"n": 5})
    live.feed("10:00:00", "cart", properties={"n": 5})
    live.change(f'rule r: if cart then after 1h {guard} send push "new" while pending stack')
    live.again()
    live.feed("10:05:00", "visit", properties={"n": 6})
    live.feed("10:10:00", "cart", properties={"n": 6})
    assert live.advance("12:00:00") == ["r/1 sent old 11:00:00", "r/1 skipped guard 11:10:00"]


def test_two_ids_that_become_one_user_keep_runs_of_both_texts(start: Start) -> None:
    rule = 'rule r: if cart then after 1h send push "{}"'
    live = start(rule.format("old"))
    live.feed("10:00:00", "cart", "d")
    live.change(rule.format("new"))
    live.feed("10:10:00", "cart", "u")
    made = live.feed("10:20:00", "visit", "u", alias="d")
    assert made == ["r/1 cancelled merged 10:20:00"], "the newer one, as `while pending ignore` wants it"
    assert live.advance("12:00:00") == ["r/1 sent old 11:00:00"]


# ------------------------------------------------------------------------ what cannot go on


def test_an_old_text_that_cannot_run_ends_its_runs_with_the_reason(tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    (folder / "texts").mkdir(parents=True)
    (folder / "texts" / "old.j2").write_text("from a file")
    file, url = folder / "a.trig", f"sqlite:///{tmp_path / 'state.db'}"
    file.write_text('rule r: if cart then after 1h send push template "texts/old.j2"')
    with trigdsl.Engine(trigdsl.load(folder), store=url) as engine:
        engine.feed_many([{"user": user, "time": f"{DAY}T10:00:00Z", "event": "cart"} for user in "ab"])
    file.write_text('rule r: if cart then after 1h send push "new"')
    with trigdsl.Engine(trigdsl.load(folder), store=url) as engine:
        assert [one.reason for one in engine.pending("a")] == ["due"], "the file is there"
    (folder / "texts" / "old.j2").unlink()
    file.write_text('rule r: if cart then after 1h send push "newer"')
    store = open_store(url, create=False)
    (found,) = plan(store, trigdsl.load(folder)).rules
    store.close()
    (why,) = found.endings
    assert (found.fate, found.waiting, found.ended) == ("changed", 0, 2)
    assert why.startswith("old text cannot run: ")
    assert "texts/old.j2" in why
    with trigdsl.Engine(trigdsl.load(folder), store=url, log=True) as engine:
        assert engine.pending("a") == []
        ended = [one for user in "ab" for one in engine.explain(user, "r").decisions]
    assert [(one.rule, one.step, one.status, one.reason) for one in ended] == [("r", 1, "cancelled", why)] * 2


def test_an_old_text_that_can_run_no_longer_ends_its_runs_when_the_store_is_opened(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'state.db'}"
    (tmp_path / "old.j2").write_text("from a file")
    file = tmp_path / "a.trig"
    file.write_text('rule r: if cart then after 1h send push template "old.j2"')
    with trigdsl.Engine(trigdsl.load(file), store=url) as engine:
        engine.feed({"user": "u", "time": f"{DAY}T10:00:00Z", "event": "cart"})
    file.write_text('rule r: if cart then after 1h send push "new"')
    trigdsl.Engine(trigdsl.load(file), store=url).close()
    (tmp_path / "old.j2").rename(tmp_path / "away.j2")
    with trigdsl.Engine(trigdsl.load(file), store=url) as engine:
        assert engine.pending("u") == []
        assert [rule.is_old for rule in engine.program.rules] == [False]


def test_template_files_are_found_again_in_the_folder_of_their_rule(tmp_path: Path) -> None:
    folder, moved = tmp_path / "rules", tmp_path / "moved"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "hi.j2").write_text("hi {{ n }}")
    (folder / "sub" / "a.trig").write_text('rule r: if cart then after 1h send push template "hi.j2"')
    live = trigdsl.Engine(trigdsl.load(folder))
    live.feed({"user": "u", "time": f"{DAY}T10:00:00Z", "event": "cart", "properties": {"n": 1}})
    folder.rename(moved)
    (moved / "sub" / "a.trig").rename(moved / "a.trig")
    (moved / "a.trig").write_text('rule r: if cart then after 1h send push "new"')
    live.reload(trigdsl.load(moved))
    assert told(live.advance(f"{DAY}T11:00:00Z")) == ["r/1 sent hi 1 11:00:00"]


def test_files_that_the_program_has_read_are_not_read_again(tmp_path: Path) -> None:
    (tmp_path / "new.j2").write_text("new from a file")
    file = tmp_path / "a.trig"
    file.write_text('rule r: if cart then after 1h send push "old" while pending stack')
    engine = trigdsl.Engine(trigdsl.load(file))
    engine.feed({"user": "u", "time": f"{DAY}T10:00:00Z", "event": "cart"})
    file.write_text('rule r: if cart then after 1h send push template "new.j2" while pending stack')
    program = trigdsl.load(file)
    (tmp_path / "new.j2").unlink()
    file.write_text("this is no program")
    engine.reload(program)
    engine.feed({"user": "u", "time": f"{DAY}T10:10:00Z", "event": "cart"})
    assert told(engine.advance(f"{DAY}T12:00:00Z")) == ["r/1 sent old 11:00:00", "r/1 sent new from a file 11:10:00"]


def test_a_rule_that_never_had_a_name_keeps_its_runs() -> None:
    engine = trigdsl.Engine(trigdsl.parse('if cart then after 1h send push "old"'))
    engine.feed({"user": "u", "time": f"{DAY}T10:00:00Z", "event": "cart"})
    engine.reload(trigdsl.parse('if cart then after 1h send push "new"'))
    assert told(engine.advance(f"{DAY}T12:00:00Z")) == ["rule_1/1 sent old 11:00:00"]


FIELDS = "event cart {{ id: text{} }}\nuser {{ name: text{} }}\n"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ((", n: number", ", tier: text"), None),
        (("", ", tier: text"), "`cart` has no field `n`"),
        ((", n: number", ""), "`user` has no field `tier`"),
    ],
)
def test_an_old_text_is_checked_with_the_declarations_of_now(fields: tuple[str, str], reason: str | None) -> None:
    old = 'rule r: if cart and n > 0 then after 1h if n > 1 and user.tier is missing send push "old"'
    engine = trigdsl.Engine(trigdsl.parse(FIELDS.format(", n: number", ", tier: text") + old))
    engine.feed({"user": "u", "time": f"{DAY}T10:00:00Z", "event": "cart", "properties": {"n": 2}})
    new = 'rule r: if cart then after 1h send push "new"'
    ended = engine.reload(trigdsl.parse(FIELDS.format(*fields) + new))
    if reason is None:
        assert told(ended + engine.advance(f"{DAY}T12:00:00Z")) == ["r/1 sent old 11:00:00"]
    else:
        (one,) = ended
        assert (one.status, one.reason) == ("cancelled", f"old text cannot run: {reason}")
        assert told(engine.advance(f"{DAY}T12:00:00Z")) == []


def test_what_triggered_an_old_rule_need_not_be_there_any_more() -> None:
    one = "rule one: if cart then send sms\n"
    engine = trigdsl.Engine(trigdsl.parse(one + 'rule r: if sent one then after 1h send push "old"'))
    engine.feed({"user": "u", "time": f"{DAY}T10:00:00Z", "event": "cart"})
    assert engine.reload(trigdsl.parse('rule r: if visit then after 1h send push "new"')) == []
    assert told(engine.advance(f"{DAY}T12:00:00Z")) == ["r/1 sent old 11:00:00"]


def test_an_old_rule_is_in_no_cycle() -> None:
    """As it was, the rule would be triggered by what it makes the other one do."""
    engine = trigdsl.Engine(trigdsl.parse("rule r: if a then after 1h emit b\nrule o: if x then emit y"))
    engine.feed({"user": "u", "time": f"{DAY}T10:00:00Z", "event": "a"})
    engine.reload(trigdsl.parse("rule r: if c then send push\nrule o: if b then emit a"))
    assert told(engine.advance(f"{DAY}T12:00:00Z")) == ["r/1 sent 11:00:00", "o/1 sent 11:00:00"]


def test_functions_of_the_host_are_those_of_now() -> None:
    def program(text: str, *names: str) -> trigdsl.Program:
        functions = {name: (lambda value: f"{value}!", "(text) -> text") for name in names}
        return trigdsl.parse(text, functions=functions)

    old = 'rule r: if cart then after 1h send push "{{ loud(id) }}"'
    new = 'rule r: if cart then after 1h send push "new"'
    for names, expected in (("loud",), ["r/1 sent c! 11:00:00"]), ((), []):
        engine = trigdsl.Engine(program(old, "loud"))
        engine.feed({"user": "u", "time": f"{DAY}T10:00:00Z", "event": "cart", "properties": {"id": "c"}})
        ended = engine.reload(program(new, *names))
        assert [one.reason.split(":")[0] for one in ended] == ([] if names else ["old text cannot run"])
        assert told(engine.advance(f"{DAY}T12:00:00Z")) == expected


# ------------------------------------------------------------------------ what is told of it
def test_what_waits_is_told_under_the_rules_name(start: Start) -> None:
    live = start('rule r "Old": if cart then after 1h send push "old" then after 1h send sms "old"')
    live.feed("10:00:00", "cart", id="e-1")
    live.change('rule r "New": if cart then after 1h send email "new" once')
    (waits,) = live.engine.pending("u")
    assert (waits.rule, waits.step, waits.action, waits.channel, waits.title) == ("r", 1, "send", "push", "Old")
    assert (waits.event_id, waits.reason) == ("e-1", "due")
    standing = live.engine.explain("u", "r")
    assert standing.pending == (waits,)
    assert [(run["rule"], run["by_old_text"]) for run in live.engine.state("u")["runs"]] == [("r", True)]
    live.advance("11:00:00")
    (limit,) = [quota for _, quota in live.engine.explain("u", "r").limits]
    assert (limit.used, limit.is_full) == (1, True)
    live.change("rule s: if x then send push")
    assert live.pending() == []


def test_a_delivery_expires_by_the_text_of_its_run(tmp_path: Path) -> None:
    rule = 'rule r: if cart then after 1h send push "{}" expires {} while pending stack'
    live = Live("reloaded", f"sqlite:///{tmp_path / 'state.db'}", rule.format("old", "2h"))
    live.feed("10:00:00", "cart")
    live.change(rule.format("new", "5h"))
    live.feed("10:30:00", "cart")
    live.advance("12:00:00")
    with live.engine.store.transaction() as t:
        lengths = [(one.expires - one.time) // 3_600_000_000 for one in t.deliveries("u", None, 0, 10)]
    assert lengths == [2, 5]


def test_keys_are_those_of_an_engine_whose_rules_never_changed() -> None:
    rule = 'rule r: if cart then after 1h send push "{}" then after 1h send sms "{}" while pending stack'
    changed, steady = (trigdsl.Engine(trigdsl.parse(rule.format("old", "old"))) for _ in range(2))
    made: list[list[str]] = []
    for engine in (changed, steady):
        found = engine.feed({"user": "u", "time": f"{DAY}T10:00:00Z", "event": "cart"})
        if engine is changed:
            engine.reload(trigdsl.parse(rule.format("new", "new")))
        found += engine.feed({"user": "u", "time": f"{DAY}T10:00:00Z", "event": "cart"})
        made.append([one.key for one in found + engine.advance(f"{DAY}T13:00:00Z")])
    assert made[0] == made[1]
    assert len(set(made[0])) == 4


def test_data_warnings_of_an_old_rule_name_the_rule_and_its_text() -> None:
    engine = trigdsl.Engine(trigdsl.parse('rule r: if cart then after 1h if n > 1 send push "old"'))
    engine.feed({"user": "u", "time": f"{DAY}T10:00:00Z", "event": "cart", "properties": {"n": "two"}})
    engine.reload(trigdsl.parse('rule r: if cart then after 1h send push "new"'))
    engine.advance(f"{DAY}T11:00:00Z")
    (warning,) = engine.data_warnings()
    assert (warning.rule, warning.place.partition(":")[0]) == ("r", "r as it was")


# ------------------------------------------------------------------------ when it is interrupted
def test_an_adoption_that_was_interrupted_goes_on_with_all_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trigdsl.store.keeper.USERS_AT_ONCE", 1)
    monkeypatch.setattr("trigdsl.store.running.USERS_AT_ONCE", 1)
    url = f"sqlite:///{tmp_path / 'state.db'}"
    with trigdsl.Engine(trigdsl.parse(R.format(1)), store=url) as engine:
        engine.feed_many([{"user": user, "time": f"{DAY}T10:00:00Z", "event": "cart"} for user in "abc"])
    real, calls = Keeper._adopted, list[str]()

    def interrupted(self: Keeper, adoption: Any, user: str, *rest: Any) -> Any:
        calls.append(user)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(self, adoption, user, *rest)

    monkeypatch.setattr(Keeper, "_adopted", interrupted)
    with pytest.raises(KeyboardInterrupt):
        trigdsl.Engine(trigdsl.parse(R.format(2)), store=url)
    assert calls == ["a", "b", "c"]
    with trigdsl.Engine(trigdsl.parse(R.format(3)), store=url) as engine:
        assert told(engine.feed({"user": "a", "time": f"{DAY}T10:30:00Z", "event": "cart"})) == []
        assert told(engine.advance(f"{DAY}T12:00:00Z")) == [*["r/1 sent 1 11:00:00"] * 3, "r/1 sent 3 11:30:00"]


# ------------------------------------------------------------------------ stores of before
@pytest.fixture
def golden(tmp_path: Path) -> str:
    """A store that was written before layouts had texts."""
    file = tmp_path / "golden.db"
    connection = sqlite3.connect(file)
    connection.executescript(GOLDEN.read_text())
    connection.close()
    return f"sqlite:///{file}"


GOLDEN_RULES = """
rule one: if cart then after 1h send push "one" unless purchase
rule two: if cart and count(visit) >= 2
  then after 2h send push "two {{ cart.id }}" then after 1h send sms "three" while pending stack
"""


def test_a_store_of_layout_form_1_goes_on_with_its_rules(golden: str) -> None:
    with trigdsl.Engine(trigdsl.parse(GOLDEN_RULES), store=golden) as engine:
        assert [f"{one.user} {one.rule}" for user in ("ann", "bob") for one in engine.pending(user)] == [
            "ann one",
            "ann two",
            "bob one",
        ]
        with engine.store.transaction() as t:
            assert {decode_layout(body).rules[0].text is None for body in t.layouts().values()} == {True, False}
    # Since that opening their texts are known.
    new = GOLDEN_RULES.replace('push "', 'push "new ').replace("three", "new")
    with trigdsl.Engine(trigdsl.parse(new), store=golden) as engine:
        assert told(engine.advance(f"{DAY}T15:00:00Z")) == [
            "one/1 sent one 11:00:00",
            "one/1 sent one 11:15:00",
            "two/1 sent two c1 12:00:00",
            "two/2 sent three 13:00:00",
        ]


def test_runs_of_a_store_of_layout_form_1_take_the_new_text_since_theirs_is_not_known(golden: str) -> None:
    new = GOLDEN_RULES.replace("after 1h send push", "after 2h send sms")
    with trigdsl.Engine(trigdsl.parse(new), store=golden) as engine:
        made = engine.advance(f"{DAY}T15:00:00Z")
        assert [f"{one.rule}/{one.step} {one.channel} {one.to_dict()['time'][11:19]}" for one in made] == [
            "one/1 sms 11:00:00",
            "one/1 sms 11:15:00",
            "two/1 push 12:00:00",
            "two/2 sms 13:00:00",
        ]
