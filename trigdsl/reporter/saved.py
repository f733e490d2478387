"""Files of decisions, as `trig replay --out` writes them → decisions, and the lines that are none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, Literal

import msgspec

from trigdsl.model.decisions import Decision
from trigdsl.records.chunks import MOST_BYTES, blocks
from trigdsl.records.errors import BadRecord, Damaged, UnreadableFile
from trigdsl.records.files import Progress, Source, chunks_of, sources
from trigdsl.records.times import parse_time

OnReject = Callable[[str, int, str], None]
"""What is told of a line that holds no decision: its file, its number from 1, and why."""


class _Line(msgspec.Struct):
    """The JSON form of a decision; keys that it does not have are ignored."""

    user: str
    rule: str
    step: Annotated[int, msgspec.Meta(ge=1)]
    action: Literal["send", "set", "add", "remove", "emit", "call"]
    status: Literal["sent", "cancelled", "capped", "skipped", "control", "pending"]
    time: str
    triggered: str
    due: str
    key: str
    reason: str | None = None
    channel: str | None = None
    variant: str | None = None
    text: str | None = None
    fields: dict[str, Any] | None = None
    target: str | None = None
    value: Any = msgspec.UNSET
    event_id: str | None = None
    title: str | None = None


_DECODER = msgspec.json.Decoder(_Line)
_SAME = ("user", "rule", "step", "action", "status", "key", "reason", "channel", "variant", "text", "fields", "target")


def read_decisions(paths: Sequence[str], on_reject: OnReject, progress: Progress | None = None) -> Iterator[Decision]:
    """The decisions of JSON Lines files (`-` is standard input), one after another; none of them is kept.

    A line that holds none is told to `on_reject`.  Raises UnreadableFile for a file that cannot be read, or whose
    name says that it holds something else.
    """
    for source in sources(paths):
        if source.kind != "jsonl":
            raise UnreadableFile(f"`{source.path}` holds no decisions: they are JSON Lines (`.jsonl`)")
        yield from _decisions_of(source, on_reject, progress)


def _decisions_of(source: Source, on_reject: OnReject, progress: Progress | None) -> Iterator[Decision]:
    number = 0
    try:
        for block in blocks(chunks_of(source, progress)):
            for line in block.splitlines():
                number += 1
                if line.strip():
                    try:
                        yield decision_of(line)
                    except BadRecord as error:
                        on_reject(source.path, number, str(error))
    except Damaged as damaged:
        on_reject(source.path, number + 1, str(damaged))


def decision_of(line: bytes) -> Decision:
    """The decision that a line holds. Raises BadRecord with the reason when it holds none."""
    if len(line) > MOST_BYTES:
        raise BadRecord("the line is longer than 1 MiB")
    try:
        read = _DECODER.decode(line)
    except msgspec.MsgspecError as error:
        raise BadRecord(f"no decision: {_lower(str(error))}") from None
    except (UnicodeDecodeError, RecursionError):
        raise BadRecord("no decision: the line is not JSON in UTF-8") from None
    has_value = read.value is not msgspec.UNSET
    return Decision(
        **{name: getattr(read, name) for name in _SAME},
        event_id=read.event_id,
        title=read.title,
        time=_instant("time", read.time),
        triggered=_instant("triggered", read.triggered),
        due=_instant("due", read.due),
        value=read.value if has_value else None,
        has_value=has_value,
    )


def _instant(name: str, text: str) -> int:
    try:
        return parse_time(text)[0]
    except BadRecord as error:
        raise BadRecord(f"no decision: `{name}`: {error}") from None


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
