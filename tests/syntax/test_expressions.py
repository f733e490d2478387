"""Expressions: how tightly operators bind, conditions, history and calls."""

from __future__ import annotations

import pytest
from reading import duration, event, expression, name, number, path, read, text

from trigdsl.syntax import nodes as n
from trigdsl.syntax.printer import print_tree

A, B, C, D = (path(letter) for letter in "abcd")
EVER, TODAY = n.Period(kind="ever"), n.Period(kind="today")
WEEK = n.Period(kind="last", duration=duration((7, "d")))


@pytest.mark.parametrize(
    ("written", "grouped"),
    [
        ("a or b and c", "a or (b and c)"),
        ("not a and b", "(not a) and b"),
        ("not a == b", "not (a == b)"),
        ("not not a", "not (not a)"),
        ("a == b + c", "a == (b + c)"),
        ("a + b * c", "a + (b * c)"),
        ("a - b - c", "(a - b) - c"),
        ("a / b * c", "(a / b) * c"),
        ("-a * b", "(-a) * b"),
        ("-a default b", "-(a default b)"),
        ("a default b + c", "(a default b) + c"),
        ("a default b default c", "(a default b) default c"),
        ("a default -b", "a default (-b)"),
        ("not e ever and a", "(not (e ever)) and a"),
        ("a and no e ever or b", "(a and (no e ever)) or b"),
        ("sum(e.p) in last 7d + 1 > 2", "((sum(e.p) in last 7d) + 1) > 2"),
        ("time since e > 60d", "(time since e) > 60d"),
        ("time since previous e > 60d", "(time since previous e) > 60d"),
        ("a in b and c", "(a in b) and c"),
        ("a exists == b", None),
        ("a == b == c", None),
        ("a < b in c", None),
    ],
)
def test_binding(written: str, grouped: str | None) -> None:
    if grouped is None:
        assert read(f"segment s = {written}").diagnostics != ()
    else:
        assert expression(written) == expression(grouped)
        assert print_tree(expression(grouped)) == written


def test_chains_are_one_node_and_parentheses_nest() -> None:
    assert expression("a and b and c") == n.And(operands=(A, B, C))
    assert expression("a and (b and c)") == n.And(operands=(A, n.And(operands=(B, C))))
    assert expression("a or b or c") == n.Or(operands=(A, B, C))


@pytest.mark.parametrize("operator", ["==", "!=", "<", "<=", ">", ">=", "contains", "starts with", "ends with"])
def test_comparisons(operator: str) -> None:
    assert expression(f"a {operator} b") == n.Compare(operator=operator, left=A, right=B)


def test_a_spread_out_operator_is_the_operator() -> None:
    assert expression("a starts\n with b") == n.Compare(operator="starts with", left=A, right=B)


def test_other_conditions() -> None:
    assert expression('a matches "x+"') == n.Matches(operand=A, pattern=text("x+"))
    assert expression("a exists") == n.Exists(operand=A)
    assert expression("a is missing") == n.Exists(operand=A, negated=True)
    assert expression("true") == n.Boolean(value=True)
    assert expression("false") == n.Boolean(value=False)


def test_membership_of_the_user_and_of_lists() -> None:
    assert expression("user in vip") == n.Member(name=name("vip"))
    assert expression("user not in `big spender`") == n.Member(name=name("big spender"), negated=True)
    assert expression("user.tier in vip") == n.In(operand=path("user", "tier"), container=path("vip"))
    assert expression("a not in cart.items") == n.In(operand=A, container=path("cart", "items"), negated=True)
    items = n.ListLiteral(items=(text("a"), number(1)))
    assert expression('a in ["a", 1,]') == n.In(operand=A, container=items)
    assert expression("`user` in vip") == n.In(operand=path("user"), container=path("vip"))
    assert expression("user in event.friends") == n.In(operand=path("user"), container=path("event", "friends"))


@pytest.mark.parametrize(
    ("written", "period"),
    [
        ("in last 7d", WEEK),
        ("ever", EVER),
        ("today", TODAY),
        ("since f", n.Period(kind="since", event=event("f"))),
        ("since (f or g)", n.Period(kind="since", event=n.EventGroup(events=(event("f"), event("g"))))),
    ],
)
def test_events_that_happened(written: str, period: n.Period) -> None:
    assert expression(f"e {written}") == n.Happened(event=event("e"), period=period)
    assert expression(f"no e {written}") == n.Happened(event=event("e"), period=period, negated=True)
    counted = n.Aggregate(function="count", event=event("e"), period=period)
    assert expression(f"count(e) {written}") == counted


