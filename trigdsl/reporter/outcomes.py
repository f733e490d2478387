"""Figures → the sections of tables: what became of rules and of goals, rules that compete, reasons, doubtful data."""

from __future__ import annotations

import json
from collections.abc import Iterator

from trigdsl.model.decisions import STATUSES
from trigdsl.replayer.summary import GoalSummary, RuleSummary
from trigdsl.replayer.wording import count_of, percent, points
from trigdsl.reporter.charts import chart, nothing, section
from trigdsl.reporter.html import Cell, Markup, Number, join, quoted, table, tag
from trigdsl.reporter.report import Report

MOST_REASONS = 12
"""Reasons of a rule that are listed one by one."""
MOST_CONFLICTS = 100

_NOT_KNOWN = "Decisions alone do not tell. Make the report with the replay (trig replay --report), or give --summary."


# ---------------------------------------------------------------------- funnel
def funnel(report: Report) -> Markup:
    """How far runs of each rule came, step by step."""
    rules = [rule for rule in report.figures.rules() if rule.steps]
    if not rules:
        return section("rules", "What became of each rule", nothing("No rule made a decision."))
    statuses = [status for status in STATUSES if status == "sent" or any(rule.statuses[status] for rule in rules)]
    header = ["rule", "step", "triggered", "armed", *statuses]
    numbers = table(
        "Decisions by rule, step and status",
        header,
        (row for rule in rules for row in _steps(report, rule, statuses)),
        headings=2,
    )
    told = (
        "Triggered: runs that reached the step, for step 1 all that started. Armed: those of them that then waited, "
        "for a delay or for allowed hours. Then what the decisions of the step ended in, one for each of its actions."
    )
    label = "Decisions of each rule by what they ended in."
    return section(
        "rules",
        "What became of each rule",
        tag("p", told),
        chart("outcomes", label, numbers, is_open=True),
        *_prose(report),
        tag("h3", "Goals"),
        *_goals(report),
    )


def _steps(report: Report, rule: RuleSummary, statuses: list[str]) -> Iterator[list[Cell]]:
    steps = report.figures.steps
    for step in rule.steps:
        reached = steps.reached[rule.rule, step.step]
        waited = steps.waited[rule.rule, step.step]
        decisions = sum(step.statuses.values())
        counts = (_with_share(step.statuses[status], decisions) for status in statuses)
        yield [rule.rule, str(step.step), Number.count(reached), _with_share(waited, reached), *counts]


def _with_share(count: int, of: int) -> Number:
    return Number(count, f"{count:,} ({percent(count / of)})" if count and of else f"{count:,}")


def _prose(report: Report) -> Iterator[Markup]:
    """What the rules say, for whoever does not know them."""
    titles = report.figures.titles
    for rule, prose in report.prose.items():
        name = f"{rule}: {titles[rule]}" if titles.get(rule) else rule
        yield tag("details", tag("summary", "What ", tag("strong", name), " does"), tag("pre", prose))


def _goals(report: Report) -> Iterator[Markup]:
    if report.summary is None:
        yield nothing(f"How many users reached a goal, with a message and without? {_NOT_KNOWN}")
        return
    if report.summary.shown.get("users"):
        yield nothing("Goals are counted over all users, and this report shows only some.")
        return
    rows = [row for rule, goals in report.goals.items() for row in _goal_rows(rule, goals)]
    if not rows:
        yield nothing("No rule with a goal made a send.")
        return
    header = ("rule", "variant", "group", "runs", "converted", "rate", "against control", "95 % interval")
    yield table("Runs that reached the goal in time, against control", header, rows, headings=3)


def _goal_rows(rule: str, goals: tuple[GoalSummary, ...]) -> Iterator[list[Cell]]:
    for goal in goals:
        lift = goal.lift
        yield [
            rule,
            goal.variant or "—",
            "control" if goal.control else "got the message",
            Number.count(goal.runs),
            Number.count(goal.converted),
            Number(goal.rate, percent(goal.rate)),
            "" if lift is None else Number(lift.difference, points(lift.difference)),
            "" if lift is None else f"{points(lift.low)} to {points(lift.high)}",
        ]


# ---------------------------------------------------------------------- conflicts
def conflicts(report: Report) -> Markup:
    """Rules that compete for a cap, and whose messages went."""
    found = report.figures.conflicts
    if not found.capped:
        return section("conflicts", "Rules that compete for a cap", nothing("No cap held a message back."))
    told = (
        "A cap held a message back because earlier ones had filled it. A user-day is a user and a day "
        f"of {report.zone_words} on which that happened. When messages of several rules filled a cap, each has a line."
    )
    totals = table(
        "What each cap held back",
        ("cap", "messages held back", "user-days"),
        ([cap, Number.count(total.capped), Number.count(total.user_days)] for cap, total in found.totals().items()),
    )
    listed = found.listed()
    pairs = table(
        "Who lost, and who won",
        ("cap", "held back", "filled by", "user-days", "messages held back"),
        (
            [
                one.cap,
                one.loser,
                "itself" if one.winner == one.loser else one.winner or "not known",
                Number.count(found.user_days[one]),
                Number.count(found.capped[one]),
            ]
            for one in listed[:MOST_CONFLICTS]
        ),
        headings=3,
    )
    left = len(listed) - MOST_CONFLICTS
    notes = [nothing(f"And {count_of(left, 'more pair')} with fewer user-days.")] if left > 0 else []
    if any(one.winner is None for one in listed):
        notes.append(
            nothing(
                "Not known: the cap allows nothing at all, the messages that filled it are not among the decisions, or "
                "it is the cap of a tag and the report was made without the rules (--rules)."
            )
        )
    elif found.program is None:
        notes.append(nothing("Without the rules (--rules), urgent messages count here although no cap counts them."))
    return section("conflicts", "Rules that compete for a cap", tag("p", told), totals, pairs, *notes)


