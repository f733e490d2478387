"""A condition that was not true, and the values of its parts → the clauses that failed, and by how much."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from attrs import field, frozen

from trigdsl.explainer.wording import one_line, value
from trigdsl.model.values import Value
from trigdsl.syntax import nodes

OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
SWAPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""What a comparison says when its sides change places."""
FARTHEST = 1.0


@frozen
class Goal:
    """What an expression must become: `operator` and `value` as in a comparison.

    Besides the language's comparisons `operator` is `exists`, `missing`, or `is`, whose `value` is true or false.
    """

    node: nodes.Expression
    operator: str
    value: Value


@frozen(kw_only=True)
class Miss:
    """One clause that must change: its text, the value (of `subject`) it hung on, what it needs, how far off it was.

    `distance` is 0 to 1: the part of the way that a number lacks, 1 for all that is no matter of degree.  `goals` are
    the ways to make it true: whichever of these expressions becomes what its goal says.
    """

    clause: str
    subject: str
    text: str
    was: Value
    needs: str
    distance: float = FARTHEST
    off: str | None = None
    goals: tuple[Goal, ...] = field(default=(), eq=False, repr=False)

    def to_dict(self) -> dict[str, Value]:
        return {
            "clause": self.clause,
            "subject": self.subject,
            "was": self.was,
            "needs": self.needs,
            "off": self.off,
            "text": self.text,
        }


Values = Mapping[int, Value]


def misses(
    node: nodes.Expression, values: Values, segments: Mapping[str, nodes.SegmentDecl], wanted: bool = True
) -> tuple[Miss, ...]:
    """The fewest clauses that must change for the condition to be true (or false, if not `wanted`)."""
    if values.get(node.id) is wanted or (isinstance(node, nodes.Boolean) and node.value is wanted):
        return ()
    match node:
        case nodes.Not():
            return misses(node.operand, values, segments, not wanted)
        case nodes.And() | nodes.Or():
            ways = [misses(operand, values, segments, wanted) for operand in node.operands]
            if isinstance(node, nodes.And) is wanted:
                return tuple(miss for way in ways for miss in way)
            return min(ways, key=cost)
        case nodes.Member() if node.name.text in segments and segments[node.name.text].condition.id in values:
            return misses(segments[node.name.text].condition, values, segments, wanted is not node.negated)
        case nodes.Compare():
            return (_comparison(node, values, wanted),)
        case nodes.In():
            return (_element(node, values, wanted),)
        case nodes.Member():
            return (_membership(node, values.get(node.id), wanted),)
        case nodes.Exists():
            there = wanted is not node.negated
            held = values.get(node.operand.id)
            text = one_line(node.operand.span.text)
            goal = Goal(node.operand, "exists" if there else "missing", None)
            return (_miss(node, text, held, "a value" if there else "to be missing", goals=(goal,)),)
    held = values.get(node.id)
    needs = "true" if wanted else "false"
    return (_miss(node, one_line(node.span.text), held, needs, goals=(Goal(node, "is", wanted),)),)


def cost(way: tuple[Miss, ...]) -> tuple[int, float]:
    """The nearer of two ways has fewer misses, then smaller ones."""
    return len(way), sum(miss.distance for miss in way)


def _comparison(node: nodes.Compare, values: Values, wanted: bool) -> Miss:
    operator = node.operator if wanted else OPPOSITE.get(node.operator, f"not {node.operator}")
    left, right = node.left, node.right
    if left.id not in values and right.id in values:  # a literal stands first: say it the other way round
        left, right = right, left
        operator = SWAPPED.get(operator, operator)
    held = values.get(left.id)
    other = values.get(right.id, literal(right))
    said = one_line(right.span.text)
    if right.id in values:
        said += f" ({value(values[right.id], right)})"
    distance, off = _gap(held, other)
    goals = [Goal(left, operator, other)] if other is not None else []
    if right.id in values and held is not None:
        goals.append(Goal(right, SWAPPED.get(operator, operator), held))
    return _miss(
        node, one_line(left.span.text), held, f"{operator} {said}",
        distance=distance, off=off, of=left, goals=tuple(goals),
    )  # fmt: skip


def _element(node: nodes.In, values: Values, wanted: bool) -> Miss:
    operator = "in" if wanted is not node.negated else "not in"
    held = values.get(node.operand.id)
    container = values.get(node.container.id, literal(node.container))
    needs = f"{operator} {one_line(node.container.span.text)}"
    goals = (Goal(node.operand, operator, container),) if isinstance(container, list) else ()
    return _miss(node, one_line(node.operand.span.text), held, needs, of=node.operand, goals=goals)


def _membership(node: nodes.Member, held: Value, wanted: bool) -> Miss:
    """A list, or a segment of whose parts nothing is known."""
    name, inside = node.name.text, wanted is not node.negated
    clause = one_line(node.span.text)
    if held is None:
        text = f"nobody knew whether the user is in `{name}`, needs to be {'in' if inside else 'outside'}"
    else:
        text = f"the user was not in `{name}`" if inside else f"the user was in `{name}`"
    needs = "true" if wanted else "false"
    goals = (Goal(node, "is", wanted),)
    return Miss(clause=clause, subject=clause, text=text, was=held, needs=needs, goals=goals)


def _gap(held: Value, wanted: Value) -> tuple[float, str | None]:
    if _is_number(held) and _is_number(wanted):
        assert isinstance(held, int | float)
        assert isinstance(wanted, int | float)
        gap = abs(held - wanted)
        return min(gap / max(abs(held), abs(wanted), 1), FARTHEST), value(gap)
    if isinstance(held, timedelta) and isinstance(wanted, timedelta):
        gap_of_time = abs(held - wanted)
        longest = max(abs(held), abs(wanted), timedelta(seconds=1))
        return min(gap_of_time / longest, FARTHEST), value(gap_of_time)
    if isinstance(held, datetime) and isinstance(wanted, datetime):
        return FARTHEST, value(abs(held - wanted))
    return FARTHEST, None


def _is_number(held: Value) -> bool:
    return isinstance(held, int | float) and not isinstance(held, bool)


def literal(node: nodes.Expression) -> Value:
    """The value of a literal; None for anything else."""
    match node:
        case nodes.Text() | nodes.Number() | nodes.Boolean():
            return node.value
        case nodes.Date():
            day: date = node.value
            return day
        case nodes.ListLiteral():
            return [literal(item) for item in node.items]
        case nodes.Duration():
            from trigdsl.compiler.expressions import length_of

            return timedelta(microseconds=length_of(node))
    return None


def _miss(
    node: nodes.Expression,
    text: str,
    held: Value,
    needs: str,
    *,
    distance: float = FARTHEST,
    off: str | None = None,
    of: nodes.Expression | None = None,
    goals: tuple[Goal, ...] = (),
) -> Miss:
    said = f"`{text}` was {value(held, of or node)}, needs {needs}"
    if isinstance(node, nodes.Exists):
        said = f"`{text}` was {'missing' if held is None else value(held)}, needs {needs}"
    clause = one_line(node.span.text)
    return Miss(clause=clause, subject=text, text=said, was=held, needs=needs, distance=distance, off=off, goals=goals)
