"""Expressions: trees → nodes."""

from __future__ import annotations

from lark import Token, Tree

from trigdsl.syntax import messages
from trigdsl.syntax.build.base import split_path, token_of, trees
from trigdsl.syntax.build.events import Events
from trigdsl.syntax.nodes import (
    Aggregate,
    And,
    Arithmetic,
    Boolean,
    Call,
    Compare,
    Date,
    Default,
    Entry,
    Event,
    EventSet,
    Exists,
    Expression,
    Happened,
    In,
    ListLiteral,
    Matches,
    Member,
    Name,
    Negative,
    Not,
    Number,
    Or,
    Path,
    Previous,
    RecordLiteral,
    TimeSince,
)
from trigdsl.syntax.spans import Branch, Part

AGGREGATES = frozenset({"count", "sum", "avg", "min", "max", "first", "last", "distinct"})
_ALSO_FUNCTIONS = frozenset({"min", "max"})


class Expressions(Events):
    """Trees → expressions.  The methods are named after the alternatives of the grammar."""

    def expression(self, part: Part) -> Expression:
        assert isinstance(part, Tree)
        method = getattr(self, f"_{part.data}", None)
        built: Expression = method(part) if method is not None else self._event_alone(part)
        return built

    def _group(self, part: Branch) -> Expression:
        return self.expression(part.children[0])

    def _or(self, part: Branch) -> Or:
        return self.node(Or, part, operands=tuple(self.expression(child) for child in part.children))

    def _and(self, part: Branch) -> And:
        return self.node(And, part, operands=tuple(self.expression(child) for child in part.children))

    def _not(self, part: Branch) -> Not:
        return self.node(Not, part, operand=self.expression(part.children[0]))

    def _compare(self, part: Branch) -> Compare:
        left, operator, right = part.children
        sides = {"left": self.expression(left), "right": self.expression(right)}
        return self.node(Compare, part, operator=" ".join(operator.split()), **sides)

    def _matches(self, part: Branch) -> Matches:
        operand, pattern = part.children
        return self.node(Matches, part, operand=self.expression(operand), pattern=self.text(pattern))

    def _in(self, part: Branch) -> In | Member:
        return self._membership(part, part.children[0], part.children[-1], negated=False)

    def _not_in(self, part: Branch) -> In | Member:
        return self._membership(part, part.children[0], part.children[-1], negated=True)

    def _membership(self, part: Part, operand: Part, container: Part, *, negated: bool) -> In | Member:
        if _is(operand, "user") and _is(container, "path") and token_of(container).type != "PATH":
            return self.node(Member, part, name=self.name(container), negated=negated)
        sides = {"operand": self.expression(operand), "container": self.expression(container)}
        return self.node(In, part, negated=negated, **sides)

    def _exists(self, part: Branch) -> Exists:
        return self.node(Exists, part, operand=self.expression(part.children[0]))

    def _is_missing(self, part: Branch) -> Exists:
        return self.node(Exists, part, operand=self.expression(part.children[0]), negated=True)

    def _arithmetic(self, part: Branch) -> Arithmetic:
        left, operator, right = part.children
        sides = {"left": self.expression(left), "right": self.expression(right)}
        return self.node(Arithmetic, part, operator=str(operator), **sides)

    def _negative(self, part: Branch) -> Negative:
        return self.node(Negative, part, operand=self.expression(part.children[-1]))

    def _negative_number(self, part: Branch) -> Negative:
        number = part.children[-1]
        return self.node(Negative, part, operand=self.node(Number, number, value=self.number(number)))

    def _default(self, part: Branch) -> Default:
        operand, fallback = part.children
        return self.node(Default, part, operand=self.expression(operand), fallback=self.expression(fallback))

    # Atoms

    def _path(self, part: Branch) -> Path:
        return self.node(Path, part, parts=split_path(token_of(part)))

    def _user(self, part: Branch) -> Path:
        return self.node(Path, part, parts=("user",))

    def _text(self, part: Branch) -> Expression:
        return self.text(part.children[0])

    def _number(self, part: Branch) -> Number:
        return self.node(Number, part, value=self.number(part.children[0]))

    def _true(self, part: Branch) -> Boolean:
        return self.node(Boolean, part, value=True)

    def _false(self, part: Branch) -> Boolean:
        return self.node(Boolean, part, value=False)

    def _date(self, part: Branch) -> Date:
        return self.node(Date, part, value=self.date(part.children[0]))

    def _duration(self, part: Branch) -> Expression:
        return self.duration(part.children[0])

    def _list(self, part: Branch) -> ListLiteral:
        items = tuple(self.expression(child) for child in part.children if child is not None)
        return self.node(ListLiteral, part, items=items)

    def _record(self, part: Branch) -> RecordLiteral:
        entries = tuple(self.entry(child) for child in trees(part, "entry", "with_entry"))
        return self.node(RecordLiteral, part, entries=entries)

    def entry(self, part: Branch) -> Entry:
        key, value = part.children
        return self.node(Entry, part, key=self.key(token_of(key)), value=self.expression(value))

    # History

    def _happened(self, part: Branch) -> Expression:
        what, period = part.children
        if _is(what, "call"):
            return self.call(what, period)
        event = self.event(what)
        return self.node(Happened, part, event=event, period=self.period(period))

    def _not_happened(self, part: Branch) -> Happened:
        event, period = (child for child in part.children if isinstance(child, Tree))
        sides = {"event": self.event(event), "period": self.period(period)}
        return self.node(Happened, part, negated=True, **sides)

    def _time_since(self, part: Branch) -> TimeSince:
        return self.node(TimeSince, part, event=self.event(part.children[-1]))

    def _time_since_previous(self, part: Branch) -> TimeSince:
        return self.node(TimeSince, part, event=self.event(part.children[-1]), previous=True)

    def _event_alone(self, part: Branch) -> Expression:
        self.found(messages.group_needs_where(self.span(part)))
        return self.node(Boolean, part, value=False)

    # Calls

    def _call(self, part: Branch) -> Expression:
        return self.call(part, None)

    def call(self, part: Branch, period: Branch | None) -> Expression:
        """A call or an aggregate; only an aggregate takes a period."""
        name = token_of(part.children[0])
        arguments = [child for child in part.children[1:] if child is not None]
        word = str(name)
        if word == "previous":
            return self._previous(part, arguments, period)
        if word in AGGREGATES and (len(arguments) == 1 or word not in _ALSO_FUNCTIONS):
            return self._aggregate(part, word, arguments, period)
        return self._plain_call(part, name, arguments, period)

    def _aggregate(self, part: Branch, function: str, arguments: list[Part], period: Branch | None) -> Expression:
        place = self.span(part, period)
        if len(arguments) != 1:
            self.found(messages.aggregate_arguments(self.span(part), function))
            return self.node(Number, place, value=0)
        argument = arguments[0]
        event, path = (self._counted(argument), ()) if function == "count" else self.property(argument, function)
        over = self.period(period) if period is not None else None
        return self.node(Aggregate, place, function=function, event=event, path=path, period=over)

    def _counted(self, argument: Part) -> EventSet:
        inner = argument.children[0] if _is(argument, "where_group") and isinstance(argument, Tree) else argument
        if _is(inner, "property") or (_is(inner, "path") and token_of(inner).type == "PATH"):
            self.found(messages.property_in_count(self.span(inner)))
            return self.node(Event, inner, name=self.span(inner).text)
        return self.event(argument)

    def _previous(self, part: Branch, arguments: list[Part], period: Branch | None) -> Expression:
        if len(arguments) != 1 or period is not None:
            self.found(messages.aggregate_arguments(self.span(part, period), "previous"))
            return self.node(Number, part, value=0)
        event, path = self.property(arguments[0], "previous")
        return self.node(Previous, part, event=event, path=path)

    def _plain_call(self, part: Branch, name: Token, arguments: list[Part], period: Branch | None) -> Expression:
        if name.type == "PATH":
            self.found(messages.bad_function_name(self.span(name)))
        if period is not None:
            self.found(messages.period_after_value(self.span(part)))
            return self.node(Boolean, self.span(part, period), value=False)
        called: Name = self.name(name)
        values = tuple(self._argument(argument, called.text) for argument in arguments)
        return self.node(Call, part, name=called, arguments=values)

    def _argument(self, argument: Part, function: str) -> Expression:
        if isinstance(argument, Tree) and argument.data == "where_group":
            self.found(messages.where_in_call(self.span(argument), function))
            return self.expression(argument.children[0])
        return self.expression(argument)


def _is(part: Part | None, kind: str) -> bool:
    return isinstance(part, Tree) and part.data == kind
