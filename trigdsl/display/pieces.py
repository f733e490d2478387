"""What all displays are made of: escaped text, a table, and the style that goes with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

# JupyterLab's own variables, with what fits a light and a dark page alike where there are none.
STYLE = """
.trigdsl { color: inherit; font-size: 0.9em; }
.trigdsl pre { margin: 0.3em 0; line-height: 1.4; white-space: pre-wrap; background: transparent; color: inherit; }
.trigdsl table { border-collapse: collapse; }
.trigdsl th, .trigdsl td { text-align: left; vertical-align: top; padding: 0.2em 0.7em 0.2em 0; }
.trigdsl th { border-bottom: 1px solid var(--jp-border-color1, #8888); }
.trigdsl caption { text-align: left; padding: 0.3em 0; }
.trigdsl .note { opacity: 0.75; }
.trigdsl .sent { color: var(--jp-success-color0, #2e8540); font-weight: 600; }
.trigdsl .cancelled, .trigdsl .capped, .trigdsl .skipped { color: var(--jp-warn-color0, #b35900); }
"""


def page(*parts: str, style: str = "") -> str:
    """Parts of HTML as one display."""
    return f'<div class="trigdsl"><style>{STYLE}{style}</style>{"".join(parts)}</div>'


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; caption, heads and cells are HTML already."""
    head = "".join(f'<th scope="col">{one}</th>' for one in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def text(value: object) -> str:
    """A value as escaped text; nothing for None."""
    return "" if value is None else escape(str(value))
