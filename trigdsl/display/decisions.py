"""Decisions → a table, and what came of them in a line above it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape

from trigdsl.display.pieces import page, table, text
from trigdsl.model.decisions import STATUSES, Decision
from trigdsl.model.values import instant_text

MOST_ROWS = 50
"""How many decisions are shown at most; a line below the table tells of the others."""

_HEADS = ("time (UTC)", "user", "rule", "step", "action", "status", "reason", "variant", "text")


def decisions_html(decisions: Sequence[Decision]) -> str:
    """The first decisions as a table, under the counts of all."""
    counts = Counter(one.status for one in decisions)
    said = ", ".join(f"{counts[status]:,} {status}" for status in STATUSES if counts[status])
    word = "decision" if len(decisions) == 1 else "decisions"
    caption = f"<b>{len(decisions):,} {word}</b>{': ' if said else ''}{said}"
    if not decisions:
        return page(f"<p>{caption}</p>")
    parts = [table(caption, _HEADS, (_row(one) for one in decisions[:MOST_ROWS]))]
    if (more := len(decisions) - MOST_ROWS) > 0:
        parts.append(f'<p class="note">… and {more:,} more, which a data frame has: <code>.to_pandas()</code></p>')
    return page(*parts)


def _row(one: Decision) -> tuple[str, ...]:
    what = one.action if (at := one.channel or one.target) is None else f"{one.action} {at}"
    return (
        text(instant_text(one.time)),
        text(one.user),
        text(one.rule),
        text(one.step),
        text(what),
        f'<span class="{escape(one.status)}">{text(one.status)}</span>',
        text(one.reason),
        text(one.variant),
        text(one.text),
    )
