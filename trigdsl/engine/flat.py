"""Compiled program → its rules as a few numbers each, if all of them are of the simplest shape.

Such a rule is triggered by an event, or by its silence, waits once, and sends a message that is the same for everybody,
if nothing ends it before.  What such a program decides for a user depends on that user's events only through the rules
that each of them triggers, those whose silence it starts anew, and those that it may end.  These are found out once, in
the order of time; the rest is arithmetic on times: see `flat_user`.

Which rules an event triggers is most often told by its properties alone.  If it hangs on the user's past or profile,
the program `asks_past`: since its rules change neither, they are kept as inputs come, and asked before any rule acts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import field, frozen

from trigdsl.engine.action_types import CompiledCap, SendAction
from trigdsl.engine.context import Context
from trigdsl.engine.fires import EventFires, SilenceFires
from trigdsl.engine.program import CompiledLimit, CompiledRule, EventPlan, Program
from trigdsl.engine.rendering import is_plain
from trigdsl.engine.sieve import Sieve
from trigdsl.engine.windows import Window
from trigdsl.engine.zones import Zone
from trigdsl.model.values import Micros, Value


@frozen
class FlatEnder:
    """What ends a run that an event meets: the reason, and how long after it was armed (None: ever)."""

    reason: str
    within: Micros | None


@frozen(eq=False)
class FlatRule:
    """A rule of the simplest shape; see `CompiledRule` and `CompiledStep` for what its parts mean.

    `number` is its place among the flat rules, `index` that among all.  `text` is what it sends, which the checker
    found short enough.  `hours` is its window if that opens once each day and closes on the same: (opens, closes, zone
    or None for the user's).  `silence` is how long the silence lasts that triggers it; None: an event does.
    """

    number: int
    index: int
    rule: CompiledRule
    after: Micros | None
    windows: tuple[Window, ...]
    else_skip: bool
    expires: Micros | None
    priority: int
    pending: str
    at_most: Micros | None
    action: SendAction
    caps: tuple[CompiledCap, ...]
    limit: CompiledLimit | None
    text: str | None
    hours: tuple[Micros, Micros, Zone | None] | None
    silence: Micros | None


Enders = dict[int, tuple[FlatEnder, ...]]
"""What an event of one name ends: the rules, by their index, and how."""


@frozen(eq=False)
class FlatProgram:
    """A program that triggers no rules but those of the simplest shape; `by_index` has them by their number in it.

    `asks_past` tells whether more than an event's properties decides what it does.
    """

    program: Program
    rules: tuple[FlatRule, ...]
    asks_past: bool
    by_index: dict[int, FlatRule] = field(init=False)

    @by_index.default
    def _numbered(self) -> dict[int, FlatRule]:
        return {rule.index: rule for rule in self.rules}

    def enders(self, plan: EventPlan) -> Enders:
        """What an event with this plan ends."""
        found: Enders = {}
        for index, enders in plan.enders.items():
            both = (*enders.unless.get(0, ()), *enders.stop_on)
            found[index] = tuple(FlatEnder(ender.reason, ender.within) for ender in both)
        return found


class FlatEffects:
    """What the events of a flat program that does not ask about the past do, told by their names and properties."""

    def __init__(self, program: FlatProgram) -> None:
        self._program = program.program
        self._sieve = Sieve(program.program)
        plans = [*self._program.plans.values(), *([] if self._program.other is None else [self._program.other])]
        self.paths = frozenset(path for plan in plans for path in plan.reads or ())

    def reads(self, event: str) -> tuple[tuple[str, ...], ...]:
        """The paths of the properties that decide which rules an event of that name triggers."""
        plan = self._program.plan(event)
        return () if plan is None else plan.reads or ()

    def turns(self, event: str) -> tuple[float, ...] | None:
        """Where one property decides, the numbers between which all of its numbers trigger the same; else None."""
        plan = self._program.plan(event)
        return None if plan is None else plan.turns

    def triggered(self, event: str, properties: dict[str, Value]) -> tuple[int, ...] | None:
        """The rules that an event triggers, by number; None when it has a value that somebody must be told of."""
        plan = self._program.plan(event)
        if plan is None or not plan.triggers:
            return ()
        self._sieve.met_odd = False
        fired = triggered(self._program, plan, self._sieve.context, properties)
        return None if self._sieve.met_odd else fired

    def ends(self, event: str) -> bool:
        """Whether an event of that name may end runs."""
        plan = self._program.plan(event)
        return plan is not None and bool(plan.enders)


def triggered(program: Program, plan: EventPlan, c: Context, properties: dict[str, Value]) -> tuple[int, ...]:
    """The rules of a flat program that an event of a plan triggers; odd values go to the context's notes."""
    c.event = c.trigger = properties
    if plan.triggered is not None:
        return tuple(plan.triggered(c))
    rules = program.rules
    matched = [index for index, test in plan.triggers if test is None or test(c)]
    return tuple(index for index in matched if (held := rules[index].condition) is None or held(c))


def flat(program: Program) -> FlatProgram | None:
    """The program with its rules flat; None when `obstacles` finds any."""
    if next(obstacles(program), None) is not None:
        return None
    return _flat_program(program, program.rules)


def flat_part(program: Program) -> FlatProgram | None:
    """The rules of a program that are flat and decide nothing for the others; None where it is not divided."""
    division = program.division
    if division is None or division.flat is None:
        return None
    return _flat_program(division.flat, [rule for rule in program.rules if rule.index not in division.bound])


def _flat_program(program: Program, rules: Sequence[CompiledRule]) -> FlatProgram:
    context = Sieve(program).context
    made = tuple(_flat_rule(number, rule, context) for number, rule in enumerate(rules))
    return FlatProgram(program, made, _asks_past(program))


def _asks_past(program: Program) -> bool:
    plans = [*program.plans.values(), program.other or EventPlan()]
    return bool(program.slots) or any(plan.silences or (plan.triggers and plan.may_trigger is None) for plan in plans)


def _flat_rule(number: int, rule: CompiledRule, context: Context) -> FlatRule:
    (step,) = rule.steps
    (action,) = step.actions
    assert isinstance(action, SendAction)
    content = action.variants[0].content
    return FlatRule(
        number=number,
        index=rule.index,
        rule=rule,
        after=step.after,
        windows=step.windows,
        else_skip=step.else_skip,
        expires=step.expires,
        priority=step.priority,
        pending=rule.pending,
        at_most=rule.at_most,
        action=action,
        caps=() if step.urgent else action.caps,
        limit=rule.limit,
        text=None if content is None else content.template.render(context),
        hours=step.windows[0].daily if len(step.windows) == 1 else None,
        silence=rule.fires.length if isinstance(rule.fires, SilenceFires) else None,
    )


def obstacles(program: Program) -> Iterator[tuple[str | None, str]]:
    """What keeps a program from being flat: the rule (None: the whole program), and why."""
    sent = program.plan("sent")
    if sent is not None and (sent.enders or sent.triggers or not sent.keeps_nothing):
        yield None, "it heeds what it sends"
    for rule in program.rules:
        yield from ((rule.name, why) for why in shape_obstacles(rule))
    for name, plan in [*program.plans.items(), ("any", program.other or EventPlan())]:
        enders = [
            one for each in plan.enders.values() for ends in (each.stop_on, *each.unless.values()) for one in ends
        ]
        if any(ender.test is not None for ender in enders):
            yield None, f"what `{name}` ends depends on its properties"


def shape_obstacles(rule: CompiledRule) -> Iterator[str]:
    """What keeps a rule from being flat, whatever waits for events."""
    if not isinstance(rule.fires, (EventFires, SilenceFires)):
        yield "it is triggered neither by an event nor by its silence"
    if isinstance(rule.fires, SilenceFires) and rule.condition is not None:
        yield "a condition is asked when a silence is over"
    clauses = {
        "for each": rule.for_each,
        "holdout": rule.holdout,
        "goal": rule.goal,
        "previous": rule.captures or None,
    }
    yield from (f"it says `{name}`" for name, held in clauses.items() if held is not None)
    if len(rule.steps) > 1:
        yield "it has more than one step"
    step = rule.steps[0]
    if step.at is not None or step.days is not None:
        yield "it waits for a time of day"
    if step.guard is not None:
        yield "a step has an `if`"
    if len(step.actions) > 1:
        yield "a step does more than one thing"
    action = step.actions[0]
    if not isinstance(action, SendAction):
        yield "it does something else than send"
        return
    if action.channel.requires:
        yield f"the channel `{action.channel.name}` requires something of the user"
    variant = action.variants[0]
    if action.by_share or len(action.variants) > 1 or variant.test is not None or variant.silent:
        yield "its message has variants"
    if action.fields is not None:
        yield "its message has fields"
    if variant.content is not None and not is_plain(variant.content.template.text):
        yield "its text is a template"
