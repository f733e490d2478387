"""Decisions as dicts, and the zone of each user → the figures of a report, counted in the plainest way there is.

Nothing here is the report's own: zones come from the standard library, and runs from the keys of their decisions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Decision = dict[str, Any]
ZoneOf = Callable[[Decision], str]


def local(decision: Decision, zone_of: ZoneOf) -> datetime:
    return datetime.fromisoformat(decision["time"]).astimezone(ZoneInfo(zone_of(decision)))


def messages(decisions: list[Decision]) -> list[Decision]:
    return [one for one in decisions if one["status"] == "sent" and one["action"] == "send"]


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def hours(decisions: list[Decision], zone_of: ZoneOf) -> Counter[tuple[int, int]]:
    times = (local(one, zone_of) for one in messages(decisions))
    return Counter((at.weekday(), at.hour) for at in times)


def days(decisions: list[Decision], zone_of: ZoneOf) -> Counter[tuple[str, str, date]]:
    return Counter((one["rule"], one["channel"], local(one, zone_of).date()) for one in messages(decisions))


def user_weeks(decisions: list[Decision], zone_of: ZoneOf) -> Counter[tuple[str, date]]:
    return Counter((one["user"], monday(local(one, zone_of).date())) for one in messages(decisions))


def statuses(decisions: list[Decision]) -> Counter[tuple[str, int, str]]:
    return Counter((one["rule"], one["step"], one["status"]) for one in decisions)


def reasons(decisions: list[Decision]) -> Counter[tuple[str, str, str]]:
    return Counter((one["rule"], one["status"], one["reason"]) for one in decisions if "reason" in one)


def capped(decisions: list[Decision]) -> Counter[str]:
    return Counter(one["reason"] for one in decisions if one["status"] == "capped")


def capped_days(decisions: list[Decision], zone_of: ZoneOf) -> Counter[str]:
    met = {(one["reason"], one["user"], local(one, zone_of).date()) for one in decisions if one["status"] == "capped"}
    return Counter(cap for cap, _, _ in met)


def conflicts(
    decisions: list[Decision], zone_of: ZoneOf, tagged: dict[str, set[str]]
) -> dict[tuple[str, str, str], tuple[int, int]]:
    """By cap, loser and winner: messages held back, and user-days. `tagged` are the rules of each tag."""
    held: Counter[tuple[str, str, str]] = Counter()
    met = set()
    for place, one in enumerate(decisions):
        if one["status"] != "capped":
            continue
        scope, count = one["reason"].rsplit(" ", 3)[0], int(one["reason"].rsplit(" ", 3)[1])
        counts = [
            sent
            for sent in messages(decisions[:place])
            if sent["user"] == one["user"]
            and (
                scope in ("all", sent["channel"])
                or (scope.startswith("tag ") and sent["rule"] in tagged[scope.removeprefix("tag ")])
            )
        ]
        assert len(counts) >= count
        for winner in {sent["rule"] for sent in counts[-count:]}:
            pair = (one["reason"], one["rule"], winner)
            held[pair] += 1
            met.add((pair, one["user"], local(one, zone_of).date()))
    days = Counter(pair for pair, _, _ in met)
    return {pair: (count, days[pair]) for pair, count in held.items()}
