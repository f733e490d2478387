"""The text of a program → the same in colours, file by file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pygments import highlight
from pygments.formatters import HtmlFormatter

from trigdsl.diagnostics.diagnostic import Diagnostic
from trigdsl.display.pieces import page, text
from trigdsl.highlighter import TrigLexer
from trigdsl.source import Source

# Styles that are readable on white and on black; a notebook's theme is known to the page only.
_LIGHT, _DARK = "default", "github-dark"


def program_html(sources: Iterable[Source], findings: Sequence[Diagnostic] = ()) -> str:
    """The texts of a program, coloured, and the warnings about them."""
    shape = HtmlFormatter(nowrap=True)
    parts = []
    for source in sources:
        coloured = highlight(source.text, TrigLexer(stripnl=False), shape)
        parts.append(f'<p class="note">{text(source.name)}</p><pre class="rules">{coloured}</pre>')
    if findings:
        said = "".join(f"<li>{text(finding)}</li>" for finding in findings)
        parts.append(f"<details><summary>warnings: {len(findings):,}</summary><ul>{said}</ul></details>")
    return page(*parts, style=_style())


def _style() -> str:
    """Colours for light and dark pages: by JupyterLab's theme, and by the reader's wish where there is none."""
    light = _rules(_LIGHT, ".trigdsl .rules")
    dark = _rules(_DARK, "[data-jp-theme-light=false] .trigdsl .rules")
    wished = _rules(_DARK, "body:not([data-jp-theme-light]) .trigdsl .rules")
    return f"{light}\n{dark}\n@media (prefers-color-scheme: dark) {{ {wished} }}"


def _rules(style: str, where: str) -> str:
    formatter: Any = HtmlFormatter(style=style)
    lines: list[str] = formatter.get_style_defs(where).splitlines()
    # The page has a background of its own, and no line numbers are shown.
    return "\n".join(line for line in lines if line.startswith(f"{where} .") and ".hll" not in line)
