"""The words of a send, what is known of a user, and what becomes of a run at a step (§6.2, §7, §9.5, §10)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from attrs import define, field

from trigdsl.syntax import nodes as n

from .expressions import Context, Happening, Program, Rule, evaluate, nested
from .values import DAY, first_at, in_period, length, moment, next_opening, printed, same, zone_of

Change = tuple[dict[str, Any], dict[str, tuple[Any, Any]], dict[str, bool]]
"""What is handled at once: a record, net changes of attributes (before, after), and of lists (now in it)."""

Share = Callable[[str, str, str], float]

Outcome = tuple[str, str | None, dict[str, Any]]
"""A decision's status, its reason, and what the send carries: `variant`, `text`, `fields`."""

WORDS = {n.Send: ("send", "channel"), n.SetAttribute: ("set", "attribute"), n.AddTo: ("add", "list"),
         n.RemoveFrom: ("remove", "list"), n.Emit: ("emit", "event"), n.CallAction: ("call", "name")}  # fmt: skip
"""How an action is called in a decision, and where it says what it is about."""


class UnrenderableError(jinja2.TemplateRuntimeError):
    """The content cannot be rendered; the message is the reason."""


class Missing(jinja2.StrictUndefined):
    """Something missing, under the path by which the template reads it: it can be neither printed nor compared."""

    def __init__(self, *_: Any, name: str | None = None, **__: Any) -> None:
        super().__init__(f"missing {name}", name=name, exc=UnrenderableError)


class Record(dict[str, Any]):
    """A record that knows by which path it was read."""

    path: str


def seen(value: Any, path: str) -> Any:
    """A value as a template sees it."""
    if isinstance(value, dict):
        value = Record(value)
        value.path = path
    return Missing(name=path) if value is None else value


