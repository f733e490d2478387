"""The compiled program: plain data and functions that the compiler makes and the machine runs.

Rules, caps and history slots go by their number here.  Lengths of time are microseconds.  What triggers a rule is in
`fires`, what its steps do in `action_types`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from attrs import field, frozen

from trigdsl.engine.action_types import CompiledAction, CompiledCap, CompiledPeriod
from trigdsl.engine.context import Context, Evaluate, Test
from trigdsl.engine.fires import Fires
from trigdsl.engine.history import Slot
from trigdsl.engine.windows import Window
from trigdsl.engine.zones import Zone
from trigdsl.model.values import Micros, Value
from trigdsl.source import Texts

Bound: TypeAlias = tuple[tuple[str, ...], str, float]
"""A property's path, one of > >= < <=, and a number."""
Keep: TypeAlias = tuple[Test | None, Callable[[Context, list[Any]], None]]
"""A history update and the test that an event must pass for it."""

React: TypeAlias = "Callable[[Any, EventPlan, str, dict[str, Value], str | None], None]"
"""Does all that an event sets in motion: called with the machine, the plan, the event's name, properties and id."""


@frozen(kw_only=True)
class CompiledStep:
    """One step. `after`, `days` and `at` (microseconds of the day) make its delay; none of them: done at once.

    `zone` None is the user's.  `windows` must all be open; none for an urgent step.
    """

    number: int
    actions: tuple[CompiledAction, ...]
    after: Micros | None = None
    days: int | None = None
    at: Micros | None = None
    zone: Zone | None = None
    guard: Test | None = None
    windows: tuple[Window, ...] = ()
    else_skip: bool = False
    expires: Micros | None = None
    priority: int = 0
    urgent: bool = False
    immediate: bool = field(init=False, eq=False, repr=False)

    @immediate.default
    def _has_no_delay(self) -> bool:
        return self.after is None and self.at is None


@frozen(kw_only=True)
class CompiledLimit:
    count: int
    period: CompiledPeriod


@frozen(kw_only=True)
class CompiledGoal:
    length: Micros


@frozen(kw_only=True)
class CompiledRule:
    """One rule. `captures` are the history slots whose `previous` must be noted when a run starts.

    `starts` and `ends` bound the campaign: [starts, ends) as instants.  `fingerprint` is the same as long as the
    rule's own `text` is, whatever its layout; both leave out `on edit`.  `folder` is that of the rule's file in the
    program's folder, where its template files are looked for.

    `living` is the index of the rule as it is now: another one when this is a rule as it was before it was changed.
    Such an old rule has no trigger and no limit of its own; what is counted and kept apart is that of the living one.
    """

    index: int
    name: str
    title: str | None
    fires: Fires
    condition: Test | None
    steps: tuple[CompiledStep, ...]
    limit: CompiledLimit | None = None
    pending: str = "ignore"
    at_most: Micros | None = None
    for_each: tuple[str, ...] | None = None
    starts: Micros | None = None
    ends: Micros | None = None
    holdout: float | None = None
    goal: CompiledGoal | None = None
    tags: tuple[str, ...] = ()
    captures: tuple[int, ...] = ()
    fingerprint: str = ""
    text: str = ""
    folder: str = ""
    on_edit: str = "keep"
    living: int = field()

    @living.default
    def _itself(self) -> int:
        return self.index

    @property
    def is_old(self) -> bool:
        return self.living != self.index


@frozen(order=True)
class OldRule:
    """A rule as it was before it was changed: what it takes to compile it beside the rule of that name as it is now."""

    name: str
    fingerprint: str
    text: str
    folder: str = ""


@frozen(kw_only=True)
class Ender:
    """An event that ends a run: `test` decides (None: always), `within` bounds an `unless`.

    `node` is the number of its clause in the rules.
    """

    reason: str
    test: Test | None
    within: Micros | None = None
    node: int = -1


@frozen(kw_only=True)
class RuleEnders:
    """What of one rule an event can end: runs that stand at a step (by its place from 0), or any run."""

    unless: Mapping[int, tuple[Ender, ...]]
    stop_on: tuple[Ender, ...]


@frozen(kw_only=True)
class NoSendBetween:
    """`no send [NAME] between …`; `target` is a channel or a rule, None every send."""

    target: str | None
    window: Window


@frozen(kw_only=True)
class NoSendAfter:
    """`no send [NAME] within D after E`; the plans of events tell what is an E."""

    target: str | None
    length: Micros


@frozen(kw_only=True)
class MostSends:
    """`at most N sends per PERIOD`."""

    count: int
    period: CompiledPeriod


@frozen(kw_only=True)
class CompiledInvariant:
    """What must hold of the sends of every user; `text` is the promise as it is written."""

    number: int
    name: str
    text: str
    promise: NoSendBetween | NoSendAfter | MostSends


