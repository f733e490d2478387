"""Paths → the type of what they read, or what their declaration lacks."""

from __future__ import annotations

import re
from typing import Final

from attrs import evolve

from trigdsl.checker import messages
from trigdsl.checker.context import Context
from trigdsl.checker.fields import Carrier, Lacking, Type
from trigdsl.checker.findings import Findings, words
from trigdsl.checker.paths import resolve
from trigdsl.checker.scope import Scope
from trigdsl.source import Span
from trigdsl.syntax.nodes import Name, Node, Path

_BUILT_IN: Final[dict[str, dict[str, str]]] = {
    "now": {},
    "local": {
        "hour": "number",
        "minute": "number",
        "weekday": "text",
        "date": "date",
        "day": "number",
        "month": "number",
    },
    "rule": {"name": "text", "title": "text"},
}
"""What can be read of the clock and the rule, with its type."""


def path_type(node: Path, context: Context, scope: Scope, findings: Findings) -> Type:
    """The type that a path reads in a context."""
    return read_type(node.parts, node.span, context, scope, findings)


def read_type(parts: tuple[str, ...], span: Span, context: Context, scope: Scope, findings: Findings) -> Type:
    """The type that a path of these names reads in a context; `span` is where it is written."""
    root, path = resolve(parts)
    written = ".".join(parts)
    match root:
        case "now" | "local" | "rule":
            return _built_in(parts, span, root, path, findings)
        case "user":
            carrier = scope.user_carrier
        case "trigger":
            carrier = context.trigger
            if not context.testing:
                findings.add(messages.trigger_outside_where(written, span))
        case _:
            carrier = context.event
    if carrier.absent:
        findings.add(messages.no_triggering_event(written, carrier.why, span))
    prefix = ".".join(parts[: len(parts) - len(path)])
    return _read(carrier, path, span, findings, prefix=prefix) if path else "record"


def property_type(node: Node, carrier: Carrier, path: tuple[str, ...], findings: Findings) -> Type:
    """The type of the property that an aggregate or `previous` reads of its events."""
    written = r"\." + re.escape(".".join(path)) + r"(?!\w)"
    span = words(node, written)
    return _read(carrier, path, span if span == node.span else evolve(span, start=span.start + 1), findings)


def attribute_type(name: Name, scope: Scope, findings: Findings, *, written: bool = False) -> Type:
    """The declared type of the attribute that a trigger names, or (`written`) that is set.

    Setting what is not declared harms nobody, so that is only a warning.
    """
    return _read(scope.user_carrier, (name.text,), name.span, findings, prefix="user", fatal=not written)


def written_type(span: Span, carrier: Carrier, path: tuple[str, ...], findings: Findings) -> Type:
    """The declared type of a field that `emit` or a test writes, with a warning where it is not declared."""
    return _read(carrier, path, span, findings, fatal=False)


def _read(
    carrier: Carrier, path: tuple[str, ...], span: Span, findings: Findings, *, prefix: str = "", fatal: bool = True
) -> Type:
    kind = carrier.type_of(path)
    if not isinstance(kind, Lacking):
        return kind
    before = f"{prefix}." if prefix else ""
    path_text = ".".join(path)
    findings.add(messages.unknown_field(carrier.names, path_text, span, carrier.paths, prefix=before, fatal=fatal))
    return None


def _built_in(parts: tuple[str, ...], span: Span, root: str, path: tuple[str, ...], findings: Findings) -> Type:
    known = _BUILT_IN[root]
    if not path:
        return "instant" if root == "now" else "record"
    if len(path) == 1 and path[0] in known:
        return known[path[0]]
    findings.add(messages.unknown_root_field(root, ".".join(parts), span, list(known)))
    return None
