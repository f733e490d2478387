"""Inputs of one user, one after another, and the clock → what happens, in its order (§6.1, §6.3, §9)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from attrs import frozen

from trigdsl.syntax import nodes as n
from trigdsl.syntax.walk import walk

from .expressions import Happening, Program, Rule, descend, evaluate, happened, is_event
from .runs import Change, Run, Share, User, arm, at_limit, campaign, carry_out
from .values import DAY, compare, dates_of, length, moment, same, zone_of


def handle_queue(user: User) -> None:
    """An input, or nothing, and what rules caused, first in first out."""
    while user.queue:
        handle(user, user.queue.pop(0))


def handle(user: User, change: Change) -> None:
    """History, segment changes, ending of runs, then triggers in rule order."""
    given, changed, lists = change
    entry = None
    if given.get("event") is not None:
        entry = Happening(given["event"], given.get("properties") or {}, user.now, user.profile, user.lists)
        user.history.append(entry)
    moved = {rule.index: segment_move(user, rule) for rule in user.program.rules}
    if entry:
        end_runs(user, entry)
    for rule in user.program.rules:
        if moved[rule.index] or fires(user, rule, entry, changed, lists):
            trigger(user, rule, None if moved[rule.index] else entry)


def segment_move(user: User, rule: Rule) -> bool:
    """Whether the user now enters (or leaves) the segment that a rule watches."""
    watching = rule.node.trigger
    if not isinstance(watching, n.MembershipTrigger) or watching.name.text not in user.program.segments:
        return False
    before, _ = user.looked.get(rule, (False, user.now))
    after = user.holds(user.program.segments[watching.name.text], rule, None)
    user.looked[rule] = after, user.now
    return before != after == watching.enters


def fires(user: User, rule: Rule, entry: Happening | None, changed: dict[str, Any], lists: dict[str, bool]) -> bool:
    """Whether a change fires a rule's trigger."""
    context = user.context(rule)
    match rule.node.trigger:
        case n.EventTrigger(event, ordinal, every):
            count = len(happened(event, context))
            at_that_count = ordinal is None or count == ordinal or (every and count % ordinal == 0)
            return entry is not None and is_event(event, entry, context) and at_that_count
        case n.ChangesTrigger(attribute):
            return attribute.text in changed
        case n.BecomesTrigger(attribute, value):
            pair = changed.get(attribute.text, (None, None))
            before, after = (compare("==", held, evaluate(value, context), context.zone) is True for held in pair)
            return after and not before
        case n.MembershipTrigger(name, enters):
            return lists.get(name.text) == enters
    return False


def value_of(rule: Rule, entry: Happening | None) -> Any:
    """What tells the runs of a rule with `for each` apart, None when it is missing; empty for other rules."""
    paths = [each.path for each in rule.clauses(n.ForEach)]
    return descend(entry.properties if entry else None, paths[0]) if paths else ""


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
    texts = {n.Event: "{0.name}", n.SystemEvent: "{0.kind} {0.rule.text}", n.AnyEvent: "any"}
    return " or ".join(texts[type(one)].format(one) for one in walk(event) if type(one) in texts)


def trigger(user: User, rule: Rule, entry: Happening | None) -> None:
    """Condition, campaign, `for each`, limit, `while pending`; then a run starts."""
    value = value_of(rule, entry)
    may = user.holds(rule.node.condition, rule, entry) and campaign(user, rule) == "running"
    if not may or value is None or at_limit(user, rule, value):
        return
    run = Run(rule, entry, user.now, value, chain=user.now)
    pending = [other for other in user.runs if other.rule is rule and same(other.value, value)]
    policy, lasting = next(((one.policy, one.at_most) for one in rule.clauses(n.WhilePending)), ("ignore", None))
    if pending and policy == "restart":
        run.chain = pending[0].chain
        if lasting and user.now > run.chain + length(lasting):
            return
        for other in pending:
            user.end(other, "cancelled", "restarted")
    full = sum(other.rule is rule for other in user.runs) >= 100
    if not full and not (pending and policy == "ignore"):
        user.runs.append(run)
        arm(user, run)


