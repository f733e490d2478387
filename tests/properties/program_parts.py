"""Small draws → a small program as parts.

The vocabulary is tiny (events a b c x, properties n k d, attributes p q day at ok, one list, two segments, three
channels with policies), so that rules meet each other.  Rules cause only what rules after them are triggered by: no
cycles.
"""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from case_conditions import Conditions
from case_parts import RuleParts
from draws import EVENTS, ZONES

ON_EDIT_AT = 2
"""The rule that says what becomes of its runs when it is changed, which changes no decision."""


class Programs(Conditions):
    """Draws the parts of a program; what it has drawn so far decides what may still be drawn."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.place = 0
        self.watched: set[str] = set()
        self.timed: list[str] = []

    # triggers

    def trigger(self) -> str:
        """The trigger of the rule that is drawn; sets what the rule may read and what earlier rules may cause."""
        kind = self.random.random()
        themes = {
            "silences": 0.55,
            "segments": 0.88,
            "chains": self.pick(0.64, 0.7, 0.8),
            "reactions": 0.7,
            "calendars": 0.95,
        }
        if self.is_cause(self.place):
            kind = 0.0
        elif self.maybe(0.6):
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
            rule = self.pick(earlier[0], *earlier)
            reaction = f"{self.pick('opened', 'clicked', '2nd opened')} {rule}"
            return self.pick(f"sent {rule}", f"ignored {rule} after {self.length()}", reaction)
        self.has_event = False
        if kind < 0.84:
            return self.attribute_trigger()
        if kind < 0.9 and self.timed:
            return f"user {self.pick('enters', 'leaves')} {self.random.choice(self.timed)}"
        return self.calendar_trigger()

    def is_cause(self, place: int) -> bool:
        """Whether this is a rule to whose doings, done at once, the others shall react."""
        return place == 0 and self.theme in ("chains", "reactions")

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
        return f"{what} at {self.pick(self.time(), '00:00', '09:00')}{self.zone_words()}"

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
            "\"{{ event.n | default('none') }}\"",
            '"{{ user.at }} {{ user.ok | default(1) }}"', "\"{{ user.q | default('-') }}{{ local.hour }}\"",
            *(own if self.has_event else ()),
        )  # fmt: skip

    def variants(self) -> str:
        """A send whose content is chosen; the last action of its step."""
        if self.maybe(0.2):
            return f"send push 100%: {self.pick(self.template(), 'nothing')}"
        if self.maybe(0.2):
            second = f"{self.pick('30%', '50%')}{self.pick('', ' as half')}: {self.pick(self.template(), 'nothing')}"
            return f"send push {self.pick('0%', '40%', '50%')}: {self.template()} {second}"
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
        kind = 1.0 if first and self.maybe(0.2, "limits") else self.random.random()
        delay = ""
        if kind < (0.55 if first else 0.7):
            delay = f" after {self.length()}"
        elif kind < 0.75:
            delay = f" at {self.time()}{self.zone_words()}"
        elif kind < 0.8:
            delay = f" after {self.length()} at {self.time()}{self.zone_words()}"
        elif kind < 0.85:
            delay = f" after {self.pick(1, 2)} calendar days at {self.time()}{self.zone_words()}"
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
        if self.maybe(0.1, "calendars"):
            found.append(
                self.pick(f"from {self.date()}", f"until {self.date()}", f"from {self.date(-1)} until {self.date()}")
            )
        if self.maybe(0.06):
            found.append(f"holdout {self.pick(100, 50, 50, 0)}%")
        if self.maybe(0.2):
            found.append("tag t")
        if self.maybe(0.05):
            found.append(f"goal {self.pick(*EVENTS)} within {self.length()}")
        if self.place == ON_EDIT_AT:
            found.append(f"on edit {('keep', 'retime', 'cancel')[len(found) % 3]}")
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
        if self.is_cause(place):
            do = 'send push "hi"' if self.theme == "reactions" else f"{self.effect()}, {self.effect()}"
            return RuleParts(self.names[place], trigger, None, ((f"then {do}",),), self.clauses())
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

    def rules(self) -> tuple[RuleParts, ...]:
        triggers = []
        for place in range(len(self.names)):
            self.place = place
            triggers.append((self.trigger(), self.has_event))
        if any(trigger.startswith("no any") for trigger, _ in triggers):
            self.watched.add("x")
        found = []
        for place, (trigger, has_event) in enumerate(triggers):
            self.watched |= self.watches(trigger)
            found.append(self.rule(place, trigger, has_event))
        return tuple(found)
