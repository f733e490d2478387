"""Every number of a page is that which plain counting finds in the file of decisions."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import counting
import pytest
from report_pages import HOSTILE, RULES, Page, Replayed, read_lines, records, write_records

from trigdsl.cli import main
from trigdsl.reporter.civil import WEEKDAYS

ROOT = Path(__file__).parents[2]
EXAMPLES = ["winback", "abandoned_cart"]
SHARED = Path(os.environ.get("TRIGDSL_SHARED") or ROOT.parent / "shared")
RETAIL = SHARED / "data" / "online_retail_orders.jsonl.gz"
WINBACK = ROOT / "benchmarks" / "winback.trig"
EPOCH = date(1970, 1, 1)

Decision = dict[str, Any]


def check(page: Page, decisions: list[Decision], zone_of: counting.ZoneOf) -> None:
    """All that a page says about decisions, against plain counting."""
    check_glance(page, decisions)
    check_times(page, decisions, zone_of)
    check_pressure(page, decisions, zone_of)
    check_rules(page, decisions)
    check_reasons(page, decisions)
    check_caps(page, decisions, zone_of)
    check_table(page, decisions)


def check_glance(page: Page, decisions: list[Decision]) -> None:
    sent = counting.messages(decisions)
    by_status = Counter(one["status"] for one in decisions)
    assert page.glance == {
        "messages sent": len(sent),
        "users reached": len({one["user"] for one in sent}),
        "held back": by_status["cancelled"] + by_status["capped"] + by_status["skipped"],
        "in control": by_status["control"],
        "still waiting": by_status["pending"],
        "decisions": len(decisions),
    }


def check_times(page: Page, decisions: list[Decision], zone_of: counting.ZoneOf) -> None:
    hours = counting.hours(decisions, zone_of)
    if not hours:
        assert "Messages by local weekday and hour" not in page.tables
        return
    heat = page.tables["Messages by local weekday and hour"]
    for weekday, name in enumerate(WEEKDAYS):
        row = [hours[weekday, hour] for hour in range(24)]
        assert heat.rows[weekday][0] == name
        assert heat.values[weekday] == [None, *row, sum(row)]
    drawn = page.data("chart-data")
    days = counting.days(decisions, zone_of)
    told = {
        (drawn["rules"][rule], drawn["channels"][channel], EPOCH + timedelta(days=day)): count
        for rule, channel, points in drawn["sends"]
        for day, count in points
    }
    assert told == days
    [(caption, table)] = [(name, one) for name, one in page.tables.items() if name.startswith("Messages each")]
    at = (lambda day: day) if caption == "Messages each day" else counting.monday
    by_period = Counter[tuple[str, str]]()
    for (rule, channel, day), count in days.items():
        for column in ("messages", f"rule {rule}", f"channel {channel}"):
            by_period[at(day).isoformat(), column] += count
    told_by_period = {
        (row[0], column): values[place]
        for row, values in zip(table.rows, table.values, strict=True)
        for place, column in enumerate(table.header)
        if values[place]
    }
    assert told_by_period == by_period


def check_pressure(page: Page, decisions: list[Decision], zone_of: counting.ZoneOf) -> None:
    weeks = counting.user_weeks(decisions, zone_of)
    if not weeks:
        return
    sizes = Counter(weeks.values())
    table = page.tables["User-weeks by number of messages"]
    told = {int(row[0]): values[1] for row, values in zip(table.rows, table.values, strict=True) if values[1]}
    assert told == sizes
    assert table.column("share") == [sizes[int(row[0])] / len(weeks) for row in table.rows]
    by_week = page.tables["Week by week"]
    for row, values in zip(by_week.rows, by_week.values, strict=True):
        counts = [count for (_, week), count in weeks.items() if week.isoformat() == row[0]]
        assert values[1:] == [len(counts), sum(counts), sum(counts) / len(counts), max(counts)]
    assert len(by_week.rows) == len({week for _, week in weeks})


def check_rules(page: Page, decisions: list[Decision]) -> None:
    counts = counting.statuses(decisions)
    table = page.tables["Decisions by rule, step and status"]
    places = {name: place for place, name in enumerate(table.header)}
    told = {
        (row[0], int(row[1]), status): values[places[status]]
        for row, values in zip(table.rows, table.values, strict=True)
        for status in table.header[4:]
        if values[places[status]]
    }
    assert told == counts
    drawn = {
        (rule, status): count
        for rule, by in page.data("chart-data")["outcomes"]
        for status, count in by.items()
        if count
    }
    assert drawn == Counter((rule, status) for rule, _, status in counts.elements())


def check_reasons(page: Page, decisions: list[Decision]) -> None:
    counts = counting.reasons(decisions)
    if not counts:
        assert "Reasons by rule" not in page.tables
        return
    table = page.tables["Reasons by rule"]
    told = {(row[0], row[2], row[3]): values[4] for row, values in zip(table.rows, table.values, strict=True)}
    assert told == counts
    of = Counter(one["rule"] for one in decisions)
    assert table.column("share of the rule's") == [counts[row[0], row[2], row[3]] / of[row[0]] for row in table.rows]


def check_caps(page: Page, decisions: list[Decision], zone_of: counting.ZoneOf) -> None:
    counts = counting.capped(decisions)
    if not counts:
        assert "What each cap held back" not in page.tables
        return
    table, days = page.tables["What each cap held back"], counting.capped_days(decisions, zone_of)
    assert {row[0]: tuple(values[1:]) for row, values in zip(table.rows, table.values, strict=True)} == {
        cap: (count, days[cap]) for cap, count in counts.items()
    }


def check_table(page: Page, decisions: list[Decision]) -> None:
    """The rows of the page, made decisions again, are those of the file about the users that were drawn."""
    data = page.data("decision-data")
    columns, texts = data["columns"], data["texts"]

    def text(name: str, row: int) -> str | None:
        at = columns[name][row] if name in columns else -1
        return None if at < 0 else texts[at]

    made = [
        (text("user", row), text("rule", row), columns["step"][row], text("action", row), text("what", row),
         data["statuses"][columns["status"][row]], text("reason", row), text("text", row), text("event_id", row))
        for row in range(data["count"])
    ]  # fmt: skip
    users = {row[0] for row in made}
    assert made == [
        (one["user"], one["rule"], one["step"], one["action"], one.get("channel", one.get("target")),
         one["status"], one.get("reason"), one.get("text"), one.get("event_id"))
        for one in decisions
        if one["user"] in users
    ]  # fmt: skip


def test_a_replay_in_many_zones(replayed: Callable[..., Replayed]) -> None:
    page, decisions = replayed()
    zones = {one["user"]: one["set"]["timezone"] for one in records() if "set" in one}
    assert {one["status"] for one in decisions} == {"sent", "cancelled", "capped", "skipped", "control", "pending"}
    assert {one["reason"] for one in decisions if one["status"] == "capped"} == {
        "push 1 per day",
        "all 3 per 7d",
        "tag loud 2 per 7d",
    }
    check(page, decisions, lambda one: zones[one["user"]] or "America/New_York")
    expected = counting.conflicts(
        decisions, lambda one: zones[one["user"]] or "America/New_York", {"loud": {"cart", "hello"}}
    )
    table = page.tables["Who lost, and who won"]
    told = {
        (row[0], row[1], row[1] if row[2] == "itself" else row[2]): (values[4], values[3])
        for row, values in zip(table.rows, table.values, strict=True)
    }
    assert told == expected
    assert len(expected) > 10


def test_runs_and_goals_are_those_of_the_summary(
    replayed: Callable[..., Replayed], capsys: pytest.CaptureFixture[str]
) -> None:
    page, _ = replayed(RULES, records(), "--json")
    rules = json.loads(capsys.readouterr().out)["rules"]
    table = page.tables["Decisions by rule, step and status"]
    triggered = {row[0]: values[2] for row, values in zip(table.rows, table.values, strict=True) if row[1] == "1"}
    assert triggered == {rule["rule"]: rule["runs"] for rule in rules}
    goals = page.tables["Runs that reached the goal in time, against control"]
    told = [(row[0], row[1], row[2], *values[3:7]) for row, values in zip(goals.rows, goals.values, strict=True)]
    assert told == [
        (
            rule["rule"], goal["variant"] or "—", "control" if goal["control"] else "got the message",
            goal["runs"], goal["converted"], goal["rate"], goal["lift"] and goal["lift"]["difference"],
        )
        for rule in rules
        for goal in rule["goals"]
    ]  # fmt: skip
    assert {row[2] for row in told} == {"control", "got the message"}


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples(example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = ROOT / "examples" / example
    [rules, *_] = sorted(folder.glob("*.trig"))
    assert main(["replay", str(rules), str(folder / "events.jsonl"), "--out", "d.jsonl", "--report", "r.html"]) == 0
    decisions = read_lines(Path("d.jsonl"))
    zones = {
        one["user"]: one["set"]["timezone"]
        for one in read_lines(folder / "events.jsonl")
        if "timezone" in one.get("set", {})
    }
    default = {"winback": "Europe/Madrid"}.get(example, "UTC")
    assert decisions
    check(Page(Path("r.html")), decisions, lambda one: zones.get(one["user"], default))


@pytest.mark.parametrize(
    ("options", "zone"),
    [
        ([], "UTC"),
        (["--timezone", "Asia/Kathmandu"], "Asia/Kathmandu"),
        (["--rules", "rules.trig"], "America/New_York"),
    ],
)
def test_saved_decisions(options: list[str], zone: str, replayed: Callable[..., Replayed]) -> None:
    _, decisions = replayed()
    assert main(["report", "decisions.jsonl", "--out", "saved.html", *options]) == 0
    check(Page(Path("saved.html")), decisions, lambda _: zone)


def test_all_but_the_table_counts_what_the_sample_leaves_out(replayed: Callable[..., Replayed]) -> None:
    _, decisions = replayed()
    assert main(["report", "decisions.jsonl", "--rows", "100", "--out", "saved.html"]) == 0
    page = Page(Path("saved.html"))
    check(page, decisions, lambda _: "UTC")
    kept = page.data("decision-data")["count"]
    assert 50 < kept <= 100 < len(decisions)
    assert f"{kept:,} of {len(decisions):,} decisions" in page.text
    assert f"{len(decisions) - kept:,} are not in this table" in page.text


@pytest.mark.parametrize(
    "options", [["--only", "sent,capped"], ["--rule", "hello"], ["--user", "u3", "--user", HOSTILE]]
)
def test_what_is_not_shown_is_not_counted(options: list[str], replayed: Callable[..., Replayed]) -> None:
    page, decisions = replayed(RULES, records(), *options)
    zones = {one["user"]: one["set"]["timezone"] for one in records() if "set" in one}
    check(page, decisions, lambda one: zones[one["user"]] or "America/New_York")
    assert "this report shows only" in page.text


@pytest.mark.skipif(not RETAIL.exists(), reason="no Online Retail beside the project (TRIGDSL_SHARED names its folder)")
def test_the_online_retail_replay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["replay", str(WINBACK), str(RETAIL), "--out", "d.jsonl", "--report", "r.html"]) == 0
    assert Path("r.html").stat().st_size < 3_000_000
    check(Page(Path("r.html")), read_lines(Path("d.jsonl")), lambda _: "Europe/London")


def test_many_users_weigh_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some 25,000 decisions, more than the table holds, in less than 3 MB."""
    monkeypatch.chdir(tmp_path)
    Path("rules.trig").write_text(RULES, "utf-8")
    write_records(Path("events.jsonl"), records(users=1700))
    assert main(["replay", "rules.trig", "events.jsonl", "--out", "d.jsonl", "--report", "r.html"]) == 0
    decisions = read_lines(Path("d.jsonl"))
    assert len(decisions) > 20_000
    assert Path("r.html").stat().st_size < 3_000_000
    check_table(Page(Path("r.html")), decisions)
