"""Small draws → events as rules name them, and conditions."""

from __future__ import annotations

from draws import EVENTS, Draws


class Conditions(Draws):
    """Draws expressions; `has_event` says whether the rule that is drawn has an event to read."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.has_event = True
        self.segments: list[str] = []

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
            "user in lst", "user in lst", "user not in lst", "local.hour < 12", 'user.p == "gold"', "event.n >= user.q",
            "n + 1 > 2", "(n default 0) < 1", "user.at exists", 'user.timezone exists',
            'local.weekday in ["fri", "sat"]', "k in tags", 'tags contains "u"', "at.n == n",
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
