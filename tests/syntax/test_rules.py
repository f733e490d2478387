"""Rules: triggers, steps, actions, modifiers and clauses."""

from __future__ import annotations

import datetime as dt

import pytest
from reading import at, clause, duration, event, expression, items, name, number, path, rule, step, text, trigger

from trigdsl.syntax import nodes as n

E, F = event("e"), event("f")
UTC, LOCAL = n.Zone(name="utc"), n.Zone(name="local")
WORKDAYS, WEEKEND = ("mon", "tue", "wed", "thu", "fri"), ("sat", "sun")


def test_names_and_titles_may_be_left_out() -> None:
    bare = n.Rule(trigger=n.EventTrigger(event=E), steps=(n.Step(actions=(n.Send(channel=name("push")),)),))
    assert rule("if e then send push") == bare
    assert rule("rule r: if e then send push").name == name("r")
    titled = rule('rule r "A title": if e then send push')
    assert (titled.name, titled.title) == (name("r"), "A title")


def test_rules_follow_each_other_without_line_breaks() -> None:
    text = "if e then send push if f then send sms rule r: if g then send push list l rule s: if h then add to l"
    assert [type(item) for item in items(text)] == [n.Rule, n.Rule, n.Rule, n.ListDecl, n.Rule]


def test_an_if_after_then_is_a_guard_wherever_it_stands() -> None:
    built = rule("if e\nthen after 1d\nif a\nsend push")
    assert built.steps[0].guard == path("a")


def test_the_condition_follows_the_trigger() -> None:
    assert rule("if e and a then send push").condition == path("a")
    assert rule("if e and a and b then send push").condition == n.And(operands=(path("a"), path("b")))
    assert rule("if e and (a or b) then send push").condition == n.Or(operands=(path("a"), path("b")))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("e", n.EventTrigger(event=E)),
        ("any", n.EventTrigger(event=n.AnyEvent())),
        ("(e or f)", n.EventTrigger(event=n.EventGroup(events=(E, F)))),
        ("e where a", n.EventTrigger(event=n.EventWhere(event=E, condition=path("a")))),
        ("(e where a)", n.EventTrigger(event=n.EventWhere(event=E, condition=path("a")))),
        ("first e", n.EventTrigger(event=E, ordinal=1)),
        ("100th e", n.EventTrigger(event=E, ordinal=100)),
        ("2nd (e or f)", n.EventTrigger(event=n.EventGroup(events=(E, F)), ordinal=2)),
        ("3rd e where a", n.EventTrigger(event=n.EventWhere(event=E, condition=path("a")), ordinal=3)),
        ("every 10th e", n.EventTrigger(event=E, ordinal=10, every=True)),
        ("no e for 7d", n.SilenceTrigger(event=E, duration=duration((7, "d")))),
        ("no (e or f) for 1 week", n.SilenceTrigger(event=n.EventGroup(events=(E, F)), duration=duration((1, "w")))),
        ('user.tier becomes "gold"', n.BecomesTrigger(attribute=name("tier"), value=text("gold"))),
        ("user.level becomes -1", n.BecomesTrigger(attribute=name("level"), value=n.Negative(operand=number(1)))),
        ("user.`loyalty tier` changes", n.ChangesTrigger(attribute=name("loyalty tier"))),
        ("user enters vip", n.MembershipTrigger(name=name("vip"), enters=True)),
        ("user leaves vip", n.MembershipTrigger(name=name("vip"), enters=False)),
        ("sent r", n.EventTrigger(event=n.SystemEvent(kind="sent", rule=name("r")))),
        ("2nd opened r", n.EventTrigger(event=n.SystemEvent(kind="opened", rule=name("r")), ordinal=2)),
        ("opened", n.EventTrigger(event=event("opened"))),
        ("ignored r after 2h", n.IgnoredTrigger(rule=name("r"), duration=duration((2, "h")))),
    ],
)
def test_triggers(written: str, expected: n.Trigger) -> None:
    assert trigger(written) == expected


