"""What `--plan` says of a program."""

from __future__ import annotations

import sys

import pytest

from trigdsl.loading import parse
from trigdsl.replayer import plan_files
from trigdsl.replayer.plan import Plan, Reading, plan_of

FLAT = """
event buy = "Order Completed"
rule r: if view and price > 400 then after 1h send push unless buy within 2h
rule s: if view and price > 500 then send push
rule t: if look and kind == "x" then send sms
"""


def plan(rules: str, *, is_sorted: bool = False, invariants: bool = False) -> Plan:
    return plan_of(parse(rules), is_sorted=is_sorted, invariants=invariants, workers=4)


def test_a_flat_program_takes_the_short_cut() -> None:
    found = plan(FLAT)
    assert (found.engine, found.obstacles, found.workers, found.alone) == ("short cut", (), 4, ())
    assert found.columns == ("kind", "price")
    assert "  Parquet, Arrow: of events in large files are read user, time, event, `kind`, `price`." in found.lines()
    assert "Processes: 4, each for its own users, when files are large; else one." in found.lines()
    assert found.readings == (
        Reading(event="buy", handled="always"),
        Reading(event="look", handled="when"),
        Reading(event="view", handled="beyond", bounds=("price > 400",)),
        Reading(event="any other", handled="never"),
    )


def test_what_is_compiled_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = "calendar c = [2026-11-25]\nrule r: if a then send push on c\nrule s: if a then send push on weekdays"
    pytest.importorskip("trigdsl.native.kernel")
    found = plan(rules)
    assert (found.compiled, found.asking) == (True, ("r",))
    assert list(found.lines())[:2] == [
        "Engine: the short cut, compiled. It is left when records join ids by an `alias`.",
        "  Python is asked for the windows of r, which name dates.",
    ]
    monkeypatch.setitem(sys.modules, "trigdsl.native.kernel", None)
    found = plan(rules)
    assert (found.compiled, found.asking) == (False, ())
    assert next(found.lines()).startswith("Engine: the short cut, in Python, since nothing was compiled")
    assert not plan(FLAT, invariants=True).compiled


def test_what_the_call_asks_for_may_be_in_the_way() -> None:
    found = plan(FLAT, is_sorted=True, invariants=True)
    assert found.engine == "machine"
    assert found.workers == 1
    assert found.alone == ("`--sorted` handles records as they come",)
    assert "Processes: one, because `--sorted` handles records as they come." in found.lines()
    assert [each.why.split()[0] for each in found.obstacles] == ["`--sorted`", "`--invariants`"]


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("if user.age changes then send push", "it is triggered neither by an event nor by its silence"),
        ("if no view for 1d and user.age > 3 then send push", "a condition is asked when a silence is over"),
        ("if view then send push then after 1h send push", "it has more than one step"),
        ("if view then at 09:00 send push", "it waits for a time of day"),
        ("if view then after 1h if user.age > 3 send push", "a step has an `if`"),
        ("if view then send push, send sms", "a step does more than one thing"),
        ("list l\nrule r: if view then add to l", "it does something else than send"),
        ("channel push:\n  requires user.ok\nrule r: if view then send push", "the channel `push` requires"),
        ('if view then send push "{{ price }}"', "its text is a template"),
        ('if view then send push when price > 1: "a" otherwise: "b"', "its message has variants"),
        ('if view then send push with { a: "b" }', "its message has fields"),
        ("if view then send push\n  for each id", "it says `for each`"),
        ("if view then send push\n  goal buy within 1d", "it says `goal`"),
        ("if view then send push\n  holdout 10%", "it says `holdout`"),
        ("if view then after 1h send push unless (buy where total > 3)", "what `buy` ends depends on its properties"),
        ("if view then send push\nrule s: if sent r then send sms", "it heeds what it sends"),
    ],
)
def test_what_is_in_the_way_is_told(rule: str, why: str) -> None:
    text = rule if "rule r:" in rule or rule.startswith(("list", "channel")) else f"rule r: {rule}"
    found = plan(text)
    assert found.engine == "machine"
    assert any(why in each.why for each in found.obstacles), found.obstacles


@pytest.fixture
def _scanning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_files, "can_scan", lambda: True)
    monkeypatch.setattr(plan_files, "can_scan_rows", lambda: True)


FILTERED = "    Counted without becoming Python values, where they cannot matter: view, any other."


def files_of(found: Plan) -> list[str]:
    lines = list(found.lines())
    return lines[lines.index("Files") + 1 : -2]


@pytest.mark.usefixtures("_scanning")
def test_what_is_read_of_files_of_each_kind_under_the_short_cut() -> None:
    assert files_of(plan(FLAT)) == [
        "  Parquet, Arrow: of events in large files are read user, time, event, `kind`, `price`.",
        FILTERED,
        "  CSV, JSON Lines: of events in large files are read user, time, event, `kind`, `price`.",
        FILTERED,
    ]


@pytest.mark.usefixtures("_scanning")
def test_what_the_machine_is_given_is_read_as_a_whole() -> None:
    rules = 'rule r: if view and price > 400 then send push "{{ price }}"'
    assert files_of(plan(rules)) == [
        "  Parquet, Arrow: all is read.",
        FILTERED,
        "  CSV, JSON Lines: of events are read user, time, event, `price`, and all of what is handed on.",
        FILTERED,
    ]
    # Nothing may pass unseen where a rule asks about the past of all that is named.
    (of_columns, by_scanner) = plan("rule r: if 3rd view then send push").files
    assert (of_columns.filtered, by_scanner.filtered) == (("any other",), ("any other",))
    assert by_scanner.properties == ()


@pytest.mark.usefixtures("_scanning")
def test_a_stream_in_order_and_other_names_are_read_otherwise() -> None:
    of_columns, by_scanner = plan(FLAT, is_sorted=True).files
    assert (of_columns.properties, of_columns.filtered) == (None, ())
    assert by_scanner.filtered == ("view", "any other")
    found = plan_of(parse(FLAT), is_sorted=False, invariants=False, workers=1, mapped=True).files
    assert [(each.kinds, each.filtered) for each in found] == [
        (("Parquet", "Arrow"), ("view", "any other")),
        (("CSV",), ("view", "any other")),
        (("JSON Lines",), ()),
    ]


def test_where_nothing_was_compiled_lines_are_read_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_files, "can_scan", lambda: False)
    monkeypatch.setattr(plan_files, "can_scan_rows", lambda: False)
    assert files_of(plan(FLAT))[-1] == "  CSV, JSON Lines: all is read."


@pytest.mark.parametrize(
    "rule",
    [
        "if 2nd view then send push",
        "if every 2nd view then send push",
        "if no view for 1d then send push",
        "if view and buy ever then send push",
        "if view and sum(view.price) in last 7d > 3 then send push",
        "if view and user.age > 3 then send push",
        "if view and local.hour < 12 then send push",
    ],
)
def test_what_hangs_on_the_past_or_the_profile_takes_the_short_cut_and_reads_all_columns(rule: str) -> None:
    found = plan(f"rule r: {rule}")
    assert (found.engine, found.columns) == ("short cut", None)
