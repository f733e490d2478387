"""What an engine decided in a story → the lines `expect …` that say so."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from attrs import evolve

from trigdsl.checker.program import CheckedProgram
from trigdsl.engine.program import Program
from trigdsl.engine.zones import Zone
from trigdsl.model.decisions import Decision
from trigdsl.model.values import SECOND
from trigdsl.syntax import nodes
from trigdsl.syntax.nodes import At, ExpectRule, ExpectSends, Name, Text, TimeOfDay
from trigdsl.syntax.printer import print_tree
from trigdsl.syntax.walk import walk
from trigdsl.tester.run import run_test
from trigdsl.tester.stories import Story

LONGEST_EXCERPT = 50
MOST_TOLD = 6

Expectation = ExpectRule | ExpectSends


def expected_test(
    story: Story, title: str, rules: Collection[str], program: Program, checked: CheckedProgram
) -> nodes.Test:
    """The story as a test that passes: it expects what is decided, and nothing of `rules` that decide nothing.

    Where much is decided, what other rules than `rules` do is left out, but for how many messages go out.  Each line
    that the story's decisions do not meet as written (a time that the clock shows twice, say) says less.
    """
    result = run_test(story.test(title, ()), program)
    told = result.decisions
    if len(told) > MOST_TOLD:
        told = tuple(decision for decision in told if decision.rule in rules)
    wanted = [_line(decision, result.zone, checked) for decision in told]
    decided = {decision.rule for decision in result.decisions}
    wanted += [ExpectRule(Name(name), "no") for name in dict.fromkeys(rules) if name not in decided]
    sends = sum(one.action == "send" and one.status == "sent" for one in result.decisions)
    lines: list[Expectation] = [*{print_tree(line): line for line in wanted}.values(), ExpectSends(sends)]
    outcomes = run_test(story.test(title, lines), program).outcomes
    return story.test(
        title, [line if outcome.met else _less(line) for line, outcome in zip(lines, outcomes, strict=True)]
    )


def _less(line: Expectation) -> Expectation:
    return evolve(line, at=None) if isinstance(line, ExpectRule) else line


def _line(decision: Decision, zone: Zone, checked: CheckedProgram) -> ExpectRule:
    at = None
    if decision.time % SECOND == 0:
        at = At(zone.date(decision.time), TimeOfDay(zone.second_of_day(decision.time)))
    return ExpectRule(
        Name(decision.rule),
        status=None if decision.status == "sent" else decision.status,
        reason=None if decision.reason is None else Text(decision.reason),
        at=at,
        channel=None if decision.channel is None else Name(decision.channel),
        variant=None if decision.variant is None else Name(decision.variant),
        containing=_excerpt(decision, checked),
    )


def _excerpt(decision: Decision, checked: CheckedProgram) -> Text | None:
    """Words of a text that was put together for this user; a fixed text is no surprise, and changes more often."""
    if decision.text is None or decision.status != "sent":
        return None
    if decision.text in _fixed_texts(decision.rule, checked):
        return None
    line = max(decision.text.splitlines() or [""], key=len).strip()
    if len(line) > LONGEST_EXCERPT:
        line = line[:LONGEST_EXCERPT].rsplit(" ", 1)[0]
    return Text(line) if line else None


def _fixed_texts(rule: str, checked: CheckedProgram) -> Iterator[str]:
    for one in checked.rules:
        if one.name == rule:
            yield from (node.value for node in walk(one.node) if isinstance(node, nodes.Text))
