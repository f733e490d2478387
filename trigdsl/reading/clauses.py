"""Clauses of a rule → sentences."""

from __future__ import annotations

from trigdsl.reading import words
from trigdsl.reading.expressions import loose_event
from trigdsl.syntax.nodes import (
    Campaign,
    Clause,
    ForEach,
    Goal,
    Holdout,
    Limit,
    LimitPeriod,
    OnEdit,
    StopOn,
    Tags,
    WhilePending,
)

_PERIODS = {
    "day": "per calendar day",
    "week": "per calendar week",
    "month": "per calendar month",
    "ever": "ever",
}
_ZONE = "(in the time zone of the program)"
_ON_EDIT = {
    "keep": "When this rule is changed while runs of it wait, they go on by the text they started with.",
    "retime": "When this rule is changed while runs of it wait, they go on by the new text, timed anew.",
    "cancel": "When this rule is changed while runs of it wait, they are cancelled.",
}
IGNORES = "While a run is unfinished, a new trigger starts none."


def limit_period(node: LimitPeriod) -> str:
    """`in any 7 days`, `per calendar day`"""
    return f"in any {words.duration(node.duration)}" if node.duration is not None else _PERIODS[node.kind]


def clause(node: Clause) -> str:
    match node:
        case StopOn():
            return f"The run ends, wherever it stands, when {loose_event(node.event)} happens."
        case Limit():
            return f"At most {words.counted(node.count, 'run')} {limit_period(node.period)} may act for one user."
        case WhilePending():
            return _while_pending(node)
        case ForEach():
            apart = f"Runs are kept apart by {words.path(node.path)}"
            return f"{apart}: limits, unfinished runs and what cancels or ends a run count for the same value only."
        case Campaign():
            return _campaign(node)
        case Holdout():
            share = f"{words.percent(node.percent)} of the users are held out"
            return f"{share}: of what they would get it is only recorded."
        case Goal():
            reached = f"{loose_event(node.event)} happens within {words.duration(node.within)} after the first send"
            return f"The goal is reached if {reached}."
        case OnEdit():
            return _ON_EDIT[node.policy]
        case Tags():
            return f"Tagged {', '.join(words.name(each) for each in node.names)}."


def _while_pending(node: WhilePending) -> str:
    if node.policy == "ignore":
        return IGNORES
    if node.policy == "stack":
        return "While a run is unfinished, a new trigger starts another beside it."
    until = "" if node.at_most is None else f", but only up to {words.duration(node.at_most)} after the first trigger"
    return f"While a run is unfinished, a new trigger ends it and starts a new one{until}."


def _campaign(node: Campaign) -> str:
    parts = [] if node.start is None else [f"No run starts before {words.date(node.start)} {_ZONE}."]
    end = "Nothing starts and nothing is done after"
    parts += [] if node.end is None else [f"{end} {words.date(node.end)} {_ZONE}."]
    return " ".join(parts)