@frozen(eq=False)
class Timer:
    """Something that happens at a moment: a run's step, or a rule's trigger, where `mark` is what then is over.

    That is the event before a silence, the date of a calendar; None where a segment is to be looked at.
    """

    at: datetime
    rule: Rule
    run: Run | None = None
    mark: Happening | date | None = None

    @property
    def order(self) -> tuple[datetime, int, int, int]:
        """Its place; of runs that are alike in this the older one stands first, as it does in the user's list."""
        priority, place = (self.run.step.priority or 0, self.run.place + 1) if self.run else (0, 0)
        return self.at, -priority, self.rule.index, place


def timers(user: User, calendars: bool = True) -> list[Timer]:
    """All that is armed, in the order in which it is due."""
    found = [Timer(run.stands_at, run.rule, run) for run in user.runs]
    for rule in user.program.rules:
        if calendars or not isinstance(rule.node.trigger, n.CalendarTrigger):
            found += [Timer(at, rule, mark=mark) for at, mark in awaited(user, rule) if (rule, mark) not in user.over]
    return sorted(found, key=lambda timer: timer.order)


def awaited(user: User, rule: Rule) -> list[tuple[datetime, Any]]:
    """The moments for which a rule's trigger waits, each with its mark."""
    context, program, now, zone = user.context(rule), user.program, user.now, user.zone
    match rule.node.trigger:
        case n.SilenceTrigger(event, lasting):
            return [(last.time + length(lasting), last) for last in happened(event, context)[-1:]]
        case n.IgnoredTrigger(name, lasting):
            sent, opened, clicked = (n.SystemEvent(kind, name) for kind in ("sent", "opened", "clicked"))
            since = n.Period("since", event=n.EventGroup((opened, clicked)))
            return [(last.time + length(lasting), last) for last in happened(sent, context, since)]
        case n.CalendarTrigger(schedule, time, own):
            there = zone_of(own, zone)
            fired = max((day for other, day in user.over if other is rule), default=date.min)
            days = dates_of(schedule, now.astimezone(there).date() - DAY, user.profile, zone, program.calendars)
            moments = [(moment(day, time.seconds, there), day) for day in days if day > fired]
            return [(at, day) for at, day in moments if at >= now and at > user.first_input]
        case n.MembershipTrigger(name) if name.text in program.segments:
            periods = list(program.periods(program.segments[name.text]))
            ends = [one.time + length(each.duration) for one in user.history for each in periods if each.duration]
            if any(period.kind == "today" for period in periods):
                ends += [moment(now.astimezone(zone).date() + days * DAY, 0, zone) for days in (0, 1, 2)]
            _, looked = user.looked.get(rule, (False, now))
            return [(at, None) for at in ends if at > looked]
    return []


def go_off(user: User, timer: Timer) -> None:
    """Carry out a step, or trigger a rule: at the end of a silence by the event before it, once for each mark."""
    user.now = timer.at
    if timer.run:
        carry_out(user, timer.run)
    elif timer.mark or segment_move(user, timer.rule):
        user.over += [(timer.rule, timer.mark)] if timer.mark else []
        trigger(user, timer.rule, timer.mark if isinstance(timer.mark, Happening) else None)
    handle_queue(user)


def run_timers(user: User, due: Callable[[datetime], bool]) -> None:
    """Let timers go off, one after another, as long as one of those that are armed then is due."""
    while found := [timer for timer in timers(user) if due(timer.at)]:
        go_off(user, found[0])


def decide(
    file: n.File, name: str, inputs: list[tuple[datetime, dict[str, Any]]], end: datetime, drained: bool, share: Share
) -> list[dict[str, Any]]:
    """The decisions for one user over inputs (time, record) until the end, in the order they were made."""
    ordered = sorted(inputs, key=lambda one: one[0])
    user = User(Program.of(file), name, share, first_input=ordered[0][0], now=ordered[0][0])
    for at, given in ordered:
        run_timers(user, lambda moment, at=at: moment < at)  # type: ignore[misc]
        user.now = at
        user.queue.append(user.update(given))
        handle_queue(user)
    run_timers(user, lambda moment: moment <= end)
    while drained and any((one.run or one.mark) and one.at <= end + 366 * DAY for one in timers(user, calendars=False)):
        go_off(user, timers(user, calendars=False)[0])
    for run in [timer.run for timer in timers(user) if timer.run]:
        user.decide(run, run.step.actions[0], "pending", "window" if run.stands_at > run.due else "due")
    return user.decisions
