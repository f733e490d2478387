"""Declarations, tests and invariants."""

from __future__ import annotations

import datetime as dt

import pytest
from reading import at, duration, event, expression, item, items, name, number, text

from trigdsl.syntax import nodes as n

DAY = n.LimitPeriod(kind="day")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('timezone "Asia/Seoul"', n.Timezone(name="Asia/Seoul")),
        ("event e", n.EventDecl(name=name("e"))),
        ('event e = "E Done"', n.EventDecl(name=name("e"), wire=text("E Done"))),
        ("event e {}", n.EventDecl(name=name("e"), fields=())),
        (
            "event e { total: number, cart.id: text, items: list, }",
            n.EventDecl(
                name=name("e"),
                fields=(
                    n.FieldDecl(path=("total",), type="number"),
                    n.FieldDecl(path=("cart", "id"), type="text"),
                    n.FieldDecl(path=("items",), type="list"),
                ),
            ),
        ),
        ("user { born: date }", n.UserDecl(fields=(n.FieldDecl(path=("born",), type="date"),))),
        ("cap all 5 per day", n.CapDecl(scope="all", name=None, count=5, period=DAY)),
        ("cap push 5 per day", n.CapDecl(scope="channel", name=name("push"), count=5, period=DAY)),
        ("cap `all` 5 per day", n.CapDecl(scope="channel", name=name("all"), count=5, period=DAY)),
        ("cap tag t 5 per day", n.CapDecl(scope="tag", name=name("t"), count=5, period=DAY)),
        ("calendar c = []", n.CalendarDecl(name=name("c"), dates=())),
        (
            "calendar c = [2026-11-27]",
            n.CalendarDecl(name=name("c"), dates=(n.Date(value=dt.date(2026, 11, 27)),)),
        ),
        ('calendar c = holidays "KR"', n.HolidayDecl(name=name("c"), region=text("KR"))),
        ("segment s = a > 1", n.SegmentDecl(name=name("s"), condition=expression("a > 1"))),
        ("list l", n.ListDecl(name=name("l"))),
    ],
)
def test_declarations(written: str, expected: n.Item) -> None:
    assert item(written) == expected


@pytest.mark.parametrize("kind", ["text", "number", "boolean", "instant", "date", "duration", "list", "record"])
def test_types_of_fields(kind: str) -> None:
    assert item(f"user {{ a: {kind} }}") == n.UserDecl(fields=(n.FieldDecl(path=("a",), type=kind),))


def test_a_channel_with_all_its_policies() -> None:
    written = """channel push:
      between 09:00-21:00 local
      on weekdays not on c
      cap 2 per day cap 9 per 7d
      requires user.ok and a
      limit 160 characters"""
    week = n.LimitPeriod(kind="duration", duration=duration((7, "d")))
    assert item(written) == n.ChannelDecl(
        name=name("push"),
        policies=(
            n.Between(ranges=(n.TimeRange(start=at(9), end=at(21)),), zone=n.Zone(name="local")),
            n.OnDays(days=("mon", "tue", "wed", "thu", "fri")),
            n.OnCalendar(calendar=name("c"), negated=True),
            n.Cap(count=2, period=DAY),
            n.Cap(count=9, period=week),
            n.Requires(condition=expression("user.ok and a")),
            n.LengthLimit(characters=160),
        ),
    )


@pytest.mark.parametrize("gap", [" ", "\n", " # why\n"])
def test_a_cap_of_a_channel_and_one_beside_it(gap: str) -> None:
    first, second, third = items(f"channel push: cap{gap}2 per day cap push 1 per day channel sms: list l")[:3]
    assert first == n.ChannelDecl(name=name("push"), policies=(n.Cap(count=2, period=DAY),))
    assert second == n.CapDecl(scope="channel", name=name("push"), count=1, period=DAY)
    assert third == n.ChannelDecl(name=name("sms"), policies=())


def test_words_that_begin_items_inside_of_others() -> None:
    written = """rule r: if e then after 1 calendar day at 09:00 send push priority 5
    calendar day = [2026-01-01]
    segment s = user in vip
    user { a: list } event e { user: text }
    test "t": user { list: 1 } in vip, s
      expect no sends
    user { b: text }"""
    kinds = [n.Rule, n.CalendarDecl, n.SegmentDecl, n.UserDecl, n.EventDecl, n.Test, n.UserDecl]
    assert [type(built) for built in items(written)] == kinds


