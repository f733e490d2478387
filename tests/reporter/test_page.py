"""The page itself: whole, closed to the network, and safe whatever users, rules and texts are called."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from report_pages import HOSTILE, RULES, Page, Replayed, records

import trigdsl
from trigdsl.cli import main
from trigdsl.reporter.html import Markup, json_script, quoted, table, tag, text
from trigdsl.reporter.page import SECTIONS
from trigdsl.reporter.stories import LONGEST, shortly

ALLOWED_ADDRESSES = ("https://www.chartjs.org", "https://github.com/kurkle/color")
"""Named in the licence notes of the library."""


# ---------------------------------------------------------------------- elements
def test_text_is_escaped_and_markup_is_not() -> None:
    assert tag("p", HOSTILE, Markup("<b>")) == "<p>&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;<b></p>"
    assert tag("p", title='"><script>') == '<p title="&quot;&gt;&lt;script&gt;"></p>'
    assert tag("input", checked=True, disabled=False, name=None, aria_label="a") == '<input checked aria-label="a">'
    assert text("a\ud800b") == "a�b"


def test_data_cannot_end_its_script() -> None:
    made = json_script("d", {"a": "</script><!-- & \u2028"})
    assert (
        made
        == '<script type="application/json" id="d">{"a":"\\u003c/script\\u003e\\u003c!-- \\u0026 \\u2028"}</script>'
    )


def test_names_in_backticks_are_code() -> None:
    assert quoted("the cap `push <1>` was full") == "the cap <code>push &lt;1&gt;</code> was full"
    assert quoted("an odd ` one") == "an odd ` one"


def test_an_empty_table_is_one() -> None:
    assert "<tbody></tbody>" in table("nothing", ("a",), [])


def test_a_long_sentence_keeps_its_beginning_and_its_end() -> None:
    assert shortly("x" * LONGEST) == "x" * LONGEST
    cut = shortly("begins " + "x" * LONGEST + " ends")
    assert len(cut) == LONGEST
    assert cut.startswith("begins ")
    assert cut.endswith(" ends")


# ---------------------------------------------------------------------- the page
def test_every_part_is_there_with_a_heading(replayed: Callable[..., Replayed]) -> None:
    page, _ = replayed()
    identifiers = [held["id"] for _, held in page.tags if "id" in held]
    assert len(identifiers) == len(set(identifiers))
    for place, _ in SECTIONS:
        assert place in identifiers
        assert f"{place}-heading" in identifiers
    labelled = [held.get("aria-labelledby") for name, held in page.tags if name == "section"]
    assert labelled == [f"{place}-heading" for place, _ in SECTIONS]


def test_nothing_is_fetched(replayed: Callable[..., Replayed]) -> None:
    page, _ = replayed()
    addresses = set(re.findall(r"https?://[\w./-]+", page.html))
    assert {address for address in addresses if not address.startswith(ALLOWED_ADDRESSES)} == set()
    assert "sourceMappingURL" not in page.html
    assert {name for name, held in page.tags if {"src", "srcset", "data", "action"} & held.keys()} == set()
    assert all((held["href"] or "").startswith("#") for _, held in page.tags if "href" in held)


def test_the_policy_allows_its_own_style_and_script_alone(replayed: Callable[..., Replayed]) -> None:
    page, _ = replayed()
    [policy] = [held["content"] for _, held in page.tags if held.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    rules = dict(part.split(" ", 1) for part in policy.split("; "))
    for name, kind in (("style", "style-src"), ("script", "script-src")):
        [inside] = re.findall(rf"<{name}>(.*?)</{name}>", page.html, re.DOTALL)
        assert rules[kind] == f"'sha256-{b64encode(sha256(inside.encode()).digest()).decode()}'"
    assert rules["default-src"] == "'none'"
    assert not any("style" in held or any(key.startswith("on") for key in held) for _, held in page.tags)


def test_what_users_are_called_is_only_ever_text(replayed: Callable[..., Replayed]) -> None:
    page, decisions = replayed()
    assert any(one["user"] == HOSTILE for one in decisions)
    assert any(HOSTILE in one.get("text", "") for one in decisions)
    assert HOSTILE in page.data("decision-data")["texts"]
    assert not any(name == "img" for name, _ in page.tags)
    assert "<img" not in page.html


def test_a_hostile_summary_title_and_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("d<img src=x>.jsonl").write_text("nonsense <img src=x>\n")
    assert main(["report", "d<img src=x>.jsonl", "--title", HOSTILE]) == 0
    page = Page(Path("report.html"))
    assert not any(name == "img" for name, _ in page.tags)
    assert HOSTILE in page.text
    assert "1 line held no decision and is left out. First: d<img src=x>.jsonl:1:" in page.text


def test_no_decisions_at_all(replayed: Callable[..., Replayed]) -> None:
    page, decisions = replayed("rule r: if never then send push", records())
    assert decisions == []
    assert "No message was sent." in page.text
    assert "r started no run: never never occurs in the data" in page.text


def test_the_same_replay_makes_the_same_page(replayed: Callable[..., Replayed]) -> None:
    first, _ = replayed()
    second, _ = replayed()
    assert first.html == second.html


# ---------------------------------------------------------------------- what it tells
def test_doubtful_data_is_told(replayed: Callable[..., Replayed]) -> None:
    page, _ = replayed()
    table = page.tables["Values that do not fit the rules"]
    assert table.rows[0][1] == "cart"
    assert table.rows[0][3] == '"many"'


def test_what_the_rules_do_is_told(replayed: Callable[..., Replayed]) -> None:
    page, _ = replayed()
    assert "What cart: A cart left behind does" in page.text
    assert "Cancelled, with all that follows, if `purchase` happens before it is done." in page.text


def test_a_replay_says_why_a_message_was_ended_or_skipped(replayed: Callable[..., Replayed]) -> None:
    rules = (
        "rule a: if cart then after 1h send push unless purchase\n"
        "rule b: if cart then after 2h if user.score > 5 send sms"
    )
    page, decisions = replayed(
        rules,
        [
            {"user": "u", "time": "2026-11-20T10:00:00Z", "event": "cart", "set": {"score": 4}},
            {"user": "u", "time": "2026-11-20T10:20:00Z", "event": "purchase"},
            {"user": "v", "time": "2026-11-20T13:00:00Z", "event": "other"},
        ],
    )
    assert [one["status"] for one in decisions] == ["cancelled", "skipped"]
    data = page.data("decision-data")
    told = [data["texts"][at] for at in data["columns"]["why"]]
    assert told == [
        "`purchase` at 10:20 cancelled it, 40m before the send",
        "the guard was not true: `user.score` was 4, needs > 5",
    ]


@pytest.mark.parametrize("options", [["--sorted"], []])
def test_without_a_second_look_at_the_events_the_decision_tells_its_story(
    options: list[str], replayed: Callable[..., Replayed]
) -> None:
    """In a sorted stream events are seen once; where ids are joined the records of others matter."""
    made = records()
    if not options:
        made.append({"user": "u1", "alias": "u2", "time": made[-1]["time"]})
    page, decisions = replayed(RULES, made, *options)
    assert any(one["status"] == "skipped" for one in decisions)
    assert "why" not in page.data("decision-data")["columns"]


def test_saved_decisions_say_what_they_do_not_know(replayed: Callable[..., Replayed]) -> None:
    replayed()
    assert main(["report", "decisions.jsonl", "--out", "saved.html"]) == 0
    page = Page(Path("saved.html"))
    assert "Saved decisions do not tell which time zone a user lives in" in page.text
    assert "How many users reached a goal, with a message and without? Decisions alone do not tell." in page.text
    assert (
        "Which records were rejected, and which values did not fit the rules? Decisions alone do not tell." in page.text
    )
    assert "Runs that reached the goal in time, against control" not in page.tables
    winners = {row[2] for row in page.tables["Who lost, and who won"].rows if row[0] == "tag loud 2 per 7d"}
    assert winners == {"not known"}


def test_rules_and_summary_make_up_for_it(
    replayed: Callable[..., Replayed], capsys: pytest.CaptureFixture[str]
) -> None:
    whole, _ = replayed(RULES, records(), "--json")
    Path("summary.json").write_text(capsys.readouterr().out)
    given = ["--rules", "rules.trig", "--summary", "summary.json", "--out", "saved.html"]
    assert main(["report", "decisions.jsonl", *given]) == 0
    page = Page(Path("saved.html"))
    for caption in (
        "Runs that reached the goal in time, against control",
        "Values that do not fit the rules",
        "Decisions by rule, step and status",
        "Reasons by rule",
    ):
        assert page.tables[caption] == whole.tables[caption]
    pairs = [
        {tuple(row[:3]): values[4] for row, values in zip(table.rows, table.values, strict=True)}
        for table in (page.tables["Who lost, and who won"], whole.tables["Who lost, and who won"])
    ]
    assert pairs[0] == pairs[1]
    assert not any(pair[2] == "not known" for pair in pairs[0])


def test_a_summary_of_other_decisions_is_told(
    replayed: Callable[..., Replayed], capsys: pytest.CaptureFixture[str]
) -> None:
    replayed(RULES, records(), "--json")
    Path("summary.json").write_text(capsys.readouterr().out)
    decisions = Path("decisions.jsonl").read_text("utf-8").splitlines(keepends=True)
    said = "The summary (--summary) counts other decisions than these"
    for lines, fits in ((decisions, True), (decisions[1:], False)):
        Path("some.jsonl").write_text("".join(lines), "utf-8")
        assert main(["report", "some.jsonl", "--summary", "summary.json"]) == 0
        assert (said not in Page(Path("report.html")).text) is fits


def test_the_library_is_the_one_that_its_notes_name() -> None:
    folder = Path(trigdsl.__file__).parent / "reporter" / "assets" / "vendor"
    script = (folder / "chart.umd.min.js").read_bytes()
    notes = (folder / "README.md").read_text("utf-8")
    assert sha256(script).hexdigest() in notes
    [version] = re.findall(rb"Chart\.js v([\d.]+)", script)
    assert f"Chart.js](https://www.chartjs.org) {version.decode()}," in notes
    assert "MIT License" in (folder / "chart.js-LICENSE.md").read_text("utf-8")
    assert len(script) < 300_000
