"""Name of a built-in function → its signature and what it computes.

The checker reads the signatures, generated code calls `call`.  A missing argument, or one of a wrong type or
outside the function's range, gives a missing result; nothing raises.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from attrs import frozen

from trigdsl.engine.reading import Zone, as_date
from trigdsl.engine.shares import stable_hash
from trigdsl.engine.values import is_number, number
from trigdsl.model.values import Value

EARTH_RADIUS_M = 6_371_008.8
"""The mean radius of the Earth in metres: (2a + b) / 3 of the GRS 80 ellipsoid (IUGG)."""


@frozen
class Builtin:
    """A function of the language.

    `parameters` are types, alternatives joined by `|` (`text|list|record`); where one is `date`, an instant and
    text that can be read as a date are taken too.  `variadic`: the last parameter may be given more often.
    `call` takes the user's zone, then the arguments.
    """

    name: str
    parameters: tuple[str, ...]
    returns: str
    call: Callable[..., Value]
    variadic: bool = False


def _lower(zone: Zone, text: Value) -> Value:
    return text.lower() if type(text) is str else None


def _upper(zone: Zone, text: Value) -> Value:
    return text.upper() if type(text) is str else None


def _trim(zone: Zone, text: Value) -> Value:
    """Without white space (of Unicode) at both ends."""
    return text.strip() if type(text) is str else None


def _length(zone: Zone, value: Value) -> Value:
    """The number of a text's code points, a list's elements or a record's keys."""
    return len(value) if type(value) in (str, list, dict) else None  # type: ignore[arg-type]


def _round(zone: Zone, value: Value) -> Value:
    return round_half_away(value) if is_number(value) else None  # type: ignore[arg-type]


def round_half_away(value: int | float) -> int | float | None:
    """The nearest whole number, of two the one further from zero; None when the value is not finite."""
    if not _finite(value):
        return None
    whole = math.trunc(value)
    # The difference of a double and its whole part is exact, unlike value + 0.5.
    if abs(value - whole) >= 0.5:
        whole += 1 if value > 0 else -1
    return number(whole)


def _abs(zone: Zone, value: Value) -> Value:
    return number(abs(value)) if is_number(value) else None  # type: ignore[arg-type]


def _floor(zone: Zone, value: Value) -> Value:
    return number(math.floor(value)) if _finite(value) else None  # type: ignore[arg-type]


def _ceil(zone: Zone, value: Value) -> Value:
    return number(math.ceil(value)) if _finite(value) else None  # type: ignore[arg-type]


def _min(zone: Zone, *values: Any) -> Value:
    return min(values) if values and all(_finite(value) for value in values) else None


def _max(zone: Zone, *values: Any) -> Value:
    return max(values) if values and all(_finite(value) for value in values) else None


def _date(zone: Zone, at: Value) -> Value:
    return as_date(at, zone)


def _days_between(zone: Zone, a: Value, b: Value) -> Value:
    """Calendar days from `a` to `b`: 1 when b is the day after a, negative when b is before a."""
    start, end = as_date(a, zone), as_date(b, zone)
    return None if start is None or end is None else (end - start).days


def _hash_bucket(zone: Zone, text: Value, n: Value) -> Value:
    """0 to n-1: the 8-byte BLAKE2b digest of the text in UTF-8, as a big-endian number, modulo n."""
    if type(text) is not str or not _finite(n) or n != int(n) or n < 1:  # type: ignore[operator,arg-type]
        return None
    return number(stable_hash(text.encode("utf-8", "surrogatepass")) % int(n))  # type: ignore[arg-type]


def _distance_m(zone: Zone, lat1: Value, lon1: Value, lat2: Value, lon2: Value) -> Value:
    """Metres between two points along the surface of a sphere of the Earth's mean radius (haversine)."""
    if not all(_within(lat, 90) for lat in (lat1, lat2)) or not all(_within(lon, 180) for lon in (lon1, lon2)):
        return None
    phi1, lambda1, phi2, lambda2 = (math.radians(degrees) for degrees in (lat1, lon1, lat2, lon2))  # type: ignore[arg-type]
    across = math.sin((phi2 - phi1) / 2) ** 2
    along = math.cos(phi1) * math.cos(phi2) * math.sin((lambda2 - lambda1) / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, across + along)))


def _finite(value: Any) -> bool:
    return is_number(value) and (type(value) is int or math.isfinite(value))


def _within(value: Any, bound: int) -> bool:
    return is_number(value) and -bound <= value <= bound


BUILTINS: dict[str, Builtin] = {
    builtin.name: builtin
    for builtin in (
        Builtin("lower", ("text",), "text", _lower),
        Builtin("upper", ("text",), "text", _upper),
        Builtin("trim", ("text",), "text", _trim),
        Builtin("length", ("text|list|record",), "number", _length),
        Builtin("round", ("number",), "number", _round),
        Builtin("abs", ("number",), "number", _abs),
        Builtin("floor", ("number",), "number", _floor),
        Builtin("ceil", ("number",), "number", _ceil),
        Builtin("min", ("number", "number"), "number", _min, variadic=True),
        Builtin("max", ("number", "number"), "number", _max, variadic=True),
        Builtin("date", ("date",), "date", _date),
        Builtin("days_between", ("date", "date"), "number", _days_between),
        Builtin("hash_bucket", ("text", "number"), "number", _hash_bucket),
        Builtin("distance_m", ("number", "number", "number", "number"), "number", _distance_m),
    )
}
