"""A report → one HTML page that needs nothing else: styles, scripts and data are inside it.

The page forbids itself every connection, and every script but its own, by a Content-Security-Policy.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from importlib.resources import files

from trigdsl.model.values import Micros, instant_text
from trigdsl.replayer.wording import count_of, percent
from trigdsl.reporter import charts, outcomes
from trigdsl.reporter.decisions import decision_data, decisions
from trigdsl.reporter.html import Markup, json_script, tag
from trigdsl.reporter.report import Report
from trigdsl.version import __version__

SECTIONS = (
    ("glance", "At a glance"),
    ("sends", "Over time"),
    ("hours", "Hours"),
    ("pressure", "Pressure"),
    ("rules", "Rules"),
    ("conflicts", "Conflicts"),
    ("reasons", "Why not sent"),
    ("data", "Data"),
    ("decisions", "Decisions"),
)
"""The parts of the page, and what the list of contents calls them."""

_SCRIPTS = ("vendor/chart.umd.min.js", "theme.js", "charts.js", "story.js", "table.js")
_STYLES = ("page.css", "colours.css")


def page(report: Report) -> bytes:
    """The page, in UTF-8."""
    style, script = _asset(_STYLES), _asset(_SCRIPTS)
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="generator", content=f"trig {__version__}"),
        tag("title", report.title),
        tag("style", Markup(style)),
    )
    body = tag(
        "body",
        tag("a", "Skip to the figures", href="#main", class_="skip"),
        _header(report),
        _contents(),
        tag("main", *_sections(report), id="main", tabindex=-1),
        _footer(report),
        json_script("chart-data", charts.chart_data(report)),
        json_script("decision-data", decision_data(report)),
        tag("script", Markup(script)),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n".encode()


@cache
def _asset(names: tuple[str, ...]) -> str:
    folder = files("trigdsl.reporter") / "assets"
    read = [folder.joinpath(*name.split("/")).read_text("utf-8") for name in names]
    # A source map would be asked for over the network by who looks at the page with developer tools.
    lines = (line for text in read for line in text.splitlines() if not line.startswith("//# sourceMappingURL"))
    return "\n".join(lines)


def _policy(style: str, script: str) -> str:
    allowed = [f"{kind} 'sha256-{_digest(text)}'" for kind, text in (("style-src", style), ("script-src", script))]
    return "; ".join(["default-src 'none'", *allowed, "img-src data:", "base-uri 'none'", "form-action 'none'"])


def _digest(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()


# ---------------------------------------------------------------------- parts
def _header(report: Report) -> Markup:
    themes = (tag("option", name, value=name) for name in ("system", "light", "dark"))
    theme = tag(
        "div", tag("label", "Colours", for_="theme"), tag("select", *themes, id="theme"), class_="theme", hidden=True
    )
    return tag("header", tag("h1", report.title), tag("p", ", ".join(report.sources), class_="quiet"), theme)


def _contents() -> Markup:
    links = (tag("li", tag("a", name, href=f"#{place}")) for place, name in SECTIONS)
    return tag("nav", tag("ul", *links), aria_label="Contents", class_="contents")


def _sections(report: Report) -> Iterator[Markup]:
    yield _glance(report)
    yield charts.over_time(report)
    yield charts.by_hour(report)
    yield charts.pressure(report)
    yield outcomes.funnel(report)
    yield outcomes.conflicts(report)
    yield outcomes.reasons(report)
    yield outcomes.data(report)
    yield decisions(report)


def _footer(report: Report) -> Markup:
    own = f"Made by trig {__version__}."
    library = "Charts: Chart.js, © Chart.js Contributors, MIT License."
    return tag(
        "footer", tag("p", f"{own} Days, weeks and hours are those of {report.zone_words}. {library}", class_="quiet")
    )


def _glance(report: Report) -> Markup:
    cards = (
        tag("div", tag("dt", name), tag("dd", shown, data_value=value), class_="card")
        for name, value, shown in _key_figures(report)
    )
    return charts.section("glance", "At a glance", *_opening(report), tag("dl", *cards, class_="cards"))


def _opening(report: Report) -> Iterator[Markup]:
    figures, summary = report.figures, report.summary
    if summary is not None:
        span = (
            f", {_minute_text(summary.first)} to {_minute_text(summary.last)} UTC"
            if summary.first and summary.last
            else ""
        )
        yield tag("p", f"A replay of {count_of(summary.events, 'event')} of {count_of(summary.users, 'user')}{span}.")
        if summary.shown:
            limits = "; ".join(f"{kind} {', '.join(names)}" for kind, names in summary.shown.items())
            yield tag("p", tag("strong", f"Everything ran; this report shows only {limits}."))
    if figures.first is not None and figures.last is not None:
        span = f"Decisions were made from {_minute(figures.first)} to {_minute(figures.last)} UTC."
        yield tag("p", span)


def _key_figures(report: Report) -> Iterator[tuple[str, int, str]]:
    figures = report.figures
    yield "messages sent", figures.messages, f"{figures.messages:,}"
    reached, of = figures.users_reached, report.users
    share = f" ({percent(reached / of)})" if of else ""
    yield "users reached", reached, f"{reached:,}{share}"
    held = sum(
        rule.statuses["cancelled"] + rule.statuses["capped"] + rule.statuses["skipped"] for rule in figures.rules()
    )
    yield "held back", held, f"{held:,}"
    control = sum(rule.statuses["control"] for rule in figures.rules())
    yield "in control", control, f"{control:,}"
    pending = sum(rule.statuses["pending"] for rule in figures.rules())
    yield "still waiting", pending, f"{pending:,}"
    yield "decisions", figures.decisions, f"{figures.decisions:,}"


def _minute(at: Micros) -> str:
    return _minute_text(instant_text(at))


def _minute_text(instant: str) -> str:
    return instant[:16].replace("T", " ")
