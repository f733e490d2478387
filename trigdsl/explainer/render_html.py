"""An explanation → HTML for notebooks: a time line by local date, then the rules that stayed silent."""

from __future__ import annotations

from itertools import groupby

from trigdsl.display.pieces import page, table, text
from trigdsl.explainer.story import Explanation, Line, Silence
from trigdsl.explainer.wording import clock, day, moment


def render_html(explanation: Explanation) -> str:
    """The whole explanation; it says what the text for a terminal says."""
    parts = [f"<p><b>user {text(explanation.user)}</b></p>"]
    if not explanation.lines:
        parts.append("<p>no input of this user matters here</p>")
    for (date, zone), lines in groupby(explanation.lines, key=lambda line: (day(line.time, line.zone), line.zone.name)):
        rows = [(clock(line.time, line.zone), text(line.rule), _told(line)) for line in lines]
        parts.append(table(text(f"{date} {zone}"), ("time", "rule", "what happened"), rows))
    if explanation.silences:
        zones = {line.time: line.zone for line in reversed(explanation.lines)}
        missed = []
        for silence in explanation.silences:
            zone_then = None if silence.time is None else zones.get(silence.time)
            at = "" if silence.time is None or zone_then is None else moment(silence.time, zone_then)
            missed.append((text(silence.rule), text(silence.stage), text(at), _missed(silence)))
        parts.append(table("why not", ("rule", "came to", "at", "what was missing"), missed))
    return page(*parts)


def _told(line: Line) -> str:
    details = "".join(f'<br><span class="note">{text(detail)}</span>' for detail in line.details)
    return f"{text(line.text)}{details}"


def _missed(silence: Silence) -> str:
    return f'{text(silence.text)}<br><span class="note">needed: {text(silence.change)}</span>'
