"""A rule → what it does, in prose."""

from __future__ import annotations

from trigdsl.reading import words
from trigdsl.reading.clauses import IGNORES, clause
from trigdsl.reading.expressions import condition
from trigdsl.reading.steps import may_wait, step
from trigdsl.reading.triggers import trigger
from trigdsl.syntax.nodes import Rule, WhilePending


def read_rule(node: Rule, name: str | None = None) -> str:
    """What a rule does, in several lines without a last line break; `name` is that of a rule without one.

    The first line names the rule, the second says when it acts; the steps are numbered, the clauses follow.
    """
    called = node.name.text if node.name is not None else name
    title = "" if node.title is None else f", {words.text(node.title)}"
    heading = f"The rule {words.name(called)}{title}:" if called is not None else f"A rule without a name{title}:"
    only_if = "" if node.condition is None else f", if {condition(node.condition)}"
    starts = words.sentence(f"{trigger(node.trigger)}{only_if}")[:-1]
    return "\n".join([heading, f"{starts}:", *_steps(node), *_clauses(node)])


def _steps(node: Rule) -> list[str]:
    lines = []
    for number, part in enumerate(node.steps, start=1):
        first, *others = step(part)
        lines += [f"  {number}. {first}", *(f"     {line}" for line in others)]
    return lines


def _clauses(node: Rule) -> list[str]:
    """The clauses in their order; what happens to a second trigger is said even where the rule leaves it out."""
    said = [clause(part) for part in node.clauses]
    silent = not any(isinstance(part, WhilePending) for part in node.clauses)
    return [*said, IGNORES] if silent and any(may_wait(part) for part in node.steps) else said