@frozen(kw_only=True)
class EventPlan:
    """All that the program does when one event comes, by rule order; a test of None always holds.

    `keeps`: history updates.  `silences`: rules whose silence starts anew.  `sends` and `answers`: rules that
    wait whether a send is ignored.  `triggered` answers in one go which of the `triggers` fire and hold; None when
    they must be decided one after another.  `keeps_nothing`: it can do nothing but end runs and trigger rules; then
    `may_trigger` tells from the properties alone whether any rule may start, None when they do not tell, and `bounds`
    are what it tests where these are bounds only, one of which must be passed; `reads` are the paths of the properties
    that decide which rules start; `turns`, where that is one property, the numbers between which all of its numbers
    decide alike, None where they are not known.  `goals`, `triggers`: rules whose goal is met, rules that are
    triggered.  `watches`: invariants after whose event there is to be no send.  `react` does all of it at once, but for
    the watches; None: the machine goes through the parts.
    """

    keeps: tuple[Keep, ...] = ()
    silences: tuple[tuple[int, Test | None], ...] = ()
    sends: tuple[tuple[int, Test | None], ...] = ()
    answers: tuple[tuple[int, Test | None], ...] = ()
    enders: Mapping[int, RuleEnders] = field(factory=dict)
    goals: tuple[tuple[int, Test | None], ...] = ()
    triggers: tuple[tuple[int, Test | None], ...] = ()
    triggered: Callable[[Context], list[int]] | None = None
    keeps_nothing: bool = False
    may_trigger: Callable[[dict[str, Value], Context], bool] | None = None
    bounds: tuple[Bound, ...] | None = None
    reads: tuple[tuple[str, ...], ...] | None = None
    turns: tuple[float, ...] | None = None
    watches: tuple[tuple[int, Test | None], ...] = ()
    react: React | None = None


@frozen(kw_only=True)
class Place:
    """Where in the rules a data warning arose: rule, `file:line:column`, and the piece of source."""

    rule: str | None
    at: str
    text: str


@frozen(kw_only=True)
class Part:
    """One part of a condition, to be looked at by who explains: its number in the rules, its text, its value.

    Only a program that was compiled to be explained has parts.
    """

    node: int
    text: str
    evaluate: Evaluate


PartKey: TypeAlias = tuple[str, str | int, int, int]
"""Which condition parts belong to: what it is (condition, where, guard, requires, when, ends, goal), then numbers.

The rule's index (or the channel's name, or for the `where` of an `unless` or `stop on` the number of its node), the
step's place, and the variant's or the condition's, each from 0.
"""


@frozen(kw_only=True, eq=False)
class Division:
    """The rules of a program in two parts that decide nothing for each other.

    `flat` is the program with what waits for events for rules of the simplest shape alone (see `flat`), `rest` with
    what waits for all others; both have all rules under their numbers.  None where no rule is flat, or the program as a
    whole is.  `bound` says of each rule that is among the others why, by its number.
    """

    bound: Mapping[int, tuple[str, ...]]
    flat: Program | None = None
    rest: Program | None = None


@frozen(kw_only=True, eq=False, repr=False)
class Program:
    """A compiled program, ready to run; make one with `trigdsl.parse` or `trigdsl.load`.

    `plans` maps names on the wire to what they set in motion; `other` is for all other events (only a
    program that says `any` needs it).  `slot_labels` says of each history slot which events and property it keeps,
    `slot_uses` which slots a rule asks, `slot_keys` what a slot asks, so that another program that asks the same
    finds what is kept.  `division` tells which rules can be decided apart from the others, where somebody may ask.
    `code` is the generated Python source, to be looked at.  `to_html` shows the rules in a
    notebook.  `texts` are what it was compiled of.

    `with_old` compiles old rules, by which runs go on that they started, after the program's own; of those that cannot
    be, `refused` tells why by name and fingerprint.  With none of them it gives the program alone.
    """

    rules: tuple[CompiledRule, ...]
    zone: Zone | None
    slots: tuple[Slot, ...]
    plans: Mapping[str, EventPlan]
    other: EventPlan | None
    caps: tuple[CompiledCap, ...]
    places: Mapping[int, Place]
    functions: Mapping[str, Callable[..., Any]]
    event_names: Mapping[str, str]
    code: str
    diagnostics: tuple[Any, ...]

    calendar_rules: tuple[int, ...]
    segment_rules: tuple[int, ...]
    attribute_rules: Mapping[str, tuple[int, ...]]
    list_rules: Mapping[str, tuple[int, ...]]
    slot_labels: tuple[str, ...] = ()
    slot_uses: Mapping[int, tuple[int, ...]] = field(factory=dict)
    invariants: tuple[CompiledInvariant, ...] = ()
    slot_keys: tuple[str, ...] = ()
    parts: Mapping[PartKey, tuple[Part, ...]] = field(factory=dict)
    division: Division | None = None
    to_html: Callable[[], str] | None = field(default=None)
    with_old: Callable[[tuple[OldRule, ...]], Program] | None = field(default=None)
    refused: Mapping[tuple[str, str], str] = field(factory=dict)
    texts: Texts = field(default=Texts(()))

    def __repr__(self) -> str:
        rules = [rule.name for rule in self.rules if not rule.is_old]
        names = ", ".join(rules[:3]) + (", …" if len(rules) > 3 else "")
        return f"<Program of {len(rules)} rule{'' if len(rules) == 1 else 's'}{': ' if names else ''}{names}>"

    def _repr_html_(self) -> str | None:
        return None if self.to_html is None else self.to_html()

    def plan(self, event: str) -> EventPlan | None:
        """What an event of this name on the wire sets in motion; None: nothing."""
        return self.plans.get(event, self.other)
