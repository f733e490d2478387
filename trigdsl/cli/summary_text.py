"""Summary of a replay → blocks of tables and lines that a marketer understands."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from trigdsl.cli.tables import Block, Table
from trigdsl.model.decisions import STATUSES
from trigdsl.replayer.summary import RuleSummary, Summary
from trigdsl.replayer.wording import count_of, percent, points

MOST_LINES = 5


def summary_blocks(summary: Summary) -> list[Block]:
    """The summary in reading order: what came in, what became of it, why not, and what is doubtful."""
    blocks = [
        Block(lines=tuple(_opening(summary))),
        _rules(summary),
        _channels(summary),
        _reasons(summary),
        _goals(summary),
        _invariants(summary),
        _data_warnings(summary),
        _rejected(summary),
        Block("Hints", lines=summary.hints) if summary.hints else None,
    ]
    return [block for block in blocks if block]


def _opening(summary: Summary) -> Iterator[str]:
    span = f", {_minute(summary.first)} to {_minute(summary.last)} UTC" if summary.first and summary.last else ""
    yield f"Replayed {count_of(summary.events, 'event')} of {count_of(summary.users, 'user')}{span}."
    if summary.inputs > summary.events:
        yield f"{count_of(summary.inputs - summary.events, 'record')} changed profiles only."
    if summary.duplicates:
        yield f"{count_of(summary.duplicates, 'duplicate record')} dropped."
    for text, count in list(summary.record_warnings.items())[:MOST_LINES]:
        yield f"{count_of(count, 'record')}: {text}."
    if summary.shown:
        limits = "; ".join(f"{kind} {', '.join(names)}" for kind, names in summary.shown.items())
        yield f"Everything ran; shown are only {limits}."
    if summary.users:
        share = summary.users_reached / summary.users
        yield f"{count_of(summary.users_reached, 'user')} ({percent(share)}) got at least one message."


def _rules(summary: Summary) -> Block | None:
    if not summary.rules:
        return None
    statuses = _used([rule.statuses for rule in summary.rules])
    with_runs = any(rule.runs is not None for rule in summary.rules)
    header = ("", *(["runs"] if with_runs else []), *statuses)
    rows = [row for rule in summary.rules for row in _rule_rows(rule, statuses, with_runs)]
    return Block("Rules", Table(header, tuple(rows), frozenset(range(1, len(header)))))


def _rule_rows(rule: RuleSummary, statuses: Sequence[str], with_runs: bool) -> Iterator[tuple[str, ...]]:
    runs = [f"{rule.runs:,}" if rule.runs is not None else ""] if with_runs else []
    yield (rule.rule, *runs, *(_with_rate(rule, status) for status in statuses))
    if len(rule.steps) > 1:
        for step in rule.steps:
            blank = [""] if with_runs else []
            yield (f"  step {step.step}", *blank, *(f"{step.statuses[status]:,}" for status in statuses))


def _with_rate(rule: RuleSummary, status: str) -> str:
    count = f"{rule.statuses[status]:,}"
    return f"{count} ({percent(rule.rates[status])})" if rule.rates.get(status) else count


def _channels(summary: Summary) -> Block | None:
    if not summary.channels:
        return None
    statuses = _used([channel.statuses for channel in summary.channels])
    rows = tuple((c.channel, *(f"{c.statuses[status]:,}" for status in statuses)) for c in summary.channels)
    header = ("", *statuses)
    return Block("Channels", Table(header, rows, frozenset(range(1, len(header)))))


def _reasons(summary: Summary) -> Block | None:
    rows = []
    for rule in summary.rules:
        # A line about the others says less than one more reason would.
        listed = MOST_LINES if len(rule.reasons) > MOST_LINES + 1 else MOST_LINES + 1
        for place, reason in enumerate(rule.reasons[:listed]):
            rows.append(("" if place else rule.rule, f"{reason.count:,}", reason.status, reason.words))
        if left := sum(reason.count for reason in rule.reasons[listed:]):
            rows.append(("", f"{left:,}", "", "for other reasons"))
    return Block("Why not sent", Table(("", "", "", ""), tuple(rows), frozenset({1}))) if rows else None


def _goals(summary: Summary) -> Block | None:
    rows = []
    for rule in summary.rules:
        for place, goal in enumerate(rule.goals):
            group = " ".join([*([goal.variant] if goal.variant else []), *(["(control)"] if goal.control else [])])
            told = f"{goal.converted:,} of {count_of(goal.runs, 'run')} reached the goal ({percent(goal.rate)})"
            if goal.lift is not None:
                told += f", {points(goal.lift.difference)} against control"
                told += f" (95% interval {points(goal.lift.low)} to {points(goal.lift.high)})"
            rows.append(("" if place else rule.rule, group, told))
    return Block("Goals", Table(("", "", ""), tuple(rows))) if rows else None


def _invariants(summary: Summary) -> Block | None:
    if summary.invariants is None:
        return None
    rows, lines = [], []
    for one in summary.invariants:
        rows.append((one.invariant, "held" if not one.broken else f"broken {_times(one.broken)}", one.promise))
        lines += [f"{one.invariant}: {_violation(violation)}" for violation in one.violations[:MOST_LINES]]
        if one.broken > MOST_LINES:
            lines.append(f"{one.invariant}: and {one.broken - MOST_LINES:,} more")
    if not rows:
        return Block("Invariants", lines=("the program has none",))
    return Block("Invariants", Table(("", "", ""), tuple(rows)), tuple(lines))


def _violation(violation: dict[str, Any]) -> str:
    decision = violation["decision"]
    time = violation["time"].replace("T", " ").removesuffix("Z")
    return f"{time} UTC, user {violation['user']}, {decision['rule']} on {decision['channel']}: {violation['because']}"


def _data_warnings(summary: Summary) -> Block | None:
    warnings = summary.data_warnings
    rows = tuple(
        (
            f"{warning.count:,}",
            f"{warning.rule} {warning.place}".strip(),
            f"{warning.text}: {_example(warning.example)}",
        )
        for warning in warnings[: 2 * MOST_LINES]
    )
    more = (f"and {len(warnings) - len(rows)} more kinds",) if len(warnings) > len(rows) else ()
    return Block("Values that do not fit the rules", Table(("", "", ""), rows, frozenset({0})), more) if rows else None


def _rejected(summary: Summary) -> Block | None:
    rejected = summary.rejected
    if not rejected.count:
        return None
    reasons = list(rejected.reasons.items())
    rows = tuple((f"{count:,}", reason) for reason, count in reasons[:MOST_LINES])
    more = [f"and {len(reasons) - len(rows)} more reasons"] if len(reasons) > len(rows) else []
    places = [f"first: {_at(record.file, record.line)}: {record.reason}" for record in rejected.first]
    return Block(
        f"{count_of(rejected.count, 'record')} rejected", Table(("", ""), rows, frozenset({0})), tuple(more + places)
    )


def _used(counts: Sequence[dict[str, int]]) -> list[str]:
    """`sent`, and every other status that occurs."""
    return [status for status in STATUSES if status == "sent" or any(each[status] for each in counts)]


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number:,} times"


def _minute(instant: str) -> str:
    return instant[:16].replace("T", " ")


def _at(file: str, line: int | None) -> str:
    return file if line is None else f"{file}:{line}"


def _example(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 40 else text[:39] + "…"
