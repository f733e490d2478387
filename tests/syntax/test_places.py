"""Where nodes stand, and the numbers they bear."""

from __future__ import annotations

from pathlib import Path

import pytest
from reading import read

from trigdsl.source import Source
from trigdsl.syntax import grammar, parser
from trigdsl.syntax import nodes as n
from trigdsl.syntax.parser import parse_file
from trigdsl.syntax.tokens import comments
from trigdsl.syntax.walk import children, walk

ROOT = Path(__file__).parents[2]

PROGRAM = """\
rule cart "A title": # first
  if (cart or basket) and (a + b) * 2 > user.limit and no x in last 1d
  then after 30m at 09:00 utc if count(y where w > 1) today == 1 send push
    when a: "A"
    otherwise: nothing
  unless (purchase where total > 50) within 2h between 09:00-21:00 local not on days_off
  for each cart.id tag t1, t2

segment s = sum((e or f).p.q) in last 7d >= 1 or user not in vip
test "t": user { k.l: -1 } in vip
  2026-11-20 10:00 e { a: [1] }
  expect cart sent at 2026-11-20 10:30 on push
"""


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        (n.EventGroup, {"cart or basket", "e or f"}),
        (n.Arithmetic, {"a + b", "(a + b) * 2"}),
        (n.Happened, {"no x in last 1d"}),
        (n.Period, {"in last 1d", "today", "in last 7d"}),
        (n.Aggregate, {"count(y where w > 1) today", "sum((e or f).p.q) in last 7d"}),
        (n.Event, {"cart", "basket", "x", "y", "purchase", "e", "f"}),
        (n.EventWhere, {"y where w > 1", "purchase where total > 50"}),
        (n.Unless, {"unless (purchase where total > 50) within 2h"}),
        (n.Between, {"between 09:00-21:00 local"}),
        (n.TimeRange, {"09:00-21:00"}),
        (n.OnCalendar, {"not on days_off"}),
        (n.ForEach, {"for each cart.id"}),
        (n.Tags, {"tag t1, t2"}),
        (n.WhenVariant, {'when a: "A"', "otherwise: nothing"}),
        (n.Nothing, {"nothing"}),
        (n.Negative, {"-1"}),
        (n.Entry, {"k.l: -1", "a: [1]"}),
        (n.At, {"2026-11-20 10:00", "2026-11-20 10:30"}),
        (n.ExpectRule, {"expect cart sent at 2026-11-20 10:30 on push"}),
        (n.Member, {"user not in vip"}),
    ],
)
def test_a_node_stands_from_its_first_to_its_last_character(kind: type[n.Node], texts: set[str]) -> None:
    assert {node.span.text for node in walk(_file(PROGRAM)) if isinstance(node, kind)} == texts


def test_a_step_reaches_to_its_last_modifier() -> None:
    program = "if e then after 1h send push unless x urgent once"
    (step,) = (node for node in walk(_file(program)) if isinstance(node, n.Step))
    assert step.span.text == "then after 1h send push unless x urgent"


def test_a_part_lies_inside_the_whole() -> None:
    for node in walk(_file(PROGRAM)):
        for child in children(node):
            if not (isinstance(node, n.Limit) and isinstance(child, n.LimitPeriod)):
                assert node.span.start <= child.span.start <= child.span.end <= node.span.end, (node, child)


def test_every_item_but_the_file_begins_with_its_own_word() -> None:
    words = [item.span.text.split()[0] for item in _file(PROGRAM).items]
    assert words == ["rule", "segment", "test"]


@pytest.mark.parametrize("first", [0, 17])
def test_ids_are_consecutive(first: int) -> None:
    parsed = parse_file(Source("<test>", PROGRAM), first)
    assert parsed.file is not None
    assert sorted(node.id for node in walk(parsed.file)) == list(range(first, parsed.next_id))


def test_places_and_numbers_do_not_make_trees_differ() -> None:
    assert _file("if e then send push") == parse_file(Source("<other>", "if e\n\nthen send push"), 5).file


def test_children_come_in_the_order_of_the_source() -> None:
    rule = _file("if e and a then send push once").items[0]
    kinds = [type(child) for child in children(rule)]
    assert kinds == [n.EventTrigger, n.Step, n.Path, n.Limit]


def test_comments_are_found_outside_of_texts_and_names() -> None:
    source = Source("<test>", '# one\nif `a # b` then send push "# no" # two \nonce#three\n\'#four\n"open # text')
    assert [comment.text for comment in comments(source)] == ["# one", "# two", "#three", "#four"]


def _file(text: str) -> n.File:
    parsed = read(text)
    assert parsed.diagnostics == ()
    assert parsed.file is not None
    return parsed.file


@pytest.mark.parametrize("path", sorted((ROOT / "examples").rglob("*.trig")), ids=lambda path: path.stem)
def test_handing_on_the_only_part_of_a_rule_changes_no_tree_and_no_place(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source(path.name, path.read_text(encoding="utf-8"))
    quick = parse_file(source).file
    whole = grammar.parser().parse_interactive(start="item").parser_state.parse_conf.callbacks
    monkeypatch.setattr(parser, "callbacks", lambda: whole)
    slow = parse_file(source).file
    assert quick is not None
    assert slow is not None
    assert quick == slow
    assert [one.span for one in walk(quick)] == [one.span for one in walk(slow)]
