"""The Python that conditions become: negation pushed down, one slot for one question, plans by event name."""

import warnings
from collections.abc import Callable

import pytest

import trigdsl
from trigdsl.engine.history import Count, Latest, Recent, Tally, Window
from trigdsl.loading import SHALLOW, check_sources, compile_sources, is_shallow
from trigdsl.model.values import DAY, HOUR
from trigdsl.source import Source


def condition_of(text: str) -> str:
    """The generated expression of a rule's condition."""
    code = trigdsl.parse(f"rule r: if e and {text} then send push").code
    return code.partition("def r__condition(c):\n    return ")[2].split("\n")[0]


def test_negation_moves_down_to_comparisons() -> None:
    assert " <= 5 if " in condition_of("not (n > 5)")
    assert condition_of("not (n > 5)").endswith("is False)")
    assert " > 5 if " in condition_of("not (not (n > 5))")


def test_negation_turns_and_into_or() -> None:
    assert " or " in condition_of("not (n > 5 and m > 6)")
    assert " and " in condition_of("not (n > 5 or m > 6)")


@pytest.mark.parametrize("properties", [{}, {"n": None}, {"n": "7"}, {"n": True}])
def test_unknown_is_neither(properties: dict[str, object]) -> None:
    rules = "rule a: if e and n > 5 then send push\nrule b: if e and not (n > 5) then send push"
    record = {"user": "u", "time": 0, "event": "e", "properties": properties}
    assert not list(trigdsl.replay(trigdsl.parse(rules), [record]))


def test_the_same_question_shares_a_slot() -> None:
    program = trigdsl.parse(
        "rule a: if e and count(p) in last 1h > 1 then send push\n"
        "rule b: if e and count(p) in last 1d > 5 and no p in last 3h then send push\n"
        "rule c: if e and p ever and time since p > 1h then send push"
    )
    assert [type(slot) for slot in program.slots] == [Window, Latest]
    assert isinstance(program.slots[0], Window)
    assert program.slots[0].length == DAY


def test_a_slot_keeps_just_what_is_asked() -> None:
    program = trigdsl.parse(
        "rule a: if 2nd e then send push\n"
        "rule b: if e and sum(e.n) > 1 then send push\n"
        "rule c: if e and previous(e.n) > 1 then send push\n"
        "rule d: if e and distinct(e.k) in last 2h > 1 then send push"
    )
    assert {type(slot) for slot in program.slots} == {Count, Tally, Recent, Window}
    (window,) = (slot for slot in program.slots if isinstance(slot, Window))
    assert window.length == 2 * HOUR


def test_only_events_that_rules_name_have_a_plan() -> None:
    program = trigdsl.parse('event buy = "Order Completed"\nif cart then after 1h send push unless buy')
    assert set(program.plans) == {"cart", "Order Completed"}
    assert program.plan("view") is None
    assert trigdsl.parse("if no any for 1d then send push").plan("view") is not None


def test_an_expression_too_deep_for_python_is_a_finding() -> None:
    deep = "+".join(f"n{place}" for place in range(3_000)).replace("+", " + ")
    with pytest.raises(trigdsl.TrigError):
        trigdsl.parse(f"if e and {deep} > 1 then send push")


@pytest.mark.parametrize("opening", ["(", "not (", "1 + (", "round("])
def test_checking_alone_finds_the_same_as_compiling(opening: str) -> None:
    found = {True: set[int](), False: set[int]()}
    for levels in range(1, 100, 3):
        condition = f"{opening * levels}n{')' * levels}"
        sources = [Source("r.trig", f"if e and {condition} == 1 then send push")]
        answers = [can(sources) for can in (runs_when_compiled, runs_when_checked)]
        assert answers[0] == answers[1], levels
        found[answers[0]].add(levels)
    assert found[True]


def runs_when_compiled(sources: list[Source]) -> bool:
    return runs(lambda: compile_sources(sources, None, {}))


def runs_when_checked(sources: list[Source]) -> bool:
    return runs(lambda: check_sources(sources, None, {}))


def runs(load: Callable[[], object]) -> bool:
    try:
        load()
    except trigdsl.TrigError:
        return False
    return True


def test_depth_counts_segments_that_stand_in_each_other() -> None:
    shallow = "segment a = n > 1\nsegment b = user in a and n > 2\nif e and user in b then send push"
    assert is_shallow(check_sources([Source("r.trig", shallow)], None, {})[0])
    deep = f"segment a = {'not (' * SHALLOW}n > 1{')' * SHALLOW}\nif e and user in a then send push"
    assert not is_shallow(check_sources([Source("r.trig", deep)], None, {})[0])


@pytest.mark.parametrize(
    ("condition", "sends"),
    [("1 exists", 1), ('"a" exists', 1), ("-1 exists", 1), ("1 is missing", 0), ("not (1 is missing)", 1)],
)
def test_a_literal_is_there_and_python_warns_of_nothing(condition: str, sends: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        program = trigdsl.parse(f"rule r: if visit and {condition} then send push")
    visit = {"user": "u", "time": "2026-11-20T10:00:00Z", "event": "visit"}
    assert len(list(trigdsl.replay(program, [visit]))) == sends
