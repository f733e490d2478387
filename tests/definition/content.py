"""A send's words and what it is asked about → rendered text and fields, or why they cannot be rendered (§6.2, §10)."""

from __future__ import annotations

from typing import Any

import jinja2

from trigdsl.syntax import nodes as n

from .expressions import Context, evaluate, nested
from .values import printed

Outcome = tuple[str, str | None, dict[str, Any]]
"""A decision's status, its reason, and what the send carries: `variant`, `text`, `fields`."""


class UnrenderableError(jinja2.TemplateRuntimeError):
    """The content cannot be rendered; the message is the reason."""


class Missing(jinja2.StrictUndefined):
    """Something missing, under the path by which the template reads it: it can be neither printed nor compared."""

    def __init__(self, *_: Any, name: str | None = None, **__: Any) -> None:
        super().__init__(f"missing {name}", name=name, exc=UnrenderableError)


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
        if value is None:
            raise UnrenderableError(f"missing {name}")
        return value
    roots = {name: value for name, value in context.roots.items() if name != "trigger"}
    given = {name: seen(value, name) for name, value in (roots["event"] | roots).items() if value is not None}
    return ENVIRONMENT.from_string(part.value).render(given)


def rendered(send: n.Send, content: n.Content | None, label: str | None, context: Context) -> Outcome:
    """One content with the fields, rendered."""
    if isinstance(content, n.Nothing):
        return "control", "nothing", {"variant": label}
    entries = send.fields.entries if send.fields else ()
    try:
        text = filled(content, "", context) if content else None
        fields = nested([(entry.key, filled(entry.value, ".".join(entry.key), context)) for entry in entries])
        return "sent", None, {"variant": label, "text": text, "fields": fields}
    except UnrenderableError as error:
        return "skipped", str(error), {"variant": label}
    except jinja2.TemplateError as error:
        return "skipped", f"template error: {error}", {"variant": label}


def choose(send: n.Send, share: float, context: Context) -> Outcome:
    """The content of a send: the share the user falls into, else the first that is true and can be rendered."""
    if not send.variants:
        return rendered(send, send.content, None, context)
    failed, top, shares = "", 0.0, isinstance(send.variants[0], n.ShareVariant)
    for place, variant in enumerate(send.variants, start=1):
        condition = None if isinstance(variant, n.ShareVariant) else variant.condition
        label = variant.label.text if variant.label else str(place) if shares or condition else "otherwise"
        top += variant.percent if isinstance(variant, n.ShareVariant) else 0.0
        if share < top if shares else condition is None or evaluate(condition, context) is True:
            status, reason, carried = rendered(send, variant.content, label, context)
            if shares or status != "skipped":
                return status, reason, carried
            if str(reason).startswith("template error"):
                return status, reason, {}
            failed = failed or str(reason)
    return ("control", "control", {}) if shares else ("skipped", failed or "no variant", {})
