"""What the compiler gets of a program that is fine."""

from __future__ import annotations

from trigdsl.checker.check import check
from trigdsl.checker.program import CheckedProgram
from trigdsl.model.signatures import Signature, parse_signature
from trigdsl.source import Source
from trigdsl.syntax.nodes import Aggregate, CapDecl, Node, Path, Previous
from trigdsl.syntax.parser import parse_file
from trigdsl.syntax.walk import walk

WHOLE = """
timezone "Asia/Seoul"
event order = "Order Completed" { total: number, due: date, cart.id: text }
event visit
user { name: text, birthday: date, seen: instant, tier: text }
channel push: between 09:00-21:00 cap 2 per day requires user.name exists
cap all 5 per 7d
cap push 3 per week
calendar sale = [2026-11-27]
calendar free = [2026-12-24]
segment gold = user.tier == "gold" or sum(order.total) in last 90d >= 1000
list news
rule thanks "Thank you": if order and due > user.birthday then send push "{{ user.name }}" tag orders
if visit and user.seen < now - 1d then add to trial, call ring(a: 1)
test "nothing": 2026-11-20 10:00 visit expect no sends
invariant calm: at most 3 sends per 1d
"""


def checked(*texts: str, functions: dict[str, Signature] | None = None) -> CheckedProgram:
    files, next_id = [], 0
    for number, text in enumerate(texts):
        source = Source(f"{number}.trig", text)
        parsed = parse_file(source, next_id)
        assert not parsed.diagnostics
        files.append((parsed.file, source))
        next_id = parsed.next_id
    program, diagnostics = check(files, functions or {})
    assert program is not None, [str(found) for found in diagnostics]
    return program


def types_of(program: CheckedProgram, kind: type[Node]) -> dict[str, str | None]:
    """The text of every node of a class in the rules, with the type that is noted for it."""
    return {
        node.span.text: program.types.get(node.id)
        for rule in program.rules
        for node in walk(rule.node)
        if isinstance(node, kind)
    }


def test_rules_have_names_titles_and_places() -> None:
    program = checked(WHOLE, "rule later: if visit then send sms\nrule last_one: if order then send sms")
    assert [(rule.name, rule.title, rule.index, rule.source.name) for rule in program.rules] == [
        ("thanks", "Thank you", 0, "0.trig"),
        ("rule_1", None, 1, "0.trig"),
        ("later", None, 2, "1.trig"),
        ("last_one", None, 3, "1.trig"),
    ]


def test_declarations() -> None:
    program = checked(WHOLE)
    assert program.timezone == "Asia/Seoul"
    assert program.wire_names == {"order": "Order Completed"}
    assert program.event_fields == {"order": {("total",): "number", ("due",): "date", ("cart", "id"): "text"}}
    assert program.user_fields is not None
    assert program.user_fields["birthday",] == "date"
    assert list(program.channels) == ["push"]
    assert [type(policy).__name__ for policy in program.channels["push"]] == ["Between", "Cap", "Requires"]
    assert [(cap.scope, cap.count) for cap in program.caps if isinstance(cap, CapDecl)] == [("all", 5), ("channel", 3)]
    assert set(program.calendars) == {"sale", "free"}
    assert set(program.segments) == {"gold"}
    assert program.lists == {"news", "trial"}
    assert [test.title for test in program.tests] == ["nothing"]
    assert [invariant.name.text for invariant in program.invariants] == ["calm"]


def test_a_program_without_declarations() -> None:
    program = checked("if cart then send push")
    assert program.timezone is None
    assert program.user_fields is None
    assert not program.event_fields
    assert not program.wire_names
    assert [rule.name for rule in program.rules] == ["rule_1"]


def test_an_empty_program() -> None:
    assert checked("").rules == ()


def test_unnamed_rules_are_counted_in_their_file() -> None:
    program = checked(
        "rule a: if x then send push\nif y then send push\nrule b: if z then send push\nif w then send push"
    )
    assert [rule.name for rule in program.rules] == ["a", "rule_1", "b", "rule_2"]


def test_types_of_declared_paths() -> None:
    types = types_of(checked(WHOLE), Path)
    assert types == {"due": "date", "user.birthday": "date", "user.seen": "instant", "now": "instant"}


def test_types_of_undeclared_paths_are_not_known() -> None:
    assert types_of(checked("if order and due > user.birthday then send push"), Path) == {
        "due": None,
        "user.birthday": None,
    }


def test_types_of_dates_in_the_history_and_inside_where() -> None:
    program = checked(
        "event order { due: date, at_: instant } "
        "rule a: if order and first(order.due) > 2026-01-01 and previous(order.at_) < now "
        "and count(order where due > trigger.due) in last 7d > 2 then send push"
    )
    assert types_of(program, Aggregate)["first(order.due)"] == "date"
    assert types_of(program, Previous) == {"previous(order.at_)": "instant"}
    assert types_of(program, Path) == {"now": "instant", "due": "date", "trigger.due": "date"}


def test_dates_in_guards_variants_fields_and_clauses_have_types_too() -> None:
    program = checked(
        "event order { due: date, end: instant } user { born: date }"
        " rule a: if order then after 1h if due > 2026-01-01 send push"
        ' when user.born < 2000-01-01: "a" otherwise: "b" with { end: end }'
        " unless order where event.due == trigger.end goal order where event.end > now within 3d"
    )
    assert types_of(program, Path) == {
        "due": "date",
        "user.born": "date",
        "end": "instant",
        "event.due": "date",
        "trigger.end": "instant",
        "event.end": "instant",
        "now": "instant",
    }


def test_functions_of_the_host() -> None:
    functions = {"region": parse_signature("(text) -> text"), "now_in": parse_signature("(text, any) -> instant")}
    program = checked('if x and region(city) == "EU" and now_in(city, 5) > now then send push', functions=functions)
    assert program.host_functions == functions


def test_wrong_use_of_functions_of_the_host() -> None:
    functions = {"region": parse_signature("(text) -> text"), "lower": parse_signature("(text) -> text")}
    source = Source("a.trig", "if x and region(5) == 5 and region() == lower(y) then send push")
    program, found = check([(parse_file(source).file, source)], functions)
    assert program is None
    assert [(one.code, one.span.text) for one in found] == [
        ("duplicate-name", ""),
        ("type-mismatch", "region(5) == 5"),
        ("type-mismatch", "5"),
        ("argument-count", "region()"),
    ]


def test_a_text_with_syntax_errors_is_not_blamed_for_what_could_not_be_read() -> None:
    text = (
        "rule a: if x then after send push "
        "rule b: if sent a and user in vip and lowr(y) exists then send push "
        "segment vip = user.tier =="
    )
    source = Source("a.trig", text)
    parsed = parse_file(source)
    assert parsed.diagnostics
    program, found = check([(parsed.file, source)], complete=False)
    assert program is None
    assert [one.code for one in found] == ["unknown-function"]


def test_types_of_undeclared_fields_are_gathered_from_their_use() -> None:
    text = """event declared { n: number }
rule a: if cart and value > 5 and cart.id == "x" and other exists then set user.tier = "gold"
rule b: if declared and n > 5 and sum(cart.total) in last 1d > 3 and user.at < now then send push
rule c: if cart and value == true then send push
"""
    assert checked(text).used_fields == {
        "cart": {("value",): None, ("cart", "id"): "text", ("total",): "number"},
        "user": {("tier",): "text", ("at",): "instant"},
    }
