"""Variants of a send → those that can never be chosen, and lists that leave somebody out."""

from __future__ import annotations

from collections.abc import Iterator

from trigdsl.checker.contents import is_template
from trigdsl.diagnostics.diagnostic import Diagnostic, Label
from trigdsl.linter.facts import Facts
from trigdsl.linter.logic import implies
from trigdsl.linter.report import note, warning
from trigdsl.syntax.nodes import Boolean, Nothing, Or, Send, Text, WhenVariant


def lint_variants(facts: Facts) -> Iterator[Diagnostic]:
    """What can be said of the variants of each send."""
    for node in facts.nodes:
        if isinstance(node, Send):
            lines = [variant for variant in node.variants if isinstance(variant, WhenVariant)]
            yield from _unreachable(lines)
            if lines and lines[-1].condition is not None:
                message = "nothing is sent to those who meet none of these conditions"
                help = 'say so with `otherwise: nothing`, or write `otherwise: "…"`'
                yield note("no-otherwise", lines[-1].span, message, help)


def _unreachable(lines: list[WhenVariant]) -> Iterator[Diagnostic]:
    """Variants whose condition is met only where one before is: one that can always be rendered."""
    for place, line in enumerate(lines):
        before = [one for one in lines[:place] if one.condition is not None and _always_renders(one)]
        conditions = [one.condition for one in before if one.condition is not None]
        if not before:
            continue
        wider = conditions[0] if len(conditions) == 1 else Or(tuple(conditions))
        if implies(Boolean(True) if line.condition is None else line.condition, wider):
            labels = [Label(one.span, "chosen before it") for one in before]
            message = "this variant is never chosen: whoever meets its condition gets one before it"
            yield warning("unreachable-variant", line.span, message, "move it up, or correct a condition", *labels)


def _always_renders(line: WhenVariant) -> bool:
    """A template that misses a value is passed over for the next variant."""
    return isinstance(line.content, Nothing) or (isinstance(line.content, Text) and not is_template(line.content))
