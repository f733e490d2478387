"""What a test expected and what happened in it → words, the times in the zone of the test's user."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from trigdsl.engine.dates import date_of
from trigdsl.engine.zones import Zone
from trigdsl.model.decisions import Decision
from trigdsl.model.values import DAY, HOUR, MINUTE, SECOND, Micros
from trigdsl.syntax.nodes import ExpectRule, ExpectSends, TestChange, TestEvent
from trigdsl.syntax.printer import print_tree
from trigdsl.tester.expectations import Miss, Outcome
from trigdsl.tester.run import Happening, TestResult

MOST_TEXT = 60
_PASSIVE = {
    "sent": "be sent",
    "cancelled": "be cancelled",
    "capped": "be capped",
    "skipped": "be skipped",
    "control": "be withheld as control",
    "pending": "be pending",
}


@frozen
class TimelineLine:
    """One line of what happened: the instant, the time on the user's clock, and the words."""

    time: Micros
    local: str
    happened: str


@frozen
class Clock:
    """Writes instants as the wall clock of a zone shows them, with the year when `with_year`."""

    zone: Zone
    with_year: bool = True

    def __call__(self, at: Micros) -> str:
        day, time = divmod(self.zone.local(at), DAY)
        date = date_of(day).isoformat()
        return f"{date if self.with_year else date[5:]} {_time_of_day(time)}"


def _time_of_day(time: Micros) -> str:
    text = f"{time // HOUR:02}:{time // MINUTE % 60:02}"
    if time % MINUTE:
        text += f":{time // SECOND % 60:02}"
    return text + f".{time % SECOND:06}".rstrip("0") if time % SECOND else text


def clock_of(result: TestResult) -> Clock:
    """The clock of a test's user; it tells the year only if the test touches several."""
    years = {date_of(result.zone.day(happening.time)).year for happening in result.happenings}
    return Clock(result.zone, with_year=len(years) > 1)


# ------------------------------------------------------------------------ the time line
def timeline_lines(result: TestResult) -> list[TimelineLine]:
    """All that happened in a test, in its order: inputs with what they led to at once, and what timers decided."""
    clock = clock_of(result)
    return [TimelineLine(one.time, clock(one.time), _happened(one)) for one in result.happenings]


def _happened(happening: Happening) -> str:
    decided = "; ".join(decision_in_words(decision) for decision in happening.decisions)
    if happening.line is None:
        return decided
    return _input(happening.line) + (f" → {decided}" if decided else "")


def _input(line: TestEvent | TestChange) -> str:
    return print_tree(line.event if isinstance(line, TestEvent) else line.change)


def decision_in_words(decision: Decision) -> str:
    """`cart_reminder cancelled: unless purchase`, `welcome sent on push as large "Hello"`, without its time."""
    return " ".join(_words_of(decision)) + (f": {decision.reason}" if decision.reason else "")


def _words_of(decision: Decision) -> Iterator[str]:
    yield decision.rule
    if decision.step > 1:
        yield f"step {decision.step}"
    if decision.action != "send":
        yield f"{_action(decision)}:"
    yield decision.status
    # A run that was ended says why; on which channel it would have sent matters no more.
    if decision.channel is not None and decision.status != "cancelled":
        yield f"on {decision.channel}"
    if decision.variant is not None:
        yield f"as {decision.variant}"
    if decision.text is not None:
        yield f'"{_shortened(decision.text)}"'


def _action(decision: Decision) -> str:
    match decision.action:
        case "set":
            return f"set user.{decision.target}"
        case "add":
            return f"add to {decision.target}"
        case "remove":
            return f"remove from {decision.target}"
    return f"{decision.action} {decision.target}"


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MOST_TEXT else line[: MOST_TEXT - 1] + "…"


# ------------------------------------------------------------------------ expectations
def expected_in_words(node: ExpectSends | ExpectRule) -> str:
    """What a line `expect …` asks for."""
    if isinstance(node, ExpectSends):
        return _sends(node.count)
    to_be = _PASSIVE.get(node.status or "sent", str(node.status))
    parts = [f"`{node.rule.text}` {'not to' if node.quantifier == 'no' else 'to'} {to_be}"]
    parts += [] if node.reason is None else [f'with the reason "{node.reason.value}"']
    parts += [] if node.at is None else [f"at {print_tree(node.at)}"]
    parts += [] if node.channel is None else [f"on {node.channel.text}"]
    parts += [] if node.variant is None else [f"as {node.variant.text}"]
    parts += [] if node.containing is None else [f'with a text that contains "{_shortened(node.containing.value)}"']
    return " ".join(parts) + (", and nothing of any other rule" if node.quantifier == "only" else "")


def actual_in_words(outcome: Outcome, result: TestResult) -> str:
    """What was so instead, of an expectation that does not hold."""
    node = outcome.node
    if isinstance(node, ExpectSends):
        return _sends(len(outcome.found))
    clock = clock_of(result)
    if outcome.found:
        shown = outcome.others if node.quantifier == "only" else outcome.found
        more = f"; and {len(shown) - 1} more" if len(shown) > 1 else ""
        return f"{clock(shown[0].time)} {decision_in_words(shown[0])}{more}"
    if outcome.nearest is None:
        return f"nothing was decided about `{node.rule.text}`"
    count = sum(decision.rule == node.rule.text for decision in result.decisions)
    if count == 1:
        return f"one decision of `{node.rule.text}`, not like this"
    return f"{count} decisions of `{node.rule.text}`, none like this"


def nearest_in_words(outcome: Outcome, result: TestResult) -> str | None:
    """The decision that comes closest to what was expected, and in what it differs; None without one."""
    node = outcome.node
    if outcome.nearest is None or isinstance(node, ExpectSends):
        return None
    decision, clock = outcome.nearest.decision, clock_of(result)
    differences = "; ".join(_differences(outcome.nearest, node, Clock(result.zone)))
    return f"{clock(decision.time)} {decision_in_words(decision)} ({differences})"


def _differences(miss: Miss, node: ExpectRule, clock: Clock) -> Iterator[str]:
    decision, parts = miss.decision, miss.parts
    if "status" in parts:
        yield f"it is {decision.status}, not {node.status or 'sent'}"
    elif "reason" in parts and node.reason is not None:
        had = "there is none" if decision.reason is None else f'it is "{decision.reason}"'
        yield f'the reason is not "{node.reason.value}": {had}'
    if "time" in parts and node.at is not None:
        yield f"the time is {clock(decision.time)}, not {print_tree(node.at)}"
    if "channel" in parts and node.channel is not None:
        yield f"the channel is {decision.channel or 'none'}, not {node.channel.text}"
    if "variant" in parts and node.variant is not None:
        yield f"the variant is {decision.variant or 'none'}, not {node.variant.text}"
    if "text" in parts and node.containing is not None:
        yield f'the text does not contain "{_shortened(node.containing.value)}"'


def _sends(count: int) -> str:
    return f"{count or 'no'} send{'' if count == 1 else 's'}"