@pytest.mark.parametrize(
    ("written", "schedule"),
    [
        ("every day", n.EveryDay()),
        ("every mon", n.EveryWeekday(days=("mon",))),
        ("every thu, mon", n.EveryWeekday(days=("thu", "mon"))),
        ("every weekday", n.EveryWeekday(days=WORKDAYS)),
        ("every weekend", n.EveryWeekday(days=WEEKEND)),
        ("every month on 31", n.EveryMonth(day=31)),
        ("every year on 11-27", n.EveryYear(month=11, day=27)),
        ("every year on user.birthday", n.EveryYearOf(attribute=name("birthday"))),
        ("every sale_days", n.EveryDateOf(calendar=name("sale_days"))),
        ("on 2026-05-08", n.OnDate(date=dt.date(2026, 5, 8))),
    ],
)
def test_schedules(written: str, schedule: n.Schedule) -> None:
    assert trigger(f"{written} at 09:00") == n.CalendarTrigger(schedule=schedule, at=at(9))
    assert trigger(f"{written} at 09:30 utc") == n.CalendarTrigger(schedule=schedule, at=at(9, 30), zone=UTC)
    zone = n.Zone(name="Asia/Seoul", quoted=True)
    assert trigger(f'{written} at 09:00 "Asia/Seoul"') == n.CalendarTrigger(schedule=schedule, at=at(9), zone=zone)


def test_timing_of_a_step() -> None:
    assert step("then after 30m send push").after == duration((30, "m"))
    assert step("then after 1 calendar day at 10:00 send push").calendar_days == 1
    full = step("then after 2 calendar days at 10:00 local if a send push")
    assert (full.calendar_days, full.at, full.zone, full.guard) == (2, at(10), LOCAL, path("a"))
    assert step("then at 10:00 send push").after is None


def test_steps_follow_each_other() -> None:
    steps = rule("if e then send a then after 1d send b unless f then send c").steps
    assert [action.channel.text for built in steps for action in built.actions if isinstance(action, n.Send)] == [
        *"abc"
    ]
    assert [len(built.unless) for built in steps] == [0, 1, 0]


def test_actions() -> None:
    written = (
        'then send push "hi", set user.p = a + 1, set user.q = nothing, add to l, remove from l, '
        "emit x { n: 1, c.d: [2], r: { s: 3 } }, emit y, call f(a: b, c: 2), call g()"
    )
    record = n.RecordLiteral(
        entries=(
            n.Entry(key=("n",), value=number(1)),
            n.Entry(key=("c", "d"), value=n.ListLiteral(items=(number(2),))),
            n.Entry(key=("r",), value=n.RecordLiteral(entries=(n.Entry(key=("s",), value=number(3)),))),
        )
    )
    assert step(written).actions == (
        n.Send(channel=name("push"), content=text("hi")),
        n.SetAttribute(attribute=name("p"), value=n.Arithmetic(operator="+", left=path("a"), right=number(1))),
        n.SetAttribute(attribute=name("q"), value=n.Nothing()),
        n.AddTo(list=name("l")),
        n.RemoveFrom(list=name("l")),
        n.Emit(event=name("x"), record=record),
        n.Emit(event=name("y")),
        n.CallAction(
            name=name("f"),
            arguments=(n.Entry(key=("a",), value=path("b")), n.Entry(key=("c",), value=number(2))),
        ),
        n.CallAction(name=name("g")),
    )


def test_content_of_a_send() -> None:
    assert step("then send push").actions == (n.Send(channel=name("push")),)
    file = n.TemplateFile(path="welcome.j2")
    assert step('then send email template "welcome.j2"').actions == (n.Send(channel=name("email"), content=file),)
    fields = n.RecordLiteral(
        entries=(
            n.Entry(key=("subject",), value=text("Hi")),
            n.Entry(key=("body",), value=file),
            n.Entry(key=("n",), value=expression("a * 2")),
            n.Entry(key=("any key",), value=path("template")),
        )
    )
    written = 'then send email with { subject: "Hi", body: template "welcome.j2", n: a * 2, "any key": template }'
    assert step(written).actions == (n.Send(channel=name("email"), fields=fields),)


def test_variants_by_condition() -> None:
    (send,) = step('then send push when a > 1: "A" when b as l: nothing otherwise: template "c" with { d: 1 }').actions
    assert isinstance(send, n.Send)
    assert send.content is None
    assert send.variants == (
        n.WhenVariant(condition=expression("a > 1"), content=text("A")),
        n.WhenVariant(condition=path("b"), content=n.Nothing(), label=name("l")),
        n.WhenVariant(condition=None, content=n.TemplateFile(path="c")),
    )
    assert send.fields is not None


def test_variants_by_share() -> None:
    (send,) = step('then send push 50%: "A" 40% as b: "B" 10%: nothing').actions
    assert isinstance(send, n.Send)
    assert send.variants == (
        n.ShareVariant(percent=50, content=text("A")),
        n.ShareVariant(percent=40, content=text("B"), label=name("b")),
        n.ShareVariant(percent=10, content=n.Nothing()),
    )


