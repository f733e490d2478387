"""Numbers, texts, durations, times and dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from attrs import fields
from hypothesis import given
from hypothesis import strategies as st
from reading import at, clause, duration, expression, item, read, step, text, trigger

from trigdsl.syntax import nodes as n
from trigdsl.syntax.build.texts import offsets, text_value
from trigdsl.syntax.walk import walk


@pytest.mark.parametrize(
    ("written", "value"),
    [("0", 0), ("200", 200), ("007", 7), ("19.99", 19.99), ("1e3", 1000.0), ("2.5E-1", 0.25), ("1.0", 1.0)],
)
def test_numbers(written: str, value: float) -> None:
    number = expression(written)
    assert number == n.Number(value=value)
    assert isinstance(number, n.Number)
    assert type(number.value) is type(value)


def test_a_minus_belongs_to_no_number() -> None:
    assert expression("-3") == n.Negative(operand=n.Number(value=3))
    assert expression("5 -3") == n.Arithmetic(operator="-", left=n.Number(value=5), right=n.Number(value=3))


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (r'"a \"b\" \u0041\\"', 'a "b" A\\'),
        (r'"\/\b\f\n\r\t"', "/\b\f\n\r\t"),
        (r'"\ud83d\ude00"', "😀"),
        (r'"\\n"', "\\n"),
        ('""', ""),
        ('"# no comment"', "# no comment"),
        ("\"größe 'x'\"", "größe 'x'"),
        ('"""one line"""', "one line"),
        ('"""a "quoted" word"""', 'a "quoted" word'),
        (r'"""a\tb \u0041 \"""', None),
        ('"""\n    one\n      two\n    three"""', "one\n  two\nthree"),
        ('"""\n  one\n  two\n  """', "one\ntwo\n"),
        ('"""\n  one\n\n  two"""', "one\n\ntwo"),
        ('"""\n  one\n \n  two"""', "one\n\ntwo"),
        ('"""\n\tone\n\ttwo\n"""', "one\ntwo\n"),
        ('"""first\n  second\n    third"""', "first\nsecond\n  third"),
        ('"""\r\n  one\r\n  two"""', "one\ntwo"),
        ('"""\n  a\\n  b"""', "a\n  b"),
        ('"""\n    """', ""),
        ('""""""', ""),
    ],
)
def test_texts(written: str, value: str | None) -> None:
    if value is None:
        assert read(f"segment s = {written}").diagnostics != ()
    else:
        assert expression(written) == text(value)


def test_a_text_knows_how_it_was_written() -> None:
    one, three = expression('"a"'), expression('"""a"""')
    assert isinstance(one, n.Text)
    assert isinstance(three, n.Text)
    assert (one.block, three.block) == (False, True)


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("30s", [(30, "s")]),
        ("1h30m", [(1, "h"), (30, "m")]),
        ("1w2d3h4m5s", [(1, "w"), (2, "d"), (3, "h"), (4, "m"), (5, "s")]),
        ("24h", [(24, "h")]),
        ("0s", [(0, "s")]),
        ("10 seconds", [(10, "s")]),
        ("30 minutes", [(30, "m")]),
        ("1 minute", [(1, "m")]),
        ("2  hours", [(2, "h")]),
        ("1 day", [(1, "d")]),
        ("3 weeks", [(3, "w")]),
        ("36525d", [(36525, "d")]),
    ],
)
def test_durations(written: str, parts: list[tuple[int, str]]) -> None:
    assert expression(written) == duration(*parts)


@pytest.mark.parametrize(
    ("written", "seconds"), [("00:00", 0), ("09:00", 32_400), ("09:00:30", 32_430), ("23:59:59", 86_399)]
)
def test_times(written: str, seconds: int) -> None:
    assert step(f"then at {written} send push").at == n.TimeOfDay(seconds=seconds)


def test_midnight_ends_a_window() -> None:
    between = step("then send push between 00:00-24:00").between
    assert between == n.Between(ranges=(n.TimeRange(start=at(0), end=at(24)),))


def test_dates() -> None:
    assert expression("2026-11-20") == n.Date(value=dt.date(2026, 11, 20))
    assert expression("2028-02-29") == n.Date(value=dt.date(2028, 2, 29))
    assert clause("from 2026-11-20") == n.Campaign(start=dt.date(2026, 11, 20))


def test_month_days() -> None:
    calendar = trigger("every year on 02-29 at 09:00")
    assert calendar == n.CalendarTrigger(schedule=n.EveryYear(month=2, day=29), at=at(9))


@pytest.mark.parametrize(("written", "percent"), [("0%", 0), ("0.5%", 0.5), ("99.9%", 99.9), ("100%", 100)])
def test_percentages(written: str, percent: float) -> None:
    assert clause(f"holdout {written}") == n.Holdout(percent=percent)


@pytest.mark.parametrize(
    ("written", "ordinal"), [("first", 1), ("1st", 1), ("2nd", 2), ("3rd", 3), ("100th", 100), ("2th", 2), ("02nd", 2)]
)
def test_ordinals(written: str, ordinal: int) -> None:
    assert trigger(f"{written} e") == n.EventTrigger(event=n.Event(name="e"), ordinal=ordinal)


def test_names_and_paths() -> None:
    assert expression("größe._x1.`cart value`.2x".replace(".2x", ".x2")) == n.Path(
        parts=("größe", "_x1", "cart value", "x2")
    )
    assert expression("`a.b`.c") == n.Path(parts=("a.b", "c"))
    assert item("list `Order Completed`") == n.ListDecl(name=n.Name(text="Order Completed"))


def test_comments_and_line_breaks_mean_nothing() -> None:
    written = '# one\nif # two ) " `\n e\n\nthen send push#three'
    assert item(written) == item("if e then send push")
    assert item("\ufeffif e then send push\r\n") == item("if e then send push")


def test_no_token_of_the_parser_stays_in_a_tree() -> None:
    program = """rule r "t": if 2nd `x y` and a.b in ["q", 1] then after 1h at 09:00 utc if no e in last 2d
        set user.p = lower(s) + -1, emit e { k: 1 }, send push 5% as l: "c" unless opened r on mon
        tag t while pending stack"""
    parsed = read(program)
    assert parsed.diagnostics == ()
    assert parsed.file is not None
    kinds = {type(value) for node in walk(parsed.file) for value in _values(node)}
    assert kinds <= {str, int, float, bool, type(None)}


def _values(part: object) -> Iterator[object]:
    """Everything in the fields of a node that is no node."""
    if isinstance(part, tuple):
        for inner in part:
            yield from _values(inner) if isinstance(inner, tuple) else () if isinstance(inner, n.Node) else (inner,)
    elif isinstance(part, n.Node):
        names = [field.name for field in fields(type(part)) if field.name != "span"]
        yield from _values(tuple(getattr(part, name) for name in names))


@given(
    st.lists(st.sampled_from(["a", " ", "\n", "\r\n", '\\"', "\\n", "\\u00e9", "\\ud83d\\ude00", "é", "  ", "\t"])),
    st.booleans(),
)
def test_each_character_of_a_text_is_found_where_it_is_written(parts: list[str], long: bool) -> None:
    inner = "".join(parts if long else [part for part in parts if "\n" not in part])
    written = f'"""{inner}"""' if long else f'"{inner}"'
    value, _ = text_value(written)
    places = offsets(written)
    assert len(places) == len(value)
    assert places == sorted(set(places))
    for char, place in zip(value, places, strict=True):
        assert written[place] == char or written[place] == "\\"
