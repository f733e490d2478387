"""Inputs of one user, one after another, and the clock → what happens, in its order (§6.1, §6.3, §9)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Any

from attrs import frozen

from trigdsl.syntax import nodes as n

from .expressions import Happening, descend, evaluate, happened, is_event
from .moments import DAY, dates_of, length, moment, zone_of
from .program import Rule
from .runs import Change, Run, User, arm, at_limit, campaign, carry_out
from .values import compare, same


def handle_input(user: User, given: dict[str, Any]) -> None:
    """A record: the profile first, of which only the net change triggers."""
    handle(user, user.update(given))
    handle_queue(user)


def handle_queue(user: User) -> None:
    """What rules caused, first in first out."""
    while user.queue:
        handle(user, user.queue.pop(0))


def handle(user: User, change: Change) -> None:
    """History, segment changes, ending of runs, then triggers in rule order."""
    entry = None
    if change.event is not None:
        entry = Happening(change.event, change.properties, user.now, user.profile, user.lists)
        user.history.append(entry)
    moved = {rule.index: segment_move(user, rule) for rule in user.program.rules}
    if entry:
        end_runs(user, entry)
    for rule in user.program.rules:
        if moved[rule.index]:
            trigger(user, rule, None)
        elif fires(user, rule, entry, change):
            trigger(user, rule, entry)


def segment_move(user: User, rule: Rule) -> bool:
    """Whether the user now enters (or leaves) the segment that a rule watches."""
    watching = rule.node.trigger
    if not isinstance(watching, n.MembershipTrigger) or watching.name.text not in user.program.segments:
        return False
    before = user.inside.get(rule.index, False)
    user.inside[rule.index] = user.holds(user.program.segments[watching.name.text], rule, None)
    user.looked[rule.index] = user.now
    return user.inside[rule.index] != before and before != watching.enters


def fires(user: User, rule: Rule, entry: Happening | None, change: Change) -> bool:
    """Whether a change fires a rule's trigger."""
    context = user.context(rule)
    match rule.node.trigger:
        case n.EventTrigger(event, ordinal, every):
            count = len(happened(event, context))
            at_that_count = ordinal is None or count == ordinal or (every and count % ordinal == 0)
            return entry is not None and is_event(event, entry, context) and at_that_count
        case n.ChangesTrigger(attribute):
            return attribute.text in change.attributes
        case n.BecomesTrigger(attribute, value):
            pair = change.attributes.get(attribute.text, (None, None))
            before, after = (compare("==", held, evaluate(value, context), context.zone) is True for held in pair)
            return after and not before
        case n.MembershipTrigger(name, enters):
            return change.lists.get(name.text) == enters
    return False


def value_of(rule: Rule, entry: Happening | None) -> Any:
    """What tells the runs of a rule with `for each` apart, None when it is missing; empty for other rules."""
    each = rule.clause(n.ForEach)
    return descend(entry.properties if entry else None, each.path) if each else ""


def end_runs(user: User, entry: Happening) -> None:
    """End the runs that an event cancels: `unless` before `stop on`, in rule order, older run first."""
    for run in sorted(user.runs, key=lambda run: run.rule.index):
        context = user.context(run.rule, run.event)
        enders = [("unless", one.event, one.within) for one in run.step.unless]
        enders += [("stop on", one.event, None) for one in run.rule.clauses(n.StopOn)]
        timely = [one for one in enders if one[2] is None or user.now <= run.armed + length(one[2])]
        heeded = [f"{word} {event_text(event)}" for word, event, _ in timely if is_event(event, entry, context)]
        if heeded and same(value_of(run.rule, entry), run.value):
            user.end(run, "cancelled", heeded[0])


def event_text(event: n.EventSet) -> str:
    """The event as the rule names it: no where, no backticks."""
    match event:
        case n.Event(name):
            return name
        case n.SystemEvent(name, rule):
            return f"{name} {rule.text}"
        case n.EventGroup(events):
            return " or ".join(event_text(one) for one in events)
        case n.EventWhere(inner):
            return event_text(inner)
    return "any"


def trigger(user: User, rule: Rule, entry: Happening | None) -> None:
    """Condition, campaign, `for each`, limit, `while pending`; then a run starts."""
    value = value_of(rule, entry)
    if not user.holds(rule.node.condition, rule, entry) or campaign(user, rule) != "running":
        return
    if value is None or at_limit(user, rule, value):
        return
    run = Run(rule, entry, user.now, value, chain=user.now)
    pending = [other for other in user.runs if other.rule is rule and same(other.value, value)]
    policy = rule.clause(n.WhilePending) or n.WhilePending("ignore")
    if pending and policy.policy == "ignore":
        return
    if pending and policy.policy == "restart":
        run.chain = pending[0].chain
        if policy.at_most and user.now > run.chain + length(policy.at_most):
            return
        for other in pending:
            user.end(other, "cancelled", "restarted")
    if sum(other.rule is rule for other in user.runs) < 100:
        user.runs.append(run)
        arm(user, run)


