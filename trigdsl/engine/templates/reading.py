"""A path → a function that reads it: in what the rendering sees, or in a value."""

from __future__ import annotations

from datetime import date
from typing import Any

from trigdsl.engine.templates.limits import Run
from trigdsl.engine.templates.paths import Key
from trigdsl.engine.templates.scopes import Evaluate, Loop, Macro, Namespace, Scope
from trigdsl.model.values import DAY, HOUR, MINUTE, Micros, instant

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LOCAL = ("hour", "minute", "weekday", "date", "day", "month")


def part_of(value: Any, key: Any) -> Any:
    """What stands under a key of a record, at a place of a list or text, or under a name of `loop`; or None."""
    kind = type(value)
    if kind is dict:
        return value.get(key) if type(key) is str else None
    if (kind is list or kind is str) and type(key) is int:
        return value[key] if -len(value) <= key < len(value) else None
    if kind is Loop or kind is Namespace or kind is Macro:
        return value.get(key)
    return None


def reader(name: str, keys: tuple[Key, ...]) -> Evaluate:
    """Reads a path that starts outside the template: at `user`, `event`, `rule`, `now`, `local`, or a property."""
    match name:
        case "user":
            return _under(_user, keys)
        case "event" | "trigger":
            return _under(_event, keys)
        case "now":
            return _under(_now, keys)
        case "rule":
            return _under(_rule, keys)
        case "local" if keys:
            return _under(_local_part(keys[0]), keys[1:])
        case "local":
            return _local
    return _under(_event, (name, *keys))


def _under(root: Evaluate, keys: tuple[Key, ...]) -> Evaluate:
    if not keys:
        return root
    if len(keys) == 1:
        return _under_one(root, keys[0])

    def read(run: Run, scope: Scope | None) -> Any:
        value = root(run, scope)
        for key in keys:
            value = value.get(key) if type(value) is dict else part_of(value, key)
        return value

    return read


def _under_one(root: Evaluate, key: Key) -> Evaluate:
    def read(run: Run, scope: Scope | None) -> Any:
        value = root(run, scope)
        return value.get(key) if type(value) is dict else part_of(value, key)

    return read


def _user(run: Run, scope: Scope | None) -> Any:
    return run.context.user


def _event(run: Run, scope: Scope | None) -> Any:
    return run.context.event


def _now(run: Run, scope: Scope | None) -> Any:
    return instant(run.context.now)


def _rule(run: Run, scope: Scope | None) -> Any:
    return {"name": run.context.rule_name, "title": run.context.rule_title}


def _local(run: Run, scope: Scope | None) -> Any:
    return {name: _local_part(name)(run, scope) for name in _LOCAL}


def _local_part(name: Key) -> Evaluate:
    def read(run: Run, scope: Scope | None) -> Any:
        zone, now = run.context.zone, run.context.now
        if name in ("hour", "minute"):
            return _clock(zone.local(now))[name == "minute"]
        return _calendar(zone.date(now), name)

    return read


def _clock(wall: Micros) -> tuple[int, int]:
    return wall % DAY // HOUR, wall % HOUR // MINUTE


def _calendar(day: date, name: Key) -> Any:
    match name:
        case "weekday":
            return WEEKDAYS[day.weekday()]
        case "date":
            return day
        case "day":
            return day.day
        case "month":
            return day.month
    return None
