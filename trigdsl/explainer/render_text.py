"""An explanation → text for people: a time line by local date, then the rules that stayed silent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import evolve

from trigdsl.explainer.story import Explanation, Line
from trigdsl.explainer.wording import clock, day, moment

INDENT = " " * 12
FOLDED = 4
"""So many inputs with which the same happened are told as one."""


def render(explanation: Explanation) -> str:
    """The whole explanation; it ends without a line break."""
    return "\n".join(_lines(explanation))


def _lines(explanation: Explanation) -> Iterator[str]:
    date = zone = None
    yield f"user {explanation.user}"
    if not explanation.lines:
        yield "  nothing that came of this user matters here"
    for line in _folded(explanation.lines):
        if (today := day(line.time, line.zone)) != date or line.zone.name != zone:
            date, zone = today, line.zone.name
            yield ""
            yield f"{date} {zone}"
        who = "" if line.rule is None else f"  {line.rule}: "
        yield f"  {clock(line.time, line.zone):<10}{who}{line.text}"
        yield from (f"{INDENT}    {detail}" for detail in line.details)
    if explanation.silences:
        yield ""
        yield "why not"
    for silence in explanation.silences:
        at = ""
        if silence.time is not None:
            zone_of = next((line.zone for line in explanation.lines if line.time == silence.time), None)
            at = "" if zone_of is None else f", {moment(silence.time, zone_of)}"
        yield f"  {silence.rule} ({silence.stage}{at}): {silence.text}"
        yield f"{INDENT}needed: {silence.change}"
        if silence.suggested is not None:
            yield f"{INDENT}tried:  {silence.suggested}"


def _folded(lines: Sequence[Line]) -> Iterator[Line]:
    """The lines, with what happens over and over again in the same words told once, at its first time and its last."""
    blocks: list[list[Line]] = []
    for line in lines:
        if not blocks or line.kind == "input":
            blocks.append([])
        blocks[-1].append(line)
    place = 0
    while place < len(blocks):
        same = 1
        while place + same < len(blocks) and _is_same(blocks[place], blocks[place + same]):
            same += 1
        yield from blocks[place]
        if same < FOLDED:
            same = 1
        else:
            last = blocks[place + same - 1][0]
            yield evolve(last, text=f"{last.text} ({same - 1} more like it, this is the last)")
        place += same


def _is_same(one: Sequence[Line], other: Sequence[Line]) -> bool:
    return [(line.rule, line.text, line.details) for line in one] == [
        (line.rule, line.text, line.details) for line in other
    ]
