"""The records of the sampled users → why their messages were ended or skipped, found by explaining each user."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from trigdsl.explainer import Explainable
from trigdsl.explainer.explain import Clock
from trigdsl.explainer.reasons import Reasons
from trigdsl.model.inputs import Input
from trigdsl.model.values import Micros
from trigdsl.reporter.sample import Row, Sample

TOLD = ("cancelled", "skipped")
"""Statuses of which the decision itself does not say enough."""
LONGEST = 200
"""Characters of a sentence: records with all their properties may stand in it."""
MOST_RECORDS = 1_000
"""A user with more records than this is not explained: that takes longer than in proportion to them."""


def stories(
    explainable: Explainable,
    sample: Sample,
    inputs: Iterable[Input],
    *,
    until: Micros | None,
    drain: bool,
    profiles: Iterable[tuple[str, dict[str, Any]]] = (),
) -> dict[int, str]:
    """A sentence for each decision of the sample that was cancelled or skipped, by its place among all decisions.

    `until` is when the clock of the replay stopped.  None are told where an alias makes several ids one user: then the
    records of others matter too.
    """
    rows: dict[str, list[Row]] = {}
    for row in sample.rows():
        if row.decision.status in TOLD:
            rows.setdefault(row.decision.user, []).append(row)
    given: dict[str, list[Input]] = {user: [] for user in rows}
    for one in inputs:
        if one.alias is not None:
            return {}
        if one.user in given:
            given[one.user].append(one)
    known: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for profile in profiles:
        if profile[0] in given:
            known.setdefault(profile[0], []).append(profile)
    told: dict[int, str] = {}
    for user, wanted in rows.items():
        if len(given[user]) <= MOST_RECORDS:
            traced = explainable.traced(given[user], user, Clock(until, drain, tuple(known.get(user, ()))))
            told |= _told(explainable.reasons(traced.trace), wanted)
    return told


def _told(reasons: Reasons, rows: Iterable[Row]) -> Mapping[int, str]:
    """The sentences of one user. A decision that was made otherwise here is passed over."""
    wanted = {row.decision.key: row for row in rows}
    return {
        row.place: shortly(reasons.sentence(entry))
        for entry in reasons.trace.entries
        if entry.decision is not None
        and (row := wanted.get(entry.decision.key)) is not None
        and row.decision == entry.decision
    }


def shortly(sentence: str) -> str:
    """The sentence, with what is in its middle left out when it is long: its beginning and end say most."""
    if len(sentence) <= LONGEST:
        return sentence
    end = LONGEST // 2 - 20
    return f"{sentence[: LONGEST - 3 - end]} … {sentence[-end:]}"
