"""Civil time against vectors of clock changes, window openings and yearly dates, where a folder has them.

The folder is `$TRIGDSL_SHARED/data/time_vectors`, else `../shared/data/time_vectors` beside the project.
"""

import json
import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from clock_helpers import day, hours, known, shown, utc

from trigdsl.engine.dates import date_of
from trigdsl.engine.schedules import Monthly, Schedule, Yearly, yearly_next
from trigdsl.engine.windows import Window
from trigdsl.engine.zones import UTC
from trigdsl.model.values import SECOND

BESIDE = Path(__file__).parents[3] / "shared"
FOLDER = Path(os.environ.get("TRIGDSL_SHARED", BESIDE)) / "data" / "time_vectors"

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="there are no time vectors: set TRIGDSL_SHARED")


def vectors(name: str) -> Any:
    return json.loads((FOLDER / name).read_text())


def instant_of(text: str) -> int:
    return utc(text.removesuffix("Z"))


def test_offsets_before_and_after_each_change() -> None:
    for change in vectors("tz_transitions_2010_2030.json")["transitions"]:
        zone, at = known(change["zone"]), instant_of(change["utc"])
        assert zone.offset(at - 1) == change["offset_before"] * SECOND, change
        assert zone.offset(at) == change["offset_after"] * SECOND, change
        assert zone.segment(at)[0] == at, change


def test_there_are_no_other_changes() -> None:
    changes: dict[str, list[int]] = {}
    for change in vectors("tz_transitions_2010_2030.json")["transitions"]:
        changes.setdefault(change["zone"], []).append(instant_of(change["utc"]))
    for name, expected in changes.items():
        zone, at, found = known(name), utc("2010-01-01"), []
        while (at := zone.segment(at)[1]) < utc("2031-01-01"):
            found.append(at)
        assert found == sorted(expected), name


def test_windows_open_and_close_on_days_of_change() -> None:
    for vector in vectors("local_windows_on_transition_days.json")["vectors"]:
        zone, window = known(vector["zone"]), Window(hours=hours(vector["window"]))
        opens, closes = instant_of(vector["opens_utc"]), instant_of(vector["closes_utc"])
        assert not window.is_open(opens - 1, zone), vector
        assert shown(window.next_opening(opens - 1, zone)) == shown(opens), vector
        assert window.is_open(closes - 1, zone), vector
        assert not window.is_open(closes, zone), vector


def test_a_leap_day_s_anniversaries() -> None:
    for case in vectors("yearly_dates.json")["leap_day_anniversaries"]:
        birthday = date.fromisoformat(case["birthday"])
        found = yearly_next(birthday.month, birthday.day, day(f"{case['year']}-01-01"))
        assert date_of(found).isoformat() == case["backward_28_feb"], case


# Rules of iCalendar that say what a schedule of ours says.
SCHEDULES: dict[str, Schedule] = {
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1;COUNT=5": Yearly(2, 29),
}


def test_yearly_dates_of_icalendar() -> None:
    cases = {case["rrule"]: case for case in vectors("yearly_dates.json")["rrule"]}
    for rule, schedule in SCHEDULES.items():
        instances = cases[rule]["instances"]
        assert list(days_of(schedule, instances[0][:8], len(instances))) == [text[:8] for text in instances]


def test_dates_that_months_or_years_lack_are_their_last() -> None:
    """Where iCalendar leaves such a date out, ours is between: the rest agrees."""
    cases = {case["rrule"]: case["instances"] for case in vectors("yearly_dates.json")["rrule"]}
    for rule, schedule in {
        "FREQ=MONTHLY;COUNT=12": Monthly(31),
        "FREQ=YEARLY;COUNT=4": Yearly(2, 29),
    }.items():
        instances = [text[:8] for text in cases[rule]]
        found = list(days_of(schedule, instances[0], 4 * len(instances)))
        assert set(instances) <= set(found)
        numbers = {text[6:] for text in instances}
        until_last = found[: found.index(instances[-1])]
        assert not {text[6:] for text in until_last if text not in instances} & numbers


def days_of(schedule: Schedule, start: str, count: int) -> Iterable[str]:
    at = day(start)
    for _ in range(count):
        found = schedule.next_day(at)
        assert found is not None
        yield date_of(found).strftime("%Y%m%d")
        at = found + 1


def test_utc_never_changes() -> None:
    assert UTC.segment(0)[0] < utc("0001-01-01")
    assert UTC.segment(0)[1] > utc("9999-12-31")
