"""A rule and the clauses at its end."""

from __future__ import annotations

import datetime as dt
from typing import TypeAlias

from attrs import field, frozen

from trigdsl.syntax.nodes.base import Duration, LimitPeriod, Name, Node
from trigdsl.syntax.nodes.expressions import EventSet, Expression
from trigdsl.syntax.nodes.steps import Step
from trigdsl.syntax.nodes.triggers import Trigger

# ------------------------------------------------------------------------------------------- clauses of a rule


@frozen
class StopOn(Node):
    """stop on E [where C]"""

    event: EventSet


@frozen
class Limit(Node):
    """once   |   once per PERIOD   |   at most N per PERIOD: `once` is 1 per ever"""

    count: int
    period: LimitPeriod
    once: bool = field(default=False, eq=False)


@frozen
class WhilePending(Node):
    """while pending ignore|restart|stack   |   while pending restart for at most D"""

    policy: str
    at_most: Duration | None = None


@frozen
class ForEach(Node):
    """for each PATH: the names of a path of the triggering event, a leading `event` left out"""

    path: tuple[str, ...]


@frozen
class Campaign(Node):
    """from DATE   |   until DATE: one node for each"""

    start: dt.date | None = None
    end: dt.date | None = None


@frozen
class Holdout(Node):
    """holdout P%"""

    percent: float


@frozen
class Goal(Node):
    """goal E [where C] within D"""

    event: EventSet
    within: Duration


@frozen
class Tags(Node):
    """tag NAME, …"""

    names: tuple[Name, ...]


@frozen
class OnEdit(Node):
    """on edit keep|retime|cancel: what becomes of runs that wait when the rule is changed in a running engine"""

    policy: str


Clause: TypeAlias = StopOn | Limit | WhilePending | ForEach | Campaign | Holdout | Goal | Tags | OnEdit

# ------------------------------------------------------------------------------------------- top-level items


@frozen
class Rule(Node):
    """rule NAME "title"?:  if TRIGGER [and CONDITION]  STEP+  CLAUSE*   (`rule NAME:` may be left out)"""

    trigger: Trigger
    steps: tuple[Step, ...]
    name: Name | None = None
    title: str | None = None
    condition: Expression | None = None
    clauses: tuple[Clause, ...] = ()