def test_a_test() -> None:
    written = """test "title":
      user { timezone: "Asia/Seoul", level: -1 } in newsletter, vip
      2026-11-20 10:00 cart { cart: { value: 250, items: ["a", { b: true }] } }
      +20m purchase
      2026-11-21 09:00 set user.tier = "gold"
      +1d set user.address = { city: "Lima" }
      +1d set user.tier = nothing
      +1h add to vip
      +1h remove from vip"""
    built = item(written)
    assert isinstance(built, n.Test)
    assert built.title == "title"
    assert built.user is not None
    assert built.user.lists == (name("newsletter"), name("vip"))
    assert built.lines[0].moment == n.At(date=dt.date(2026, 11, 20), time=at(10))  # type: ignore[union-attr]
    assert built.lines[1] == n.TestEvent(moment=n.Later(duration=duration((20, "m"))), event=name("purchase"))
    changes = [line.change for line in built.lines if isinstance(line, n.TestChange)]
    assert [type(change) for change in changes] == [
        n.SetAttribute,
        n.SetAttribute,
        n.SetAttribute,
        n.AddTo,
        n.RemoveFrom,
    ]


def test_a_test_of_a_user_in_lists_alone() -> None:
    built = item('test "t": user in vip')
    assert built == n.Test(title="t", user=n.TestUser(profile=None, lists=(name("vip"),)), lines=())


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("no sends", n.ExpectSends(count=0)),
        ("2 sends", n.ExpectSends(count=2)),
        ("1 send", n.ExpectSends(count=1)),
        ("r", n.ExpectRule(rule=name("r"))),
        ("no r", n.ExpectRule(rule=name("r"), quantifier="no")),
        ("only r", n.ExpectRule(rule=name("r"), quantifier="only")),
        ("no `sends`", n.ExpectRule(rule=name("sends"), quantifier="no")),
        ("r sent", n.ExpectRule(rule=name("r"), status="sent")),
        ("sent sent", n.ExpectRule(rule=name("sent"), status="sent")),
        (
            'r cancelled "unless purchase"',
            n.ExpectRule(rule=name("r"), status="cancelled", reason=text("unless purchase")),
        ),
        (
            'r at 2026-11-20 10:30 on push as big containing "free"',
            n.ExpectRule(
                rule=name("r"),
                at=n.At(date=dt.date(2026, 11, 20), time=at(10, 30)),
                channel=name("push"),
                variant=name("big"),
                containing=text("free"),
            ),
        ),
    ],
)
def test_expectations(written: str, expected: n.TestLine) -> None:
    assert item(f'test "t": expect {written}') == n.Test(title="t", lines=(expected,))


@pytest.mark.parametrize(
    ("written", "promise"),
    [
        (
            "no send push between 21:00-09:00 utc",
            n.NoSendBetween(
                name=name("push"),
                between=n.Between(ranges=(n.TimeRange(start=at(21), end=at(9)),), zone=n.Zone(name="utc")),
            ),
        ),
        (
            "no send between 21:00-09:00",
            n.NoSendBetween(name=None, between=n.Between(ranges=(n.TimeRange(start=at(21), end=at(9)),))),
        ),
        (
            "no send r within 1h after e",
            n.NoSendAfter(name=name("r"), within=duration((1, "h")), event=event("e")),
        ),
        (
            "no send within 1h after e where a",
            n.NoSendAfter(
                name=None,
                within=duration((1, "h")),
                event=n.EventWhere(event=event("e"), condition=expression("a")),
            ),
        ),
        ("at most 3 sends per day", n.AtMostSends(count=3, period=DAY)),
    ],
)
def test_invariants(written: str, promise: n.AtMostSends) -> None:
    assert item(f"invariant i: {written}") == n.Invariant(name=name("i"), promise=promise)


def test_literals_of_a_test() -> None:
    built = item('test "t": +1d e { a: "x", b: 1.5, c: true, d: 2026-01-01, e: 1h, f: [1, [2]], g: {}, h.i: -2 }')
    assert isinstance(built, n.Test)
    record = built.lines[0].record  # type: ignore[union-attr]
    assert record is not None
    assert [entry.key for entry in record.entries] == [*(("abcdefg"[i],) for i in range(7)), ("h", "i")]
    assert record.entries[-1].value == n.Negative(operand=number(2))
