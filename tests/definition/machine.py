"""Inputs of one user, one after another, and the clock → what happens, in its order (§6.1, §6.3, §9)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from attrs import frozen

from trigdsl.syntax import nodes as n

from .expressions import Happening, descend, evaluate, happened, is_event
from .moments import DAY, dates_of, length, moment
from .program import RuleFacts, windows_looked_at
from .state import Change, Run, User
from .steps import arm, at_limit, campaign, carry_out
from .values import compare, same


def handle_input(user: User, given: dict[str, Any]) -> None:
    """A record: the profile first, of which only the net change triggers."""
    before, lists = user.profile, user.lists
    user.profile = {name: value for name, value in (before | (given.get("set") or {})).items() if value is not None}
    user.lists = (lists | set(given.get("add") or ())) - set(given.get("remove") or ())
    pairs = {name: (before.get(name), user.profile.get(name)) for name in {**before, **user.profile}}
    changed = {name: pair for name, pair in pairs.items() if not same(*pair)}
    moved = {name: name in user.lists for name in lists ^ user.lists}
    handle(user, Change(given.get("event"), given.get("properties") or {}, changed, moved))
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


def segment_move(user: User, rule: RuleFacts) -> bool:
    """Whether the user now enters (or leaves) the segment that a rule watches."""
    watching = rule.node.trigger
    if not isinstance(watching, n.MembershipTrigger) or watching.name.text not in user.program.segments:
        return False
    before = user.inside.get(rule.index, False)
    user.inside[rule.index] = user.holds(user.program.segments[watching.name.text], rule, None)
    user.looked[rule.index] = user.now
    return user.inside[rule.index] != before and before != watching.enters


def fires(user: User, rule: RuleFacts, entry: Happening | None, change: Change) -> bool:
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
            return [compare("==", held, evaluate(value, context), context.zone) is True for held in pair] == [
                False,
                True,
            ]
        case n.MembershipTrigger(name, enters):
            return change.lists.get(name.text) == enters
    return False


def value_of(rule: RuleFacts, entry: Happening | None) -> str | None:
    """What tells the runs of a rule with `for each` apart: equal values have equal keys, a missing one has none."""
    each = rule.clause(n.ForEach)
    value = descend(entry.properties, each.path) if each and entry else None
    number = isinstance(value, int) and not isinstance(value, bool)
    return "" if not each else None if value is None else json.dumps(float(value) if number else value, sort_keys=True)


def end_runs(user: User, entry: Happening) -> None:
    """End the runs that an event cancels: `unless` before `stop on`, in rule order, older run first."""
    for run in sorted(user.runs, key=lambda run: run.rule.index):
        cancels = [(f"unless {event_text(one.event)}", one.event, one.within) for one in run.step.unless]
        cancels += [(f"stop on {event_text(one.event)}", one.event, None) for one in run.rule.clauses(n.StopOn)]
        for reason, event, within in cancels:
            heeded = value_of(run.rule, entry) == run.value and is_event(
                event, entry, user.context(run.rule, run.event)
            )
            if heeded and (within is None or user.now <= run.armed + length(within)):
                user.end(run, "cancelled", reason)
                break


def event_text(event: n.EventSet) -> str:
    """The event as the rule names it: no where, no backticks."""
    match event:
        case n.Event():
            return event.name
        case n.SystemEvent():
            return f"{event.kind} {event.rule.text}"
        case n.EventGroup():
            return " or ".join(event_text(one) for one in event.events)
        case n.EventWhere():
            return event_text(event.event)
    return "any"


def trigger(user: User, rule: RuleFacts, entry: Happening | None) -> None:
    """Condition, campaign, `for each`, limit, `while pending`; then a run starts."""
    value = value_of(rule, entry)
    if not user.holds(rule.node.condition, rule, entry) or campaign(user, rule) != "running":
        return
    if value is None or at_limit(user, rule, value):
        return
    run = Run(rule, entry, user.now, value, chain=user.now)
    pending = [other for other in user.runs if other.rule is rule and other.value == value]
    policy = rule.clause(n.WhilePending)
    if pending and (policy is None or policy.policy == "ignore"):
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
    """Something that happens at a moment; `order` is its place among those of the same moment."""

    at: datetime
    order: tuple[int, ...]
    kind: str
    fire: Callable[[], None]
    run: Run | None = None


def timers(user: User) -> list[Timer]:
    """All that is armed, in the order in which it is due."""
    found = [timer for rule in user.program.rules for timer in trigger_timers(user, rule)]
    for age, run in enumerate(user.runs):
        order = (-(run.step.priority or 0), run.rule.index, 1, run.place, age)
        found.append(Timer(run.stands_at, order, "step", lambda run=run: carry_out(user, run), run))  # type: ignore[misc]
    return sorted(found, key=lambda timer: (timer.at, timer.order))


def trigger_timers(user: User, rule: RuleFacts) -> list[Timer]:
    """The timers of a rule's trigger."""
    context = user.context(rule)
    match rule.node.trigger:
        case n.SilenceTrigger(event, lasting):
            return [timer for one in happened(event, context)[-1:] for timer in silence_timer(user, rule, one, lasting)]
        case n.IgnoredTrigger(name, lasting):
            sent, opened, clicked = (n.SystemEvent(kind, name) for kind in ("sent", "opened", "clicked"))
            noticed = happened(n.EventGroup((opened, clicked)), context)
            first = user.history.index(noticed[-1]) if noticed else 0
            unnoticed = [one for one in user.history[first:] if is_event(sent, one, context)]
            return [timer for one in unnoticed for timer in silence_timer(user, rule, one, lasting)]
        case n.CalendarTrigger(schedule, at, zone):
            return calendar_timer(user, rule, n.CalendarTrigger(schedule, at, zone))
        case n.MembershipTrigger(name) if name.text in user.program.segments:
            return segment_timer(user, rule, user.program.segments[name.text])
    return []


