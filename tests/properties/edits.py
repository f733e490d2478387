"""Small draws → rules, the same rules changed here and there, and records: runs meet no run of another rule.

The rules send and nothing else, `stack` their runs, and have no caps and no limits; so what becomes of a run depends on
the text by which it started, on the records and on nothing beside.  One rule, which never fires, asks of history all
that the others ask, so that it is known whatever they said before.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

START = datetime(2026, 11, 20, 10, tzinfo=UTC)
EVENTS = ("a", "b", "c")
QUESTIONS = (
    "a in last 2h",
    "count(b) >= 2",
    "sum(c.n) in last 3h > 4",
    "no b since a",
    "previous(c.n) >= 2",
    "time since b > 30m",
    "count(a where n > 1) >= 1",
)


class Edited:
    """Draws programs that differ, and a stream of records."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def programs(self, count: int) -> list[str]:
        """So many programs of the same rules, some of which have changed from one to the next; some come back."""
        names = [f"r{number}" for number in range(self._random.randint(1, 3))]
        texts = [{name: self._rule(name) for name in names}]
        while len(texts) < count:
            comes_back = len(texts) > 1 and self._random.random() < 0.2
            changed = dict(texts[-1])
            for name in names:
                if self._random.random() < 0.7:
                    changed[name] = texts[0][name] if comes_back else self._rule(name)
            texts.append(changed)
        counts = " or ".join(f"(count({event}) > 9)" for event in EVENTS)
        ordinals = "\n".join(f"rule every_{event}: if every 2nd {event} and n == 99 then send x" for event in EVENTS)
        asking = " and ".join(f"({one})" for one in (*QUESTIONS, counts))
        more = f"rule asks: if never and {asking} then send x\n{ordinals}"
        return ["\n".join([*self._shuffled(list(one.values())), more]) for one in texts]

    def _shuffled(self, rules: list[str]) -> list[str]:
        self._random.shuffle(rules)
        return rules

    def _pick(self, *choices: Any) -> Any:
        return self._random.choice(choices)

    def _maybe(self, text: str, share: float = 0.3) -> str:
        return text if self._random.random() < share else ""

    def _length(self) -> str:
        return str(self._pick("10m", "30m", "1h", "2h", "5h"))

    def _condition(self) -> str:
        return str(self._pick(*QUESTIONS, "n > 1", 'k == "x"', "local.hour < 14"))

    def _rule(self, name: str) -> str:
        event = self._pick(*EVENTS)
        trigger = self._pick(event, event, f"({event} where n > 1)", f"every 2nd {event}")
        condition = self._maybe(f" and {self._pick(*QUESTIONS, 'n > 0')}")
        steps = " ".join(self._step(name) for _ in range(self._pick(1, 1, 2, 3)))
        clauses = [
            "while pending stack",
            self._maybe(f"stop on {self._pick(*EVENTS)} where n > 2", 0.2),
            self._maybe("for each k", 0.2),
            self._maybe(f"holdout {self._pick(0, 50, 100)}%", 0.2),
            self._maybe("until 2026-11-20", 0.1),
            self._maybe(f"goal {self._pick(*EVENTS)} within 1h", 0.1),
        ]
        return f"rule {name}: if {trigger}{condition} {steps} {' '.join(filter(None, clauses))}"

    def _step(self, name: str) -> str:
        when = self._pick(f"after {self._length()}", f"after {self._length()}", "at 13:00 utc", "")
        text = f'"{name} {self._random.randint(0, 99)} {{{{ k }}}} {{{{ n }}}}"'
        chosen = f'when {self._condition()}: {text} otherwise: "else"'
        modifiers = [
            self._maybe(f"unless {self._pick(*EVENTS)}{self._maybe(' within 20m')}", 0.4) if when else "",
            self._maybe(f"between {self._pick('12:00-13:00', '11:30-15:00', '22:00-02:00')} utc"),
            self._maybe(f"expires {self._length()}", 0.2),
            self._maybe("priority 2", 0.2),
        ]
        what = f"send {self._pick('push', 'sms')} {self._pick(text, text, chosen, f'50%: {text} 50%: nothing')}"
        guard = self._maybe(f"if {self._condition()}")
        return " ".join(filter(None, ["then", when, guard, what, *modifiers]))

    def records(self, count: int) -> list[dict[str, Any]]:
        """Records of two users, each at a moment of its own, in order."""
        at, found = START, []
        for number in range(count):
            at += timedelta(seconds=self._pick(1, 60, 600, 1800, 3600) + number % 7)
            found.append(
                {
                    "user": self._pick("u", "u", "v"),
                    "time": at.isoformat(),
                    "event": self._pick(*EVENTS),
                    "properties": {"n": self._random.randint(0, 4), "k": self._pick("x", "y")},
                    "id": f"e-{number}",
                }
            )
        return found
