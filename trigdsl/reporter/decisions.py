"""The sampled decisions → the section with the table of them, and the columns from which a script fills it.

Columns hold numbers: instants as seconds since 1970, texts by their place in one list of all texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from attrs import define, field

from trigdsl.engine.zones import Zone
from trigdsl.model.decisions import STATUSES, Decision, json_value
from trigdsl.model.values import SECOND, Micros
from trigdsl.replayer.wording import count_of, in_words
from trigdsl.reporter.charts import nothing, section
from trigdsl.reporter.html import Markup, tag, whole
from trigdsl.reporter.report import Report
from trigdsl.reporter.sample import Row

LONGEST_TEXT = 2_000
"""Characters of a text, a value or fields that a page shows; the rest is in the decisions."""


@define
class Texts:
    """Texts by number, each kept once; None is -1."""

    all: list[str] = field(factory=list)
    _numbers: dict[str, int] = field(factory=dict)

    def number(self, text: str | None) -> int:
        if text is None:
            return -1
        text = whole(text)
        if len(text) > LONGEST_TEXT:
            text = f"{text[:LONGEST_TEXT]}… ({len(text) - LONGEST_TEXT:,} more characters)"
        found = self._numbers.get(text)
        if found is None:
            found = self._numbers[text] = len(self.all)
            self.all.append(text)
        return found


def decision_data(report: Report) -> dict[str, object]:
    """The columns of the table, one item for each decision of the sample."""
    texts = Texts()
    number = texts.number
    rows = list(report.figures.sample.rows())
    zones = _zones(rows)
    places = {name: place for place, name in enumerate(zones)}
    words = {(row.decision.status, row.decision.reason or "") for row in rows}
    of: dict[str, Callable[[Row], Any]] = {
        "user": lambda row: number(row.decision.user),
        "rule": lambda row: number(row.decision.rule),
        "step": lambda row: row.decision.step,
        "action": lambda row: number(row.decision.action),
        "what": lambda row: number(row.decision.channel or row.decision.target),
        "status": lambda row: STATUSES.index(row.decision.status),
        "reason": lambda row: number(row.decision.reason),
        "variant": lambda row: number(row.decision.variant),
        "text": lambda row: number(row.decision.text),
        "more": lambda row: number(_more(row.decision)),
        "event_id": lambda row: number(row.decision.event_id),
        "time": lambda row: _seconds(row.decision.time),
        "triggered": lambda row: _seconds(row.decision.triggered),
        "due": lambda row: _seconds(row.decision.due),
        "zone": lambda row: places[row.zone.name],
        "filled": lambda row: _filled(row, number),
        "why": lambda row: number(report.stories.get(row.place)),
    }
    columns = {name: [made(row) for row in rows] for name, made in of.items()}
    return {
        "columns": {name: held for name, held in columns.items() if not all(one in (-1, None) for one in held)},
        "count": len(rows),
        "statuses": STATUSES,
        "words": [
            [STATUSES.index(status), number(reason), in_words(status, reason)] for status, reason in sorted(words)
        ],
        "zones": [[name, *_segments(zone, rows)] for name, zone in zones.items()],
        "titles": [[number(rule), title] for rule, title in report.figures.titles.items() if title],
        "texts": texts.all,
    }


def _seconds(at: Micros) -> int | float:
    return at // SECOND if at % SECOND == 0 else at / SECOND


def _more(decision: Decision) -> str | None:
    """Fields of a send, or the value of another action, as JSON."""
    if decision.has_value:
        held: Any = decision.value
    elif decision.fields:
        held = decision.fields
    else:
        return None
    return msgspec.json.encode(json_value(held)).decode("utf-8", "replace")


def _filled(row: Row, number: Callable[[str | None], int]) -> list[Any] | None:
    """The messages that filled a cap: how many are not known, then rule and time of each."""
    if row.filled is None:
        return None
    return [row.filled.unknown, *([number(sent.rule), _seconds(sent.time)] for sent in row.filled.sends)]


# ---------------------------------------------------------------------- zones
def _zones(rows: Iterable[Row]) -> dict[str, Zone]:
    return {row.zone.name: row.zone for row in rows}


def _segments(zone: Zone, rows: Iterable[Row]) -> tuple[list[int], list[int]]:
    """From which second on the zone has which offset in seconds, over all times of its decisions."""
    times = [
        at
        for row in rows
        if row.zone is zone
        for at in (row.decision.time, row.decision.triggered, row.decision.due, *_times_filled(row))
    ]
    at, last = min(times), max(times)
    starts, offsets = [], []
    while at <= last:
        _, end, offset = zone.segment(at)
        starts.append(at // SECOND)
        offsets.append(offset // SECOND)
        at = end
    return starts, offsets


def _times_filled(row: Row) -> list[Micros]:
    return [sent.time for sent in row.filled.sends] if row.filled is not None else []


# ---------------------------------------------------------------------- the section
def decisions(report: Report) -> Markup:
    """The table of decisions, and what finds some of them."""
    figures = report.figures
    if not figures.decisions:
        return section("decisions", "Decisions", nothing("There are none."))
    return section(
        "decisions",
        "Decisions",
        tag("p", _coverage(report), id="coverage"),
        _filters(report),
        tag("p", "", id="found", role="status"),
        tag("div", "", id="decision-table"),
        tag("p", "The table needs JavaScript; all other figures on this page do without.", id="without-script"),
        tag("nav", "", id="pages", aria_label="Pages of the table"),
    )


def _coverage(report: Report) -> str:
    figures = report.figures
    kept, users = figures.sample.kept, figures.sample.users
    if kept == figures.decisions:
        return f"All {count_of(kept, 'decision')} about {count_of(figures.users, 'user')}. A row opens its story."
    left = figures.decisions - kept
    which = f"those about {count_of(users, 'user')} of {figures.users:,}, drawn by a hash of the user's id"
    return (
        f"{kept:,} of {count_of(figures.decisions, 'decision')}: {which}. {left:,} are not in this table; "
        "all other figures on this page count every decision. A row opens its story."
    )


def _filters(report: Report) -> Markup:
    def choice(name: str, label: str, values: Iterable[str]) -> Markup:
        options = (tag("option", value, value=value) for value in values)
        select = tag("select", tag("option", "all", value=""), *options, id=f"filter-{name}")
        return tag("div", tag("label", label, for_=f"filter-{name}"), select)

    def typed(name: str, label: str, kind: str) -> Markup:
        given = tag("input", type=kind, id=f"filter-{name}", autocomplete="off", spellcheck="false")
        return tag("div", tag("label", label, for_=f"filter-{name}"), given)

    present = {status for rule in report.figures.rules() for status, count in rule.statuses.items() if count}
    return tag(
        "form",
        typed("text", "Search", "search"),
        typed("user", "User", "search"),
        choice("rule", "Rule", (rule.rule for rule in report.figures.rules() if any(rule.statuses.values()))),
        choice("status", "Status", (status for status in STATUSES if status in present)),
        tag("button", "Clear", type="reset"),
        role="search",
        id="filters",
        aria_label="Find decisions",
        hidden=True,
    )
