"""How deep a template's code is nested: counted while it is compiled, and bounded."""

from __future__ import annotations

from typing import Any

from trigdsl.engine.templates.limits import MAX_DEPTH, TemplateFailure

_TAGS = {
    "Block": "{% block %}",
    "Extends": "{% extends %}",
    "Include": "{% include %}",
    "Import": "{% import %}",
    "FromImport": "{% from %}",
    "Scope": "{% autoescape %}",
}


def refused(node: Any, message: str) -> TemplateFailure:
    """What a check of a template finds: a failure with the line."""
    return TemplateFailure(message, node.lineno)


class Nesting:
    """Calls the method for a node's kind, one level deeper. `deepest` is the deepest level since it was last set."""

    def __init__(self) -> None:
        self.level = 0
        self.deepest = 0

    def compile(self, methods: object, prefix: str, node: Any) -> Any:
        kind = type(node).__name__
        method = getattr(methods, prefix + kind.lower(), None)
        if method is None:
            raise refused(node, f"`{_TAGS.get(kind, kind.lower())}` is not available in templates")
        if self.level >= MAX_DEPTH:
            raise refused(node, "the template is nested too deep")
        self.level += 1
        self.deepest = max(self.deepest, self.level)
        compiled = method(node)
        self.level -= 1
        return compiled
