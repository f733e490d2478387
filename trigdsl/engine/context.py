"""What an evaluator sees: the user, the event, the moment. One object, filled anew for each evaluation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, TypeAlias

from trigdsl.engine.zones import UTC, ZONES, Zone, zone
from trigdsl.model.values import DAY, HOUR, MINUTE, Micros, Value

if TYPE_CHECKING:
    from trigdsl.engine.program import CompiledRule
    from trigdsl.engine.state import State

EMPTY: dict[str, Value] = {}
"""Stands for the properties of no event and the attributes of no profile; nobody writes to it."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_NO_LISTS: frozenset[str] = frozenset()


class Context:
    """The names that generated code reads.

    `event` holds the properties of the event that bare paths read: the triggering one, or inside `where`
    the one that is tested, beside which `trigger` holds the triggering one's.  `name` is the name of the
    event being handled on the wire.  `seq` is the place of the
    triggering event in the user's history (None: there is none), `captured` what `previous` found when the
    run was triggered.
    """

    __slots__ = (
        "captured",
        "default_zone",
        "event",
        "functions",
        "history",
        "name",
        "now",
        "odd",
        "rule",
        "seq",
        "state",
        "trigger",
    )

    def __init__(
        self,
        default_zone: Zone | None,
        functions: Mapping[str, Callable[..., Any]],
        odd: Callable[[Context, int, Value, Value], None],
    ) -> None:
        self.default_zone = default_zone or UTC
        self.functions = functions
        self.odd = odd
        self.state: State
        self.rule: CompiledRule | None = None
        self.event: dict[str, Value] = EMPTY
        self.trigger: dict[str, Value] = EMPTY
        self.history: list[Any] | None = None
        self.name: str | None = None
        self.now: Micros = 0
        self.seq: int | None = None
        self.captured: dict[int, Any] | None = None

    @property
    def user(self) -> dict[str, Value]:
        """The profile as it is now."""
        return self.state.profile or EMPTY

    @property
    def lists(self) -> set[str] | frozenset[str]:
        """The lists the user is in now."""
        return self.state.lists or _NO_LISTS

    @property
    def zone(self) -> Zone:
        """The user's time zone: `user.timezone` when that names one, else the program's, else UTC."""
        profile = self.state.profile
        if profile is not None:
            name = profile.get("timezone")
            if name.__class__ is str:
                found = ZONES.get(name) or zone(name)
                if found is not None:
                    return found
        return self.default_zone

    @property
    def rule_name(self) -> str:
        return self.rule.name if self.rule is not None else ""

    @property
    def rule_title(self) -> str | None:
        return self.rule.title if self.rule is not None else None

    # ------------------------------------------------------------------ local.…
    def local_hour(self) -> int:
        now = self.now
        return (now + self.zone.offset(now)) % DAY // HOUR

    def local_minute(self) -> int:
        return self.zone.local(self.now) % HOUR // MINUTE

    def local_weekday(self) -> str:
        return WEEKDAYS[self.local_date().weekday()]

    def local_date(self) -> date:
        return self.zone.date(self.now)

    def local_day(self) -> int:
        return self.local_date().day

    def local_month(self) -> int:
        return self.local_date().month


Test: TypeAlias = Callable[[Context], bool]
"""Whether a condition is certainly true."""
Evaluate: TypeAlias = Callable[[Context], Value]
"""A value, None when it is missing."""
