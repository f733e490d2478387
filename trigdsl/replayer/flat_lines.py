"""What a flat program decides → lines of JSON, without making decisions of it first.

A line is what `line_of` makes of the decision that `FlatReplay` would make; a test holds the two together.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec
from attrs import define, field

from trigdsl.engine.flat import FlatRule
from trigdsl.engine.keys import key_of
from trigdsl.model.values import instant_text
from trigdsl.replayer.flat import Found
from trigdsl.replayer.summary import Key

_json = msgspec.json.Encoder().encode

Parts: TypeAlias = tuple[Key, str, str, str]
"""How it is counted; the constant parts of a line: before the times, between the times and the id, and after it."""


@define
class FlatLines:
    """Makes lines, empty ones unless it `writes`; what is the same for many decisions is made once."""

    writes: bool
    _kinds: dict[tuple[int, str, str | None], Parts] = field(factory=dict)

    def of(self, one: Found) -> tuple[Key, bytes]:
        """How what was found is counted, and its line."""
        at, user, _, run, status, reason = one
        rule = run.rule
        kind = self._kinds.get((rule.index, status, reason))
        if kind is None:
            kind = self._kinds[rule.index, status, reason] = parts_of(rule, status, reason)
        key, before, between, after = kind
        if not self.writes:
            return key, b""
        time, triggered = instant_text(at), instant_text(run.triggered)
        due = time if run.due == at else instant_text(run.due)
        named = key_of(user, rule.rule.name, run.triggered, run.number, 1, 0)
        event_id = "" if run.event_id is None else f',"event_id":{_json(run.event_id).decode()}'
        line = (
            f'{{"user":{_json(user).decode()}{before}"time":"{time}","triggered":"{triggered}","due":"{due}"'
            f'{between}{event_id}{after}"key":"{named}"}}\n'
        )
        return key, line.encode()


def parts_of(rule: FlatRule, status: str, reason: str | None) -> Parts:
    """The parts of the lines of all decisions of that kind."""
    name, channel = rule.rule.name, rule.action.channel.name
    before = {"rule": name, "step": 1, "action": "send", "channel": channel, "status": status}
    if reason is not None:
        before["reason"] = reason
    between: dict[str, str] = {}
    label = rule.action.variants[0].label
    if status in ("sent", "capped") and label is not None:
        between["variant"] = label
    if status == "sent" and rule.text is not None:
        between["text"] = rule.text
    after = {} if rule.rule.title is None else {"title": rule.rule.title}
    key = name, 1, status, reason or "", channel
    return key, f",{_members(before)},", _led(between), f"{_led(after)},"


def _members(record: dict[str, object]) -> str:
    return _json(record).decode()[1:-1]


def _led(record: dict[str, str]) -> str:
    return f",{_members(dict(record))}" if record else ""
