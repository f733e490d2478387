"""Points of steps: delays, guards, variants, what ends a run, windows, and what happens when one is closed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from trigdsl.checker.program import CheckedProgram, CheckedRule
from trigdsl.compiler.expressions import length_of
from trigdsl.compiler.policies import compile_calendar, compile_zone
from trigdsl.coverage.conditions import of_condition, of_wheres
from trigdsl.coverage.events import is_one
from trigdsl.coverage.points import Exercised, Point, around, point, shown
from trigdsl.coverage.record import Decided, Record
from trigdsl.engine.dates import date_of, day_number
from trigdsl.engine.zones import Zone
from trigdsl.model.values import DAY, SECOND, Micros
from trigdsl.syntax import nodes

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DONE = ("sent", "control")
_BEFORE_WINDOWS = ("campaign ended", "guard")


def of_step(checked: CheckedProgram, rule: CheckedRule, place: int) -> Iterator[Point]:
    """The points of one step of a rule; `place` counts from 0."""
    step, at = rule.node.steps[place], (rule.index, place)
    name, number = rule.name, place + 1
    yield point(name, "step", f"step {number} is carried out", step.actions[0].span, _any(at, _is_done))
    yield from _delay(checked, rule, step, at)
    if step.guard is not None:
        yield from of_condition(checked, rule, "guard", step.guard)
    for unless in step.unless:
        yield from _unless(checked, rule, unless, at)
    for action in step.actions:
        if isinstance(action, nodes.Send):
            yield from _variants(checked, rule, action, at)
            yield from _requires(checked, rule, action)
    if not step.urgent:
        yield from _windows(checked, name, step, at)
    if step.else_skip:
        text = f"step {number} is left out, its window being closed"
        yield point(name, "else skip", text, step.span, _any(at, _has_reason("outside window")))
    if step.expires is not None:
        yield from _expires(name, step.expires, at)


def _any(at: tuple[int, int], test: Callable[[Decided], bool]) -> Exercised:
    return lambda record: any(test(one) for one in record.decided.get(at, ()))


def _is_done(one: Decided) -> bool:
    return one.decision.status in _DONE


def _has_reason(reason: str) -> Callable[[Decided], bool]:
    return lambda one: one.decision.reason == reason


def _ended_by(node: int) -> Callable[[Decided], bool]:
    return lambda one: node in one.clauses


# ------------------------------------------------------------------------ delays and ends
def _delay(checked: CheckedProgram, rule: CheckedRule, step: nodes.Step, at: tuple[int, int]) -> Iterator[Point]:
    """That the delay runs out; and of one that events can cut short, such events around its end."""
    spans = [one.span for one in (step.after, step.at) if one is not None]
    if not spans and step.calendar_days is None:
        return
    span = spans[0] if spans else step.span
    text = "the delay" if step.after is None else f"`after {shown(step.after)}`"
    yield point(rule.name, "delay", f"{text} of step {at[1] + 1} runs out", span, lambda record: _ran_out(record, at))
    length = 0 if step.after is None or step.at is not None else length_of(step.after)
    ends = [one.event for one in step.unless if one.within is None or length_of(one.within) >= length > 0]
    ends += [one.event for one in rule.node.clauses if isinstance(one, nodes.StopOn)]
    if not ends:
        return

    def gaps(record: Record) -> Iterable[Micros]:
        times = [came.time for came in record.events if any(is_one(checked, event, came) for event in ends)]
        for armed in record.armed.get(at, ()):
            yield from (time - armed.due for time in times if time >= armed.time)

    said = f"what ends the run comes when {text} of step {at[1] + 1} runs out"
    yield from around(rule.name, "delay", said, span, gaps, length)


def _ran_out(record: Record, at: tuple[int, int]) -> bool:
    return any(one.decision.status not in ("cancelled", "pending") for one in record.decided.get(at, ())) or bool(
        record.waited.get(at)
    )


def _unless(checked: CheckedProgram, rule: CheckedRule, unless: nodes.Unless, at: tuple[int, int]) -> Iterator[Point]:
    text = f"`unless {shown(unless.event)}` ends the run"
    yield point(rule.name, "unless", text, unless.span, _any(at, _ended_by(unless.id)))
    yield from of_wheres(checked, rule, "unless", unless.event)
    if unless.within is None or not _can_outlast(checked, rule.node.steps[at[1]], unless.within):
        return
    length = length_of(unless.within)

    def gaps(record: Record) -> Iterable[Micros]:
        times = [came.time for came in record.events if is_one(checked, unless.event, came)]
        for since, until in record.stood(at):
            yield from (time - since - length for time in times if since <= time <= until)

    said = f"`{shown(unless.event)}` comes `within {shown(unless.within)}`"
    yield from around(rule.name, "unless", said, unless.within.span, gaps, length)


def _can_outlast(checked: CheckedProgram, step: nodes.Step, within: nodes.Duration) -> bool:
    """Whether a run may stand at a step when a duration from its arming has passed."""
    if step.at is not None or step.calendar_days is not None or _binding(checked, step):
        return True
    return step.after is not None and length_of(step.after) > length_of(within)


# ------------------------------------------------------------------------ what is sent
def _variants(checked: CheckedProgram, rule: CheckedRule, send: nodes.Send, at: tuple[int, int]) -> Iterator[Point]:
    """Each variant by conditions; of shares any one, since which a user gets hangs on the id, which no test chooses."""
    if send.variants and isinstance(send.variants[0], nodes.ShareVariant):
        yield point(rule.name, "variant", "a share is drawn", send.variants[0].span, _any(at, _is_done))
        return
    for number, variant in enumerate(send.variants, 1):
        assert isinstance(variant, nodes.WhenVariant)
        if variant.condition is not None:
            yield from of_condition(checked, rule, "variant", variant.condition)
        label = variant.label.text if variant.label else "otherwise" if variant.condition is None else str(number)
        yield point(rule.name, "variant", f"variant `{label}` is taken", variant.span, _any(at, _took(label)))


def _took(label: str) -> Callable[[Decided], bool]:
    return lambda one: one.decision.variant == label


def _requires(checked: CheckedProgram, rule: CheckedRule, send: nodes.Send) -> Iterator[Point]:
    for policy in checked.channels.get(send.channel.text, ()):
        if isinstance(policy, nodes.Requires):
            yield from of_condition(checked, rule, "requires", policy.condition)


# ------------------------------------------------------------------------ windows
def _windows(checked: CheckedProgram, rule: str, step: nodes.Step, at: tuple[int, int]) -> Iterator[Point]:
    """Whether each window that binds a step is open and closed when the step is due, and the edges of its hours."""
    for window, between in _binding(checked, step):
        if isinstance(window, nodes.Between):
            yield from _hours(rule, window, at)
        else:
            yield from _day(checked, rule, window, between, at)


def _binding(
    checked: CheckedProgram, step: nodes.Step
) -> list[tuple[nodes.Between | nodes.DayCondition, nodes.Between | None]]:
    """The windows that bind a step, its own and those of its channels, each with the hours that go with it."""
    if step.urgent:
        return []
    channels = [action.channel.text for action in step.actions if isinstance(action, nodes.Send)]
    sets = [checked.channels.get(channel, ()) for channel in dict.fromkeys(channels)] or [()]
    found: dict[int, tuple[nodes.Between | nodes.DayCondition, nodes.Between | None]] = {}
    for policies in sets:
        between = step.between or next((one for one in policies if isinstance(one, nodes.Between)), None)
        days = step.days or tuple(one for one in policies if isinstance(one, nodes.OnDays | nodes.OnCalendar))
        for window in (*((between,) if between is not None else ()), *days):
            found.setdefault(window.id, (window, between))
    return list(found.values())


def _dues(record: Record, at: tuple[int, int]) -> Iterator[tuple[Micros, Zone]]:
    """The moments at which a step was due and its windows were looked at, each with the user's zone."""
    for one in record.decided.get(at, ()):
        if one.decision.status not in ("cancelled", "pending") and one.decision.reason not in _BEFORE_WINDOWS:
            yield one.decision.due, one.zone
    for waited in record.waited.get(at, ()):
        yield waited.due, waited.zone