@pytest.mark.parametrize(
    ("written", "events"),
    [
        ("any", n.AnyEvent()),
        ("sent r", n.SystemEvent(kind="sent", rule=n.Name(text="r"))),
        ("opened r", n.SystemEvent(kind="opened", rule=n.Name(text="r"))),
        ("clicked r", n.SystemEvent(kind="clicked", rule=n.Name(text="r"))),
        ("bounced r", n.SystemEvent(kind="bounced", rule=n.Name(text="r"))),
        ("unsubscribed r", n.SystemEvent(kind="unsubscribed", rule=n.Name(text="r"))),
        ("opened", n.Event(name="opened")),
        ("`Order Completed`", n.Event(name="Order Completed")),
        ("(e or f)", n.EventGroup(events=(n.Event(name="e"), n.Event(name="f")))),
        ("(e or any or sent r)", None),
        ("((e))", n.Event(name="e")),
        ("(e where a > 1)", n.EventWhere(event=n.Event(name="e"), condition=expression("a > 1"))),
        ("((e or f) where a)", None),
        ("(e or (f where a))", None),
    ],
)
def test_every_kind_of_event_in_an_expression(written: str, events: n.EventSet | None) -> None:
    happened, never = expression(f"{written} ever"), expression(f"no {written} ever")
    assert isinstance(happened, n.Happened)
    assert isinstance(never, n.Happened)
    assert happened.event == never.event
    if events is not None:
        assert happened.event == events
        assert expression(f"time since {written} > 1d").left == n.TimeSince(event=events)  # type: ignore[union-attr]


@pytest.mark.parametrize("function", ["sum", "avg", "min", "max", "first", "last", "distinct"])
def test_aggregates_of_a_property(function: str) -> None:
    def built(of: n.EventSet, *parts: str) -> n.Aggregate:
        return n.Aggregate(function=function, event=of, path=parts)

    group = n.EventGroup(events=(event("e"), event("f")))
    where = n.EventWhere(event=event("e"), condition=expression("p > 50"))
    assert expression(f"{function}(e.p)") == built(event("e"), "p")
    assert expression(f"{function}(e.p.q)") == built(event("e"), "p", "q")
    assert expression(f"{function}(`Order Completed`.p)") == built(event("Order Completed"), "p")
    assert expression(f"{function}(any.p)") == built(n.AnyEvent(), "p")
    assert expression(f"{function}(`any`.p)") == built(event("any"), "p")
    assert expression(f"{function}((e or f).p)") == built(group, "p")
    assert expression(f"{function}(e.p where p > 50)") == built(where, "p")
    assert expression(f"{function}((e where p > 50).p)") == built(where, "p")
    assert expression(f"{function}((sent r).p)") == built(n.SystemEvent(kind="sent", rule=name("r")), "p")


def test_counting_takes_events_without_a_second_pair_of_parentheses() -> None:
    group = n.EventGroup(events=(event("e"), event("f")))
    where = n.EventWhere(event=event("e"), condition=A)
    assert expression("count(e or f)") == n.Aggregate(function="count", event=group)
    assert expression("count((e or f))") == n.Aggregate(function="count", event=group)
    assert expression("count(e where a)") == n.Aggregate(function="count", event=where)
    assert expression("count(any) today") == n.Aggregate(function="count", event=n.AnyEvent(), period=TODAY)


def test_the_event_before() -> None:
    assert expression("previous(e.p)") == n.Previous(event=event("e"), path=("p",))
    assert expression("time since previous (e or f)") == n.TimeSince(
        event=n.EventGroup(events=(event("e"), event("f"))), previous=True
    )


def test_calls() -> None:
    assert expression("lower(a)") == n.Call(name=name("lower"), arguments=(A,))
    assert expression("now2()") == n.Call(name=name("now2"), arguments=())
    assert expression("days_between(a, b or c)") == n.Call(
        name=name("days_between"), arguments=(A, n.Or(operands=(B, C)))
    )


@pytest.mark.parametrize("function", ["min", "max"])
def test_min_and_max_of_several_are_calls(function: str) -> None:
    assert expression(f"{function}(a, b)") == n.Call(name=name(function), arguments=(A, B))
    assert expression(f"{function}()") == n.Call(name=name(function), arguments=())


def test_a_function_in_backticks_is_no_aggregate() -> None:
    assert expression("`count`(a)") == n.Call(name=name("count"), arguments=(A,))
