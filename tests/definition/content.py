"""A send's words and what it is asked about → rendered text and fields, or why they cannot be rendered (§6.2, §10)."""

from __future__ import annotations

from typing import Any

import jinja2
from attrs import frozen

from trigdsl.syntax import nodes as n

from .expressions import Context, evaluate, nested
from .values import printed


class UnrenderableError(Exception):
    """The content cannot be rendered; the message is the reason, `variant` the share that was chosen."""

    variant: str | None = None


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
        if isinstance(obj, Missing):
            return Missing(name=f"{obj._undefined_name}.{attribute}")
        return (
            seen(obj.get(attribute), f"{obj.path}.{attribute}") if isinstance(obj, Record) else Missing(name=attribute)
        )


ENVIRONMENT = Plain(
    undefined=Missing,
    finalize=lambda value: value if isinstance(value, (Missing, str)) else printed(value),
    keep_trailing_newline=True,
)
ENVIRONMENT.globals.clear()


def render(template: str, context: Context) -> str:
    """The text of a template. Raises UnrenderableError with the reason."""
    properties = context.properties(context.event)
    rule = {"name": context.rule.name, "title": context.rule.node.title}
    roots = {"event": properties, "user": context.attributes, "rule": rule, "now": context.now, "local": context.local}
    given = {name: seen(value, name) for name, value in (properties | roots).items() if value is not None}
    try:
        return ENVIRONMENT.from_string(template).render(given)
    except UnrenderableError:
        raise
    except Exception as error:
        raise UnrenderableError(f"template error: {error}") from error


@frozen
class Content:
    """What a send carries; `silent` is `nothing` or `control` where it deliberately carries none."""

    variant: str | None = None
    text: str | None = None
    fields: dict[str, Any] | None = None
    silent: str | None = None


def value_of_field(entry: n.Entry, context: Context) -> Any:
    """A field given with a send: a template or an expression, and not missing."""
    if isinstance(entry.value, n.Text):
        return render(entry.value.value, context)
    value = evaluate(entry.value, context)
    if value is None:
        raise UnrenderableError(f"missing {'.'.join(entry.key)}")
    return value


def rendered(send: n.Send, content: n.Content | None, label: str | None, context: Context) -> Content:
    """One content with the fields, rendered."""
    if isinstance(content, n.Nothing):
        return Content(label, silent="nothing")
    assert not isinstance(content, n.TemplateFile), "template files are not part of the definition's cases"
    text = render(content.value, context) if content else None
    entries = send.fields.entries if send.fields else ()
    return Content(label, text, nested([(entry.key, value_of_field(entry, context)) for entry in entries]))


def choose(send: n.Send, share: float, context: Context) -> Content:
    """The content of a send: the share the user falls into, else the first that is true and can be rendered."""
    if not send.variants:
        return rendered(send, send.content, None, context)
    reason, top = "no variant", 0.0
    for place, variant in enumerate(send.variants, start=1):
        rest = isinstance(variant, n.WhenVariant) and variant.condition is None
        label = variant.label.text if variant.label else "otherwise" if rest else str(place)
        if isinstance(variant, n.ShareVariant):
            top += variant.percent
            if share < top:
                try:
                    return rendered(send, variant.content, label, context)
                except UnrenderableError as error:
                    error.variant = label
                    raise
        elif variant.condition is None or evaluate(variant.condition, context) is True:
            try:
                return rendered(send, variant.content, label, context)
            except UnrenderableError as error:
                if str(error).startswith("template error"):
                    raise
                reason = str(error) if reason == "no variant" else reason
    if isinstance(send.variants[0], n.ShareVariant):
        return Content(silent="control")
    raise UnrenderableError(reason)
