"""A line `expect …` and the decisions of a test → whether it holds, and the decisions that decided it.

What the words mean:

- `sends` counts the messages: decisions of the action `send` with the status `sent`.
- `expect RULE …` holds when some decision of the rule, of any action, has all that the line says; without a status
  that is `sent`, which every kind of action is when it is carried out.
- `expect no RULE …` holds when no decision has all that.
- `expect only RULE …` holds when `expect RULE …` does and no other rule carried anything out.
- `containing` looks into the text, and into every text of the fields and of the value that was set, emitted or given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import frozen

from trigdsl.model.decisions import Decision
from trigdsl.model.values import Value
from trigdsl.syntax.nodes import ExpectRule, ExpectSends
from trigdsl.tester.timeline import Timeline


@frozen
class Miss:
    """A decision of the expected rule that is not what was expected, and in which `parts` it differs.

    They are `status`, `reason`, `time`, `channel`, `variant` and `text`.
    """

    decision: Decision
    parts: tuple[str, ...]


@frozen
class Outcome:
    """One line `expect …` and how it went.

    `found` are the decisions that have all that the line says (for `sends`, the messages), `others` what
    other rules carried out in spite of `only`.  `nearest` is there when none was found but the rule decided something.
    """

    node: ExpectSends | ExpectRule
    met: bool
    found: tuple[Decision, ...]
    others: tuple[Decision, ...] = ()
    nearest: Miss | None = None

    @property
    def expected(self) -> str:
        """The line as it was written."""
        return self.node.span.text


def judge(node: ExpectSends | ExpectRule, decisions: Sequence[Decision], timeline: Timeline) -> Outcome:
    """Whether one line holds of all decisions of its test."""
    if isinstance(node, ExpectSends):
        sends = tuple(one for one in decisions if one.action == "send" and one.status == "sent")
        return Outcome(node, len(sends) == node.count, sends)
    compared = [Miss(one, _differences(one, node, timeline)) for one in decisions if one.rule == node.rule.text]
    found = tuple(one.decision for one in compared if not one.parts)
    if node.quantifier == "no":
        return Outcome(node, not found, found)
    others = tuple(one for one in decisions if one.status == "sent" and one.rule != node.rule.text)
    nearest = None if found else min(compared, key=lambda miss: _distance(miss, node, timeline), default=None)
    if node.quantifier == "only":
        return Outcome(node, bool(found) and not others, found, others, nearest)
    return Outcome(node, bool(found), found, (), nearest)


def _differences(decision: Decision, node: ExpectRule, timeline: Timeline) -> tuple[str, ...]:
    """In what a decision of the expected rule is not what the line says."""
    same = {
        "status": decision.status == (node.status or "sent"),
        "reason": node.reason is None or decision.reason == node.reason.value,
        "time": node.at is None or decision.time == timeline.instant(node.at),
        "channel": node.channel is None or decision.channel == node.channel.text,
        "variant": node.variant is None or decision.variant == node.variant.text,
        "text": node.containing is None or any(node.containing.value in text for text in texts_of(decision)),
    }
    return tuple(part for part, is_same in same.items() if not is_same)


def _distance(miss: Miss, node: ExpectRule, timeline: Timeline) -> tuple[int, bool, int]:
    """How far a decision is from what was expected: in parts, then in its status, then in time."""
    away = 0 if node.at is None else abs(miss.decision.time - timeline.instant(node.at))
    return len(miss.parts), "status" in miss.parts, away


def texts_of(decision: Decision) -> Iterator[str]:
    """Every text that a decision holds: the message, its fields, the value that was set, emitted or given."""
    for part in (decision.text, decision.fields, decision.value):
        yield from _texts_in(part)


def _texts_in(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts_in(part)
