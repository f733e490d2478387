"""Each part of the language in prose, worked out by hand."""

from __future__ import annotations

import pytest

from trigdsl.reading import read_declaration, read_rule
from trigdsl.source import Source
from trigdsl.syntax import nodes as n
from trigdsl.syntax.parser import parse_file


def item(text: str) -> n.Item:
    parsed = parse_file(Source("<test>", text))
    assert parsed.diagnostics == ()
    assert parsed.file is not None
    (only,) = parsed.file.items
    return only


def read(text: str) -> list[str]:
    node = item(text)
    assert isinstance(node, n.Rule)
    return read_rule(node).split("\n")


HOME = "in the user's time zone"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("e", "Whenever `e` happens"),
        ("any", "Whenever any event happens"),
        ("`Order Completed`", "Whenever `Order Completed` happens"),
        ("(e or f)", "Whenever `e` or `f` happens"),
        ("e where a > 1", "Whenever (`e` where `a` is more than 1) happens"),
        ("first e", "The first time ever that `e` happens"),
        ("22nd e", "The 22nd time ever that `e` happens"),
        ("every 10th e", "Every 10th time that `e` happens"),
        ("no e for 30d", "30 days after the latest `e` without a further one"),
        ("no any for 1h30m", "1 hour 30 minutes after the latest event of any kind without a further one"),
        ("no (e or f) for 1w", "1 week after the latest (`e` or `f`) without a further one"),
        ('user.tier becomes "gold"', 'When `user.tier` becomes "gold"'),
        ("user.tier changes", "When `user.tier` changes"),
        ("user enters vip", "When the user enters `vip`"),
        ("user leaves vip", "When the user leaves `vip`"),
        ("every day at 09:00", f"Every day at 09:00 {HOME}"),
        ("every day at 09:00 local", f"Every day at 09:00 {HOME}"),
        ("every day at 09:00:30 utc", "Every day at 09:00:30 in UTC"),
        ('every day at 09:00 "Asia/Seoul"', 'Every day at 09:00 in the time zone "Asia/Seoul"'),
        ("every mon, thu at 09:00", f"Every Monday or Thursday at 09:00 {HOME}"),
        ("every weekend at 09:00", f"Every Saturday or Sunday at 09:00 {HOME}"),
        ("every month on 28 at 09:00", f"Every month on day 28 at 09:00 {HOME}"),
        ("every month on 29 at 09:00", f"Every month on day 29 (on its last day when it is shorter) at 09:00 {HOME}"),
        ("every year on 12-01 at 09:00", f"Every year on 1 December at 09:00 {HOME}"),
        ("every year on 02-29 at 09:00", f"Every year on 29 February (28 February in other years) at 09:00 {HOME}"),
        ("every year on user.birthday at 09:00", f"Every year on the day of `user.birthday` at 09:00 {HOME}"),
        ("every sale_days at 09:00", f"On every date of the calendar `sale_days` at 09:00 {HOME}"),
        ("on 2026-05-08 at 09:00", f"Once, on 2026-05-08 at 09:00 {HOME}"),
        ("sent r", "Whenever a send of `r` happens"),
        ("opened r", "Whenever an open of `r` happens"),
        ("2nd clicked r", "The 2nd time ever that a click on `r` happens"),
        ("ignored r after 2d", "2 days after each send of `r` that was neither opened nor clicked since"),
    ],
)
def test_triggers(written: str, said: str) -> None:
    assert read(f"if {written} then send push") == [
        "A rule without a name:",
        f"{said}:",
        "  1. At once: send a message on `push` (worded by whoever delivers it).",
        "While a run is unfinished, a new trigger starts none.",
    ]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("a == 1", "`a` is 1"),
        ('a != "x"', '`a` is not "x"'),
        ("a < 1 and b <= 2", "`a` is less than 1 and `b` is at most 2"),
        ("(a > 1 or b >= 2.5)", "`a` is more than 1 or `b` is at least 2.5"),
        ("a > 1 and (b or c)", "`a` is more than 1 and (`b` holds or `c` holds)"),
        ("not (a == true)", "it is not so that `a` is true"),
        ("not (a or b)", "it is not so that (`a` holds or `b` holds)"),
        ('a in ["x", "y"]', '`a` is one of ["x", "y"]'),
        ("a not in [1]", "`a` is none of [1]"),
        ("a in tags", "`a` is in `tags`"),
        ("a not in tags", "`a` is not in `tags`"),
        ("user in vip", "the user is in `vip`"),
        ("user not in vip", "the user is not in `vip`"),
        ('a contains "x"', '`a` contains "x"'),
        ('a starts with "x"', '`a` starts with "x"'),
        ('a ends with "x"', '`a` ends with "x"'),
        ('a matches "x$"', '`a` matches the pattern "x$"'),
        ("a exists", "`a` exists"),
        ("event.a is missing", "`event.a` is missing"),
        ("event.`cart value` exists", "`event`.`cart value` exists"),
        ("a default 0 > 1", "`a` (or 0 where that is missing) is more than 1"),
        ("(a + 1) * -b > 2 / c", "(`a` + 1) * (-`b`) is more than 2 / `c`"),
        ("now - seen < 1h30m", "`now` - `seen` is less than 1 hour 30 minutes"),
        ("day >= 2026-11-20", "`day` is at least 2026-11-20"),
        ("lower(a) == b", "lower(`a`) is `b`"),
        ("is_open(a)", "is_open(`a`) holds"),
        ("f in last 1d", "`f` happened in the last 1 day"),
        ("no f in last 2d", "`f` did not happen in the last 2 days"),
        ("no (f or sent r) today", "none of (`f` or a send of `r`) happened today"),
        ("no (f or g) ever", "none of (`f` or `g`) has ever happened"),
        ("no any in last 1h", "no event happened in the last 1 hour"),
        ("any ever", "any event has ever happened"),
        ("f ever", "`f` has ever happened"),
        ("no f ever", "`f` has never happened"),
        ("f since opened r", "`f` happened since the latest open of `r`"),
        ("no (f where a == trigger.a) since g", "(`f` where `a` is `trigger.a`) did not happen since the latest `g`"),
        ("count(f) in last 7d >= 5", "the number of times that `f` happened in the last 7 days is at least 5"),
        ("count(f) > 5", "the number of times that `f` happened over all time is more than 5"),
        (
            "sum(f.total where a > 0) today > 5",
            "the sum of `total` of (`f` where `a` is more than 0) today is more than 5",
        ),
        ("avg(f.a.b) > 1", "the average of `a.b` of `f` over all time is more than 1"),
        ("min(f.a) > 1", "the smallest `a` of `f` over all time is more than 1"),
        ("max(f.a) > 1", "the largest `a` of `f` over all time is more than 1"),
        ("first(f.a) == 1", "the first `a` of `f` over all time is 1"),
        ("last(f.a) == 1", "the latest `a` of `f` over all time is 1"),
        ("distinct(f.a) today > 1", "the number of different values of `a` of `f` today is more than 1"),
        ("time since f > 1d", "the time since the latest `f` is more than 1 day"),
        ("time since previous sent r > 1d", "the time since the previous send of `r` is more than 1 day"),
        ("a > 2 * previous(f.a)", "`a` is more than 2 * (`a` of the previous `f`)"),
    ],
)
def test_conditions(written: str, said: str) -> None:
    assert read(f"if e and {written} then send push")[1] == f"Whenever `e` happens, if {said}:"
    assert read(f"if e then if {written} send push")[2] == (
        f"  1. At once, if at that moment {said}: send a message on `push` (worded by whoever delivers it)."
    )


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("add to l", "At once: add the user to `l`"),
        ("after 30m add to l", "30 minutes later: add the user to `l`"),
        ("at 10:00 utc add to l", "At the next 10:00 in UTC: add the user to `l`"),
        ("after 2d at 10:00 add to l", f"2 days later, at the next 10:00 {HOME}: add the user to `l`"),
        ("after 1 calendar day at 10:00 add to l", f"1 calendar day later, at 10:00 {HOME}: add the user to `l`"),
        ("remove from l, set user.p = 1 + a", "At once: take the user off `l`, then set `user.p` to 1 + `a`"),
        ("set user.p = nothing", "At once: remove `user.p`"),
        ("emit x", "At once: make the event `x` happen"),
        ("emit x { a: 1, b.c: d }", "At once: make the event `x` happen with (`a` = 1, `b.c` = `d`)"),
        ('call f(a: "x")', 'At once: call `f` with (`a` = "x")'),
        ("call f()", "At once: call `f`"),
    ],
)
def test_steps(written: str, said: str) -> None:
    assert read(f"if e then {written}")[2] == f"  1. {said}."


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('"Hi, {{ a }}"', ', "Hi, {{ a }}"'),
        ('template "a.j2"', ', the template file "a.j2"'),
        ('with { subject: "S", body: template "b.j2" }', ' with (`subject` = "S", `body` = the template file "b.j2")'),
        ('"Hi" with { n: 1 }', ', "Hi" with (`n` = 1)'),
    ],
)
def test_contents(written: str, said: str) -> None:
    assert read(f"if e then send push {written}")[2] == f"  1. At once: send a message on `push`{said}."


