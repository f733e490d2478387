"""Events, conditions and values → words."""

from __future__ import annotations

from trigdsl.reading import words
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
    Event,
    EventGroup,
    EventSet,
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

_COMPARED = {
    "==": "is",
    "!=": "is not",
    "<": "is less than",
    "<=": "is at most",
    ">": "is more than",
    ">=": "is at least",
    "contains": "contains",
    "starts with": "starts with",
    "ends with": "ends with",
}
_GATHERED = {
    "sum": "the sum of",
    "avg": "the average of",
    "min": "the smallest",
    "max": "the largest",
    "first": "the first",
    "last": "the latest",
    "distinct": "the number of different values of",
}
_SYSTEM = {
    "sent": ("a", "send of"),
    "opened": ("an", "open of"),
    "clicked": ("a", "click on"),
    "bounced": ("a", "bounce of"),
    "unsubscribed": ("an", "unsubscription from"),
}
_PLAIN_VALUES = Text | Number | Boolean | Date | Path | ListLiteral | RecordLiteral | Call | TemplateFile

_CONDITIONS = Or | And | Not | Compare | Matches | In | Member | Exists | Happened


# Events


def event(node: EventSet) -> str:
    """An event as somebody would name it, in parentheses where it is several or has a `where`."""
    match node:
        case AnyEvent():
            return "any event"
        case SystemEvent():
            return f"{_SYSTEM[node.kind][0]} {which_event(node)}"
    return which_event(node)


def which_event(node: EventSet) -> str:
    """An event behind `the latest` and `the previous`."""
    match node:
        case Event():
            return words.name(node.name)
        case AnyEvent():
            return "event of any kind"
        case SystemEvent():
            return f"{_SYSTEM[node.kind][1]} {words.name(node.rule)}"
        case EventGroup():
            return f"({' or '.join(event(part) for part in node.events)})"
    return f"({event(node.event)} where {condition(node.condition)})"


def loose_event(node: EventSet) -> str:
    """An event at a place where several cannot be misread: without parentheses around them."""
    return event(node)[1:-1] if isinstance(node, EventGroup) else event(node)


def period(node: Period) -> str:
    if node.duration is not None:
        return f"in the last {words.duration(node.duration)}"
    return f"since the latest {which_event(node.event)}" if node.event is not None else node.kind


# Conditions


def condition(node: Expression) -> str:
    """An expression that is asked whether it is true."""
    match node:
        case Or():
            return " or ".join(_part(operand) for operand in node.operands)
        case And():
            return " and ".join(_part(operand) for operand in node.operands)
        case Not():
            return f"it is not so that {_part(node.operand)}"
        case Compare():
            return f"{_side(node.left)} {_COMPARED[node.operator]} {_side(node.right)}"
        case Matches():
            return f"{_side(node.operand)} matches the pattern {words.text(node.pattern.value)}"
        case In():
            return _in(node)
        case Member():
            return f"the user is {'not ' if node.negated else ''}in {words.name(node.name)}"
        case Exists():
            return f"{_side(node.operand)} {'is missing' if node.negated else 'exists'}"
        case Happened():
            return _happened(node)
    return f"{value(node)} holds"


def _happened(node: Happened) -> str:
    ever = node.period.kind == "ever"
    if not node.negated:
        return f"{event(node.event)} {'has ever happened' if ever else 'happened ' + period(node.period)}"
    match node.event:
        case AnyEvent():
            nothing = "no event"
        case EventGroup():
            nothing = f"none of {event(node.event)}"
        case _:
            never = "has never happened" if ever else f"did not happen {period(node.period)}"
            return f"{event(node.event)} {never}"
    return f"{nothing} {'has ever happened' if ever else 'happened ' + period(node.period)}"


def _part(node: Expression) -> str:
    """A condition inside another one."""
    said = condition(node)
    return f"({said})" if isinstance(node, Or | And | Not) else said


def _in(node: In) -> str:
    if isinstance(node.container, ListLiteral):
        return f"{_side(node.operand)} is {'none' if node.negated else 'one'} of {value(node.container)}"
    return f"{_side(node.operand)} is {'not ' if node.negated else ''}in {_side(node.container)}"


# Values


def value(node: Expression | TemplateFile) -> str:
    """An expression that stands for a value."""
    match node:
        case Text():
            return words.text(node.value)
        case Number():
            return repr(node.value)
        case Boolean():
            return "true" if node.value else "false"
        case Date():
            return words.date(node.value)
        case Duration():
            return words.duration(node)
        case Path():
            return words.path(node.parts)
        case ListLiteral():
            return f"[{', '.join(value(item) for item in node.items)}]"
        case RecordLiteral():
            return f"{{ {entries(node)} }}" if node.entries else "{}"
        case TemplateFile():
            return f"the template file {words.text(node.path)}"
        case Call():
            return f"{words.function(node.name)}({', '.join(value(argument) for argument in node.arguments)})"
    return _computed(node)


def _computed(node: Expression) -> str:
    match node:
        case Arithmetic():
            return f"{_operand(node.left)} {node.operator} {_operand(node.right)}"
        case Negative():
            return f"-{_operand(node.operand)}"
        case Default():
            return f"{_operand(node.operand)} (or {value(node.fallback)} where that is missing)"
        case Aggregate():
            return _aggregate(node)
        case TimeSince():
            return f"the time since the {'previous' if node.previous else 'latest'} {which_event(node.event)}"
        case Previous():
            return f"{words.path(node.path)} of the previous {which_event(node.event)}"
    return f"whether {_part(node)}"


def _aggregate(node: Aggregate) -> str:
    when = "over all time" if node.period is None else period(node.period)
    if node.function == "count":
        return f"the number of times that {event(node.event)} happened {when}"
    return f"{_GATHERED[node.function]} {words.path(node.path)} of {event(node.event)} {when}"


def _operand(node: Expression) -> str:
    """A part of a computation."""
    said = value(node)
    return said if isinstance(node, _PLAIN_VALUES) else f"({said})"


def _side(node: Expression) -> str:
    """One side of a comparison."""
    said = value(node)
    return f"({said})" if isinstance(node, _CONDITIONS) else said


def entries(node: RecordLiteral) -> str:
    """`total` = 20, `cart.id` = "c1" """
    return ", ".join(f"{words.path(entry.key)} = {value(entry.value)}" for entry in node.entries)
