"""Figures → the sections with charts: messages over time, by hour and weekday, and in a week.

A chart is a canvas that a script draws, and a table with the same numbers, which is there without the script too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from trigdsl.replayer.wording import count_of, percent
from trigdsl.reporter.civil import WEEKDAYS, day_text, first_day, week_of
from trigdsl.reporter.figures import Figures
from trigdsl.reporter.html import Cell, Markup, Number, table, tag
from trigdsl.reporter.report import Report

LONGEST_BY_DAY = 45
"""Days that a table of messages over time lists one by one; a longer time goes by weeks."""
LEVELS = 8
"""How many shades a heat map has beside that of nothing."""


def section(name: str, heading: str, *contents: str) -> Markup:
    """A part of the page, with a heading that names it."""
    return tag(
        "section", tag("h2", heading, id=f"{name}-heading"), *contents, id=name, aria_labelledby=f"{name}-heading"
    )


def chart(name: str, label: str, numbers: Markup, *controls: str, is_open: bool = False) -> Markup:
    """A chart, how to change it, and the same as a table, which shows at once when `is_open`."""
    canvas = tag("canvas", id=f"{name}-canvas", role="img", aria_label=label)
    button = tag(
        "button", "Show as table", type="button", class_="as-table", aria_expanded="false",
        aria_controls=f"{name}-table", hidden=True,
    )  # fmt: skip
    return tag(
        "figure",
        *controls,
        tag("div", canvas, class_=f"canvas canvas-{name}"),
        tag("figcaption", label, class_="quiet"),
        button,
        tag("div", numbers, id=f"{name}-table", class_="numbers", data_open="true" if is_open else None),
        class_="chart",
        data_chart=name,
    )


def nothing(said: str) -> Markup:
    """What stands in place of a chart or table that would be empty."""
    return tag("p", said, class_="quiet")


# ---------------------------------------------------------------------- over time
def over_time(report: Report) -> Markup:
    """Messages by day, by rule and by channel."""
    figures = report.figures
    if not figures.messages:
        return section("sends", "Messages over time", nothing("No message was sent."))
    days = [day for counts in figures.days.values() for day in counts]
    label = (
        f"{count_of(figures.messages, 'message')} from {day_text(min(days))} to {day_text(max(days))}, "
        f"days of {report.zone_words}."
    )
    return section(
        "sends",
        "Messages over time",
        chart("sends", label, _periods(figures, max(days) - min(days)), _choice("by", ("rule", "channel")),
              _choice("each", ("day", "week", "month"))),
    )  # fmt: skip


def _choice(name: str, values: Sequence[str]) -> Markup:
    """Radio buttons, the first chosen."""
    options = (
        tag("label", tag("input", type="radio", name=name, value=value, checked=not place), f" {value}")
        for place, value in enumerate(values)
    )
    return tag("fieldset", tag("legend", name), *options, class_="choice", hidden=True)


def _periods(figures: Figures, length: int) -> Markup:
    by_day = length <= LONGEST_BY_DAY
    rules, channels = parts_of(figures)
    counts: dict[int, Counter[str]] = {}
    for (rule, channel), days in figures.days.items():
        for day, count in days.items():
            at = day if by_day else first_day(week_of(day))
            counts.setdefault(at, Counter()).update({"": count, f"rule {rule}": count, f"channel {channel}": count})
    columns = ["", *(f"rule {name}" for name in rules), *(f"channel {name}" for name in channels)]
    header = ["day" if by_day else "week from", "messages", *columns[1:]]
    rows: Iterator[list[Cell]] = (
        [day_text(at), *(Number.count(counts[at][column]) for column in columns)] for at in sorted(counts)
    )
    return table(f"Messages each {'day' if by_day else 'week'}", header, rows)


def parts_of(figures: Figures) -> tuple[list[str], list[str]]:
    """The rules and the channels with messages, the most messages first."""
    rules: Counter[str] = Counter()
    channels: Counter[str] = Counter()
    for (rule, channel), days in figures.days.items():
        rules[rule] += days.total()
        channels[channel] += days.total()
    return [name for name, _ in rules.most_common()], [name for name, _ in channels.most_common()]


# ---------------------------------------------------------------------- hours and weekdays
def by_hour(report: Report) -> Markup:
    """A heat map: a table of weekdays and hours, the more messages the stronger its shade."""
    hours = report.figures.hours
    if not hours:
        return section("hours", "When messages arrive", nothing("No message was sent."))
    (weekday, hour), most = max(hours.items(), key=lambda item: (item[1], -item[0][0], -item[0][1]))
    lead = f"Hours of {report.zone_words}. Busiest: {WEEKDAYS[weekday]} {_hour(hour)}, {count_of(most, 'message')}."
    known = () if report.zone is None else (nothing(_zone_hint(report.zone)),)
    return section("hours", "When messages arrive", tag("p", lead), *known, _heat_map(hours, most), _legend(most))


def _zone_hint(zone: str) -> str:
    return (
        f"Saved decisions do not tell which time zone a user lives in, so all are counted in {zone}. "
        "The report of a replay (trig replay --report) counts each in the user's own."
    )


def _heat_map(hours: Counter[tuple[int, int]], most: int) -> Markup:
    head = tag(
        "tr", tag("td"), *(tag("th", f"{hour:02d}", scope="col") for hour in range(24)), tag("th", "all", scope="col")
    )
    rows = []
    for weekday, name in enumerate(WEEKDAYS):
        counts = [hours[weekday, hour] for hour in range(24)]
        cells = (
            tag("td", f"{count:,}" if count else "·", class_=f"heat heat-{level(count, most)}", data_value=count)
            for count in counts
        )
        total = tag("td", f"{sum(counts):,}", class_="number", data_value=sum(counts))
        rows.append(tag("tr", tag("th", name, scope="row"), *cells, total))
    caption = "Messages by local weekday and hour"
    whole = tag("table", tag("caption", caption), tag("thead", head), tag("tbody", *rows), class_="heat-map")
    return tag("div", whole, class_="scroll", tabindex=0, role="region", aria_label=caption)


def level(count: int, most: int) -> int:
    """The shade of a count: 0 for nothing, else 1 to `LEVELS`.

    Shades go by the square root: a few busy hours, such as those at which windows open, leave the others apart.
    """
    return next((shade for shade in range(LEVELS) if count <= most * (shade / LEVELS) ** 2), LEVELS)


def _legend(most: int) -> Markup:
    """Which counts have which shade."""
    bounds = [int(most * (shade / LEVELS) ** 2) for shade in range(LEVELS + 1)]
    items = (
        tag("li", tag("span", class_=f"swatch heat-{shade}", aria_hidden="true"), f" {_span(low + 1, high)}")
        for shade, (low, high) in enumerate(pairwise(bounds), 1)
        if low < high
    )
    return tag("ul", *items, class_="legend", aria_label="Shades")


def _span(low: int, high: int) -> str:
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"


def _hour(hour: int) -> str:
    return f"{hour:02d}:00–{hour:02d}:59"


# ---------------------------------------------------------------------- pressure
def pressure(report: Report) -> Markup:
    """How many messages a user gets in a week, and how that changes."""
    found = report.figures.pressure
    if not found.user_weeks:
        return section("pressure", "Messages per user and week", nothing("No message was sent."))
    weeks = found.user_weeks.total()
    one = found.user_weeks[1]
    lead = (
        f"{count_of(weeks, 'user-week')} with a message (a user and a week, Monday to Sunday of {report.zone_words}); "
        f"in {percent(one / weeks)} of them it was a single one. "
    )
    assert found.most_week is not None
    top = (
        f"The most: {count_of(found.most, 'message')}, to user {found.most_user} in the week from "
        f"{day_text(first_day(found.most_week))}."
    )
    histogram = table(
        "User-weeks by number of messages",
        ("messages in a week", "user-weeks", "share"),
        ([name, Number.count(count), Number(count / weeks, percent(count / weeks))] for name, count in found.listed()),
    )
    return section(
        "pressure",
        "Messages per user and week",
        tag("p", lead, top),
        chart("pressure", "User-weeks by the number of messages in them.", histogram),
        chart("weeks", "Messages per reached user, and the most that one user got, week by week.", table(
            "Week by week",
            ("week from", "users reached", "messages", "messages per user", "most for one user"),
            _weeks(report.figures),
        )),
    )  # fmt: skip


def _weeks(figures: Figures) -> Iterator[list[Cell]]:
    for at, week in sorted(figures.pressure.weeks.items()):
        average = week.messages / week.users
        yield [
            day_text(first_day(at)),
            Number.count(week.users),
            Number.count(week.messages),
            Number(average, f"{average:.2f}"),
            Number.count(week.most),
        ]


def chart_data(report: Report) -> dict[str, object]:
    """What the charts draw: the same numbers as in the tables."""
    figures = report.figures
    rules, channels = parts_of(figures)
    return {
        "rules": rules,
        "channels": channels,
        "sends": [
            [rules.index(rule), channels.index(channel), sorted(days.items())]
            for (rule, channel), days in sorted(figures.days.items())
        ],
        "pressure": figures.pressure.listed(),
        "weeks": [
            [first_day(at), week.users, week.messages, week.most] for at, week in sorted(figures.pressure.weeks.items())
        ],
        "outcomes": [[rule.rule, rule.statuses] for rule in figures.rules() if any(rule.statuses.values())],
    }