def test_variants_by_condition() -> None:
    assert read('if e then send push when a > 1 as big: "A" when b: nothing otherwise: template "c.j2"')[2:6] == [
        "  1. At once: send a message on `push`, the first of these that applies and can be written:",
        '     - if `a` is more than 1 (called `big`): "A"',
        "     - if `b` holds: deliberately no message",
        '     - otherwise: the template file "c.j2"',
    ]


def test_variants_by_share() -> None:
    assert read('if e then send push 50%: "A" 0.5% as few: nothing with { n: 1 }')[2:6] == [
        "  1. At once: send a message on `push` with (`n` = 1), one of these by share of users:",
        '     - 50% of the users: "A"',
        "     - 0.5% of the users (called `few`): deliberately no message",
        "     - all other users: no message, as a control group",
    ]
    assert read('if e then send push 60%: "A" 40%: "B"')[3:5] == [
        '     - 60% of the users: "A"',
        '     - 40% of the users: "B"',
    ]
    assert "control" not in "".join(read('if e then send push 60%: "A" 40%: "B"'))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("unless f", ["Cancelled, with all that follows, if `f` happens before it is done."]),
        (
            "unless f or g within 2h",
            [
                "Cancelled, with all that follows, if `f` or `g` happens before it is done, and within 2 hours from "
                "when the step began to wait."
            ],
        ),
        ("between 09:00-21:00", [f"Only between 09:00 and 21:00 {HOME}; outside of that it waits."]),
        (
            "between 09:00-12:00, 14:00-24:00 utc on weekdays not on fiestas else skip",
            [
                "Only between 09:00 and 12:00 or between 14:00 and 24:00 in UTC, and only on Monday, Tuesday, "
                "Wednesday, Thursday or Friday, and only on dates not in the calendar `fiestas`; outside of that it is "
                "skipped."
            ],
        ),
        ("on fiestas", ["Only on dates in the calendar `fiestas`; outside of that it waits."]),
        ("expires 6h", ["Skipped if it would wait for its hours or days for more than 6 hours."]),
        ("priority -1", ["Priority -1: of what is due at the same moment, higher ones go first."]),
        ("urgent", ["Urgent: hours, days and caps do not hold it back, and it does not count against caps."]),
    ],
)
def test_modifiers(written: str, said: list[str]) -> None:
    lines = read(f"if e then send push {written}")
    assert lines[3 : 3 + len(said)] == [f"     {line}" for line in said]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("stop on f", "The run ends, wherever it stands, when `f` happens."),
        ("once", "At most 1 run ever may act for one user."),
        ("once per week", "At most 1 run per calendar week may act for one user."),
        ("at most 2 per day", "At most 2 runs per calendar day may act for one user."),
        ("at most 2 per month", "At most 2 runs per calendar month may act for one user."),
        ("at most 3 per 7d", "At most 3 runs in any 7 days may act for one user."),
        (
            "for each cart.id",
            "Runs are kept apart by `cart.id`: limits, unfinished runs and what cancels or ends a run count for the "
            "same value only.",
        ),
        ("from 2026-12-01", "No run starts before 2026-12-01 (in the time zone of the program)."),
        ("until 2026-12-20", "Nothing starts and nothing is done after 2026-12-20 (in the time zone of the program)."),
        ("holdout 5%", "5% of the users are held out: of what they would get it is only recorded."),
        (
            "goal f where a > 1 within 3d",
            "The goal is reached if (`f` where `a` is more than 1) happens within 3 days after the first send.",
        ),
        ("tag t, u", "Tagged `t`, `u`."),
        ("on edit keep", "When this rule is changed while runs of it wait, they go on by the text they started with."),
        ("on edit retime", "When this rule is changed while runs of it wait, they go on by the new text, timed anew."),
        ("on edit cancel", "When this rule is changed while runs of it wait, they are cancelled."),
    ],
)
def test_clauses(written: str, said: str) -> None:
    assert read(f"if e then add to l {written}")[3:] == [said]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("while pending ignore", "While a run is unfinished, a new trigger starts none."),
        ("while pending stack", "While a run is unfinished, a new trigger starts another beside it."),
        ("while pending restart", "While a run is unfinished, a new trigger ends it and starts a new one."),
        (
            "while pending restart for at most 1d",
            "While a run is unfinished, a new trigger ends it and starts a new one, but only up to 1 day after the "
            "first trigger.",
        ),
    ],
)
def test_what_a_second_trigger_does(written: str, said: str) -> None:
    assert read(f"if e then after 1h add to l {written}")[3:] == [said]