def _hours(rule: str, between: nodes.Between, at: tuple[int, int]) -> Iterator[Point]:
    def tod(record: Record) -> Iterator[Micros]:
        """The times of day at which the step was due, on the window's clock."""
        for due, own in _dues(record, at):
            yield (compile_zone(between.zone) or own).local(due) % DAY

    def inside(time: Micros) -> bool:
        ranges = [(part.start.seconds * SECOND, part.end.seconds * SECOND) for part in between.ranges]
        return any(start <= time < end if start < end else time >= start or time < end for start, end in ranges)

    text = f"`{shown(between)}`"
    yield point(rule, "window", f"{text} is open when due", between.span, lambda record: any(map(inside, tod(record))))
    closed = f"{text} is closed when due"
    yield point(rule, "window", closed, between.span, lambda record: not all(map(inside, tod(record))))
    for part in between.ranges:
        for edge, what in ((part.start, "opens"), (part.end, "closes")):
            yield from _edge(rule, f"due when {text} {what} at {shown(edge)}", edge, tod)


def _edge(
    rule: str, text: str, edge: nodes.TimeOfDay, tod: Callable[[Record], Iterator[Micros]]
) -> tuple[Point, Point, Point]:
    moment = edge.seconds * SECOND

    def gaps(record: Record) -> Iterable[Micros]:
        """How long after the edge, the nearest way round the clock."""
        return ((time - moment + DAY // 2) % DAY - DAY // 2 for time in tod(record))

    return around(rule, "window", text, edge.span, gaps)


def _day(
    checked: CheckedProgram,
    rule: str,
    days: nodes.OnDays | nodes.OnCalendar,
    between: nodes.Between | None,
    at: tuple[int, int],
) -> Iterator[Point]:
    """Days are those in the zone of the hours in force; after midnight, a window is still that of the day before."""
    given = compile_zone(between.zone) if between is not None else None
    ranges = between.ranges if between is not None else ()
    nights = [part.end.seconds * SECOND for part in ranges if part.start.seconds > part.end.seconds]
    calendar = compile_calendar(checked.calendars[days.calendar.text]) if isinstance(days, nodes.OnCalendar) else None

    def falls(due: Micros, own: Zone) -> bool:
        day_of_due, tod = divmod((given or own).local(due), DAY)
        day = date_of(day_of_due - any(tod < end for end in nights))
        if isinstance(days, nodes.OnDays):
            return _DAYS[day.weekday()] in days.days
        assert calendar is not None
        return calendar.has(day_number(day)) is not days.negated

    def exercised(wanted: bool) -> Exercised:
        return lambda record: any(falls(*due) is wanted for due in _dues(record, at))

    text = f"`{shown(days)}`"
    yield point(rule, "window", f"{text} holds when due", days.span, exercised(True))
    yield point(rule, "window", f"{text} does not hold when due", days.span, exercised(False))


def _expires(rule: str, duration: nodes.Duration, at: tuple[int, int]) -> Iterator[Point]:
    length = length_of(duration)
    text = f"`expires {shown(duration)}`"
    yield point(rule, "expires", f"{text} has passed", duration.span, _any(at, _has_reason("expired")))

    def gaps(record: Record) -> Iterable[Micros]:
        return (one.opens - one.due - length for one in record.waited.get(at, ()) if one.opens is not None)

    yield from around(rule, "expires", f"the window opens when {text} passes", duration.span, gaps, length)
