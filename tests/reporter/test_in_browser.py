"""The page in a real Chromium: what it draws, what the keyboard does, and whom it leaves out.

Left out, with a message, where there is no Chromium; with TRIGDSL_CHROMIUM=1 that is a failure.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from report_pages import HOSTILE, RULES, Replayed, read_lines, records, write_records

from trigdsl.cli import main

api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra dev)")
axe = pytest.importorskip("axe_playwright_python.base", reason="axe is not installed (extra dev)")

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
if CHROMIUM is None and os.environ.get("TRIGDSL_CHROMIUM") != "1":
    pytest.skip("there is no Chromium: `apt-get install chromium`", allow_module_level=True)

ALONE = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ALONE)
        yield started
        started.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a replay with its decisions, and that of the saved decisions, 60 of them."""
    folder = tmp_path_factory.mktemp("report")
    (folder / "rules.trig").write_text(RULES, "utf-8")
    write_records(folder / "events.jsonl", records())
    given = [str(folder / name) for name in ("rules.trig", "events.jsonl")]
    out = ["--out", str(folder / "decisions.jsonl"), "--report", str(folder / "report.html")]
    assert main(["replay", *given, *out]) == 0
    assert main(["report", str(folder / "decisions.jsonl"), "--rows", "60", "--out", str(folder / "saved.html")]) == 0
    return folder


class Visit:
    """An open page, and all that it said to the console or asked the network for."""

    def __init__(self, browser: Any, path: Path, **context: Any) -> None:
        self.page = browser.new_context(**context).new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.set_default_timeout(60_000)
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: self.said.append(f"dialog {dialog.message}"))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("html[data-ready]")

    def texts(self, selector: str) -> list[str]:
        return [text.strip() for text in self.page.locator(selector).all_inner_texts()]

    def focused(self) -> str:
        found: str = self.page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")
        return found

    def rows(self) -> int:
        found: int = self.page.locator("#decision-table tbody tr:not(.story)").count()
        return found

    def background(self) -> str:
        found: str = self.page.evaluate("getComputedStyle(document.body).backgroundColor")
        return found

    def painted(self, name: str) -> int:
        """How many colours, transparent aside, a chart has painted."""
        found: int = self.page.evaluate(
            """(name) => {
              const canvas = document.getElementById(name + "-canvas");
              const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
              const colours = new Set();
              for (let at = 0; at < pixels.length; at += 4)
                if (pixels[at + 3] === 255) colours.add(pixels[at] << 16 | pixels[at + 1] << 8 | pixels[at + 2]);
              return colours.size;
            }""",
            name,
        )
        return found


@pytest.fixture
def visit(browser: Any, folder: Path) -> Iterator[Callable[..., Visit]]:
    visits: list[Visit] = []

    def go(name: str = "report.html", **context: Any) -> Visit:
        made = Visit(browser, folder / name, **({"reduced_motion": "reduce"} | context))
        visits.append(made)
        return made

    yield go
    for made in visits:
        made.page.context.close()
        assert made.said == []
        assert [url for url in made.asked if not url.startswith("file:")] == []
        assert len(made.asked) == 1


def decisions(folder: Path) -> list[dict[str, Any]]:
    return read_lines(folder / "decisions.jsonl")


# ---------------------------------------------------------------------- charts
@pytest.mark.parametrize("name", ["sends", "pressure", "weeks", "outcomes"])
def test_charts_are_drawn(name: str, visit: Callable[..., Visit]) -> None:
    assert visit().painted(name) >= 2


def test_what_the_chart_of_messages_shows_can_be_chosen(visit: Callable[..., Visit]) -> None:
    page = visit().page
    shown = "Chart.getChart('sends-canvas').data"
    assert page.evaluate(f"{shown}.datasets.map((one) => one.label).sort()") == ["cart", "hello", "thanks"]
    labels = page.evaluate(f"{shown}.labels")
    assert labels[0] >= "2026-10-18"
    assert labels[-1] <= "2026-11-08"
    assert len(labels) == (date.fromisoformat(labels[-1]) - date.fromisoformat(labels[0])).days + 1
    page.get_by_label("channel", exact=True).check()
    page.get_by_label("month", exact=True).check()
    assert page.evaluate(f"{shown}.datasets.map((one) => one.label).sort()") == ["email", "push"]
    assert page.evaluate(f"{shown}.labels") == ["2026-10", "2026-11"]


