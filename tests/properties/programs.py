"""A seed → a program and a stream of records whose times fall on its boundaries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from case_parts import Case, smaller
from draws import DURATIONS, EVENTS, ZONES, seconds
from program_parts import Programs

__all__ = ["DURATIONS", "Case", "case", "seconds", "smaller"]


class Streams(Programs):
    """Draws records for a program that is drawn before them."""

    def options(self) -> dict[str, Any]:
        kind = self.random.random()
        if kind < 0.2:
            return {"drain": True}
        return {"until": self.written(self.moment())} if kind < 0.35 else {}

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
                found["properties"]["rule"] = self.pick(self.names[0], *self.names)
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

    def case(self) -> Case:
        declarations = self.declarations()
        rules = self.rules()
        return Case(declarations, rules, tuple(self.stream('event a = "Event A"' in declarations)), self.options())


def case(seed: int) -> Case:
    """The case of a seed: the same for ever."""
    return Streams(seed).case()
