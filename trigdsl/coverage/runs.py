"""Runs of a rule, and the values of `for each` by which they are kept apart."""

from __future__ import annotations

from trigdsl.checker.program import CheckedRule
from trigdsl.coverage.record import Record, RunName, Tried
from trigdsl.engine.steps import key_at
from trigdsl.syntax import nodes


def keys_of(record: Record, rule: CheckedRule) -> dict[RunName | None, str | None]:
    """The value of `for each` that each run of a rule is about; None for all without that clause."""
    tried = record.tried.get(rule.index, ())
    return {one.run: key_of(one, rule) for one in tried if one.outcome == "started"}


def key_of(tried: Tried, rule: CheckedRule) -> str | None:
    """The value of `for each` in the event of a trigger."""
    path = next((one.path for one in rule.node.clauses if isinstance(one, nodes.ForEach)), None)
    return None if path is None or tried.event is None else key_at(tried.event.properties, path)