@pytest.mark.parametrize(("by", "each"), [("rule", "day"), ("channel", "week"), ("rule", "month")])
def test_the_chart_shows_every_message(by: str, each: str, visit: Callable[..., Visit], folder: Path) -> None:
    page = visit().page
    page.get_by_label(by, exact=True).check()
    page.get_by_label(each, exact=True).check()
    total = page.evaluate(
        "Chart.getChart('sends-canvas').data.datasets.flatMap((one) => one.data).reduce((a, b) => a + b)"
    )
    assert total == sum(1 for one in decisions(folder) if one["status"] == "sent" and one["action"] == "send")


def test_of_many_rules_the_smallest_are_one_series(replayed: Callable[..., Replayed], browser: Any) -> None:
    rules = "\n".join(f"rule r{number}: if visit and event.n >= {number} then send push" for number in range(12))
    made = [
        {"user": "u", "time": f"2026-11-20T{hour:02d}:00:00Z", "event": "visit", "properties": {"n": hour}}
        for hour in range(12)
    ]
    replayed(rules, made)
    seen = Visit(browser, Path("report.html").resolve())
    sets = seen.page.evaluate("Chart.getChart('sends-canvas').data.datasets.map((one) => [one.label, one.data])")
    # r0 is sent at twelve visits, r1 at eleven, and so on: r7 to r11 at 5 + 4 + 3 + 2 + 1.
    assert sets == [*([f"r{number}", [12 - number]] for number in range(7)), ["5 other rules", [15]]]
    seen.page.context.close()


def test_a_chart_is_a_table_too(visit: Callable[..., Visit]) -> None:
    page = visit().page
    button = page.locator("figure[data-chart=pressure] button")
    table = page.get_by_role("table", name="User-weeks by number of messages")
    assert not table.is_visible()
    assert button.get_attribute("aria-expanded") == "false"
    button.focus()
    page.keyboard.press("Enter")
    assert table.is_visible()
    assert (button.get_attribute("aria-expanded"), button.inner_text()) == ("true", "Hide the table")
    page.keyboard.press("Space")
    assert not table.is_visible()


