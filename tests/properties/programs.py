"""A seed → a small program as parts and text, and a stream of records whose times fall on its boundaries.

The vocabulary is tiny (events a b c, properties n k d, attributes p q day, one list, a few segments, two channels
with policies), so that rules meet each other.  Rules cause only what rules after them are triggered by: no cycles.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from attrs import evolve, field, frozen

ZONES = ("UTC", "Asia/Seoul", "America/New_York", "Europe/London", "Asia/Kolkata", "Australia/Lord_Howe")
BASES = (
    ("UTC", "2026-11-20 09:00"),
    ("UTC", "2026-11-30 00:00"),
    ("Asia/Seoul", "2026-11-20 00:00"),
    ("Asia/Kolkata", "2027-02-27 09:00"),
    ("America/New_York", "2026-10-31 09:00"),
    ("America/New_York", "2026-11-01 00:00"),
    ("America/New_York", "2027-03-13 09:00"),
    ("America/New_York", "2027-03-14 00:00"),
    ("Europe/London", "2027-03-27 21:00"),
    ("Australia/Lord_Howe", "2027-04-03 21:00"),
    ("Australia/Lord_Howe", "2026-10-03 09:00"),
)
DURATIONS = ("30m", "1h", "90m", "2h", "3h", "12h", "1d", "2d")
TIMES = ("00:00", "01:30", "02:30", "09:00", "12:00", "21:00")
EVENTS = ("a", "b", "c")
THEMES = ("windows", "limits", "chains", "silences", "segments", "zones", "reactions", "stacks", "calendars")
"""What the cases of a theme have more of."""
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(duration: str) -> int:
    """The length of a duration of one part."""
    return int(duration[:-1]) * UNITS[duration[-1]]


@frozen
class RuleParts:
    """A rule as parts that can be left out one by one."""

    name: str
    trigger: str
    condition: str | None
    steps: tuple[tuple[str, ...], ...]
    clauses: tuple[str, ...]

    @property
    def text(self) -> str:
        condition = f" and {self.condition}" if self.condition else ""
        lines = [f"rule {self.name}: if {self.trigger}{condition}", *(" ".join(step) for step in self.steps)]
        return "\n  ".join([*lines, *self.clauses])


@frozen
class Case:
    """A program, a stream of records, and how far the clock goes."""

    declarations: tuple[str, ...]
    rules: tuple[RuleParts, ...]
    records: tuple[dict[str, Any], ...]
    options: dict[str, Any] = field(factory=dict)

    @property
    def text(self) -> str:
        return "\n".join([*self.declarations, *(rule.text for rule in self.rules)]) + "\n"


class Maker:
    """Draws one case; what it has drawn so far decides what may still be drawn."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.zone, base = self.random.choice(BASES)
        self.base = datetime.fromisoformat(base).replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)
        self.lengths = self.random.sample(DURATIONS, self.random.choice((1, 2, 2, 3)))
        self.theme = self.pick("", "", *THEMES)
        self.names = [f"r{place}" for place in range(self.random.choice((1, 2, 2, 3, 3, 4, 5)))]
        self.place = 0
        self.has_event = True
        self.watched: set[str] = set()
        self.segments: list[str] = []
        self.timed: list[str] = []

    # small draws

    def maybe(self, chance: float, *themes: str) -> bool:
        """A draw that is likelier in cases of these themes."""
        return self.random.random() < (min(chance * 3, 0.8) if self.theme in themes else chance)

    def pick(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    def length(self) -> str:
        return self.pick(*self.lengths, self.lengths[0], self.lengths[0])

    def date(self, last: int = 3) -> str:
        """A date at most one day before and some days after the base's."""
        day = self.base.astimezone(ZoneInfo(self.zone)).date() + timedelta(days=self.random.randint(-1, last))
        return day.isoformat()

    def zone_words(self) -> str:
        return self.pick("", "", "", " local", " utc", ' "America/New_York"', f' "{self.zone}"', f' "{self.zone}"')

    def window(self) -> str:
        if self.maybe(0.1):
            return "09:00-12:00, 21:00-24:00"
        start, end = self.random.sample(TIMES, 2)
        return f"{start}-{end}"

    def days(self) -> str:
        weekdays = ", ".join(self.random.sample(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), self.pick(2, 3, 5)))
        return self.pick(f"on {weekdays}", "on weekdays", "on weekends", "on cal", "not on cal", "not on cal")

    # events and conditions

    def event(self, where: bool = True) -> str:
        """An event that is named where one word or a parenthesis must stand."""
        kind = self.random.random()
        if kind < 0.6:
            return self.pick(*EVENTS, *EVENTS, "x")
        if kind < 0.75:
            return f"({' or '.join(self.random.sample((*EVENTS, 'x'), 2))})"
        if kind < 0.82:
            return f"{self.pick('sent', 'opened', 'clicked')} {self.random.choice(self.names)}"
        if kind < 0.86:
            return "any"
        return f"({self.pick(*EVENTS)} where {self.where()})" if where else self.pick(*EVENTS)

    def where(self) -> str:
        return self.pick(
            "n > 1", "n == 2", 'k == "u"', "n exists", "not (n > 1)", "(n > 0 and n < 3)", "user.q > 1",
            "user in lst", "local.hour < 12", 'user.p == "gold"', "event.n >= user.q", "n + 1 > 2", "(n default 0) < 1",
            'user.timezone exists', 'local.weekday in ["fri", "sat"]', "k in tags", 'tags contains "u"', "at.n == n",
            f"d <= {self.date()}", "n is missing", "user.q == n",
        )  # fmt: skip

    def unless_event(self) -> str:
        if self.maybe(0.15) and self.has_event:
            return f"{self.pick(*EVENTS)} where {self.pick('n == trigger.n', 'k == trigger.k', 'k != trigger.k')}"
        if self.maybe(0.15):
            return f"{self.pick(*EVENTS)} where {self.where()}"
        return self.event()

    def period(self) -> str:
        return self.pick(f" in last {self.length()}", f" in last {self.length()}", " today", f" since {self.event()}")

    def bounded(self) -> str:
        return self.pick(f" in last {self.length()}", " today")

    def number(self) -> str:
        """An expression that is a number, or missing."""
        if self.maybe(0.35):
            return self.aggregate()
        own = (
            "n", "event.n", "n + 1", "n * 2 - 1", "-n", "n / n", "round(n)", "max(n, 1)", "length(tags)", "at.n",
            "floor(n / 2)",
        ) if self.has_event else ()  # fmt: skip
        return self.pick(
            "user.q",
            "user.q + 1",
            "local.hour",
            "local.day",
            "(user.q default 0)",
            "days_between(user.day, local.date)",
            *own,
        )

    def aggregate(self) -> str:
        """A number from the history."""
        event = self.pick(*EVENTS, "x")
        where = f" where {self.where()}" if self.maybe(0.25) else ""
        kind = self.random.random()
        if kind < 0.4:
            return f"count({event}{where}){self.pick('', self.period())}"
        if kind < 0.5:
            return f"distinct({event}.{self.pick('n', 'k')}{where}){self.bounded()}"
        if kind < 0.55 and self.has_event:
            return f"count({event} where n <= trigger.n){self.bounded()}"
        if kind < 0.65 and self.has_event:
            return f"previous({event}.n{where})"
        function = self.pick("sum", "avg", "min", "max", "first", "last")
        return f"{function}({event}.n{where}){self.pick('', self.period())}"

    def history(self) -> str:
        """A condition on what happened."""
        event, no = self.event(), self.pick("", "", "no ")
        since = self.pick("time since", "time since previous") if self.has_event else "time since"
        return self.pick(
            f"{no}{event}{self.period()}",
            f"{no}{event}{self.period()}",
            f"{no}{event} ever",
            f"{since} {event} {self.pick('<', '<=', '>', '>=', '==')} {self.length()}",
        )

    def atom(self) -> str:
        """A condition without `and` and `or` outside parentheses."""
        kind = self.random.random()
        if kind < 0.3:
            return self.history()
        if kind < 0.6:
            return f"{self.number()} {self.pick('>', '<', '>=', '<=', '==', '!=')} {self.pick('0', '1', '2', '2.5')}"
        if kind < 0.7:
            return f"user {self.pick('in', 'not in')} {self.random.choice(['lst', *self.segments])}"
        own = ('k == "u"', 'k in ["u", "v"]', "k exists", 'k matches "^[uv]$"', "k is missing", 'k starts with "u"',
               f"d < {self.date()}", "d == local.date", "days_between(d, local.date) > 0")  # fmt: skip
        return self.pick(
            'user.p == "gold"', 'user.p != "gold"', "user.q exists", "user.p is missing", 'local.weekday != "sun"',
            f"now - user.at < {self.length()}", "user.at <= now", f"user.at + {self.length()} == now", "user.at exists",
            f"(time since {self.pick(*EVENTS)} default {self.length()}) >= {self.length()}", "not user.ok", "user.ok",
            f"user.day < {self.date()}", f"local.date >= {self.date()}", 'user.p contains "o"', "length(user.p) > 1",
            *(own if self.has_event else ()),
        )  # fmt: skip

    def condition(self) -> str:
        """A condition that may stand after an `and`."""
        kind = self.random.random()
        if kind < 0.6:
            return self.atom()
        if kind < 0.75:
            return f"not ({self.atom()})"
        if kind < 0.9:
            return f"({self.atom()} or {self.atom()})"
        return f"{self.atom()} and {self.atom()}"

    # triggers

    def trigger(self) -> str:
        """The trigger of the rule that is drawn; sets what the rule may read and what earlier rules may cause."""
        kind = self.random.random()
        themes = {
            "silences": 0.55,
            "segments": 0.88,
            "chains": self.pick(0.64, 0.7),
            "reactions": 0.7,
            "calendars": 0.95,
        }
        if self.maybe(0.4):
            kind = themes.get(self.theme, kind)
        self.has_event = kind < 0.75
        earlier = self.names[: self.place]
        if kind < 0.4:
            return self.pick(*EVENTS, *EVENTS, f"({self.event_list()})", f"({self.pick(*EVENTS)} where {self.where()})")
        if kind < 0.5:
            what = self.pick(*EVENTS, f"({self.event_list()})", f"({self.pick(*EVENTS)} where {self.where()})")
            return f"{self.pick('first', '2nd', '3rd', 'every 2nd', 'every 3rd')} {what}"
        if kind < 0.62:
            what = self.pick(*EVENTS, f"({self.event_list()})", "any", f"({self.pick(*EVENTS)} where {self.where()})")
            return f"no {what} for {self.length()}"
        if kind < 0.66:
            return self.pick("x", "any") if earlier else "a"
        if kind < 0.75 and earlier:
            rule = self.random.choice(earlier)
            reaction = f"{self.pick('opened', 'clicked', '2nd opened')} {rule}"
            return self.pick(f"sent {rule}", f"ignored {rule} after {self.length()}", reaction)
        self.has_event = False
        if kind < 0.84:
            return self.attribute_trigger()
        if kind < 0.9 and self.timed:
            return f"user {self.pick('enters', 'leaves')} {self.random.choice(self.timed)}"
        return self.calendar_trigger()

    def event_list(self) -> str:
        return " or ".join(self.random.sample(EVENTS, 2))

    def attribute_trigger(self) -> str:
        what = self.pick(
            'user.p becomes "gold"', "user.q becomes 2", "user.p changes", "user.q changes", "user.timezone changes"
        )
        return self.pick(what, what, f"user {self.pick('enters', 'leaves')} lst")

    def calendar_trigger(self) -> str:
        day = self.base.astimezone(ZoneInfo(self.zone)).date() + timedelta(days=1)
        weekdays = ", ".join(self.random.sample(("mon", "tue", "fri", "sat", "sun"), 3))
        what = self.pick(
            "every day", "every day", f"every {weekdays}", "every weekday", "every weekend", "every month on 31",
            f"every month on {day.day}", f"every year on {day:%m-%d}", "every year on user.day", "every cal",
            "every year on user.at", f"on {self.date()}",
        )  # fmt: skip
        return f"{what} at {self.pick(*TIMES, '00:00', '09:00')}{self.zone_words()}"

    # steps

    def send(self) -> str:
        channel = self.pick("push", "push", "sms", "email")
        kind = self.random.random()
        if kind < 0.1:
            return f"send {channel}"
        given = f" with {{ v: {self.number()}, t: {self.template()} }}" if self.maybe(0.1) else ""
        return f"send {channel} {self.template()}{given}"

    def template(self) -> str:
        own = ('"{{ n }}"', '"{{ k }} {{ event.n | default(0) }}"', '"{% if k is defined %}{{ k }}{% endif %}"')
        return self.pick(
            '"hi"', '"hi"', "\"{{ user.p | default('hello') }}\"", '"{{ user.p }}"', '"{{ now }}"',
            '"{{ user.at }} {{ user.ok | default(1) }}"', "\"{{ user.q | default('-') }}{{ local.hour }}\"",
            *(own if self.has_event else ()),
        )  # fmt: skip

    def variants(self) -> str:
        """A send whose content is chosen; the last action of its step."""
        if self.maybe(0.2):
            return f"send push 100%: {self.pick(self.template(), 'nothing')}"
        if self.maybe(0.1):
            return f"send push 0%: {self.template()}"
        lines = [
            f"when {self.atom()}{self.pick('', ' as one')}: {self.pick(self.template(), self.template(), 'nothing')}"
        ]
        lines += [f"when {self.atom()}: {self.template()}"] if self.maybe(0.4) else []
        lines += [f"otherwise{self.pick('', ' as rest')}: {self.template()}"] if self.maybe(0.6) else []
        return f"send {self.pick('push', 'sms')} {' '.join(lines)}"

    def effect(self) -> str:
        """An action other than a send, which triggers no rule drawn so far."""
        choices = ["call notify(a: user.q)", "set user.at = now", f"set user.ok = {self.atom()}"]
        if self.theme == "chains" and not {"x", "lst"} & self.watched:
            return self.pick(
                "emit x, add to lst", "emit x { n: 1 }, emit x { n: 2 }", "add to lst, remove from lst, emit x"
            )
        if self.maybe(0.3, "zones") and "timezone" not in self.watched:
            choices += [f'set user.timezone = "{self.random.choice(ZONES)}"'] * 3
        if "p" not in self.watched:
            choices += [f"set user.p = {self.pick(chr(34) + 'gold' + chr(34), 'nothing', 'rule.name')}"] * 2
        if "q" not in self.watched:
            choices += [f"set user.q = {self.pick('nothing', '2', self.number())}"] * 2
        if "lst" not in self.watched:
            choices += ["add to lst", "remove from lst"]
        if "x" not in self.watched:
            own = f"n: {self.pick('n', '1', '2')}, k: k" if self.has_event else "n: 2"
            choices += [f"emit x {{ {own} }}", "emit x"]
        return self.random.choice(choices)

    def step(self, first: bool) -> tuple[str, ...]:
        """One step as its head with the actions, then its modifiers."""
        kind = self.random.random()
        delay = ""
        if kind < (0.55 if first else 0.7):
            delay = f" after {self.length()}"
        elif kind < 0.75:
            delay = f" at {self.random.choice(TIMES)}{self.zone_words()}"
        elif kind < 0.8:
            delay = f" after {self.length()} at {self.random.choice(TIMES)}{self.zone_words()}"
        elif kind < 0.85:
            delay = f" after {self.pick(1, 2)} calendar days at {self.random.choice(TIMES)}{self.zone_words()}"
        guard = f" if {self.condition()}" if self.maybe(0.2) else ""
        actions = [self.effect() if self.maybe(0.25, "chains") else self.send() for _ in range(self.pick(1, 1, 1, 2))]
        if self.maybe(0.2):
            actions[-1] = self.variants()
        return (f"then{delay}{guard} {', '.join(actions)}", *self.modifiers())

    def modifiers(self) -> list[str]:
        found = []
        for _ in range(self.pick(0, 0, 1, 1, 2)):
            within = f" within {self.length()}" if self.maybe(0.35) else ""
            found.append(f"unless {self.unless_event()}{within}")
        if self.maybe(0.25, "windows", "zones"):
            skip = " else skip" if self.maybe(0.25) else ""
            hours = f"between {self.window()}{self.zone_words()}" if self.maybe(0.75) else ""
            days = self.days() if not hours or self.maybe(0.3) else ""
            found.append(f"{hours} {days}".strip() + skip)
            if self.maybe(0.3, "windows"):
                found.append(f"expires {self.length()}")
        elif self.maybe(0.12):
            found.append("urgent")
        elif self.maybe(0.15):
            found.append(f"expires {self.length()}")
        if self.maybe(0.15, "limits"):
            found.append(f"priority {self.pick(-1, 1, 5)}")
        return found

    def clauses(self) -> tuple[str, ...]:
        found = []
        if self.maybe(0.25):
            found.append(f"stop on {self.unless_event()}")
        if self.maybe(0.2, "limits"):
            found.append(
                self.pick(
                    "once", f"once per {self.per()}", f"at most 1 per {self.per()}", f"at most 2 per {self.per()}"
                )
            )
        if self.theme == "stacks":
            found.append("while pending stack")
        elif self.maybe(0.5):
            bounded = f"while pending restart for at most {self.length()}"
            found.append(self.pick("while pending stack", "while pending restart", bounded, "while pending ignore"))
        if self.maybe(0.15) and self.has_event:
            found.append("for each k")
        if self.maybe(0.1):
            found.append(
                self.pick(f"from {self.date()}", f"until {self.date()}", f"from {self.date(-1)} until {self.date()}")
            )
        if self.maybe(0.06):
            found.append(f"holdout {self.pick(100, 100, 0)}%")
        if self.maybe(0.2):
            found.append("tag t")
        if self.maybe(0.05):
            found.append(f"goal {self.pick(*EVENTS)} within {self.length()}")
        return tuple(found)

    def per(self) -> str:
        return self.pick("day", "week", "month", self.length(), self.length(), "ever")

    # the whole

    def declarations(self) -> tuple[str, ...]:
        found = [f"calendar cal = [{', '.join(sorted({self.date(6) for _ in range(3)}))}]", "list lst"]
        if self.maybe(0.7):
            found.append(f'timezone "{self.pick(self.zone, self.zone, self.zone, *ZONES)}"')
        if self.maybe(0.25):
            found.append('event a = "Event A"')
        if self.maybe(0.2):
            found.append("user { p: text, q: number, day: date, at: instant, ok: boolean, timezone: text }")
        if self.maybe(0.15):
            found.append("event c { n: number, k: text, d: date, tags: list, at: record, at.n: number }")
        channels = [one for one in ("push", "sms") if self.maybe(0.35, "windows", "limits")]
        found += [f"channel {channel}:\n  " + "\n  ".join(self.policies()) for channel in channels]
        scopes = [scope for scope in ("push", "all", "tag t") if self.maybe(0.12, "limits")]
        found += [
            f"cap {scope} {self.pick(1, 2)} per {self.pick('day', 'week', self.length(), '24h')}" for scope in scopes
        ]
        if self.maybe(0.3, "segments"):
            found.append(f"segment s1 = {self.timed_condition()}")
            self.timed.append("s1")
        if self.maybe(0.2):
            found.append(f"segment s2 = {self.pick('user.q > 1', 'user in lst', 'not (user.q > 1)', 'b ever')}")
            self.segments.append("s2")
        self.segments += self.timed
        return tuple(found)

    def timed_condition(self) -> str:
        """A segment's condition that time changes only through `in last` and `today`."""
        last = f"in last {self.length()}"
        return self.pick(
            f"a {last}", f"no a {last}", f"count(a) {last} >= 2", "b today", "no (a or b) today",
            f"sum(a.n) {last} > 2", f"(a {last} or user.q > 1)", f"b {last} and user not in lst",
            f"(a where n > 1) {last}", "count(a) today == 1",
        )  # fmt: skip

    def policies(self) -> list[str]:
        found = []
        if self.maybe(0.25, "windows", "zones"):
            found.append(f"between {self.window()}{self.zone_words()}")
        if self.maybe(0.2):
            found.append(self.days())
        if self.maybe(0.3, "limits"):
            found.append(
                f"cap {self.pick(1, 1, 2)} per {self.pick('day', 'week', 'month', self.length(), self.length())}"
            )
        if self.maybe(0.15):
            found.append(f"requires {self.pick('user.q > 0', 'user.p exists', 'user not in lst')}")
        if self.maybe(0.1) or not found:
            found.append("limit 4 characters")
        return found

    def rule(self, place: int, trigger: str, has_event: bool) -> RuleParts:
        self.place, self.has_event = place, has_event
        condition = self.condition() if self.maybe(0.4) else None
        steps = tuple(self.step(first=number == 0) for number in range(self.pick(1, 1, 1, 2, 2, 3)))
        return RuleParts(self.names[place], trigger, condition, steps, self.clauses())

    def watches(self, trigger: str) -> set[str]:
        """What a trigger waits for that rules may cause."""
        causes = {"p": "user.p", "q": "user.q", "lst": "lst", "x": "x", "timezone": "user.timezone"}
        if trigger.startswith("user") and trigger.endswith("s1"):
            return {"q", "lst"}
        return {cause for cause, word in causes.items() if word in trigger.split()} | (
            {"x"} if trigger == "any" else set()
        )

    def case(self) -> Case:
        declarations = self.declarations()
        triggers = []
        for place in range(len(self.names)):
            self.place = place
            triggers.append((self.trigger(), self.has_event))
        rules = []
        for place, (trigger, has_event) in enumerate(triggers):
            self.watched |= self.watches(trigger)
            rules.append(self.rule(place, trigger, has_event))
        return Case(
            declarations, tuple(rules), tuple(self.stream('event a = "Event A"' in declarations)), self.options()
        )

    # records

    def options(self) -> dict[str, Any]:
        kind = self.random.random()
        if kind < 0.2:
            return {"drain": True}
        return {"until": self.written(self.moment())} if kind < 0.35 else {}

    def moment(self) -> datetime:
        """A moment a few of the program's durations after the base, or a second beside it."""
        at = self.base
        for length in self.lengths:
            at += timedelta(seconds=seconds(length) * self.pick(0, 0, 0, 1, 1, 2, 3))
        return at + timedelta(seconds=self.pick(0, 0, 0, 0, 0, 0, 1, -1))

    @staticmethod
    def written(at: datetime) -> str:
        return at.isoformat().replace("+00:00", "Z")

    def properties(self) -> dict[str, Any]:
        found = {
            "n": self.pick(0, 1, 2, 2, 3, 2.5, "x", None),
            "k": self.pick("u", "u", "v", "w", 1, None),
            "d": self.pick(self.date(), self.date(), self.written(self.base), "soon", None),
            "tags": self.pick(["u"], ["u", "v", 1], [], "u", None),
            "at": self.pick({"n": 1}, {"n": 2, "k": "u"}, {"n": None}, {}, 3),
        }
        return {name: value for name, value in found.items() if self.maybe(0.75)}

    def attributes(self) -> dict[str, Any]:
        found = {
            "p": self.pick("gold", "gold", "x", None, 5),
            "q": self.pick(0, 1, 2, 2, None, "2"),
            "ok": self.pick(True, False, "yes", None),
            "at": self.pick(self.written(self.moment()), self.written(self.moment()), self.date(), None),
            "day": self.pick("2000-11-21", "11-22", "1999-10-31", "03-14", self.written(self.base), "soon", None),
        }
        return {name: value for name, value in found.items() if self.maybe(0.25)}

    def record(self, aliased: bool) -> dict[str, Any]:
        found: dict[str, Any] = {"user": self.pick("u", "u", "u", "v"), "time": self.written(self.moment())}
        if self.maybe(0.85):
            reactions = ("opened", "clicked") * (3 if self.theme == "reactions" else 1)
            found["event"] = self.pick(*EVENTS, *EVENTS, *reactions, "x", "other")
            if found["event"] == "a" and aliased and self.maybe(0.85):
                found["event"] = "Event A"
            found["properties"] = self.properties()
            if found["event"] in ("opened", "clicked") and self.maybe(0.9):
                found["properties"]["rule"] = self.random.choice(self.names)
        if "event" not in found or self.maybe(0.25, "zones", "segments"):
            found["set"] = self.attributes()
            if self.maybe(0.1, "zones"):
                found["set"]["timezone"] = self.pick(*ZONES, "Nowhere/Else", None)
            found |= {self.pick("add", "remove"): ["lst"]} if self.maybe(0.3) else {}
        if self.maybe(0.08):
            found["id"] = self.pick("i1", "i2")
        return found

    def stream(self, aliased: bool) -> list[dict[str, Any]]:
        found = [self.record(aliased) for _ in range(self.random.randint(5, 25))]
        if self.maybe(0.7):
            found.sort(key=lambda record: str(record["time"]))
        if self.maybe(0.5):
            found.append({"user": "z", "time": self.written(self.moment() + timedelta(days=3)), "event": "other"})
        return found


