"""Bytes from anywhere → what reads them, which raises only what it promises and does only so much work.

A target takes bytes and returns; any exception out of it is a fault.  What a target reads is bounded in length, so the
work may be too: it grows no faster than the length, and `work.at_most` counts it.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeAlias

from work import at_most

import trigdsl
from trigdsl.diagnostics.codes import CODES
from trigdsl.diagnostics.render_text import render_all
from trigdsl.engine.rendering import MissingValue, Template, TemplateFailure
from trigdsl.engine.templates.limits import MAX_OUTPUT
from trigdsl.engine.zones import UTC
from trigdsl.model.durations import parse_duration
from trigdsl.records.errors import BadRecord, UnreadableFile
from trigdsl.records.native import input_of
from trigdsl.records.passing import Passing
from trigdsl.records.profiles import read_profiles
from trigdsl.records.reading import read_inputs
from trigdsl.records.rejects import Reject
from trigdsl.records.times import parse_time
from trigdsl.replayer.driver import Replay

Target: TypeAlias = Callable[[bytes], None]

LONGEST = 4_000
"""Bytes that a target looks at."""
A_LOT = 3_000_000
"""Calls: many times what anything takes that does not run in circles."""

_TEMPORARY = tempfile.TemporaryDirectory(prefix="fuzz-")
FOLDER = Path(_TEMPORARY.name)

RECORDS: list[dict[str, Any]] = [
    {"user": "u", "time": "2026-11-20T10:00:00Z", "event": name, "properties": {"n": 1, "k": "a", "cart": {"value": 3}}}
    for name in ("cart_abandoned", "purchase", "signup", "e", "a")
]  # fmt: skip

HEEDS_MUCH = trigdsl.parse(
    """
segment s = count(any) in last 1h > 1 and user.n > 2
rule r: if any and n > 1 and user.q != k then send push "{{ n }} {{ user.q }}"
rule o: if user enters s then send push
rule c: if user.p changes then after 1h send push "{{ user.p }}" unless any for each n
rule d: if every year on user.birthday at 09:00 then send push
""".replace(" for each n", "")
)


def program(data: bytes) -> None:
    """A text is a program that runs, or there are findings that can be shown."""
    text = data.decode("utf-8", "replace")
    try:
        compiled = trigdsl.parse(text)
    except trigdsl.TrigError as error:
        are_shown(error.diagnostics, text)
        return
    are_shown(compiled.diagnostics, text)
    list(trigdsl.replay(compiled, RECORDS, until="2026-11-20T10:00:30Z"))


def are_shown(diagnostics: Any, text: str) -> None:
    for found in diagnostics:
        assert found.code in CODES
        assert 0 <= found.span.start <= found.span.end <= len(text)
    render_all(diagnostics, color=True)


def of_file(name: str) -> Target:
    """A target that reads a file of that name, as inputs and as profiles, and runs rules over it."""

    def read(data: bytes) -> None:
        path = FOLDER / name
        path.write_bytes(data)
        rejects: list[Reject] = []
        try:
            inputs = list(read_inputs([str(path)], on_reject=rejects.append))
        except UnreadableFile:
            inputs = []
        assert all(given.user and isinstance(given.time, int) for given in inputs)
        assert all(reject.reason for reject in rejects)
        told: list[Reject] = []
        passing = Passing()
        try:
            # Where records may pass unseen, the same is rejected and decided.
            scanned = read_inputs([str(path)], on_reject=told.append, passing=passing)
            assert list(Replay(HEEDS_MUCH, scanned, passing=passing)) == list(Replay(HEEDS_MUCH, inputs))
        except UnreadableFile:
            assert not inputs
        assert told == rejects
        try:
            list(read_profiles(str(path), on_reject=rejects.append))
        except UnreadableFile:
            return

    return read


def record(data: bytes) -> None:
    """A value of JSON is a record that an engine takes, or it is rejected with the reason."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return
    try:
        given = input_of(value)
    except BadRecord as error:
        says_why(str(error))
        return
    list(Replay(HEEDS_MUCH, [given]))


def says_why(message: str, lines: bool = False) -> None:
    """Whether a message is a text, of one line unless `lines`."""
    assert message
    assert lines or "\n" not in message


def template(data: bytes) -> None:
    """A text renders within its bounds, or says why not."""
    text = data.decode("utf-8", "replace")
    event = {
        "n": 1,
        "x": 2.5,
        "name": "Mina",
        "items": ["a", {"b": [1, True, None]}],
        "cart": {"items": 3, "value": 250},
    }
    seen = SimpleNamespace(
        event=event, user={"p": "gold"}, functions={}, now=0, zone=UTC, rule_name="r", rule_title=None
    )
    try:
        assert len(Template(text).render(seen).encode("utf-8", "replace")) <= MAX_OUTPUT
    except MissingValue as missing:
        says_why(missing.path)
    except TemplateFailure as failure:
        says_why(failure.message)


def value(data: bytes) -> None:
    """Times and durations are read, or refused."""
    text = data.decode("utf-8", "replace")
    for read in (parse_time, parse_duration):
        try:
            read(text)
        except ValueError as error:
            says_why(str(error), lines=True)


TARGETS: dict[str, Target] = {
    "programs": program,
    "jsonl": of_file("events.jsonl"),
    "csv": of_file("events.csv"),
    "gz": of_file("events.jsonl.gz"),
    "records": record,
    "templates": template,
    "values": value,
}


def fuzzed(name: str, data: bytes) -> None:
    """Give bytes to a target. Any exception is a fault; TooMuchWorkError is a hang."""
    with at_most(A_LOT):
        TARGETS[name](data[:LONGEST])
