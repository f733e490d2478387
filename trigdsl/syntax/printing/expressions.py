"""Events and expressions → text."""

from __future__ import annotations

from trigdsl.syntax.nodes import (
    Aggregate,
    And,
    AnyEvent,
    Arithmetic,
    Boolean,
    Call,
    Compare,
    Date,
    Default,
    Duration,
    Entry,
    Event,
    EventGroup,
    EventSet,
    EventWhere,
    Exists,
    Expression,
    Happened,
    In,
    ListLiteral,
    Matches,
    Member,
    Negative,
    Not,
    Number,
    Or,
    Path,
    Period,
    Previous,
    RecordLiteral,
    SystemEvent,
    TemplateFile,
    Text,
    TimeSince,
)
from trigdsl.syntax.printing import words

# How tightly the outermost operator of a text binds; an operand that binds less gets parentheses.
OR, AND, NOT, COMPARISON, SUM, PRODUCT, SIGN, DEFAULT, PRIMARY = range(1, 10)

_FUNCTIONS = frozenset({"count", "sum", "avg", "min", "max", "distinct"})
_SENT = frozenset({"sent"})


def expression(node: Expression | TemplateFile, at_least: int = OR) -> str:
    """The text of an expression, in parentheses when it binds less tightly than `at_least`."""
    text, binds = _printed(node)
    return text if binds >= at_least else f"({text})"


def _printed(node: Expression | TemplateFile) -> tuple[str, int]:
    match node:
        case Or():
            return " or ".join(expression(operand, AND) for operand in node.operands), OR
        case And():
            return " and ".join(expression(operand, NOT) for operand in node.operands), AND
        case Not():
            return f"not {expression(node.operand, NOT)}", NOT
        case Compare() | Matches() | In() | Member() | Exists():
            return _comparison(node), COMPARISON
        case Arithmetic():
            binds = SUM if node.operator in "+-" else PRODUCT
            return f"{expression(node.left, binds)} {node.operator} {expression(node.right, binds + 1)}", binds
        case Negative():
            return f"-{expression(node.operand, SIGN)}", SIGN
        case Default():
            return f"{expression(node.operand, DEFAULT)} default {_fallback(node.fallback)}", DEFAULT
        case Happened() | Aggregate() | TimeSince() | Previous():
            return _history(node), PRIMARY
    return _atom(node), PRIMARY


def _comparison(node: Compare | Matches | In | Member | Exists) -> str:
    match node:
        case Compare():
            return f"{expression(node.left, SUM)} {node.operator} {expression(node.right, SUM)}"
        case Matches():
            return f"{expression(node.operand, SUM)} matches {words.text(node.pattern)}"
        case In():
            return f"{_left_of_in(node)} {'not in' if node.negated else 'in'} {expression(node.container, SUM)}"
        case Member():
            return f"user {'not in' if node.negated else 'in'} {words.name(node.name)}"
    return f"{expression(node.operand, SUM)} {'is missing' if node.negated else 'exists'}"


def _left_of_in(node: In) -> str:
    """`user in NAME` would be the membership of a segment."""
    plain_name = isinstance(node.container, Path) and len(node.container.parts) == 1
    if plain_name and node.operand == Path(parts=("user",)):
        return words.quoted("user")
    return expression(node.operand, SUM)


def _fallback(node: Expression) -> str:
    return f"-{_fallback(node.operand)}" if isinstance(node, Negative) else expression(node, PRIMARY)


def _atom(node: Expression | TemplateFile) -> str:
    match node:
        case Text():
            return words.text(node)
        case Number():
            return words.number(node)
        case Boolean():
            return "true" if node.value else "false"
        case Date():
            return words.date(node)
        case Duration():
            return words.duration(node)
        case Path():
            return words.path(node.parts)
        case ListLiteral():
            return f"[{', '.join(expression(item) for item in node.items)}]"
        case RecordLiteral():
            return record(node)
        case TemplateFile():
            return f"template {words.string(node.path)}"
        case Call():
            return _call(node)
    raise TypeError(f"no expression: {type(node).__name__}")


def record(node: RecordLiteral) -> str:
    entries = ", ".join(entry(part) for part in node.entries)
    return f"{{ {entries} }}" if entries else "{}"


def entry(node: Entry) -> str:
    return f"{words.key(node.key)}: {expression(node.value)}"


def _call(node: Call) -> str:
    aggregates = _FUNCTIONS if len(node.arguments) == 1 else _FUNCTIONS - {"min", "max"}
    arguments = ", ".join(expression(argument) for argument in node.arguments)
    return f"{words.name(node.name, aggregates)}({arguments})"


# History


def _history(node: Happened | Aggregate | TimeSince | Previous) -> str:
    match node:
        case Happened():
            return f"{'no ' if node.negated else ''}{event_atom(node.event)} {period(node.period)}"
        case Aggregate():
            counted = events(node.event) if node.function == "count" else _property(node.event, node.path)
            call = f"{node.function}({counted})"
            return call if node.period is None else f"{call} {period(node.period)}"
        case TimeSince():
            return f"time since {'previous ' if node.previous else ''}{event_atom(node.event)}"
    return f"previous({_property(node.event, node.path)})"


def _property(event: EventSet, path: tuple[str, ...]) -> str:
    """The property of an event inside an aggregate, a `where` behind it."""
    if isinstance(event, EventWhere):
        return f"{_property_atom(event.event, path)} where {expression(event.condition, NOT)}"
    return _property_atom(event, path)


def _property_atom(event: EventSet, path: tuple[str, ...]) -> str:
    stem = event_atom(event)
    return f"({stem}).{words.dotted(path)}" if isinstance(event, SystemEvent) else f"{stem}.{words.dotted(path)}"


def period(node: Period) -> str:
    if node.duration is not None:
        return f"in last {words.duration(node.duration)}"
    return f"since {event_atom(node.event)}" if node.event is not None else node.kind


# Events


def events(node: EventSet) -> str:
    """Where nothing follows that could be misread: groups and `where` without parentheses."""
    match node:
        case EventGroup():
            return " or ".join(event_atom(event) for event in node.events)
        case EventWhere():
            return f"{event_atom(node.event)} where {expression(node.condition, NOT)}"
    return event_atom(node)


def event_atom(node: EventSet) -> str:
    """An event, with parentheses around a group and around a `where`."""
    match node:
        case Event():
            return words.word(node.name, _SENT)
        case AnyEvent():
            return "any"
        case SystemEvent():
            return f"{node.kind} {words.name(node.rule)}"
    return f"({events(node)})"