def case(seed: int) -> Case:
    """The case of a seed: the same for ever."""
    return Maker(seed).case()


def smaller(whole: Case) -> Iterator[Case]:
    """The cases with one record, rule, declaration or part of a rule less."""
    for place in range(len(whole.records)):
        yield evolve(whole, records=without(whole.records, place))
    for place in range(len(whole.rules)):
        yield evolve(whole, rules=without(whole.rules, place))
    for place in range(len(whole.declarations)):
        yield evolve(whole, declarations=without(whole.declarations, place))
    for place, rule in enumerate(whole.rules):
        for less in smaller_rule(rule):
            yield evolve(whole, rules=(*whole.rules[:place], less, *whole.rules[place + 1 :]))
    for place, record in enumerate(whole.records):
        for less_record in smaller_record(record):
            yield evolve(whole, records=(*whole.records[:place], less_record, *whole.records[place + 1 :]))
    if whole.options:
        yield evolve(whole, options={})


def smaller_rule(rule: RuleParts) -> Iterator[RuleParts]:
    if rule.condition:
        yield evolve(rule, condition=None)
    for place in range(len(rule.clauses)):
        yield evolve(rule, clauses=without(rule.clauses, place))
    for place, step in enumerate(rule.steps):
        if len(rule.steps) > 1:
            yield evolve(rule, steps=without(rule.steps, place))
        for part in range(1, len(step)):
            yield evolve(rule, steps=(*rule.steps[:place], without(step, part), *rule.steps[place + 1 :]))


def smaller_record(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for key, value in record.items():
        if key in ("set", "add", "remove", "id") and ("event" in record or len(record) > 3):
            yield {name: held for name, held in record.items() if name != key}
        if isinstance(value, dict):
            yield from (record | {key: {n: v for n, v in value.items() if n != name}} for name in value)


def without(parts: tuple[Any, ...], place: int) -> tuple[Any, ...]:
    return (*parts[:place], *parts[place + 1 :])
