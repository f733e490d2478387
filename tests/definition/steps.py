"""A run at a step → the step armed, carried out, put off or skipped (§6.2, §7, §9.5)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from trigdsl.syntax import nodes as n

from .content import Content, UnrenderableError, choose
from .expressions import evaluate, nested
from .moments import DAY, Window, first_at, in_period, length, moment, next_opening, written
from .program import RuleFacts
from .state import Change, Run, User
from .values import same


def campaign(user: User, rule: RuleFacts) -> str:
    """Whether the campaign of a rule is `early`, `running` or `over`."""
    for clause in rule.clauses(n.Campaign):
        if clause.start and user.now < moment(clause.start, 0, user.program.zone):
            return "early"
        if clause.end and user.now >= moment(clause.end + DAY, 0, user.program.zone):
            return "over"
    return "running"


def at_limit(user: User, rule: RuleFacts, value: str) -> bool:
    """Whether as many runs have counted as may."""
    times = [at for name, key, at in user.counted if (name, key) == (rule.name, value)]
    counts = [
        (limit.count, sum(in_period(limit.period, at, user.now, user.context().zone) for at in times))
        for limit in rule.clauses(n.Limit)
    ]
    return any(count >= most for most, count in counts)


def arm(user: User, run: Run) -> None:
    """Arm the step at which a run stands; one without `after` and `at` is done at once."""
    step, run.waiting = run.step, False
    run.armed = run.due = user.now
    if step.after:
        run.due += length(step.after)
    if step.at:
        zone = user.program.zone_of(step.zone, user.context().zone)
        day = run.armed.astimezone(zone).date() + (step.calendar_days or 0) * DAY
        later = step.calendar_days is not None
        run.due = moment(day, step.at.seconds, zone) if later else first_at(run.due, step.at.seconds, zone)
    run.stands_at = run.due
    if not step.after and not step.at:
        carry_out(user, run)


def advance(user: User, run: Run) -> None:
    """Go on to the next step, if there is one."""
    run.place += 1
    if run.place < len(run.rule.node.steps):
        arm(user, run)
    else:
        user.runs.remove(run)


def carry_out(user: User, run: Run) -> None:
    """Everything that is looked at, in its order, when a step is due."""
    step = run.step
    windows = [] if step.urgent else user.program.windows(step, user.context().zone)
    is_open = all(window.is_open(user.now) for window in windows)
    last = run.due + length(step.expires) if step.expires else None
    if campaign(user, run.rule) == "over":
        return user.end(run, "skipped", "campaign ended")
    if last and (user.now > last or (user.now == last and not is_open)):
        return skip(user, run, "expired")
    if not user.holds(step.guard, run.rule, run.event):
        return skip(user, run, "guard")
    if not is_open:
        return wait(user, run, windows, last)
    if not run.counted and at_limit(user, run.rule, run.value):
        return user.end(run, "skipped", "limit")
    for action in step.actions:
        act(user, run, action)
    return advance(user, run)


def wait(user: User, run: Run, windows: list[Window], last: datetime | None) -> None:
    """Wait for the windows to open, not past the moment at which the step expires."""
    opening = None if run.step.else_skip else next_opening(windows, user.now)
    if opening is None:
        return skip(user, run, "outside window")
    run.waiting, run.stands_at = True, min(opening, last or opening)
    return None


def skip(user: User, run: Run, reason: str) -> None:
    user.decide(run, run.step.actions[0], "skipped", reason)
    advance(user, run)


def act(user: User, run: Run, action: n.Action) -> None:
    """Carry out one action, or say why not."""
    silent = any(user.share(run.rule.name, user.name, "holdout") < one.percent for one in run.rule.clauses(n.Holdout))
    if isinstance(action, n.Send):
        return send(user, run, action, silent)
    context = user.context(run.rule, run.event)
    value: Any = None
    match action:
        case n.SetAttribute() if not isinstance(action.value, n.Nothing):
            value = evaluate(action.value, context)
            if value is None:
                return user.decide(run, action, "skipped", "missing value")
        case n.Emit():
            entries = action.record.entries if action.record else ()
            value = nested((entry.key, evaluate(entry.value, context)) for entry in entries)
        case n.CallAction():
            value = {".".join(entry.key): evaluate(entry.value, context) for entry in action.arguments}
    user.decide(run, action, "control" if silent else "sent", "holdout" if silent else None, value=value)
    return None if silent else affect(user, action, value)


def affect(user: User, action: n.Action, value: Any) -> None:
    """Attributes and lists change at once; what that triggers, and events, are queued."""
    match action:
        case n.SetAttribute():
            name, before = action.attribute.text, user.profile.get(action.attribute.text)
            user.profile = {key: held for key, held in (user.profile | {name: value}).items() if held is not None}
            if not same(before, value):
                user.queue.append(Change(attributes={name: (before, value)}))
        case n.AddTo() | n.RemoveFrom():
            lists, one = user.lists, {action.list.text}
            user.lists = lists | one if isinstance(action, n.AddTo) else lists - one
            if user.lists != lists:
                user.queue.append(Change(lists={action.list.text: isinstance(action, n.AddTo)}))
        case n.Emit():
            user.queue.append(Change(user.program.wire.get(action.event.text, action.event.text), value))


def send(user: User, run: Run, action: n.Send, silent: bool) -> None:
    """requires, variant and rendering, limit, control, caps, done."""
    channel, rule, urgent = action.channel.text, run.rule, run.step.urgent
    if not all(user.holds(one.condition, rule, run.event) for one in user.program.policies(channel, n.Requires)):
        return user.decide(run, action, "skipped", "requires")
    try:
        content = choose(action, user.share(rule.name, user.name, "variant"), user.context(rule, run.event))
    except UnrenderableError as error:
        return user.decide(run, action, "skipped", str(error), Content(error.variant))
    limits = [one.characters for one in user.program.policies(channel, n.LengthLimit)]
    if len(content.text or "") > min(limits, default=len(content.text or "")):
        return user.decide(run, action, "skipped", "too long", Content(content.variant))
    if silent or content.silent:
        return user.decide(run, action, "control", "holdout" if silent else content.silent, content)
    full = None if urgent else full_cap(user, channel, rule)
    if full:
        return user.decide(run, action, "capped", full, Content(content.variant))
    if not urgent:
        user.sends.append((channel, rule.tags, user.now))
    user.decide(run, action, "sent", None, content)
    sent = {"rule": rule.name, "step": run.place + 1, "channel": channel, "variant": content.variant}
    return user.queue.append(Change("sent", {name: value for name, value in sent.items() if value is not None}))


def full_cap(user: User, channel: str, rule: RuleFacts) -> str | None:
    """The first cap that is full, as a decision names it: the channel's, then the top-level ones in order."""
    caps = [("channel", channel, cap) for cap in user.program.policies(channel, n.Cap)]
    caps += [(cap.scope, cap.name.text if cap.name else "", cap) for cap in user.program.caps]
    for scope, name, cap in caps:
        times = [at for to, tags, at in user.sends if covers(scope, name, to, tags)]
        count = sum(in_period(cap.period, at, user.now, user.context().zone) for at in times)
        if covers(scope, name, channel, rule.tags) and count >= cap.count:
            shown = {"channel": name, "tag": f"tag {name}", "all": "all"}[scope]
            return f"{shown} {cap.count} per {written(cap.period.duration) if cap.period.duration else cap.period.kind}"
    return None


def covers(scope: str, name: str, channel: str, tags: set[str]) -> bool:
    """Whether a cap counts a send of that channel and those tags."""
    return scope == "all" or name in ({channel} if scope == "channel" else tags)
