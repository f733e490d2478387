"""Coverage → one page of HTML: the rules, coloured by what tests exercise, and what is missing of each.

It needs no network and no script.  Colours are not all that tells: what is missing is also underlined, each piece shows
a note when it is pointed at or reached by keyboard, and the lists at the end lead to their pieces.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from trigdsl.coverage.covering import Coverage
from trigdsl.coverage.points import Point
from trigdsl.coverage.render_text import missing_by_about, percent_text
from trigdsl.source import Source

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --line: #d0d7de; --all: #d6f5dd; --some: #fff1c2;
  --none: #ffdcd9; --mark: #a40e26; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117; --line: #30363d; --all: #123d1f;
  --some: #4a3a00; --none: #5a1a1a; --mark: #ffa198; } }
body { color: var(--ink); background: var(--paper); font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto;
  max-width: 75rem; padding: 0 1rem; }
pre { font: 14px/1.6 ui-monospace, monospace; overflow-x: auto; border: 1px solid var(--line); padding: 1rem; }
table { border-collapse: collapse; } th, td { text-align: left; padding: 0.2rem 1rem 0.2rem 0; }
td.number, th.number { text-align: right; }
.all { background: var(--all); } .some { background: var(--some); } .none { background: var(--none); }
.some, .none { text-decoration: underline dotted var(--mark); text-underline-offset: 0.2em; }
pre span:focus::after, pre span:hover:not(:has(span:hover))::after { content: attr(data-note); position: fixed;
  right: 1rem; bottom: 1rem; z-index: 1; max-width: min(60rem, 90vw); white-space: pre-wrap; padding: 0.5rem 0.8rem;
  color: var(--ink); background: var(--paper); border: 2px solid var(--line); }
span:target { outline: 3px solid var(--mark); } a { color: inherit; } .key span { padding: 0 0.4rem; }
"""


def render_html(coverage: Coverage) -> str:
    """The whole page."""
    by_place: dict[tuple[str, int, int], list[Point]] = {}
    for point in coverage.points:
        by_place.setdefault(point.place, []).append(point)
    numbers = {place: number for number, place in enumerate(by_place, 1)}
    covered = coverage.covered
    sources = {point.span.source.name: point.span.source for point in coverage.points}
    body = "".join(
        (
            f"<h1>Coverage: {percent_text(coverage.percent)}</h1>",
            f"<p>Tests exercise {len(covered)} of {len(coverage.points)} points.</p>",
            '<p class="key"><span class="all">all exercised</span> <span class="some">some missing</span> '
            '<span class="none">none exercised</span></p>',
            _summary(coverage),
            *(
                f"<h2>{escape(name)}</h2><pre>{_text(source, by_place, numbers, covered)}</pre>"
                for name, source in sources.items()
            ),
            "<h2>What is missing</h2>",
            *_missing(coverage, numbers),
        )
    )
    metas = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    head = f"{metas}<title>Coverage</title><style>{_STYLE}</style>"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body><main>{body}</main></body></html>\n'


def _summary(coverage: Coverage) -> str:
    rows = "".join(
        f'<tr><th scope="row"><a href="#rule-{number}">{escape(one.rule.name)}</a></th>'
        f'<td class="number">{percent_text(one.percent)}</td>'
        f'<td class="number">{len(one.covered)}</td><td class="number">{len(one.points)}</td></tr>'
        for number, one in enumerate(coverage.rules, 1)
    )
    heads = '<th scope="col">rule</th>' + "".join(
        f'<th scope="col" class="number">{name}</th>' for name in ("percent", "exercised", "points")
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _missing(coverage: Coverage, numbers: dict[tuple[str, int, int], int]) -> Iterator[str]:
    for number, one in enumerate(coverage.rules, 1):
        yield f'<h3 id="rule-{number}">{escape(one.rule.name)}: {percent_text(one.percent)}</h3>'
        if not one.missing:
            yield "<p>Nothing.</p>"
            continue
        items = []
        for first, cases in missing_by_about(one):
            line, _ = first.span.position
            told = f": {escape(', '.join(cases))}" if cases else ""
            place = f'<a href="#piece-{numbers[first.place]}">line {line}</a>'
            items.append(f"<li>{place}, {escape(first.kind)}: {escape(first.about)}{told}</li>")
        yield f"<ul>{''.join(items)}</ul>"


# ------------------------------------------------------------------------ the text
def _text(
    source: Source,
    by_place: dict[tuple[str, int, int], list[Point]],
    numbers: dict[tuple[str, int, int], int],
    covered: frozenset[Point],
) -> str:
    """The text of a file with its pieces marked, one inside the other as they stand in it."""
    places = sorted((place for place in by_place if place[0] == source.name), key=lambda place: (place[1], -place[2]))
    out: list[str] = []
    open_ends: list[int] = []
    at = 0

    def go_to(offset: int) -> None:
        nonlocal at
        while open_ends and open_ends[-1] <= offset:
            out.append(escape(source.text[at : open_ends[-1]]) + "</span>")
            at = open_ends.pop()
        out.append(escape(source.text[at:offset]))
        at = offset

    for place in places:
        go_to(place[1])
        out.append(_opening(by_place[place], numbers[place], covered))
        open_ends.append(place[2])
    go_to(len(source.text))
    return "".join(out)


def _opening(points: Sequence[Point], number: int, covered: frozenset[Point]) -> str:
    hits = sum(point in covered for point in points)
    state = "all" if hits == len(points) else "some" if hits else "none"
    note = escape("\n".join(f"{'✓' if point in covered else '✗'} {point.rule}: {point.text}" for point in points))
    return f'<span id="piece-{number}" class="{state}" tabindex="0" aria-description="{note}" data-note="{note}">'