# ---------------------------------------------------------------------- reasons
def reasons(report: Report) -> Markup:
    """Why messages did not go, the commonest reasons of each rule first."""
    rules = [rule for rule in report.figures.rules() if rule.reasons]
    if not rules:
        return section("reasons", "Why not sent", nothing("Everything was sent."))
    header = ("rule", "because", "status", "reason", "decisions", "share of the rule's")
    rows = (row for rule in rules for row in _reason_rows(rule))
    return section("reasons", "Why not sent", table("Reasons by rule", header, rows, headings=2))


def _reason_rows(rule: RuleSummary) -> Iterator[list[Cell]]:
    decisions = sum(rule.statuses.values())
    for reason in rule.reasons[:MOST_REASONS]:
        share = reason.count / decisions
        bar = tag("span", tag("span", class_=f"fill w{max(1, round(20 * share))}"), class_="bar", aria_hidden="true")
        shown = join((bar, tag("span", percent(share), class_="share")))
        words = reason.words if reason.reason else reason.status
        counted = Number.count(reason.count)
        yield [rule.rule, quoted(words), reason.status, tag("code", reason.reason), counted, Number(share, shown)]
    left = rule.reasons[MOST_REASONS:]
    if left:
        count = sum(reason.count for reason in left)
        others = Number(count / decisions, percent(count / decisions))
        yield [rule.rule, f"for {count_of(len(left), 'other reason')}", "", "", Number.count(count), others]


# ---------------------------------------------------------------------- data
def data(report: Report) -> Markup:
    """What is doubtful about the data and the rules."""
    return section("data", "Doubtful data", *(_data_parts(report) or [nothing("Nothing that was noticed.")]))


def _data_parts(report: Report) -> list[Markup]:
    parts: list[Markup] = []
    if report.figures.disorder:
        out = count_of(report.figures.disorder, "decision")
        parts.append(tag("p", f"{out} came earlier than the one before: weeks and conflicts may be counted apart."))
    if report.unread is not None:
        lines = count_of(report.unread.count, "line")
        parts.append(
            tag("p", f"{lines} held no decision and {_is(report.unread.count)} left out. First: {report.unread.first}.")
        )
    if report.summary is None:
        parts.append(nothing(f"Which records were rejected, and which values did not fit the rules? {_NOT_KNOWN}"))
        return parts
    if not report.fits:
        parts.append(
            tag("p", "The summary (--summary) counts other decisions than these: goals and data are another's.")
        )
    summary = report.summary
    if summary.hints:
        parts.append(tag("ul", *(tag("li", quoted(hint)) for hint in summary.hints)))
    if summary.data_warnings:
        warnings: Iterator[list[Cell]] = (
            [
                quoted(one.text),
                one.rule,
                tag("code", one.place),
                tag("code", _json(one.example)),
                Number.count(one.count),
            ]
            for one in summary.data_warnings
        )
        header = ("what", "rule", "where", "for example", "times")
        parts.append(table("Values that do not fit the rules", header, warnings))
    if summary.record_warnings:
        rows: Iterator[list[Cell]] = (
            [quoted(what), Number.count(count)] for what, count in summary.record_warnings.items()
        )
        parts.append(table("Records that were used although something is doubtful", ("what", "records"), rows))
    if summary.duplicates:
        parts.append(tag("p", f"{count_of(summary.duplicates, 'duplicate record')} dropped."))
    if summary.rejected.count:
        rejected: Iterator[list[Cell]] = (
            [reason, Number.count(count)] for reason, count in summary.rejected.reasons.items()
        )
        parts.append(table("Records that could not be used", ("why", "records"), rejected))
        first = summary.rejected.first[0]
        parts.append(tag("p", "First: ", tag("code", f"{first.file}:{first.line or '?'}"), " ", quoted(first.reason)))
    for one in summary.invariants or ():
        held = "held" if not one.broken else f"was broken by {count_of(one.broken, 'message')}"
        parts.append(tag("p", "Invariant ", tag("strong", one.invariant), f" ({one.promise}) {held}."))
    return parts


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _json(value: object) -> str:
    shown = json.dumps(value, ensure_ascii=False, default=str)
    return shown if len(shown) <= 80 else shown[:79] + "…"
