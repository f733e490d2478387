"""Rules and records to report on, and a reader of pages."""

from __future__ import annotations

import json
import random
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from attrs import Factory, define

HOSTILE = "</script><img src=x onerror=alert(1)>"
"""A user's id that would run if it ever were markup."""

RULES = """
timezone "America/New_York"
channel push:
  cap 1 per day
channel email:
  between 09:00-18:00 local
  requires user.email_ok
cap all 3 per 7d
cap tag loud 2 per 7d

rule cart "A cart left behind":
  if cart_abandoned and value > 10
  then after 12h send push
    50% as warm: "Still there, {{ user.name }}? <b>{{ value }}</b> & more"
    30%: "Your cart waits"
  unless purchase
  while pending stack
  goal purchase within 3d
  tag loud

rule hello "A \\"quoted\\" title <i>":
  if visit
  then send push "Hello, {{ user.name | default('you') }}", send email "Hello again", add to seen
  then after 2d if no purchase ever send email "Two days later"
  holdout 20%
  goal purchase within 7d
  tag loud

rule thanks:
  if purchase
  then send push "Thank you"
  then after 1d send email "How was it?" expires 2h
  once per 3d
"""

Record = dict[str, Any]


def records(seed: int = 7, users: int = 60) -> list[Record]:
    """Three weeks of events of users in four zones, around the end of summer time."""
    drawn = random.Random(seed)
    zones = ["Asia/Kathmandu", "Europe/Berlin", "Pacific/Auckland", None]
    made: list[Record] = []
    begins = datetime(2026, 10, 18, tzinfo=UTC)
    for number in range(users):
        user = HOSTILE if number == 0 else f"u{number}"
        profile = {"timezone": drawn.choice(zones), "email_ok": drawn.random() < 0.8}
        if drawn.random() < 0.6 or number % 5 == 0:
            profile["name"] = HOSTILE if number % 5 == 0 else f"N{number}"
        made.append({"user": user, "time": begins.isoformat(), "set": profile})
        for _ in range(drawn.randint(2, 14)):
            at = begins + timedelta(minutes=drawn.randrange(21 * 24 * 60))
            event = drawn.choice(["cart_abandoned", "visit", "visit", "purchase"])
            made.append(
                {
                    "user": user,
                    "time": at.isoformat(),
                    "event": event,
                    "properties": {"value": drawn.choice([5, 20, 99, "many"])},
                }
            )
    made.sort(key=lambda one: one["time"])
    return made


@define
class Table:
    """A table of a page: its header, and of each row the texts and the exact values (None for what is no number)."""

    header: list[str] = Factory(list)
    rows: list[list[str]] = Factory(list)
    values: list[list[float | None]] = Factory(list)

    def column(self, name: str) -> list[float | None]:
        place = self.header.index(name)
        return [row[place] for row in self.values]


class Page(HTMLParser):
    """What a page holds: tables by caption, figures at a glance, all text, and the data of its scripts."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.html = path.read_text("utf-8")
        self.tables: dict[str, Table] = {}
        self.glance: dict[str, float] = {}
        self.text = ""
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._path: list[str] = []
        self._said = ""
        self._cells: list[str] = []
        self._values: list[float | None] = []
        self._term = ""
        self._value: float | None = None
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "input"):
            self._path.append(tag)
        if tag in ("caption", "td", "th", "dt", "dd"):
            self._said = ""
            value = dict(attrs).get("data-value")
            self._value = None if value is None else float(value)
        if tag == "tr":
            self._cells, self._values = [], []

    def handle_data(self, data: str) -> None:
        self._said += data
        if self._path and self._path[-1] not in ("script", "style"):
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        assert self._path.pop() == tag, f"{tag} is not closed"
        if tag == "caption":
            self._table = self.tables.setdefault(self._said, Table())
        elif tag in ("td", "th"):
            self._cells.append(self._said)
            self._values.append(self._value)
        elif tag == "tr" and self._path[-1] == "thead":
            self._table.header = self._cells
        elif tag == "tr":
            self._table.rows.append(self._cells)
            self._table.values.append(self._values)
        elif tag == "dt":
            self._term = self._said
        elif tag == "dd" and self._value is not None:
            self.glance[self._term] = self._value

    def data(self, name: str) -> Any:
        found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', self.html, re.DOTALL)
        assert found is not None
        return json.loads(found[1])


def write_records(path: Path, made: list[Record]) -> None:
    path.write_text("".join(json.dumps(one) + "\n" for one in made), "utf-8")


Replayed = tuple[Page, list[Record]]


def read_lines(path: Path) -> list[Record]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
