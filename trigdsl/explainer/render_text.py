"""An explanation → text for people: a time line by local date, then the rules that stayed silent."""

from __future__ import annotations

from collections.abc import Iterator

from trigdsl.explainer.story import Explanation
from trigdsl.explainer.wording import clock, day, moment

INDENT = " " * 10


def render(explanation: Explanation) -> str:
    """The whole explanation; it ends without a line break."""
    return "\n".join(_lines(explanation))


def _lines(explanation: Explanation) -> Iterator[str]:
    date = zone = None
    yield f"user {explanation.user}"
    if not explanation.lines:
        yield "  no input of this user matters here"
    for line in explanation.lines:
        if (today := day(line.time, line.zone)) != date or line.zone.name != zone:
            date, zone = today, line.zone.name
            yield ""
            yield f"{date} {zone}"
        who = "" if line.rule is None else f"  {line.rule}: "
        yield f"  {clock(line.time, line.zone):<8}{who}{line.text}"
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
