"""All rules that one event may trigger → one function that tells from its properties alone whether any of them may.

Most events of a stream trigger nothing: no basket is worth more than 200.  Where that can be seen from the properties,
without the user, the past or the moment, such an event need not be handled at all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import frozen

from trigdsl.checker.paths import resolve
from trigdsl.checker.program import CheckedRule
from trigdsl.compiler.expressions import Writer
from trigdsl.compiler.patterns import Alternative
from trigdsl.syntax import nodes
from trigdsl.syntax.walk import walk

if TYPE_CHECKING:
    from trigdsl.compiler.unit import Unit
    from trigdsl.engine.context import Context
    from trigdsl.engine.program import Bound
    from trigdsl.model.values import Value

_PLAIN = (
    nodes.And, nodes.Arithmetic, nodes.Boolean, nodes.Compare, nodes.Default, nodes.Exists, nodes.In,
    nodes.ListLiteral, nodes.Matches, nodes.Negative, nodes.Not, nodes.Number, nodes.Text,
)  # fmt: skip


@frozen
class MayTrigger:
    """What `EventPlan` says of itself under these names: nothing where the properties alone do not tell."""

    may_trigger: Callable[[dict[str, Value], Context], bool] | None = None
    bounds: tuple[Bound, ...] | None = None
    reads: tuple[tuple[str, ...], ...] | None = None
    turns: tuple[float, ...] | None = None


def may_trigger(unit: Unit, name: str | None, rules: list[tuple[CheckedRule, tuple[Alternative, ...]]]) -> MayTrigger:
    """How events of that name on the wire are known that may trigger any of the rules."""
    writer = Writer(unit)
    writer.shared, writer.properties = {}, "p"
    ways_in: list[tuple[nodes.Expression, ...]] = []
    for rule, ways in rules:
        if not isinstance(rule.node.trigger, nodes.EventTrigger):
            return MayTrigger()
        condition = () if rule.node.condition is None else (rule.node.condition,)
        for way in ways:
            if way.concerns(name):
                conditions = (*way.conditions, *condition)
                if not all(reads_properties_only(unit, one) for one in conditions):
                    return MayTrigger()
                ways_in.append(conditions)
    left = weakest(ways_in)
    parts = [" and ".join(map(writer.true, way)) or "True" for way in left]
    reads = [f"{variable} = {text}" for text, variable in writer.shared.items()]
    label = "".join(char if char.isalnum() else "_" for char in name or "other")
    said = f"whether `{name}` may trigger anything" if name else "whether any other event may trigger anything"
    body = [*reads, f"return {' or '.join(f'({part})' for part in parts) or 'False'}"]
    bounds = [_bound(way) for way in left]
    told = None if None in bounds else tuple(bound for bound in bounds if bound is not None)
    test = unit.code.define(f"may_{label}", "p, c", said, body)
    return MayTrigger(test, told, _properties_in(ways_in), _turns(ways_in))


def _properties_in(ways: list[tuple[nodes.Expression, ...]]) -> tuple[tuple[str, ...], ...]:
    """The paths of all properties that conditions read."""
    found = {
        resolve(node.parts)[1]
        for way in ways
        for condition in way
        for node in walk(condition)
        if isinstance(node, nodes.Path)
    }
    return tuple(sorted(found))


_STEPWISE = (
    nodes.And, nodes.Boolean, nodes.Compare, nodes.Default, nodes.Exists, nodes.In, nodes.ListLiteral, nodes.Negative,
    nodes.Not, nodes.Number, nodes.Path, nodes.Text,
)  # fmt: skip


def _turns(ways: list[tuple[nodes.Expression, ...]]) -> tuple[float, ...] | None:
    """The numbers between which no condition tells one value of the only property from another; None: unknown.

    So it is where numbers are compared with literals and with nothing that was reckoned; a literal stands for its
    negative too, which asks once more than is needed and harms nothing.
    """
    if len(_properties_in(ways)) != 1:
        return None
    found: set[float] = set()
    for node in (node for way in ways for condition in way for node in walk(condition)):
        if not isinstance(node, _STEPWISE) or (
            isinstance(node, nodes.Negative) and not isinstance(node.operand, nodes.Number)
        ):
            return None
        if isinstance(node, nodes.Number):
            if abs(node.value) >= 2**53:
                return None
            found |= {float(node.value), -float(node.value)}
    return tuple(sorted(found))


_FROM_BELOW = {">": True, ">=": True, "<": False, "<=": False}


def weakest(ways: list[tuple[nodes.Expression, ...]]) -> list[tuple[nodes.Expression, ...]]:
    """The ways without those that another one implies: where `price > 400` lets in, `price > 500` adds nothing."""
    held: dict[tuple[str, tuple[str, ...]], tuple[float, tuple[nodes.Expression, ...]]] = {}
    others: dict[tuple[nodes.Expression, ...], None] = {}
    for way in ways:
        bound = _bound(way)
        if bound is None:
            others[way] = None
            continue
        parts, operator, number = bound
        best = held.get((operator, parts))
        if best is None or (number < best[0] if _FROM_BELOW[operator] else number > best[0]):
            held[operator, parts] = (number, way)
    return [*(way for _, way in held.values()), *others]


def _bound(way: tuple[nodes.Expression, ...]) -> Bound | None:
    """The bound that a way is, if it is one and nothing else: of numbers that a double holds exactly."""
    match way:
        case (nodes.Compare(operator=operator, left=nodes.Path(parts=parts), right=nodes.Number(value=number)),):
            if operator in _FROM_BELOW and abs(number) < 2**53:
                root, rest = resolve(parts)
                return (rest, operator, number) if root in ("event", "trigger") else None
    return None


def reads_properties_only(unit: Unit, condition: nodes.Expression) -> bool:
    """Whether a condition is decided by the properties of the event: not by the user, the past or the moment."""
    return all(
        isinstance(node, _PLAIN) or (isinstance(node, nodes.Path) and _is_property(unit, node))
        for node in walk(condition)
    )


def _is_property(unit: Unit, path: nodes.Path) -> bool:
    """Whether a path reads a property as it stands; what is read as a date depends on the user's zone."""
    return resolve(path.parts)[0] in ("event", "trigger") and unit.checked.types.get(path.id) not in ("date", "instant")
