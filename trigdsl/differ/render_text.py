"""A diff → text for people, or Markdown for a comment."""

from __future__ import annotations

from collections.abc import Iterator

from trigdsl.differ.diff import Diff
from trigdsl.differ.differences import Difference, RuleDifference
from trigdsl.model.decisions import Decision
from trigdsl.model.values import instant_text

WORDS = {
    "added": "added",
    "removed": "removed",
    "moved": "moved in time",
    "outcome": "changed in outcome",
    "variant": "changed in variant",
    "text": "changed in text",
}


def render(found: Diff) -> str:
    """The diff as text; it ends without a line break."""
    return "\n".join(_lines(found))


def render_markdown(found: Diff) -> str:
    """The diff as Markdown: a table by rule, the examples folded away."""
    return "\n".join(_markdown(found))


def _lines(found: Diff) -> Iterator[str]:
    if found.is_empty:
        yield f"the same {found.decisions_new} decisions"
        return
    yield f"{found.decisions_old} decisions before, {found.decisions_new} after"
    for rule in found.rules:
        yield ""
        yield f"{rule.rule}: {_counts(rule)}; {_users(rule)}; sends {rule.sent_old} → {rule.sent_new}"
        for one in rule.examples:
            yield f"  {_headline(one)}"
            yield from (f"    {line}" for line in _reasons(one))


def _markdown(found: Diff) -> Iterator[str]:
    if found.is_empty:
        yield f"The change of rules changes none of {found.decisions_new} decisions."
        return
    yield f"The change of rules: {found.decisions_old} decisions before, {found.decisions_new} after."
    yield ""
    yield "| rule | what differs | users | sends before | after |"
    yield "|---|---|--:|--:|--:|"
    for rule in found.rules:
        yield f"| `{rule.rule}` | {_counts(rule)} | {rule.users} | {rule.sent_old} | {rule.sent_new} |"
    for rule in found.rules:
        yield ""
        yield f"<details><summary><code>{rule.rule}</code>: examples</summary>"
        yield ""
        yield "```text"
        for one in rule.examples:
            yield _headline(one)
            yield from (f"  {line}" for line in _reasons(one))
        yield "```"
        yield "</details>"


def _counts(rule: RuleDifference) -> str:
    return ", ".join(f"{count} {WORDS[kind]}" for kind, count in rule.counts.items())


def _users(rule: RuleDifference) -> str:
    return f"{rule.users} user{'' if rule.users == 1 else 's'}"


def _headline(one: Difference) -> str:
    decision = one.decision
    what = f"{decision.action} {decision.channel or decision.target or ''}".strip()
    return f"{WORDS[one.kind]}: {decision.user}, step {decision.step}, {what}"


def _reasons(one: Difference) -> Iterator[str]:
    yield f"- {_side(one.old)}{one.why_old}"
    yield f"+ {_side(one.new)}{one.why_new}"
    if one.kind == "text" and one.old is not None and one.new is not None:
        yield f"- {_said(one.old)}"
        yield f"+ {_said(one.new)}"


def _said(decision: Decision) -> str:
    parts = (decision.text, decision.fields, decision.value)
    return " ".join(str(part) for part in parts if part is not None).replace("\n", " ")


def _side(decision: Decision | None) -> str:
    if decision is None:
        return "nothing: "
    reason = "" if decision.reason is None else f" ({decision.reason})"
    variant = "" if decision.variant is None else f", variant {decision.variant}"
    return f"{decision.status}{reason} at {instant_text(decision.time)}{variant}: "
