"""A seed → a random case with more in it: small programs about corners that draws seldom meet, and records.

The rules and events of a twist have names of their own (`ta`, `tb`, `t0` …), so that they meet the drawn ones only
where these look at `any`.  Their records lie on the same lattice of times.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeAlias

from attrs import evolve
from case_parts import Case, RuleParts
from draws import UNITS
from programs import Streams

Record: TypeAlias = dict[str, Any]
Twist: TypeAlias = tuple[list[str], list[RuleParts], list[Record]]

PUSH = ('then send push "t"',)


def rule(
    name: str, trigger: str, *steps: str, condition: str | None = None, clauses: tuple[str, ...] = ()
) -> RuleParts:
    return RuleParts(name, trigger, condition, tuple((step,) for step in steps or PUSH), clauses)


class Twisted(Streams):
    """Draws twists for a case that is drawn before them."""

    def told(self, name: str = "ta", at: timedelta | None = None, user: str = "u", **properties: Any) -> Record:
        """An event that is `at` after the case's beginning, else on its lattice."""
        time = self.moment() if at is None else self.base + at
        return {"user": user, "time": self.written(time), "event": name, "properties": properties}

    def lasting(self) -> tuple[str, timedelta]:
        word = self.length()
        return word, timedelta(seconds=int(word[:-1]) * UNITS[word[-1]])

    def some(self, *names: str, **choices: tuple[Any, ...]) -> list[Record]:
        """A few events of these names, whose properties are drawn from the choices; None leaves one out."""
        found = []
        for _ in range(self.random.randint(2, 5)):
            drawn = {name: self.pick(*values) for name, values in choices.items()}
            found.append(self.told(self.pick(*names), **{key: held for key, held in drawn.items() if held is not None}))
        return found

    # ------------------------------------------------------------------------ values
    def odd_values(self) -> Twist:
        condition = self.pick(
            "n > 0", "n >= 1", "n == 1", "n + 1 > 1", "n in [1, 2]", "sum(ta.n) >= 1", "(n default 5) == 5",
            '(k default "x") == "x"', 'k matches "v"', 'k matches "^v"', 'k matches "u$"', "length(k) == 0", 'k == ""',
            "max(n, 0) > 0", "round(n) == 1", "not (n > 0)", "n is missing", 'k starts with "u"',
        )  # fmt: skip
        given = self.some("ta", n=(0, 1, True, False, 1.0, 0.5, "1", None), k=("", "uv", "vu", "v", None))
        return [], [rule("t0", "ta", condition=condition)], given

    def distinct_values(self) -> Twist:
        condition = f"distinct(ta.k) in last {self.length()} {self.pick('>=', '==', '<')} 2"
        return [], [rule("t0", "ta", condition=condition)], self.some("ta", k=("u", "u", "v", 1, 1.0, None))

    def two_lengths(self) -> Twist:
        function = self.pick("sum(ta.n)", "count(ta)", "max(ta.n)")
        lengths = self.random.sample(("30m", "1h", "12h", "1d", "3d"), 2)
        rules = [
            rule(f"t{place}", "ta", condition=f"{function} in last {one} > 2") for place, one in enumerate(lengths)
        ]
        return [], rules, self.some("ta", n=(1, 2)) + self.some("ta", n=(1, 2, 3))

    # ------------------------------------------------------------------------ profile, lists, events of rules
    def becoming_again(self) -> Twist:
        day = self.date()
        values = (day, f"{day}T10:00:00Z", f"{day}T12:00:00Z", "2001-01-01", None)
        given = [self.told(set={"day": self.pick(*values)}) for _ in range(5)]
        records = [{**one, "event": "tz", "set": one.pop("properties")["set"]} for one in given]
        return [], [rule("t0", f"user.day becomes {day}"), rule("t1", "user.day changes")], records

    def in_and_out(self) -> Twist:
        changes = ({"add": ["tl"]}, {"remove": ["tl"]}, {"add": ["tl"], "remove": ["tl"]})
        records = [{"user": "u", "time": self.written(self.moment()), **self.pick(*changes)} for _ in range(5)]
        return ["list tl"], [rule("t0", "user enters tl"), rule("t1", "user leaves tl")], records

    def emitting_an_alias(self) -> Twist:
        rules = [rule("t0", "ta", "then emit te { n: n }"), rule("t1", "te", condition=self.pick(None, "n > 1"))]
        return ['event te = "T E"'], rules, self.some("ta", "T E", n=(1, 2, None))

    def one_after_the_other(self) -> Twist:
        rules = [
            rule("t0", "ta", self.pick("then set user.q = n", "then add to tl")),
            rule("t1", "ta", condition=self.pick("user.q == n", "user in tl", "not (user.q > 1)")),
        ]
        return ["list tl"], rules, self.some("ta", n=(1, 2))

    # ------------------------------------------------------------------------ runs
    def answered(self) -> Twist:
        word, lasting = self.lasting()
        at = self.pick(0 * lasting, lasting / 2, lasting, lasting + timedelta(seconds=1))
        answer = self.told(self.pick("clicked", "opened"), at, rule=self.pick("t0", "t0", "t1"))
        rules = [
            rule("t0", "ta", "then send push urgent"),
            rule("t1", f"ignored t0 after {word}", "then send sms urgent"),
        ]
        return [], rules, [self.told(at=0 * lasting), answer, self.told("tz", 3 * lasting)]

    def looking_back_later(self) -> Twist:
        guard = self.pick(
            "previous(ta.n) > 1", f"time since previous ta > {self.length()}", "previous(ta.n) is missing"
        )
        later = f"then after {self.length()} if {guard} send sms"
        records = self.some("ta", n=(1, 2, 3))
        return [], [rule("t0", "ta", "then send push", later, clauses=("while pending stack",))], records

    def limited_later(self) -> Twist:
        limit = self.pick("once", "at most 1 per ever", "at most 2 per ever", f"once per {self.per()}")
        clauses = ("while pending stack", limit)
        step = f"then after {self.length()} send push"
        return [], [rule("t0", "ta", step, step, clauses=clauses)], self.some("ta") + self.some("ta")

    def steps_that_meet(self) -> Twist:
        word, lasting = self.lasting()
        step = f"then after {word} send push"
        records = [self.told(at=place * lasting) for place in (0, 1, 1, 2)] + [self.told("tz", 6 * lasting)]
        return [], [rule("t0", "ta", step, step, step, clauses=("while pending stack",))], records

    def a_window_that_passes(self) -> Twist:
        word, lasting = self.lasting()
        segment = f"segment ts = {self.pick('ta', 'count(ta)')} in last {word}"
        rules = [rule("t0", "user leaves ts"), rule("t1", "tb"), rule("t2", "user enters ts")]
        at = self.pick(lasting, lasting, lasting - timedelta(seconds=1), lasting + timedelta(seconds=1))
        declared = [segment if "count" not in segment else f"{segment} > 0"]
        return declared, rules, [self.told(at=0 * lasting), self.told("tb", at), self.told("tz", 3 * lasting)]

    def urgent_and_required(self) -> Twist:
        channel = "channel tc:\n  requires user.q > 0"
        record = {"user": "u", "time": self.written(self.moment()), "set": {"q": self.pick(0, 1, None)}}
        return [channel], [rule("t0", "ta", 'then send tc "t" urgent')], [record, *self.some("ta")]

    def seen_before(self) -> Twist:
        """Two records of one id, a week apart or nearly so."""
        second = timedelta(seconds=1)
        week = timedelta(days=7) + self.pick(0 * second, 0 * second, second, -second)
        twins = [self.told(at=at) | {"id": "tid"} for at in (0 * second, week)]
        return [], [rule("t0", "ta")], twins

    # ------------------------------------------------------------------------ what takes long
    def a_year_apart(self) -> Twist:
        per = self.pick("month", "month", "week", "ever")
        declared = [f"cap tag tt 1 per {per}"]
        records = [self.told(at=timedelta(days=days)) for days in (0, self.pick(31, 365, 366))]
        return declared, [rule("t0", "ta", clauses=("tag tt",))], records

    def a_day_of_25_hours(self) -> Twist:
        times = ("2026-11-01T04:10:00Z", self.pick("2026-11-02T04:50:00Z", "2026-11-02T05:00:00Z"))
        zone = {"timezone": "America/New_York"}
        records = [
            {"user": "w", "time": time, "event": name, "properties": {"n": 1}, "set": zone}
            for time, name in zip(times, ("ta", "tb"), strict=True)
        ]
        condition = self.pick("ta today", "count(ta) today == 1", "sum(ta.n) today == 1", "no ta today")
        return [], [rule("t0", "tb", condition=condition)], records

    def a_hundred_runs(self) -> Twist:
        count = self.pick(100, 101, 102)
        records = [self.told(at=timedelta(seconds=number), user="w") for number in range(count)]
        return [], [rule("t0", "ta", "then after 1d send push", clauses=("while pending stack",))], records

    def case(self) -> Case:
        drawn = super().case()
        quick: list[Callable[[], Twist]] = [
            self.odd_values, self.odd_values, self.distinct_values, self.two_lengths, self.becoming_again,
            self.in_and_out, self.emitting_an_alias, self.one_after_the_other, self.answered, self.looking_back_later,
            self.limited_later, self.steps_that_meet, self.a_window_that_passes, self.urgent_and_required,
            self.seen_before,
        ]  # fmt: skip
        slow = (self.a_year_apart, self.a_day_of_25_hours, self.a_hundred_runs)
        is_slow = self.random.random() < 0.06 and not any("every" in one.trigger for one in drawn.rules)
        declarations, rules, records = self.pick(*slow)() if is_slow else self.pick(*quick)()
        more = sorted(records, key=lambda one: str(one["time"])) if self.maybe(0.7) else records
        return evolve(
            drawn,
            declarations=(*drawn.declarations, *(one for one in declarations if one not in drawn.declarations)),
            rules=(*drawn.rules, *rules),
            records=(*drawn.records, *more),
            options={} if is_slow else drawn.options,
        )


def twisted_case(seed: int) -> Case:
    """The case of a seed: the same for ever."""
    return Twisted(seed).case()
