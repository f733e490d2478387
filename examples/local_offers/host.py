"""The functions that the host registers for these rules: `trigdsl.load("rules.trig", functions=FUNCTIONS)`.

Here they answer from a table; a real host fills such a table from a weather service before it lets the clock move.
They are pure: the same question gets the same answer, so that a replay decides what the live engine decided.
"""

from __future__ import annotations

from datetime import date

FORECASTS = {
    ("Berlin", date(2026, 9, 1)): ("rain", 14),
    ("Berlin", date(2026, 9, 2)): ("rain", 13),
    ("Munich", date(2026, 9, 1)): ("clouds", 19),
    ("Munich", date(2026, 9, 5)): ("sun", 27),
    ("Berlin", date(2026, 9, 5)): ("sun", 25),
}

CAFES = {"Café am Markt": (48.1379, 11.5770), "Spree-Terrasse": (52.5200, 13.4050)}


def forecast(city: str, day: date) -> str | None:
    """`sun`, `clouds` or `rain`; None where nothing is known, which counts as missing."""
    known = FORECASTS.get((city, day))
    return known[0] if known else None


def forecast_degrees(city: str, day: date) -> int | None:
    """The warmest hour of the day, in degrees Celsius."""
    known = FORECASTS.get((city, day))
    return known[1] if known else None


def nearest_cafe(lat: float, lon: float) -> str:
    """The café closest to a position."""
    return min(CAFES, key=lambda name: (CAFES[name][0] - lat) ** 2 + (CAFES[name][1] - lon) ** 2)


FUNCTIONS = {
    "forecast": (forecast, "(text, date) -> text"),
    "forecast_degrees": (forecast_degrees, "(text, date) -> number"),
    "nearest_cafe": (nearest_cafe, "(number, number) -> text"),
}