@pytest.mark.parametrize(
    ("written", "may_wait"),
    [
        ("add to l", False),
        ("after 1h add to l", True),
        ("after 1 calendar day at 10:00 add to l", True),
        ("at 10:00 add to l", True),
        ("add to l on mon", True),
        ("add to l between 09:00-10:00", True),
        ("add to l, send push", True),
        ("send push urgent", False),
        ("after 1h send push urgent", True),
    ],
)
def test_that_a_second_trigger_starts_none_is_said_where_a_run_can_last(written: str, may_wait: bool) -> None:
    assert ("While a run is unfinished, a new trigger starts none." in read(f"if e then {written}")) == may_wait


def test_the_heading_names_the_rule() -> None:
    assert read('rule r "It\\"s": if e then add to l')[0] == 'The rule `r`, "It\\"s":'
    assert read("rule r: if e then add to l")[0] == "The rule `r`:"
    node = item("if e then add to l")
    assert isinstance(node, n.Rule)
    assert read_rule(node, "rule_2").split("\n")[0] == "The rule `rule_2`:"


def test_steps_are_numbered() -> None:
    assert read("if e then add to l then after 1d add to k unless f then add to m")[2:6] == [
        "  1. At once: add the user to `l`.",
        "  2. 1 day later: add the user to `k`.",
        "     Cancelled, with all that follows, if `f` happens before it is done.",
        "  3. At once: add the user to `m`.",
    ]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('timezone "Asia/Seoul"', 'Users without a time zone of their own are in "Asia/Seoul".'),
        ('event e = "E 1" { a: text }', 'The event `e` comes in as "E 1".'),
        ("event e { a: text }", None),
        ("user { a: text }", None),
        ('test "t": +1d e expect no sends', None),
        ("rule r: if e then send push", None),
        ("channel c:", None),
        (
            "channel c: between 09:00-21:00 on mon cap 2 per day cap 1 per 1h requires user.ok limit 160 characters",
            f"Messages on `c`: only between 09:00 and 21:00 {HOME}; only on Monday; at most 2 messages for one user "
            "per calendar day; at most 1 message for one user in any 1 hour; only if `user.ok` holds; at most 160 "
            "characters long.",
        ),
        ("cap push 1 per week", "A user gets at most 1 message on `push` per calendar week."),
        ("cap all 5 per 7d", "A user gets at most 5 messages on all channels together in any 7 days."),
        ("cap tag t 2 per ever", "A user gets at most 2 messages tagged `t` ever."),
        ("calendar c = [2026-01-02, 2026-01-03]", "The calendar `c` has 2026-01-02, 2026-01-03."),
        ("calendar c = []", "The calendar `c` has no date."),
        ('calendar c = holidays "KR"', 'The calendar `c` has the public holidays of "KR".'),
        ("segment s = user.a > 1", "A user is in `s` while `user.a` is more than 1."),
        ("list l", "`l` is a list of users."),
        (
            "invariant i: no send push between 21:00-09:00",
            f"Promised as `i`: nothing of or on `push` is sent between 21:00 and 09:00 {HOME}.",
        ),
        (
            "invariant i: no send within 1h after e where a",
            "Promised as `i`: no message is sent within 1 hour after (`e` where `a` holds).",
        ),
        ("invariant i: at most 3 sends per 1d", "Promised as `i`: a user gets at most 3 messages in any 1 day."),
    ],
)
def test_declarations(written: str, said: str | None) -> None:
    assert read_declaration(item(written)) == said
