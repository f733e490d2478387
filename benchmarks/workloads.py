"""The programs that replays are measured with: a table of rules, their text, and the text that a cap adds.

Every rule has one shape, since that is what SQL and data frames can say too: an event with a number above a bound, a
wait, a message, unless another event came by then.  An event of the very moment still counts; nothing is sent after the
last event; each trigger has its own run.
"""

from __future__ import annotations

from typing import NamedTuple


class Rule(NamedTuple):
    """One rule; `path` is the property that must exceed `more`, `minutes` the wait, `unless` what ends it."""

    name: str
    event: str
    path: tuple[str, ...]
    more: float
    minutes: int
    unless: str

    @property
    def text(self) -> str:
        return (
            f"rule {self.name}: if {self.event} and {'.'.join(self.path)} > {self.more:g} "
            f"then after {self.minutes}m send push unless {self.unless} while pending stack"
        )


ONE = (Rule("cart", "cart_abandoned", ("cart", "value"), 200, 30, "purchase"),)

MANY = (
    Rule("cart_1", "cart_abandoned", ("cart", "value"), 50, 15, "purchase"),
    Rule("cart_2", "cart_abandoned", ("cart", "value"), 100, 30, "purchase"),
    Rule("cart_3", "cart_abandoned", ("cart", "value"), 200, 60, "session_start"),
    Rule("cart_4", "cart_abandoned", ("cart", "value"), 300, 720, "purchase"),
    Rule("added_1", "add_to_cart", ("price",), 600, 20, "purchase"),
    Rule("added_2", "add_to_cart", ("price",), 900, 90, "cart_abandoned"),
    Rule("added_3", "add_to_cart", ("price",), 1000, 240, "purchase"),
    Rule("bought_1", "purchase", ("price",), 400, 45, "cart_abandoned"),
    Rule("bought_2", "purchase", ("price",), 800, 1440, "session_start"),
    Rule("bought_3", "purchase", ("price",), 1100, 180, "purchase"),
)

MOST_A_DAY = 2
"""Under a cap: how many messages a user gets within 24 hours at the most."""


class Workload(NamedTuple):
    """A program: what it is, its rules, and whether a cap holds."""

    about: str
    rules: tuple[Rule, ...]
    capped: bool = False

    @property
    def text(self) -> str:
        """The program."""
        cap = [f"cap push {MOST_A_DAY} per 1d"] if self.capped else []
        return "\n".join([*cap, *(rule.text for rule in self.rules)]) + "\n"


WORKLOADS = {
    "one rule": Workload("one abandoned cart", ONE),
    "ten rules": Workload("ten rules of that shape over three events", MANY),
    "ten rules, a cap": Workload("the same, and at most two messages a day", MANY, capped=True),
}