def test_without_scripts_all_tables_are_there(visit: Callable[..., Visit], browser: Any, folder: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((folder / "report.html").as_uri())
    assert page.get_by_role("table", name="User-weeks by number of messages").is_visible()
    assert page.get_by_role("table", name="Messages by local weekday and hour").is_visible()
    assert page.get_by_text("The table needs JavaScript").is_visible()
    assert not page.locator("#filters").is_visible()
    context.close()


# ---------------------------------------------------------------------- the keyboard
def test_the_first_stop_skips_to_the_figures(visit: Callable[..., Visit]) -> None:
    went = visit()
    went.page.keyboard.press("Tab")
    assert went.focused() == "Skip to the figures"
    assert went.page.locator(".skip").is_visible()
    went.page.keyboard.press("Enter")
    assert went.focused() == "main"


def test_search_and_story_by_keyboard_alone(visit: Callable[..., Visit], folder: Path) -> None:
    went = visit()
    page, made = went.page, decisions(folder)
    for _ in range(60):
        page.keyboard.press("Tab")
        if went.focused() == "filter-text":
            break
    assert went.focused() == "filter-text"
    page.keyboard.type("tag loud")
    expected = [one for one in made if one["status"] == "capped" and "tag loud" in one["reason"]]
    assert page.locator("#found").inner_text() == f"{len(expected)} of {len(made)} decisions match."
    assert went.rows() == min(50, len(expected))
    order = []
    for _ in range(6):
        page.keyboard.press("Tab")
        order.append(went.focused())
    assert order[:4] == ["filter-user", "filter-rule", "filter-status", "Clear"]
    opens = page.locator(".opens").first
    assert order[5] == opens.inner_text()
    page.keyboard.press("Enter")
    assert opens.get_attribute("aria-expanded") == "true"
    story = page.locator(f"#{opens.get_attribute('aria-controls')}")
    assert "the cap tag loud 2 per 7d was full." in story.inner_text()
    assert re.search(r"The cap was filled by (cart|hello) at .* and (cart|hello) at ", story.inner_text())
    page.keyboard.press("Tab")
    assert went.focused() == "All decisions about this user"
    page.keyboard.press("Escape")
    assert opens.get_attribute("aria-expanded") == "false"
    assert went.focused() == opens.inner_text()
    assert page.locator(".story").count() == 0


def test_the_whole_page_can_be_walked_through(visit: Callable[..., Visit]) -> None:
    """Every stop of the Tab key is visible, and they come in the order of the page."""
    page = visit().page
    tops = []
    for _ in range(45):
        page.keyboard.press("Tab")
        place = page.evaluate(
            "(() => { const one = document.activeElement, box = one.getBoundingClientRect();"
            " return [box.width, box.height, box.top + scrollY, Boolean(one.closest('main'))]; })()"
        )
        assert place[0] > 0
        assert place[1] > 0
        if place[3]:
            tops.append(place[2])
    assert len(tops) > 20
    assert all(second >= first - 60 for first, second in pairwise(tops))


# ---------------------------------------------------------------------- the table
def test_filters_find_what_the_file_holds(visit: Callable[..., Visit], folder: Path) -> None:
    went = visit()
    page, made = went.page, decisions(folder)

    def found() -> int:
        return int(page.locator("#found").inner_text().split()[0].replace(",", ""))

    assert found() == len(made)
    page.locator("#filter-rule").select_option("hello")
    assert found() == sum(1 for one in made if one["rule"] == "hello")
    page.locator("#filter-status").select_option("skipped")
    assert found() == sum(1 for one in made if (one["rule"], one["status"]) == ("hello", "skipped"))
    page.get_by_role("button", name="Clear").click()
    api.expect(page.locator("#found")).to_have_text(re.compile(f"^{len(made)}"))
    page.locator("#filter-user").fill("u1")
    assert found() == sum(1 for one in made if one["user"] == "u1")
    page.locator("#filter-user").fill("U")
    assert found() == sum(1 for one in made if "u" in one["user"])
    page.locator("#filter-user").fill("nobody")
    assert (found(), went.rows()) == (0, 0)
    assert page.get_by_text("No decision matches").is_visible()


def test_pages_of_the_table(visit: Callable[..., Visit], folder: Path) -> None:
    went = visit()
    page, made = went.page, decisions(folder)
    last = -(-len(made) // 50)
    users = [one["user"] for one in made]
    assert went.texts("#decision-table tbody tr td:nth-child(2)") == users[:50]
    following = page.get_by_role("button", name="Next")
    for number in range(2, last + 1):
        following.click()
        assert page.locator("#pages span").inner_text() == f"Page {number} of {last}"
    assert went.texts("#decision-table tbody tr td:nth-child(2)") == users[50 * (last - 1) :]
    assert following.is_disabled()
    assert went.focused() == page.locator(".opens").first.inner_text()


def test_times_are_the_users_own(visit: Callable[..., Visit], folder: Path) -> None:
    zones = {one["user"]: one["set"]["timezone"] or "America/New_York" for one in records() if "set" in one}
    expected = [
        datetime.fromisoformat(one["time"]).astimezone(ZoneInfo(zones[one["user"]])) for one in decisions(folder)
    ]
    went = visit()
    shown = []
    while True:
        shown += went.texts(".opens")
        following = went.page.get_by_role("button", name="Next")
        if following.is_disabled():
            break
        following.click()
    assert shown == [at.strftime("%Y-%m-%d %H:%M") for at in expected]


def test_a_story_tells_the_whole_run_and_leads_to_the_user(visit: Callable[..., Visit], folder: Path) -> None:
    went = visit()
    page, made = went.page, decisions(folder)
    page.locator("#filter-rule").select_option("thanks")
    page.locator("#filter-text").fill("expired")
    page.locator(".opens").first.click()
    story = page.locator(".story").inner_text()
    first = next(one for one in made if one["rule"] == "thanks" and one.get("reason") == "expired")
    assert "Step 2 was due" in story
    assert "after it had waited 2h for its window: it waited for the allowed hours for too long." in story
    assert "All that the rule did, triggered at that moment" in story
    assert "step 1, send push, sent" in story
    page.get_by_role("button", name="All decisions about this user").click()
    assert page.locator("#filter-user").input_value() == first["user"]
    count = sum(1 for one in made if one["user"] == first["user"])
    api.expect(page.locator("#found")).to_have_text(re.compile(f"^{count} of"))


def test_what_users_are_called_never_runs(visit: Callable[..., Visit]) -> None:
    page = visit().page
    page.locator("#filter-user").fill(HOSTILE)
    page.locator(".opens").first.click()
    assert HOSTILE in page.locator(".story h3").first.inner_text()
    page.locator("#filter-user").fill("")
    page.locator("#filter-text").fill("onerror")
    page.locator(".opens").evaluate_all("(all) => all.forEach((one) => one.click())")
    assert page.locator(".story").count() > 3
    assert page.locator("img").count() == 0


def test_a_sample_says_what_it_leaves_out(visit: Callable[..., Visit], folder: Path) -> None:
    page, made = visit("saved.html").page, decisions(folder)
    kept = int(page.locator("#found").inner_text().split()[0])
    assert 0 < kept <= 60
    assert page.locator("#coverage").inner_text().startswith(f"{kept} of {len(made)} decisions: ")


# ---------------------------------------------------------------------- looks
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["report.html", "saved.html"])
def test_no_rule_of_accessibility_is_broken(name: str, scheme: str, visit: Callable[..., Visit]) -> None:
    """WCAG 2.2 AA and good practice, by axe: contrast, names, headings, landmarks, tables."""
    page = visit(name, color_scheme=scheme).page
    page.locator("button.as-table[aria-expanded=false]").evaluate_all("(all) => all.forEach((one) => one.click())")
    page.locator(".opens").first.click()
    page.locator("details").evaluate_all("(all) => all.forEach((one) => { one.open = true; })")
    # Axe is told to the page past its policy, as an extension of the browser would be.
    page.evaluate(Path(axe.AXE_FILE_PATH).read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert [
        (one["id"], one["help"], [node["html"][:120] for node in one["nodes"][:5]]) for one in found["violations"]
    ] == []
    contrast = [one for one in found["passes"] if one["id"] == "color-contrast"]
    assert contrast
    assert len(contrast[0]["nodes"]) >= 1


def test_colours_follow_the_system_and_the_choice(visit: Callable[..., Visit]) -> None:
    went = visit(color_scheme="dark")
    page = went.page
    dark = went.background()
    line = "Chart.getChart('pressure-canvas').data.datasets[0].backgroundColor"
    dark_bars = page.evaluate(line)
    page.locator("#theme").select_option("light")
    light = went.background()
    assert light != dark
    assert page.evaluate(line) != dark_bars
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert went.background() == light
    page.locator("#theme").select_option("system")
    assert went.background() == dark
    page.emulate_media(color_scheme="light")
    assert went.background() == light
    # `wait_for_function` would look again from inside the page, whose policy forbids evaluating text.
    deadline = time.monotonic() + 60
    while page.evaluate(line) == dark_bars:
        assert time.monotonic() < deadline, "the bars kept their dark colours"
        page.wait_for_timeout(20)
    went.asked.pop()


@pytest.mark.parametrize("width", [320, 390, 768, 1280, 1920])
def test_the_page_is_as_wide_as_the_screen(width: int, visit: Callable[..., Visit]) -> None:
    page = visit(viewport={"width": width, "height": 800}).page
    assert page.evaluate("document.documentElement.scrollWidth") == width
    outside = page.evaluate(
        "[...document.querySelectorAll('section > *, header > *')].filter((one) => "
        "one.getBoundingClientRect().right > innerWidth).map((one) => one.outerHTML.slice(0, 80))"
    )
    assert outside == []


def test_a_story_can_be_read_on_a_narrow_screen(visit: Callable[..., Visit]) -> None:
    page = visit(viewport={"width": 360, "height": 800}).page
    page.locator("#filter-status").select_option("capped")
    page.locator(".opens").first.click()
    box = page.locator(".story td > div").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    assert box["width"] > 250


@pytest.mark.parametrize(("motion", "moves"), [("reduce", False), ("no-preference", True)])
def test_motion_is_reduced_on_request(motion: str, moves: bool, visit: Callable[..., Visit]) -> None:
    page = visit(reduced_motion=motion).page
    assert bool(page.evaluate("Chart.defaults.animation")) is moves
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == ("smooth" if moves else "auto")


def test_without_decisions_the_page_stands(replayed: Callable[..., Replayed], browser: Any) -> None:
    replayed("rule r: if never then send push", records())
    empty = Visit(browser, Path("report.html").resolve())
    assert empty.said == []
    assert empty.page.get_by_role("heading", name="Decisions").is_visible()
    empty.page.context.close()
