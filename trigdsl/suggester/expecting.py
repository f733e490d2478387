"""What an engine decided in a story → the test that expects it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from attrs import evolve

from trigdsl.checker.program import CheckedProgram
from trigdsl.engine.program import Program
from trigdsl.engine.zones import Zone
from trigdsl.model.decisions import Decision
from trigdsl.model.values import SECOND, Micros
from trigdsl.syntax import nodes
from trigdsl.syntax.nodes import At, ExpectRule, ExpectSends, Later, Name, Test, TestChange, TestEvent, Text, TimeOfDay
from trigdsl.syntax.printer import print_tree
from trigdsl.syntax.walk import walk
from trigdsl.tester.literals import duration_value
from trigdsl.tester.run import TestResult, run_test
from trigdsl.tester.stories import Story

LONGEST_EXCERPT = 50
MOST_TOLD = 6
DAY_LENGTH = 86_400

Expectation = ExpectRule | ExpectSends


def expected_test(story: Story, title: str, rules: Collection[str], program: Program, checked: CheckedProgram) -> Test:
    """The story as a test that passes: it expects what is decided, and nothing of `rules` that decide nothing.

    Where much is decided, what other rules than `rules` do is left out, but for how many messages go out.  Each line
    that the story's decisions do not meet as written (a time that the clock shows twice, say) says less.
    """
    plain = story.test(title, ())
    result = run_test(plain, program)
    told = result.decisions
    if len(told) > MOST_TOLD:
        told = tuple(decision for decision in told if decision.rule in rules)
    wanted = [_line(decision, result.zone, checked) for decision in told]
    decided = {decision.rule for decision in result.decisions}
    wanted += [ExpectRule(Name(name), "no") for name in dict.fromkeys(rules) if name not in decided]
    sends = sum(one.action == "send" and one.status == "sent" for one in result.decisions)
    lines: list[Expectation] = [*{print_tree(line): line for line in wanted}.values(), ExpectSends(sends)]
    outcomes = run_test(story.test(title, lines), program).outcomes
    met = [line if outcome.met else _less(line) for line, outcome in zip(lines, outcomes, strict=True)]
    return evolve(plain, lines=(*_dated(plain, result), *met))


def _less(line: Expectation) -> Expectation:
    return evolve(line, at=None) if isinstance(line, ExpectRule) else line


# ------------------------------------------------------------------------------------------- what happens
def _dated(test: Test, result: TestResult) -> Iterator[TestEvent | TestChange]:
    """The lines of a story, those with a date that come so long after the one before that nobody can add it up."""
    inputs = (line for line in test.lines if isinstance(line, TestEvent | TestChange))
    for line, given in zip(inputs, result.timeline.inputs, strict=True):
        at = _at(given.time, result.zone)
        is_long = isinstance(line.moment, Later) and _is_hard(int(duration_value(line.moment.duration).total_seconds()))
        yield evolve(line, moment=at) if is_long and result.timeline.instant(at) == given.time else line


def _is_hard(seconds: int) -> bool:
    """Whether a length is more than a day and not close to a whole number of days."""
    return seconds > DAY_LENGTH and seconds % DAY_LENGTH not in (0, 1, DAY_LENGTH - 1)


def _at(time: Micros, zone: Zone) -> At:
    return At(zone.date(time), TimeOfDay(zone.second_of_day(time)))


# ------------------------------------------------------------------------------------------- what is expected
def _line(decision: Decision, zone: Zone, checked: CheckedProgram) -> ExpectRule:
    return ExpectRule(
        Name(decision.rule),
        status=None if decision.status == "sent" else decision.status,
        reason=None if decision.reason is None else Text(decision.reason),
        at=_at(decision.time, zone) if decision.time % SECOND == 0 else None,
        channel=None if decision.channel is None else Name(decision.channel),
        variant=None if decision.variant is None else Name(decision.variant),
        containing=_excerpt(decision, checked),
    )


def _excerpt(decision: Decision, checked: CheckedProgram) -> Text | None:
    """Words of a text that was put together for this user; a fixed text is no surprise, and changes more often."""
    if decision.text is None or decision.status != "sent" or decision.text in _texts(decision.rule, checked):
        return None
    line = max(decision.text.splitlines() or [""], key=len).strip()
    if len(line) > LONGEST_EXCERPT:
        line = line[:LONGEST_EXCERPT].rsplit(" ", 1)[0]
    return Text(line) if line else None


def _texts(rule: str, checked: CheckedProgram) -> Sequence[str]:
    """The texts that stand in a rule."""
    written = (node for one in checked.rules if one.name == rule for node in walk(one.node))
    return [node.value for node in written if isinstance(node, nodes.Text)]
