"""What a program needs of a table: events, bounds and properties, and never less."""

from __future__ import annotations

from pathlib import Path

import pytest

import trigdsl
from trigdsl.distributed.needs import Wanted, needs_of
from trigdsl.records.columns import input_layout

NAMES = ("user", "time", "event", "cart.value", "cart.items", "price", "page", "id")


def columns(rules: str) -> list[str]:
    return [NAMES[index] for index in needs_of(trigdsl.parse(rules)).columns(input_layout(NAMES))]


@pytest.mark.parametrize(
    ("rules", "wanted"),
    [
        ("rule r: if cart and cart.value > 20 then send push", ["cart.value"]),
        ("rule r: if cart then send push", []),
        ('rule r: if cart then send push "{{ cart.items }}"', ["cart.items"]),
        ('rule r: if cart then send push "{{ cart }}"', ["cart.value", "cart.items"]),
        ('rule r: if cart then send push "{{ event }}"', ["cart.value", "cart.items", "price", "page"]),
        ("rule r: if cart and sum(buy.price) in last 7d > 3 then send push", ["price"]),
        ('rule r: if cart then send push unless buy where page == "x"', ["page"]),
        ("rule r: if cart then send push with { total: price }", ["price"]),
        ("rule r: if cart then send push for each page", ["page"]),
        ("rule r: if cart and previous(buy.price) > 3 then send push", ["price"]),
        ("rule r: if cart and user.page == 3 then send push", []),
    ],
)
def test_columns(rules: str, wanted: list[str]) -> None:
    assert columns(rules) == ["user", "time", "event", *wanted, "id"]


def test_events_and_bounds() -> None:
    needs = needs_of(trigdsl.parse("rule r: if cart and cart.value > 20 then after 1h send push unless purchase"))
    assert needs.events is not None
    assert sorted(needs.events, key=lambda one: one.event) == [
        Wanted("cart", ((("cart", "value"), ">", 20),)),
        Wanted("purchase"),
    ]


@pytest.mark.parametrize("trigger", ["any", "every day at 09:00", "user enters late"])
def test_all_events_may_matter(trigger: str) -> None:
    segment = "segment late = count(cart) in last 7d > 3\n" if "late" in trigger else ""
    program = trigdsl.parse(f"{segment}rule r: if {trigger} then send push")
    assert needs_of(program).events is None


def test_what_template_files_read_is_needed_too(tmp_path: Path) -> None:
    (tmp_path / "hello.txt").write_text("{{ page }}", encoding="utf-8")
    (tmp_path / "rules.trig").write_text('rule r: if cart then send push template "hello.txt"\n', encoding="utf-8")
    layout = input_layout(NAMES)
    assert [NAMES[at] for at in needs_of(trigdsl.load(tmp_path)).columns(layout)] == [
        "user",
        "time",
        "event",
        "page",
        "id",
    ]
