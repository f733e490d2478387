"""Windows against a walk through every minute, with the standard library's clock and the definition's words."""

from datetime import date, datetime, timedelta

from attrs import frozen
from clock_helpers import day, known, shown, utc, wall_clock
from hypothesis import given, settings
from hypothesis import strategies as st

from trigdsl.engine.calendars import DateCalendar
from trigdsl.engine.windows import Hours, Window, next_opening
from trigdsl.model.values import MINUTE

CHANGES = [
    ("America/New_York", "2027-03-14 07:00"),
    ("America/New_York", "2026-11-01 06:00"),
    ("Australia/Lord_Howe", "2027-04-03 15:00"),
    ("Australia/Lord_Howe", "2026-10-03 15:30"),
    ("Pacific/Apia", "2011-12-30 10:00"),
    ("Africa/Casablanca", "2026-02-15 02:00"),
    ("America/Sao_Paulo", "2018-11-04 03:00"),
    ("America/Sao_Paulo", "2019-02-17 02:00"),
    ("America/St_Johns", "2010-11-07 02:31"),
    ("America/Nuuk", "2027-03-28 01:00"),
    ("Asia/Kolkata", "2026-06-01 00:00"),
    ("Europe/London", "2150-03-29 01:00"),
]
WALK = 3 * 24 * 60


@frozen
class Policy:
    """A window as it is written: ranges in minutes of the day, and days."""

    ranges: list[tuple[int, int]]
    weekdays: frozenset[int] | None
    on: frozenset[date] | None
    not_on: frozenset[date]

    def window(self) -> Window:
        return Window(
            hours=Hours(tuple((start * MINUTE, end * MINUTE) for start, end in self.ranges)),
            weekdays=self.weekdays,
            on=() if self.on is None else (calendar_of(self.on),),
            not_on=(calendar_of(self.not_on),) if self.not_on else (),
        )

    def inside(self, wall: datetime) -> bool:
        minute = wall.hour * 60 + wall.minute
        yesterday = wall.date() - timedelta(days=1)
        for start, end in self.ranges:
            if start < end:
                opened = wall.date() if start <= minute < end else None
            elif minute >= start:
                opened = wall.date()
            else:
                opened = yesterday if minute < end else None
            if opened is not None and self.allows(opened):
                return True
        return False

    def allows(self, date: date) -> bool:
        weekday_fits = self.weekdays is None or date.weekday() in self.weekdays
        return weekday_fits and (self.on is None or date in self.on) and date not in self.not_on


def calendar_of(dates: frozenset[date]) -> DateCalendar:
    return DateCalendar(day(date.isoformat()) for date in dates)


def walk(start: int) -> list[int]:
    """The start and every full minute of the next days."""
    minute = start - start % MINUTE
    return [start, *range(minute + MINUTE, minute + WALK * MINUTE, MINUTE)]


SECONDS = st.sampled_from([0, 1, 30_000_000, MINUTE - 1])
RANGES = st.lists(
    st.tuples(st.integers(0, 1439), st.integers(0, 1440)).filter(lambda pair: pair[0] != pair[1]),
    min_size=1,
    max_size=3,
)
NEAR_MIDNIGHT_OR_A_CHANGE = st.lists(
    st.tuples(st.sampled_from([0, 30, 60, 90, 105, 120, 150, 180, 1380, 1410]), st.integers(1, 59)).map(
        lambda pair: (pair[0], (pair[0] + pair[1]) % 1440)
    ),
    min_size=1,
    max_size=3,
)


@st.composite
def policies(draw: st.DrawFn, near: date) -> Policy:
    dates = st.frozensets(st.integers(-3, 4).map(lambda days: near + timedelta(days=days)), max_size=6)
    return Policy(
        ranges=draw(RANGES | NEAR_MIDNIGHT_OR_A_CHANGE),
        weekdays=draw(st.none() | st.frozensets(st.integers(0, 6))),
        on=draw(st.none() | dates),
        not_on=draw(dates),
    )


@given(st.data())
@settings(max_examples=120, deadline=None)
def test_a_window_opens_when_a_walk_comes_to_it(data: st.DataObject) -> None:
    name, change = data.draw(st.sampled_from(CHANGES))
    start = utc(change) + data.draw(st.integers(-30 * 60, 30 * 60)) * MINUTE + data.draw(SECONDS)
    policy = data.draw(policies(near=wall_clock(name, start).date()))
    window, zone = policy.window(), known(name)
    steps = walk(start)
    inside = [at for at in steps if policy.inside(wall_clock(name, at))]
    assert inside == [at for at in steps if window.is_open(at, zone)]
    first = inside[0] if inside else None
    found = window.next_opening(start, zone)
    if first is not None:
        assert shown(found) == shown(first)
    else:
        assert found is None or found > walk(start)[-1]


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_two_windows_open_when_a_walk_comes_to_both(data: st.DataObject) -> None:
    (name, change), (other, _) = (data.draw(st.sampled_from(CHANGES)) for _ in range(2))
    start = utc(change) + data.draw(st.integers(-30 * 60, 2 * 60)) * MINUTE + data.draw(SECONDS)
    one, two = (data.draw(policies(near=wall_clock(zone, start).date())) for zone in (name, other))
    windows = [one.window(), Window(zone=known(other), **parts(two.window()))]
    first = next(
        (at for at in walk(start) if one.inside(wall_clock(name, at)) and two.inside(wall_clock(other, at))),
        None,
    )
    found = next_opening(windows, start, known(name))
    if first is not None:
        assert shown(found) == shown(first)
    else:
        assert found is None or found > walk(start)[-1]


def parts(window: Window) -> dict[str, object]:
    return {"hours": window.hours, "weekdays": window.weekdays, "on": window.on, "not_on": window.not_on}