@frozen(eq=False)
class Timer:
    """Something that happens at a moment: a `step` of a run, or a `silence`, `calendar` or `segment` of a trigger."""

    at: datetime
    kind: str
    rule: Rule
    fire: Callable[[], None]
    run: Run | None = None

    @property
    def order(self) -> tuple[datetime, int, int, int]:
        """Its place; of runs that are alike in this the older one stands first, as it does in the user's list."""
        priority, place = (self.run.step.priority or 0, self.run.place + 1) if self.run else (0, 0)
        return self.at, -priority, self.rule.index, place


def timers(user: User) -> list[Timer]:
    """All that is armed, in the order in which it is due."""
    found = [timer for rule in user.program.rules for timer in trigger_timers(user, rule)]
    found += [Timer(run.stands_at, "step", run.rule, partial(carry_out, user, run), run) for run in user.runs]
    return sorted(found, key=lambda timer: timer.order)


def trigger_timers(user: User, rule: Rule) -> list[Timer]:
    """The timers of a rule's trigger."""
    context = user.context(rule)
    match rule.node.trigger:
        case n.SilenceTrigger(event, lasting):
            return silences(user, rule, happened(event, context)[-1:], lasting)
        case n.IgnoredTrigger(name, lasting):
            sent, opened, clicked = (n.SystemEvent(kind, name) for kind in ("sent", "opened", "clicked"))
            since = n.Period("since", event=n.EventGroup((opened, clicked)))
            return silences(user, rule, happened(sent, context, since), lasting)
        case n.CalendarTrigger():
            return calendar_timer(user, rule, rule.node.trigger)
        case n.MembershipTrigger(name) if name.text in user.program.segments:
            return segment_timer(user, rule, user.program.segments[name.text])
    return []


def silences(user: User, rule: Rule, since: list[Happening], lasting: n.Duration) -> list[Timer]:
    """The ends of silences, or of the time in which sends may be noticed; once for each."""

    def fire(last: Happening) -> None:
        user.over.append((rule, last))
        trigger(user, rule, last)

    armed = [last for last in since if (rule, last) not in user.over]
    return [Timer(last.time + length(lasting), "silence", rule, partial(fire, last)) for last in armed]


def calendar_timer(user: User, rule: Rule, watching: n.CalendarTrigger) -> list[Timer]:
    """The next moment of a calendar trigger, in the zone of now."""

    def fire(day: date) -> None:
        user.last_date[rule.index] = day
        trigger(user, rule, None)

    zone = zone_of(watching.zone, user.zone)
    today = user.now.astimezone(zone).date()
    for day in dates_of(watching.schedule, today - DAY, user.profile, user.zone, user.program.calendars):
        at = moment(day, watching.at.seconds, zone)
        if at >= user.now and at > user.first_input and day > user.last_date.get(rule.index, date.min):
            return [Timer(at, "calendar", rule, partial(fire, day))]
    return []


def segment_timer(user: User, rule: Rule, condition: n.Expression) -> list[Timer]:
    """The next moment at which time alone may move the user in or out of the segment that a rule watches."""

    def fire() -> None:
        if segment_move(user, rule):
            trigger(user, rule, None)

    today = user.now.astimezone(user.zone).date()
    periods = list(user.program.periods(condition))
    moments = [one.time + length(period.duration) for one in user.history for period in periods if period.duration]
    if any(period.kind == "today" for period in periods):
        moments += [moment(today + days * DAY, 0, user.zone) for days in (0, 1, 2)]
    later = [at for at in moments if at > user.looked.get(rule.index, user.now)]
    return [Timer(min(later), "segment", rule, fire)] if later else []


def run_timers(user: User, due: Callable[[Timer], bool]) -> None:
    """Let timers fire, one after another, as long as one of those that are armed then is due."""
    while found := [timer for timer in timers(user) if due(timer)]:
        user.now = found[0].at
        found[0].fire()
        handle_queue(user)


def drain(user: User, last: datetime) -> None:
    """Go on, without calendar triggers, until no step, silence or `ignored` is armed."""
    while any(timer.kind in ("step", "silence") and timer.at <= last for timer in timers(user)):
        upto = min(timer.at for timer in timers(user) if timer.kind != "calendar")
        run_timers(user, lambda timer, upto=upto: timer.kind != "calendar" and timer.at <= upto)  # type: ignore[misc]


def finish(user: User) -> None:
    """What is armed still when the clock has stopped is pending."""
    for run in [timer.run for timer in timers(user) if timer.run]:
        user.decide(run, run.step.actions[0], "pending", "window" if run.waiting else "due")
