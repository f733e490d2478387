"""What lines do beyond what transcripts show: files that change, options, saving, what is interrupted."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from repl_session import opened, say

from trigdsl.cli import main
from trigdsl.engine.state import State
from trigdsl.engine.tracing import TracingMachine
from trigdsl.loading import parse_checked
from trigdsl.model.inputs import Input
from trigdsl.tester.run import run_tests

RULE = "rule reminder: if cart and value > 200 then after 30m send push unless purchase"


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(monkeypatch: pytest.MonkeyPatch, script: str, *args: str) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(script))
    return main(["repl", *args])


# ------------------------------------------------------------------------ rules that change
def test_reload_keeps_what_is_known_of_users() -> None:
    Path("rules.trig").write_text(RULE)
    shell = opened()
    say(shell, ":load rules.trig", 'set user.name = "Mina"', "cart { value: 300 }")
    Path("rules.trig").write_text(RULE.replace("send push", 'send push "Hi {{ user.name }}"'))
    assert say(shell, ":reload", "+30m") == ["  read again: rules.trig", '  10:30  reminder sent on push "Hi Mina"']


def test_reload_ends_runs_of_rules_that_are_gone_and_says_so() -> None:
    Path("rules.trig").write_text(f"{RULE}\nrule other: if x then send sms")
    shell = opened()
    say(shell, ":load rules.trig", "cart { value: 300 }")
    Path("rules.trig").write_text("rule other: if x then send sms")
    said = ["  10:00  reminder cancelled: rule removed", "  read again: rules.trig"]
    assert say(shell, ":reload") == said
    assert "  10:00       reminder: step 1: cancelled (rule removed)" in say(shell, ":why")
    assert say(shell, ":back", ":pending") == ["  taken back: :reload", "  10:30  reminder step 1: send push"]


def test_rules_that_became_wrong_change_nothing() -> None:
    Path("rules.trig").write_text(RULE)
    shell = opened()
    say(shell, ":load rules.trig", "cart { value: 300 }")
    Path("rules.trig").write_text("rule reminder: if cart send push")
    assert say(shell, ":reload")[0].startswith("rules.trig:1:")
    assert say(shell, "+30m") == ["  10:30  reminder sent on push"]
    Path("rules.trig").unlink()
    assert say(shell, ":reload") == ["error: cannot read `rules.trig`: no such file or directory"]
    assert shell.failed == 2


def test_reload_without_files() -> None:
    assert say(opened(RULE), ":reload")[0] == "error: no file of rules was loaded"


def test_a_typed_rule_takes_the_place_of_a_files_until_it_is_taken_back() -> None:
    Path("rules.trig").write_text(f"# first\n{RULE}\nrule late: if late then send sms\n")
    shell = opened()
    say(shell, ":load rules.trig")
    assert say(shell, "rule reminder: if cart then send email", "cart { value: 1 }") == [
        "  rule `reminder` is live, in place of the one before",
        "  10:00  reminder sent on email",
    ]
    # Everything else of the file stands where it stood.
    assert shell.world.checked.rules[0].node.span.position == (3, 1)
    assert say(shell, ":back 2", "cart { value: 1 }") == [
        "  taken back: cart { value: 1 }",
        "  taken back: rule reminder: if cart then send email",
        "  10:00  reminder: starts no run: `value` was 1, needs > 200",
    ]


def codes(lines: list[str]) -> list[str]:
    return [line.rpartition("[")[2].rstrip("]") for line in lines if ": warning: " in line]


def test_warnings_about_what_is_typed_are_told_each_time_and_others_once() -> None:
    """The rule without a name is warned of as soon as there are two; and that once only."""
    shell = opened("if visit then send push")
    odd = "rule a: if (cart_abandoned or cart_abandond) then send push"
    assert sorted(codes(say(shell, odd))) == ["misspelt-event", "unnamed-rule"]
    say(shell, ":back")
    assert codes(say(shell, odd)) == ["misspelt-event"]
    assert codes(say(shell, "rule b: if x then send push")) == []


def test_what_was_typed_stays_in_place_of_what_a_file_has() -> None:
    Path("rules.trig").write_text(RULE)
    shell = opened()
    typed = "rule reminder: if cart then send email"
    assert say(shell, typed, ":load rules.trig", "cart { value: 1 }") == [
        "  rule `reminder` is live",
        "  1 rule live",
        "  as it was typed, not as in the file: rule reminder",
        "  10:00  reminder sent on email",
    ]
    assert say(shell, ":reload")[-1] == "  as it was typed, not as in the file: rule reminder"


def test_rules_from_folders_here_and_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    Path("a/rules.trig").write_text("rule a: if x then send push")
    Path("b/rules.trig").write_text("rule b: if x then send sms")
    shell = opened()
    assert say(shell, ":load a", f":load {tmp_path / 'b'}", "x") == [
        "  1 rule live",
        "  2 rules live",
        "  10:00  a sent on push",
        "  10:00  b sent on sms",
    ]


def test_a_failure_inside_costs_only_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = opened("rule a: if x then send push")
    say(shell, "x")
    start, handle = shell.world.now, TracingMachine.handle

    def failing(machine: TracingMachine, state: State, given: Input) -> None:
        if given.time > start:
            raise ZeroDivisionError("division by zero")
        handle(machine, state, given)

    monkeypatch.setattr(TracingMachine, "handle", failing)
    said = "error: this failed inside trig (ZeroDivisionError: division by zero), and nothing was done"
    assert say(shell, "+1m x") == [said]
    assert shell.world.now == start
    assert [step.text for step in shell.session.journal.steps] == ["x"]
    assert say(shell, "x") == ["  10:00  a sent on push"]


def test_a_history_that_a_new_rule_asks_for_starts_empty() -> None:
    shell = opened("rule a: if x then send push")
    assert say(shell, "x", "rule b: if 2nd x then send sms", "x", "x") == [
        "  10:00  a sent on push",
        "  rule `b` is live",
        "  10:00  b: not triggered: it was not the `2nd x`",
        "  10:00  a sent on push",
        "  10:00  a sent on push",
        "  10:00  b sent on sms",
    ]
    assert say(shell, "? count(x)") == ["  3"]


def test_templates_lie_in_the_folder_of_the_rules() -> None:
    Path("mail").mkdir()
    Path("mail/rules.trig").write_text('rule a: if x then send email template "a.j2"')
    Path("mail/a.j2").write_text("Hello {{ user.name | default('you') }}")
    shell = opened()
    say(shell, ":load mail/rules.trig")
    assert say(shell, "x") == ['  10:00  a sent on email "Hello you"']
    assert say(shell, 'rule b: if y then send email template "a.j2"', "y")[-1] == '  10:00  b sent on email "Hello you"'
    assert say(shell, 'rule c: if y then send email template "none.j2"')[0].startswith("typed:1:30: error:")


# ------------------------------------------------------------------------ events of files
def write_events(name: str, *records: dict[str, object]) -> None:
    Path(name).write_text("".join(json.dumps(record) + "\n" for record in records))


def test_many_lines_of_a_file_are_counted() -> None:
    times = [f"2026-11-20T10:{minute:02}:00Z" for minute in range(40)]
    write_events("events.jsonl", *({"user": "m", "time": time, "event": "x"} for time in times))
    shell = opened("rule a: if x then send push")
    assert say(shell, ":load events.jsonl") == [
        "  40 records of 1 user, until 2026-11-20 10:39",
        "  40 sent; `:why` tells the story of a user",
    ]
    assert say(shell, ":back") == ["  taken back: :load events.jsonl"]
    assert not shell.world.began


def test_records_in_any_order_are_sorted_and_duplicates_left_out() -> None:
    write_events(
        "events.jsonl",
        {"user": "m", "time": "2026-11-20T11:00:00Z", "event": "b", "id": "1"},
        {"user": "m", "time": "2026-11-20T10:30:00Z", "event": "a", "id": "2"},
        {"user": "m", "time": "2026-11-20T11:00:00Z", "event": "b", "id": "1"},
    )
    shell = opened("rule r: if a then after 30m send push unless b")
    assert say(shell, ":load events.jsonl")[1:] == [
        "  10:30  r: a run starts, step 1 is due at 11:00",
        "  11:00  r cancelled: unless b",
    ]
    assert len(shell.world.inputs) == 2


def test_an_alias_is_the_user() -> None:
    write_events(
        "events.jsonl",
        {"user": "anonymous", "time": "2026-11-20T10:00:00Z", "event": "a"},
        {"user": "m", "time": "2026-11-20T10:10:00Z", "alias": "anonymous"},
    )
    shell = opened("rule r: if a then after 30m send push unless b")
    say(shell, ":load events.jsonl", "user anonymous")
    assert shell.session.user == "m"
    assert say(shell, "b") == ["  10:10  r cancelled: unless b"]


def test_a_file_that_cannot_be_read_or_holds_nothing() -> None:
    Path("empty.jsonl").write_text("")
    Path("bad.parquet").write_text("no parquet")
    Path("what.xyz").write_text("x")
    shell = opened()
    assert say(shell, ":load empty.jsonl") == ["  no records"]
    assert say(shell, ":load bad.parquet")[0].startswith("error: ")
    assert say(shell, ":load what.xyz")[0].startswith("error: ")
    assert shell.failed == 2


# ------------------------------------------------------------------------ options
def test_events_and_a_time_open_a_session(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.trig").write_text(RULE)
    write_events(
        "events.jsonl",
        {"user": "m", "time": "2026-11-20T10:00:00Z", "event": "cart", "properties": {"value": 300}},
        {"user": "n", "time": "2026-11-20T10:05:00Z", "event": "x"},
    )
    args = ("rules.trig", "--events", "events.jsonl", "--user", "n", "--at", "2026-11-20T10:29")
    assert run(monkeypatch, ":back\n+1m\n", *args) == 1
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "n Fri 2026-11-20 10:29> :back",
        "error: there is nothing to take back",
        "n Fri 2026-11-20 10:29> +1m",
        "  10:30  m: reminder sent on push",
    ]
    assert err.splitlines()[0] == "  2 records of 2 users, until 2026-11-20 10:05"


@pytest.mark.parametrize(
    ("args", "status", "said"),
    [
        (["none.trig"], 1, "cannot read `none.trig`"),
        (["-e", "if x"], 1, "typed:1:"),
        (["-e", "+30m"], 1, "-e wants rules"),
        (["--at", "soon"], 2, "`soon` is no time"),
        (["--events", "none.jsonl"], 1, "no file or folder `none.jsonl`"),
    ],
)
def test_what_cannot_be_opened(
    args: list[str], status: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "x\n", *args) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err


def test_a_time_before_the_last_event_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_events("events.jsonl", {"user": "m", "time": "2026-11-20T10:00:00Z", "event": "x"})
    assert run(monkeypatch, "", "--events", "events.jsonl", "--at", "2026-11-20T09:59:59") == 1
    assert "goes forward only" in capsys.readouterr().err
    assert run(monkeypatch, "", "--events", "events.jsonl", "--at", "2026-11-20T10:00") == 0


def test_times_with_an_offset(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        run(monkeypatch, "x", "-e", 'timezone "Asia/Seoul" rule a: if x then send push', "--at", "2026-11-20T10:00Z")
        == 0
    )
    assert capsys.readouterr().out.startswith("u1 Fri 2026-11-20 19:00> x")


# ------------------------------------------------------------------------ saving
def saved(shell_lines: list[str], rules: str) -> tuple[str, list[str]]:
    """The test that a session saves, after it was tried, and what is said beside it."""
    shell = opened(rules)
    say(shell, *shell_lines)
    lines = say(shell, ":save test")
    notes = [line for line in lines if line.startswith(("  the test ", "  lines of"))]
    text = "\n".join(line for line in lines if line not in notes)
    program, checked = parse_checked(f"{rules}\n{text}\n")
    [result] = run_tests(checked.tests, program)
    assert result.passed, text
    return text, notes


def test_a_saved_test_has_the_user_as_known_beforehand() -> None:
    rules = 'list vips\nrule a: if x and user in vips then send push "Hi {{ user.name }}"'
    text, notes = saved(['user mina { name: "Mina", timezone: "Asia/Seoul" } in vips', "x"], rules)
    assert notes == []
    assert text.splitlines() == [
        'test "what happens to mina":',
        '  user { name: "Mina", timezone: "Asia/Seoul" } in vips',
        "  2026-11-20 19:00 x",
        "  expect 1 send",
        '  expect a at 2026-11-20 19:00 on push containing "Hi Mina"',
    ]


def test_a_saved_test_lets_the_clock_run_where_the_calendar_needs_it() -> None:
    text, notes = saved(["x", "+1d"], "rule a: if every day at 09:00 then send push")
    assert notes == []
    assert text.splitlines() == [
        'test "what happens to u1":',
        "  2026-11-20 10:00 x",
        "  +1d              set user.timezone = nothing",
        "  expect 1 send",
        "  expect a at 2026-11-21 09:00 on push",
    ]


def test_a_saved_test_says_where_it_goes_otherwise() -> None:
    """In a test an input comes before what is due at its moment; here it came after."""
    rules = "rule a: if x then after 30m send push unless y"
    text, notes = saved(["x", "+30m", "y"], rules)
    assert notes == [
        "  the test does not go as the session did, for `a`: it has the present rules from the start, and",
        "  lines of a moment come before what is due then",
    ]
    assert '  expect a cancelled "unless y" at 2026-11-20 10:30 on push' in text.splitlines()
    assert saved(["x", "+30m y"], rules)[1] == []
    assert saved(["x", "+30m", "+1s y"], rules)[1] == []


def test_a_saved_test_has_the_present_rules() -> None:
    shell = opened("rule a: if x then send push")
    say(shell, "x", "rule a: if x then send sms")
    lines = say(shell, ":save test")
    assert "  expect a at 2026-11-20 10:00 on sms" in lines
    assert lines[-2].startswith("  the test does not go as the session did, for `a`")


def test_what_a_saved_test_writes() -> None:
    lines = [
        'cart { id: "c 1", value: 2.5, tags: ["a", "b"], at: { n: -1, ok: true } }',
        "set user.age = 30",
        "set user.age = nothing",
        "add to vips",
        "remove from vips",
        "`my event` { `odd key`: 1 }",
        "+1h30m5s done",
    ]
    text, notes = saved(lines, "list vips\nrule a: if done then send push")
    assert notes == []
    assert text.splitlines()[1:8] == [
        '  2026-11-20 10:00 cart { id: "c 1", value: 2.5, tags: ["a", "b"], at: { n: -1, ok: true } }',
        "  +0s              set user.age = 30",
        "  +0s              set user.age = nothing",
        "  +0s              add to vips",
        "  +0s              remove from vips",
        '  +0s              `my event` { "odd key": 1 }',
        "  +1h30m5s         done",
    ]


def test_saving_appends_to_a_file_which_passes(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.trig").write_text(RULE)
    shell = opened()
    say(shell, ":load rules.trig", "cart { value: 300 }", "+30m")
    assert say(shell, ':save test rules.trig "sent after \\"half\\" an hour"') == ["  appended to rules.trig"]
    assert say(shell, ":save test rules.trig") == ["  appended to rules.trig"]
    assert main(["test", "rules.trig", "-v"]) == 0
    assert "2 passed" in capsys.readouterr().out
    assert main(["fmt", "--check", "rules.trig"]) == 0


def test_what_cannot_be_saved() -> None:
    Path("folder").mkdir()
    shell = opened(RULE)
    say(shell, "cart { value: 300 }")
    assert say(shell, ":save test folder") == ["error: cannot write `folder`: is a directory"]
    assert say(shell, ":save test a b")[0] == "error: that is no file and title"
    assert say(shell, ':save test "\\q"')[0].startswith("error: ")


# ------------------------------------------------------------------------ the rest
def test_what_is_typed_cannot_steer_the_terminal() -> None:
    shell = opened(RULE)
    said = say(shell, ":\x1b[31m", "x\x1b[2J", 'x { a: "\x1b[2J" }', ":why", "user \x1b[2J", ":users", ":log")
    assert not any("\x1b" in line for line in said)
    assert "\x1b" not in shell.prompt


def test_colours_only_when_asked_for() -> None:
    shell = opened("rule a: if x then send push", color=True)
    assert say(shell, "x") == ["\x1b[32m  10:00  a sent on push\x1b[0m"]
    assert say(shell, ":foo")[0] == "\x1b[1;31merror: no command `:foo`\x1b[0m"


def test_help_quit_and_exit_are_events_where_rules_say_so() -> None:
    shell = opened("rule a: if quit then send push")
    assert say(shell, "quit") == ["  10:00  a sent on push"]
    assert not shell.is_over
    assert "commands" in say(shell, "help")
    say(shell, "exit")
    assert shell.is_over


def test_many_rules_that_are_not_triggered_are_counted() -> None:
    rules = "\n".join(f"rule r{number}: if x and n > {number} then send push" for number in range(8))
    said = say(opened(rules), "x { n: 0 }")
    assert len(said) == 6
    assert said[4].startswith("  10:00  r4: starts no run:")
    assert said[5] == "  and 3 more rules not triggered: see `:whynot RULE`"


def test_code_and_bounds_are_those_of_check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for command, option in ((":code", "--show-code"), (":bounds", "--bounds")):
        assert main(["check", "-e", RULE, option]) == 0
        expected = capsys.readouterr().out.rstrip("\n")
        assert run(monkeypatch, command, "-e", RULE) == 0
        assert capsys.readouterr().out.partition("\n")[2].rstrip("\n") == expected


def test_silences_and_calendars_are_pending() -> None:
    shell = opened("rule a: if no x for 7d then send push\nrule b: if every day at 09:00 then send push")
    assert say(shell, "x", ":pending") == [
        "  2026-11-21 09:00  b: fires then: every day at 09:00",
        "  2026-11-27 10:00  a: fires then: no x for 7d",
    ]
    assert say(shell, ":to next") == ["  2026-11-21 09:00  b sent on push"]


def test_ignored_sends_are_pending() -> None:
    shell = opened("rule a: if x then send push\nrule b: if ignored a after 1d then send sms")
    assert say(shell, "x", ":pending") == [
        "  10:00  a sent on push",
        "  2026-11-21 10:00  b: fires then: ignored a after 1d",
    ]
    assert say(shell, 'opened { rule: "a" }', ":pending") == ["  nothing waits"]


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("pending", "`:pending`"),
        ("undo", "`:back`"),
        ("next", "`:to next`"),
        ("tomorrow", "`09:00 tomorrow`"),
        ("friday", "`09:00 friday`"),
        (":undo", "`:back`"),
        (":list", "`:rules`"),
        (":pendin", "`:pending`"),
        (":set user.a = 1", "without the colon"),
        (":xyzzy", "`:help`"),
        ("wait 30m", "`+30m`"),
        ("wait 30 minutes", "`+30 minutes`"),
        ("+30 min", "`+30m`"),
        ("+2 hrs", "`+2h`"),
        ("user Anna Smith", '`user "Anna Smith"`'),
        ("set user.tier = gold", '`set user.tier = "gold"`'),
        ('user.tier = "gold"', '`set user.tier = "gold"`'),
        ("then send push", "`if signup then send push`"),
        ("send push", "`if signup then send push`"),
        ("when a", "`if signup then send push`"),
        ("x ever", "`? x ever`"),
        ("x >= 3", "`? x >= 3`"),
    ],
)
def test_slips_are_told_with_their_mend(line: str, meant: str) -> None:
    shell = opened("rule a: if x then send push")
    first, last = say(shell, line)
    assert first.startswith("error: ")
    assert last.startswith("  = help: ")
    assert meant in last
    assert shell.session.journal.steps == ()


@pytest.mark.parametrize("line", ["x", "pending", "tomorrow", "undo"])
def test_what_a_rule_names_is_an_event(line: str) -> None:
    assert say(opened(f"rule a: if {line} then send push"), line) == ["  10:00  a sent on push"]