def silence_timer(user: User, rule: RuleFacts, last: Happening, lasting: n.Duration) -> list[Timer]:
    """The end of a silence, or of the time in which a send may be noticed; once for each."""
    place = user.history.index(last)

    def fire() -> None:
        user.over.add((rule.index, place))
        trigger(user, rule, last)

    order = (0, rule.index, 0, 0, place)
    return [Timer(last.time + length(lasting), order, "silence", fire)] if (rule.index, place) not in user.over else []


def calendar_timer(user: User, rule: RuleFacts, watching: n.CalendarTrigger) -> list[Timer]:
    """The next moment of a calendar trigger, in the zone of now."""
    home = user.context().zone
    zone = user.program.zone_of(watching.zone, home)
    today = user.now.astimezone(zone).date()
    for day in dates_of(watching.schedule, today - DAY, user.profile, home, user.program.calendars):

        def fire(day: date = day) -> None:
            user.last_date[rule.index] = day
            trigger(user, rule, None)

        at = moment(day, watching.at.seconds, zone)
        if at >= user.now and at > user.first_input and day > user.last_date.get(rule.index, date.min):
            return [Timer(at, (0, rule.index, 0, 0, 0), "calendar", fire)]
    return []


def segment_timer(user: User, rule: RuleFacts, condition: n.Expression) -> list[Timer]:
    """The next moment at which time alone may move the user in or out of the segment that a rule watches."""
    lasting, today = windows_looked_at(condition, user.program)
    zone = user.context().zone
    midnights = [user.now.astimezone(zone).date() + days * DAY for days in (0, 1, 2) if today]
    moments = [one.time + length(period) for one in user.history for period in lasting]
    later = [
        at for at in moments + [moment(day, 0, zone) for day in midnights] if at > user.looked.get(rule.index, user.now)
    ]

    def fire() -> None:
        if segment_move(user, rule):
            trigger(user, rule, None)

    return [Timer(min(later), (0, rule.index, 0, 0, 0), "segment", fire)] if later else []


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
    for timer in timers(user):
        if timer.run:
            reason = "window" if timer.run.waiting else "due"
            user.decide(timer.run, timer.run.step.actions[0], "pending", reason)
