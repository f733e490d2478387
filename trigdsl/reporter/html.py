"""Names, contents and attributes → HTML in which whatever is not markup already is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import msgspec
from attrs import frozen

_EMPTY = {"input", "meta", "col"}
# In a script element only these could end it, or begin a comment; line separators end a line of old JavaScript.
_IN_SCRIPT = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def text(content: str) -> Markup:
    """Text as HTML that shows it."""
    return content if isinstance(content, Markup) else Markup(escape(whole(content)))


def whole(content: str) -> str:
    """The text, with � for each lone half of a surrogate pair, which no page can hold."""
    return content.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def join(contents: Iterable[str]) -> Markup:
    """Contents one after another, those that are not markup escaped."""
    return Markup("".join(text(content) for content in contents))


def tag(name: str, /, *contents: str, **attributes: str | int | bool | None) -> Markup:
    """An element. `class_` stands for `class`, `aria_label` for `aria-label`; None and False leave an attribute out."""
    said = "".join(_attribute(key, held) for key, held in attributes.items() if held is not None and held is not False)
    if name in _EMPTY:
        return Markup(f"<{name}{said}>")
    return Markup(f"<{name}{said}>{join(contents)}</{name}>")


def _attribute(key: str, held: str | int | bool) -> str:
    key = key.rstrip("_").replace("_", "-")
    return f" {key}" if held is True else f' {key}="{text(str(held))}"'


def quoted(said: str) -> Markup:
    """A sentence in which what stands between backticks is a name in the rules."""
    parts = said.split("`")
    if len(parts) % 2 == 0:
        return text(said)
    return join(tag("code", part) if place % 2 else part for place, part in enumerate(parts))


def json_script(name: str, data: object) -> Markup:
    """Data for the scripts of a page, in an element that is never run."""
    encoded = msgspec.json.encode(data).decode("utf-8", "replace")
    for character, code in _IN_SCRIPT.items():
        encoded = encoded.replace(character, code)
    return Markup(f'<script type="application/json" id="{name}">{encoded}</script>')


@frozen
class Number:
    """A number in a table, as people read it, and exactly."""

    value: int | float
    shown: str

    @staticmethod
    def count(value: int) -> Number:
        return Number(value, f"{value:,}")


Cell = str | Number


def table(caption: str, header: Sequence[str], rows: Iterable[Sequence[Cell]], *, headings: int = 1) -> Markup:
    """A table in a box that scrolls when it is wide. The first `headings` cells of a row are its headings."""
    held = list(rows)
    counted = {place for row in held for place, cell in enumerate(row) if isinstance(cell, Number)}
    head = (
        tag("th", name, scope="col", class_="number" if place in counted else None) for place, name in enumerate(header)
    )
    body = (tag("tr", *(_cell(cell, place < headings) for place, cell in enumerate(row))) for row in held)
    whole = tag("table", tag("caption", caption), tag("thead", tag("tr", *head)), tag("tbody", *body))
    return tag("div", whole, class_="scroll", tabindex=0, role="region", aria_label=caption)


def _cell(cell: Cell, is_heading: bool) -> Markup:
    if isinstance(cell, Number):
        return tag("td", cell.shown, class_="number", data_value=repr(cell.value))
    return tag("th", cell, scope="row") if is_heading else tag("td", cell)
