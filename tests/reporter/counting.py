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
