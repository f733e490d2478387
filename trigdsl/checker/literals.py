"""A literal text where a date or an instant is wanted → whether it can be read as one."""

from __future__ import annotations

from trigdsl.checker import messages
from trigdsl.checker.fields import Type
from trigdsl.checker.findings import Findings
from trigdsl.engine.reading import as_date, as_instant
from trigdsl.engine.zones import zone
from trigdsl.syntax.nodes import Expression, TemplateFile, Text


def check_readable(node: Expression | TemplateFile, wanted: Type, findings: Findings) -> None:
    """Finds a literal text that is compared with, or given as, a date or instant and is none."""
    if not isinstance(node, Text) or wanted not in ("date", "instant"):
        return
    utc = zone("UTC")
    assert utc is not None
    read = as_date(node.value, utc) if wanted == "date" else as_instant(node.value)
    if read is None:
        findings.add(messages.unreadable_date(node.value, wanted, node.span))
