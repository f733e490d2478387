"""A send's words and what it is asked about → rendered text and fields, or why they cannot be rendered (§6.2, §10)."""

from __future__ import annotations

from typing import Any

import jinja2
from attrs import frozen

from trigdsl.syntax import nodes as n

from .expressions import Context, evaluate, nested
from .values import printed


class UnrenderableError(Exception):
    """The content cannot be rendered; the message is the reason."""


def refuse(self: Any, *_: Any) -> Any:
    raise UnrenderableError(f"missing {self._undefined_name}")


class Missing(jinja2.StrictUndefined):
    """Something missing, under the path by which the template reads it."""

    _fail_with_undefined_error = __str__ = __iter__ = __len__ = __bool__ = __eq__ = __ne__ = __contains__ = refuse
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __getitem__ = refuse
    __lt__ = __le__ = __gt__ = __ge__ = refuse


class Record(dict[str, Any]):
    """A record that knows by which path it was read."""

    path: str


def seen(value: Any, path: str) -> Any:
    """A value as a template sees it."""
    if isinstance(value, dict):
        value = Record(value)
        value.path = path
    return Missing(name=path) if value is None else value


class Plain(jinja2.Environment):
    """Jinja whose dots read a record's keys before anything else."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        path = obj._undefined_name if isinstance(obj, Missing) else obj.path if isinstance(obj, Record) else ""
        held = obj.get(attribute) if isinstance(obj, Record) else None
        return seen(held, f"{path}.{attribute}".removeprefix("."))


ENVIRONMENT = Plain(
    undefined=Missing,
    finalize=lambda value: value if isinstance(value, (Missing, str)) else printed(value),
    keep_trailing_newline=True,
)
ENVIRONMENT.globals.clear()


def filled(part: Any, name: str, context: Context) -> Any:
    """The text of a template, or the value of an expression. Raises UnrenderableError, by name when it is missing."""
    if not isinstance(part, n.Text):
        assert not isinstance(part, n.TemplateFile), "template files are no part of the definition"
        value = evaluate(part, context)
        return refuse(Missing(name=name)) if value is None else value
    roots = {name: value for name, value in context.roots.items() if name != "trigger"}
    given = {name: seen(value, name) for name, value in (roots["event"] | roots).items() if value is not None}
    try:
        return ENVIRONMENT.from_string(part.value).render(given)
    except UnrenderableError:
        raise
    except Exception as error:
        raise UnrenderableError(f"template error: {error}") from error


@frozen
class Content:
    """What a send carries, or why it carries none: on purpose (`nothing`, `control`) or because it `fails`."""

    variant: str | None = None
    text: str | None = None
    fields: dict[str, Any] | None = None
    silent: str | None = None
    fails: str | None = None


def rendered(send: n.Send, content: n.Content | None, label: str | None, context: Context) -> Content:
    """One content with the fields, rendered."""
    if isinstance(content, n.Nothing):
        return Content(label, silent="nothing")
    entries = send.fields.entries if send.fields else ()
    try:
        text = filled(content, "", context) if content else None
        fields = nested([(entry.key, filled(entry.value, ".".join(entry.key), context)) for entry in entries])
        return Content(label, text, fields)
    except UnrenderableError as error:
        return Content(label, fails=str(error))


def choose(send: n.Send, share: float, context: Context) -> Content:
    """The content of a send: the share the user falls into, else the first that is true and can be rendered."""
    if not send.variants:
        return rendered(send, send.content, None, context)
    failed, top, shares = None, 0.0, isinstance(send.variants[0], n.ShareVariant)
    for place, variant in enumerate(send.variants, start=1):
        condition = None if isinstance(variant, n.ShareVariant) else variant.condition
        label = variant.label.text if variant.label else str(place) if shares or condition else "otherwise"
        top += variant.percent if isinstance(variant, n.ShareVariant) else 0.0
        if share < top if shares else condition is None or evaluate(condition, context) is True:
            content = rendered(send, variant.content, label, context)
            if shares or not content.fails:
                return content
            if content.fails.startswith("template error"):
                return Content(fails=content.fails)
            failed = failed or content.fails
    return Content(silent="control") if shares else Content(fails=failed or "no variant")
