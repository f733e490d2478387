"""Printed nodes: readable, with backticks and parentheses only where they are needed."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from reading import clause, expression, item, read, rule, step, trigger

from trigdsl.syntax import nodes as n
from trigdsl.syntax.printer import print_duration_node, print_event_set, print_tree
from trigdsl.syntax.walk import walk


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("((a))", "a"),
        ("(a and b) and c", "(a and b) and c"),
        ("(a or b) and not (c == 1)", "(a or b) and not c == 1"),
        ("a-(b-c)", "a - (b - c)"),
        ("(a-b)-c", "a - b - c"),
        ("-(a + b)", "-(a + b)"),
        ("- - a", "--a"),
        ("(a default b) default (c + 1)", "a default b default (c + 1)"),
        ("a in ['x']".replace("'", '"'), 'a in ["x"]'),
        ("`plain`.`two words`.if", "plain.`two words`.if"),
        ("`if` == `then`", "`if` == `then`"),
        ("`mon` == 1", "mon == 1"),
        ("`time` > 1", "time > 1"),
        ("`time` since a", "`time` since a"),
        ("30 minutes", "30m"),
        ("1e3", "1000.0"),
        ('"\\u0041\\n\\""', '"A\\n\\""'),
        ("count((e or f))", "count(e or f)"),
        ("sum((e where a).p)", "sum(e.p where a)"),
        ("(e where (a and b)) ever", "(e where (a and b)) ever"),
        ("no (e or (f where a)) today", "no (e or (f where a)) today"),
        ("user in `vip`", "user in vip"),
        ("`user` in vip", "`user` in vip"),
        ("`count`(a)", "`count`(a)"),
        ("count(a)", "count(a)"),
    ],
)
def test_expressions(written: str, printed: str) -> None:
    assert print_tree(expression(written)) == printed
    assert expression(printed) == expression(written)


def test_a_short_rule_is_one_line() -> None:
    written = 'rule r  "T":\nif e\nthen send push "x"  once'
    assert print_tree(rule(written)) == 'rule r "T": if e then send push "x" once'


def test_a_longer_rule_has_a_line_for_each_part() -> None:
    written = 'rule r: if e then send push when a: "A" otherwise: nothing then after 1d send sms stop on f once'
    assert print_tree(rule(written)) == "\n  ".join(
        [
            "rule r:",
            "if e",
            'then send push\n    when a: "A"\n    otherwise: nothing',
            "then after 1d send sms",
            "stop on f",
            "once",
        ]
    )


def test_a_text_over_several_lines_stays_one() -> None:
    written = 'if e then send push """\n  one\n    two\n  """'
    printed = print_tree(rule(written))
    assert '"""\n    one\n      two\n    """' in printed
    assert rule(printed) == rule(written)


def test_a_file_is_its_items() -> None:
    file = read("list   a\n\nlist b if e then send a").file
    assert file is not None
    assert print_tree(file) == "list a\nlist b\nif e then send a\n"


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("unless purchase", "purchase"),
        ("unless purchase where total > 5 within 2h", "purchase"),
        ("unless `Order Completed`", "Order Completed"),
        ("unless any", "any"),
        ("unless a or (b where c)", "a or b"),
        ("unless (a or (b or c))", "a or b or c"),
        ("unless clicked winback", "clicked winback"),
        ("unless clicked `win back`", "clicked win back"),
    ],
)
def test_events_as_reasons_name_them(written: str, reason: str) -> None:
    (unless,) = step(f"then send push {written}").unless
    assert print_event_set(unless.event) == reason


def test_durations_keep_their_parts() -> None:
    for written in ("24h", "1d", "1h30m", "90m"):
        duration = expression(written)
        assert isinstance(duration, n.Duration)
        assert print_duration_node(duration) == written


def test_every_part_of_a_program_can_be_printed_alone() -> None:
    program = """rule r "t": if 2nd (e where a) and b then after 1 calendar day at 09:00 "Asia/Seoul" if no f ever
      send push 5% as l: "c" unless opened r within 2h between 09:00-10:00 utc on mon not on c else skip
      expires 1h priority 2 urgent then add to k, emit x { y: 1 }, call z(v: 2) once per 7d tag t"""
    file = read(program).file
    assert file is not None
    for node in walk(file):
        assert " ".join(print_tree(node).split()) in " ".join(print_tree(file).split())


@pytest.mark.parametrize(
    ("number", "written"),
    [(1, "first"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (21, "21st"), (113, "113th")],
)
def test_ordinals_are_written_as_people_do(number: int, written: str) -> None:
    assert print_tree(n.EventTrigger(event=n.Event(name="e"), ordinal=number)) == f"{written} e"


def test_every_first_is_every_1st() -> None:
    assert print_tree(trigger("every 1th e")) == "every 1st e"


def test_a_leading_event_of_a_path_is_kept_apart() -> None:
    assert print_tree(clause("for each event.id")) == "for each id"
    assert print_tree(clause("for each event.event.id")) == "for each event.event.id"


def test_names_that_would_join_the_next_word() -> None:
    assert print_tree(rule("if e then send `stop` on mon")) == "if e then send `stop` on mon"
    assert print_tree(rule("if e then send `starts` with { a: 1 }")) == "if e then send `starts` with { a: 1 }"


def test_items() -> None:
    for written in (
        'timezone "UTC"',
        'event e = "E" { a: text, b.if: list }',
        "event e",
        "user {}",
        "channel c:\n  between 09:00-10:00\n  cap 1 per 7d",
        "cap `all` 1 per ever",
        "cap tag t 1 per week",
        'calendar c = holidays "KR"',
        "calendar c = [2026-01-02, 2026-01-03]",
        "invariant i: no send within 1h after e where a",
        'test "t":\n  user in vip\n  +1d e { "a b": -1, c.d: {} }\n  expect 2 sends\n  expect only `only` sent as v',
    ):
        assert print_tree(item(written)) == written


# Programs from outside of the project, where they are at hand

_SHARED = Path(os.environ.get("TRIGDSL_SHARED", Path(__file__).resolve().parents[3] / "shared"))


def _programs() -> list[str]:
    definition = _SHARED / "design" / "language.md"
    tour = re.findall(r"```trig\n(.*?)```", definition.read_text("utf-8"), re.DOTALL) if definition.is_file() else []
    cases = sorted((_SHARED / "conformance" / "cases").glob("*.json"))
    return tour + [json.loads(case.read_text("utf-8"))["rules"] for case in cases]


@pytest.mark.skipif(not _SHARED.is_dir(), reason="set TRIGDSL_SHARED to the folder with the language definition")
def test_the_programs_of_the_language_definition_are_read_and_printed() -> None:
    programs = _programs()
    assert programs
    for program in programs:
        parsed = read(program)
        assert parsed.diagnostics == (), program
        assert parsed.file is not None
        assert read(print_tree(parsed.file)).file == parsed.file