def test_an_action_with_variants_may_end_a_step_of_several() -> None:
    actions = step('then add to l, send push when a: "A"').actions
    assert [type(action) for action in actions] == [n.AddTo, n.Send]


def test_a_label_of_the_last_variant() -> None:
    (send,) = step('then send push otherwise as plain: "A"').actions
    assert isinstance(send, n.Send)
    assert send.variants == (n.WhenVariant(condition=None, content=text("A"), label=name("plain")),)


def test_modifiers() -> None:
    built = step(
        "then send push unless f within 2h unless e or f unless f where a within 1d "
        "between 09:00-12:00, 22:00-06:00 utc on mon, fri on weekends not on c on d else skip "
        "expires 12h priority -3 urgent"
    )
    assert built.unless == (
        n.Unless(event=F, within=duration((2, "h"))),
        n.Unless(event=n.EventGroup(events=(E, F))),
        n.Unless(event=n.EventWhere(event=F, condition=path("a")), within=duration((1, "d"))),
    )
    ranges = (n.TimeRange(start=at(9), end=at(12)), n.TimeRange(start=at(22), end=at(6)))
    assert built.between == n.Between(ranges=ranges, zone=UTC)
    assert built.days == (
        n.OnDays(days=("mon", "fri")),
        n.OnDays(days=WEEKEND),
        n.OnCalendar(calendar=name("c"), negated=True),
        n.OnCalendar(calendar=name("d")),
    )
    assert (built.else_skip, built.expires, built.priority, built.urgent) == (True, duration((12, "h")), -3, True)


def test_modifiers_in_any_order() -> None:
    one = step("then send push urgent expires 1h unless f between 09:00-10:00")
    assert one == step("then send push between 09:00-10:00 unless f expires 1h urgent")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("stop on f", n.StopOn(event=F)),
        ("stop on f where a", n.StopOn(event=n.EventWhere(event=F, condition=path("a")))),
        ("stop on clicked r", n.StopOn(event=n.SystemEvent(kind="clicked", rule=name("r")))),
        ("once", n.Limit(count=1, period=n.LimitPeriod(kind="ever"))),
        ("once per day", n.Limit(count=1, period=n.LimitPeriod(kind="day"))),
        ("at most 2 per week", n.Limit(count=2, period=n.LimitPeriod(kind="week"))),
        ("at most 2 per month", n.Limit(count=2, period=n.LimitPeriod(kind="month"))),
        ("at most 2 per ever", n.Limit(count=2, period=n.LimitPeriod(kind="ever"))),
        (
            "at most 1 per 7d",
            n.Limit(count=1, period=n.LimitPeriod(kind="duration", duration=duration((7, "d")))),
        ),
        ("on edit keep", n.OnEdit(policy="keep")),
        ("on edit retime", n.OnEdit(policy="retime")),
        ("on\n edit  cancel", n.OnEdit(policy="cancel")),
        ("while pending ignore", n.WhilePending(policy="ignore")),
        ("while pending stack", n.WhilePending(policy="stack")),
        ("while pending restart for at most 24h", n.WhilePending(policy="restart", at_most=duration((24, "h")))),
        ("for each id", n.ForEach(path=("id",))),
        ("for each cart.id", n.ForEach(path=("cart", "id"))),
        ("for each event.cart.id", n.ForEach(path=("cart", "id"))),
        ("from 2026-01-02", n.Campaign(start=dt.date(2026, 1, 2))),
        ("until 2026-01-02", n.Campaign(end=dt.date(2026, 1, 2))),
        ("holdout 5%", n.Holdout(percent=5)),
        ("goal f within 3d", n.Goal(event=F, within=duration((3, "d")))),
        (
            "goal f where a within 3d",
            n.Goal(event=n.EventWhere(event=F, condition=path("a")), within=duration((3, "d"))),
        ),
        ("tag a, b", n.Tags(names=(name("a"), name("b")))),
    ],
)
def test_clauses(written: str, expected: n.Clause) -> None:
    assert clause(written) == expected


def test_a_limit_knows_the_word_it_was_written_with() -> None:
    once, at_most = clause("once per day"), clause("at most 1 per day")
    assert once == at_most
    assert isinstance(once, n.Limit)
    assert isinstance(at_most, n.Limit)
    assert (once.once, at_most.once) == (True, False)


def test_several_clauses() -> None:
    built = rule("if e then send push once for each cart.id stop on f stop on g tag a from 2026-01-01 until 2026-02-01")
    assert [type(part) for part in built.clauses] == [
        n.Limit,
        n.ForEach,
        n.StopOn,
        n.StopOn,
        n.Tags,
        n.Campaign,
        n.Campaign,
    ]
