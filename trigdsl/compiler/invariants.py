"""Invariants of the rules → what the engine looks at when a message is sent."""

from __future__ import annotations

from collections.abc import Iterable

from trigdsl.compiler.expressions import length_of
from trigdsl.compiler.policies import compile_hours, compile_period, compile_zone
from trigdsl.engine.program import CompiledInvariant, MostSends, NoSendAfter, NoSendBetween
from trigdsl.engine.windows import Window
from trigdsl.syntax import nodes
from trigdsl.syntax.printer import print_tree


def compile_invariants(invariants: Iterable[nodes.Invariant]) -> tuple[CompiledInvariant, ...]:
    """The invariants in their order; the events that they name are in the plans of events."""
    return tuple(
        CompiledInvariant(number=number, name=node.name.text, text=print_tree(node.promise), promise=_promise(node))
        for number, node in enumerate(invariants)
    )


def _promise(node: nodes.Invariant) -> NoSendBetween | NoSendAfter | MostSends:
    match node.promise:
        case nodes.AtMostSends(count=count, period=period):
            return MostSends(count=count, period=compile_period(period))
        case nodes.NoSendBetween(between=between):
            window = Window(hours=compile_hours(between), zone=compile_zone(between.zone))
            return NoSendBetween(target=_target(node.promise.name), window=window)
        case nodes.NoSendAfter(within=within):
            return NoSendAfter(target=_target(node.promise.name), length=length_of(within))


def _target(name: nodes.Name | None) -> str | None:
    return None if name is None else name.text