class Plain(jinja2.Environment):
    """Jinja whose dots read a record's keys before anything else."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        path = obj._undefined_name if isinstance(obj, Missing) else obj.path if isinstance(obj, Record) else ""
        held = obj.get(attribute) if isinstance(obj, Record) else None
        return seen(held, f"{path}.{attribute}".removeprefix("."))


def shown(value: Any) -> Any:
    """What an expression in a template becomes."""
    return value if isinstance(value, (Missing, str)) else printed(value)


ENVIRONMENT = Plain(undefined=Missing, finalize=shown, keep_trailing_newline=True)
ENVIRONMENT.globals.clear()


def filled(part: Any, name: str, context: Context) -> Any:
    """The text of a template, or the value of an expression. Raises UnrenderableError, by name when it is missing."""
    if not isinstance(part, n.Text):
        assert not isinstance(part, n.TemplateFile), "template files are no part of the definition"
        value = evaluate(part, context)
        if value is None:
            raise UnrenderableError(f"missing {name}")
        return value
    roots = {name: value for name, value in context.roots.items() if name != "trigger"}
    given = {name: seen(value, name) for name, value in (roots["event"] | roots).items() if value is not None}
    return ENVIRONMENT.from_string(part.value).render(given)


def rendered(send: n.Send, content: n.Content | None, label: str | None, context: Context) -> Outcome:
    """One content with the fields, rendered."""
    if isinstance(content, n.Nothing):
        return "control", "nothing", {"variant": label}
    entries = send.fields.entries if send.fields else ()
    try:
        text = filled(content, "", context) if content else None
        fields = nested([(entry.key, filled(entry.value, ".".join(entry.key), context)) for entry in entries])
        return "sent", None, {"variant": label, "text": text, "fields": fields}
    except UnrenderableError as error:
        return "skipped", str(error), {"variant": label}
    except Exception as error:
        return "skipped", f"template error: {error}", {"variant": label}


def choose(send: n.Send, share: float, context: Context) -> Outcome:
    """The content of a send: the share the user falls into, else the first that is true and can be rendered."""
    if not send.variants:
        return rendered(send, send.content, None, context)
    failed, top, shares = "", 0.0, isinstance(send.variants[0], n.ShareVariant)
    for place, variant in enumerate(send.variants, start=1):
        condition = None if isinstance(variant, n.ShareVariant) else variant.condition
        label = variant.label.text if variant.label else str(place) if shares or condition else "otherwise"
        top += variant.percent if isinstance(variant, n.ShareVariant) else 0.0
        if share < top if shares else condition is None or evaluate(condition, context) is True:
            status, reason, carried = rendered(send, variant.content, label, context)
            if shares or status != "skipped":
                return status, reason, carried
            if str(reason).startswith("template error"):
                return status, reason, {}
            failed = failed or str(reason)
    return ("control", "control", {}) if shares else ("skipped", failed or "no variant", {})


# ------------------------------------------------------------------------ the user
@define(eq=False)
class Run:
    """A run of a rule: what triggered it, and where it stands. `chain` is the first trigger of its restarts.

    A step is due when its delay has run out, and `stands_at` a later moment while it waits for a window.
    """

    rule: Rule
    event: Happening | None
    triggered: datetime
    value: Any
    chain: datetime
    place: int = 0
    armed: datetime = field(init=False)
    due: datetime = field(init=False)
    stands_at: datetime = field(init=False)

    @property
    def step(self) -> n.Step:
        return self.rule.node.steps[self.place]


@define(eq=False)
class User:
    """The state of one user.

    `counted` has the runs that count and since when, `sends` what caps count, by what, and when.  `over` are
    the timers of triggers that went off, by rule and mark; `looked` what each rule that watches a segment saw last.
    """

    program: Program
    name: str
    share: Share
    first_input: datetime
    now: datetime
    profile: dict[str, Any] = field(factory=dict)
    lists: frozenset[str] = frozenset()
    history: list[Happening] = field(factory=list)
    runs: list[Run] = field(factory=list)
    counted: dict[Run, datetime] = field(factory=dict)
    sends: list[tuple[set[tuple[str, str]], datetime]] = field(factory=list)
    over: list[tuple[Rule, Any]] = field(factory=list)
    looked: dict[Rule, tuple[bool, datetime]] = field(factory=dict)
    queue: list[Change] = field(factory=list)
    decisions: list[dict[str, Any]] = field(factory=list)

    @property
    def zone(self) -> ZoneInfo:
        return self.program.zone_for(self.profile)

    def context(self, rule: Rule, event: Happening | None = None) -> Context:
        """What an expression of a rule can see now."""
        scene = Happening("", {}, self.now, self.profile, self.lists)
        return Context(user=self, rule=rule, history=self.history, event=event, trigger=event, scene=scene)

    def holds(self, condition: n.Expression | None, rule: Rule, event: Happening | None) -> bool:
        """Whether a condition is true, or there is none."""
        return condition is None or evaluate(condition, self.context(rule, event)) is True

    def reached(self, count: int, period: n.LimitPeriod, times: list[datetime]) -> bool:
        """Whether so many of these times lie in the period that is running now."""
        return sum(in_period(period, at, self.now, self.zone) for at in times) >= count

    def update(self, given: dict[str, Any]) -> Change:
        """Set, add to and remove from what is known, in this order; only what is another in the end has changed."""
        before, lists = self.profile, self.lists
        self.profile = {name: value for name, value in (before | (given.get("set") or {})).items() if value is not None}
        self.lists = (lists | set(given.get("add") or ())) - set(given.get("remove") or ())
        pairs = {name: (before.get(name), self.profile.get(name)) for name in {**before, **self.profile}}
        changed = {name: pair for name, pair in pairs.items() if not same(*pair)}
        moved = {name: name in self.lists for name in lists ^ self.lists}
        return given, changed, moved

    def cause(self, given: dict[str, Any]) -> None:
        """Let a rule change something: at once what is known, and queued what that triggers."""
        _, changed, moved = self.update(given)
        if "event" in given or changed or moved:
            self.queue.append((given, changed, moved))

    def decide(self, run: Run, action: n.Action, status: str, reason: str | None = None, **more: Any) -> None:
        """Record a decision, with `more` about what was done; the first action carried out makes the run count."""
        if status in ("sent", "control"):
            self.counted.setdefault(run, self.now)
        word, about = WORDS[type(action)]
        found = {"user": self.name, "rule": run.rule.name, "step": run.place + 1, "action": word}
        found["channel" if word == "send" else "target"] = getattr(action, about).text
        found |= {"status": status, "reason": reason, "time": run.stands_at if status == "pending" else self.now}
        found |= {"triggered": run.triggered, "due": run.due, **more}
        self.decisions.append({name: held for name, held in found.items() if held is not None})

    def end(self, run: Run, status: str, reason: str) -> None:
        """End a run, with one decision for the step at which it stands."""
        self.decide(run, run.step.actions[0], status, reason)
        self.runs.remove(run)


def campaign(user: User, rule: Rule) -> str:
    """Whether the campaign of a rule is `early`, `running` or `over`."""
    for clause in rule.clauses(n.Campaign):
        if clause.start and user.now < moment(clause.start, 0, user.program.zone):
            return "early"
        if clause.end and user.now >= moment(clause.end + DAY, 0, user.program.zone):
            return "over"
    return "running"


def at_limit(user: User, rule: Rule, value: Any) -> bool:
    """Whether as many runs have counted as may."""
    times = [at for run, at in user.counted.items() if run.rule is rule and same(run.value, value)]
    return any(user.reached(limit.count, limit.period, times) for limit in rule.clauses(n.Limit))


def arm(user: User, run: Run) -> None:
    """Arm the step at which a run stands; one without `after` and `at` is done at once."""
    step, run.armed = run.step, user.now
    run.due = run.armed + (length(step.after) if step.after else 0 * DAY)
    if step.at:
        zone = zone_of(step.zone, user.zone)
        day = run.armed.astimezone(zone).date() + (step.calendar_days or 0) * DAY
        run.due = moment(day, step.at.seconds, zone) if step.calendar_days else first_at(run.due, step.at.seconds, zone)
    run.stands_at = run.due
    if not step.after and not step.at:
        carry_out(user, run)


def carry_out(user: User, run: Run) -> None:
    """Everything that is looked at, in its order, when a step is due; then the next step is armed."""
    step, rule = run.step, run.rule
    windows = [] if step.urgent else user.program.windows(step, user.zone)
    is_open = all(window.is_open(user.now) for window in windows)
    opening = None if is_open or step.else_skip else next_opening(windows, user.now)
    last = run.due + length(step.expires) if step.expires else None
    if campaign(user, rule) == "over":
        return user.end(run, "skipped", "campaign ended")
    reason = None
    if last and (user.now > last or (user.now == last and not is_open)):
        reason = "expired"
    elif not user.holds(step.guard, rule, run.event):
        reason = "guard"
    elif not is_open and opening is None:
        reason = "outside window"
    elif opening:
        run.stands_at = min(opening, last or opening)
        return None
    elif run not in user.counted and at_limit(user, rule, run.value):
        return user.end(run, "skipped", "limit")
    if reason:
        user.decide(run, step.actions[0], "skipped", reason)
    for action in () if reason else step.actions:
        silent = any(user.share(rule.name, user.name, "holdout") < one.percent for one in rule.clauses(n.Holdout))
        (send if isinstance(action, n.Send) else act)(user, run, action, silent)
    run.place += 1
    return arm(user, run) if run.place < len(rule.node.steps) else user.runs.remove(run)


def act(user: User, run: Run, action: n.Action, silent: bool) -> None:
    """Carry out an action other than a send, or say why not."""
    context = user.context(run.rule, run.event)
    value: Any = None
    given: dict[str, Any] = {}
    match action:
        case n.SetAttribute(name, expression):
            value = None if isinstance(expression, n.Nothing) else evaluate(expression, context)
            given = {"set": {name.text: value}}
            if value is None and not isinstance(expression, n.Nothing):
                return user.decide(run, action, "skipped", "missing value")
        case n.AddTo(name) | n.RemoveFrom(name):
            given = {WORDS[type(action)][0]: [name.text]}
        case n.Emit(name, record):
            value = evaluate(record, context) if record else {}
            given = {"event": user.program.wire.get(name.text, name.text), "properties": value}
        case n.CallAction(_, arguments):
            value = {".".join(entry.key): evaluate(entry.value, context) for entry in arguments}
    user.decide(run, action, "control" if silent else "sent", "holdout" if silent else None, value=value)
    return None if silent else user.cause(given)


def send(user: User, run: Run, action: n.Send, silent: bool) -> None:
    """requires, variant and rendering, limit, control, caps, done."""
    channel, rule, policies = action.channel.text, run.rule, user.program.policies
    status, reason, carried = choose(action, user.share(rule.name, user.name, "variant"), user.context(rule, run.event))
    if not all(user.holds(one.condition, rule, run.event) for one in policies(channel, n.Requires)):
        status, reason, carried = "skipped", "requires", {}
    variant = {"variant": carried.get("variant")}
    full = None if run.step.urgent else full_cap(user, channel, rule)
    if any(len(carried.get("text") or "") > one.characters for one in policies(channel, n.LengthLimit)):
        status, reason, carried = "skipped", "too long", variant
    elif silent and status != "skipped":
        status, reason = "control", "holdout"
    elif status == "sent" and full:
        status, reason, carried = "capped", full, variant
    user.decide(run, action, status, reason, **carried)
    if status == "sent":
        user.sends += [] if run.step.urgent else [(cap_keys(channel, rule), user.now)]
        sent = {"rule": rule.name, "step": run.place + 1, "channel": channel, **variant}
        user.cause({"event": "sent", "properties": {name: held for name, held in sent.items() if held is not None}})


def full_cap(user: User, channel: str, rule: Rule) -> str | None:
    """The first cap that is full, as a decision names it: the channel's, then the top-level ones in order."""
    caps = [("channel", channel, cap) for cap in user.program.policies(channel, n.Cap)]
    caps += [(cap.scope, cap.name.text if cap.name else "", cap) for cap in user.program.caps]
    for scope, name, cap in caps:
        times = [at for keys, at in user.sends if (scope, name) in keys]
        if (scope, name) in cap_keys(channel, rule) and user.reached(cap.count, cap.period, times):
            parts = cap.period.duration.parts if cap.period.duration else ((cap.period.kind, ""),)
            per = "".join(f"{number}{unit}" for number, unit in parts)
            return f"{name if scope == 'channel' else f'{scope} {name}'.strip()} {cap.count} per {per}"
    return None


def cap_keys(channel: str, rule: Rule) -> set[tuple[str, str]]:
    """The scopes, with their names, of the caps that count a send."""
    return {
        ("all", ""),
        ("channel", channel),
        *(("tag", name.text) for tags in rule.clauses(n.Tags) for name in tags.names),
    }
