"""Expressions → their types, and findings about operators, paths and calls that do not fit.

`infer` answers a type's name, or None where it is not known; an unknown type is never refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import define, field

from trigdsl.checker import messages
from trigdsl.checker.calls import check_call
from trigdsl.checker.context import Context, tested_context
from trigdsl.checker.fields import Carrier, Type, carrier_of
from trigdsl.checker.findings import Findings
from trigdsl.checker.literals import check_readable
from trigdsl.checker.paths import resolve
from trigdsl.checker.properties import path_type, property_type
from trigdsl.checker.scope import Scope
from trigdsl.checker.types import ORDERED, alternatives, arithmetic, can_equal, can_order, either, is_one_of
from trigdsl.checker.uses import USER, Uses
from trigdsl.engine.functions import BUILTINS
from trigdsl.engine.values import compile_pattern
from trigdsl.source import Span
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
    EventWhere,
    Exists,
    Expression,
    Happened,
    In,
    ListLiteral,
    Matches,
    Member,
    Name,
    Negative,
    Node,
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

_OPERATOR_WORDS = {"contains", "starts with", "ends with"}


@define
class Expressions:
    """Infers the types of a program's expressions into `types`, by node id."""

    scope: Scope
    findings: Findings
    types: dict[int, str]
    uses: Uses = field(factory=Uses)

    def infer(self, node: Expression | TemplateFile, context: Context) -> Type:
        """The type of an expression, noted for it and for all its parts."""
        found = _RULES[type(node)](self, node, context)
        if found is not None and node.id >= 0:
            self.types[node.id] = found
        return found

    def condition(self, node: Expression, context: Context) -> Type:
        """An expression that decides something: it must be able to be true."""
        if isinstance(node, Path) and self._is_event(node, context):
            self.findings.add(messages.event_as_condition(node.parts[0], node.span))
            return None
        kind = self.infer(node, context)
        self.used_as(node, "boolean", context)
        if kind not in (None, "boolean"):
            self.findings.add(messages.not_a_condition(kind, node.span))
        return "boolean"

    def used_as(self, node: Expression | TemplateFile, kind: Type, context: Context) -> None:
        """Note what an undeclared field is used as, when the expression is one."""
        match node:
            case Path(parts=parts):
                root, path = resolve(parts)
                owners = self._owners(root, context)
            case Aggregate(function="first" | "last", event=event, path=path) | Previous(event=event, path=path):
                owners = carrier_of(event, self.scope.event_fields).events
            case _:
                return
        if path:
            self.uses.note(owners, path, kind, node.span)

    def given(self, attribute: Name, kind: Type, span: Span) -> None:
        """Note the type of what an attribute of an undeclared user is set to, or awaited as."""
        if self.scope.user is None:
            self.uses.note((USER,), (attribute.text,), kind, span)

    def _owners(self, root: str, context: Context) -> tuple[str, ...]:
        match root:
            case "user":
                return (USER,) if self.scope.user is None else ()
            case "trigger":
                return context.trigger.events
            case "event":
                return context.event.events
        return ()

    def events(self, event: EventSet, context: Context) -> None:
        """The conditions inside an event set."""
        match event:
            case EventGroup(events=events):
                for one in events:
                    self.events(one, context)
            case EventWhere(event=inner, condition=condition):
                self.events(inner, context)
                self.condition(condition, tested_context(inner, context, self.scope))
            case Event() | AnyEvent() | SystemEvent():
                pass

    def _is_event(self, node: Path, context: Context) -> bool:
        name = node.parts[0]
        if len(node.parts) > 1 or name not in self.scope.event_names:
            return False
        shapes = context.event.shapes
        return not shapes or not any(path[0] == name for _, fields in shapes for path in fields)

    # ------------------------------------------------------------------------------- literals and paths

    def _list(self, node: ListLiteral, context: Context) -> Type:
        for item in node.items:
            self.infer(item, context)
        return "list"

    def _record(self, node: RecordLiteral, context: Context) -> Type:
        for entry in node.entries:
            self.infer(entry.value, context)
        return "record"

    def _path(self, node: Path, context: Context) -> Type:
        return path_type(node, context, self.scope, self.findings)

    # ------------------------------------------------------------------------------- conditions

    def _junction(self, node: And | Or, context: Context) -> Type:
        for operand in node.operands:
            self.condition(operand, context)
        return "boolean"

    def _not(self, node: Not, context: Context) -> Type:
        return self.condition(node.operand, context)

    def _compare(self, node: Compare, context: Context) -> Type:
        left, right = self.infer(node.left, context), self.infer(node.right, context)
        if node.operator in _OPERATOR_WORDS:
            if node.operator != "contains":
                self.used_as(node.left, "text", context)
                self.used_as(node.right, "text", context)
            self._text_test(node, left, right)
            return "boolean"
        self.used_as(node.left, right, context)
        self.used_as(node.right, left, context)
        if node.operator in ("==", "!="):
            fits = can_equal(left, right)
        else:
            for part, kind in ((node.left, left), (node.right, right)):
                if not is_one_of(kind, ORDERED):
                    wanted = "a number, text or time"
                    self.findings.add(messages.operand_mismatch(node.operator, wanted, str(kind), part.span))
                    return "boolean"
            fits = can_order(left, right)
        if not fits:
            self.findings.add(messages.type_mismatch(node.operator, str(left), str(right), node.span))
        check_readable(node.left, right, self.findings)
        check_readable(node.right, left, self.findings)
        return "boolean"

    def _text_test(self, node: Compare, left: Type, right: Type) -> None:
        takes_list = node.operator == "contains"
        if not is_one_of(left, ("text", "list") if takes_list else ("text",)):
            wanted = "text or a list" if takes_list else "text"
            self.findings.add(messages.operand_mismatch(node.operator, wanted, str(left), node.left.span))
        elif not is_one_of(right, ("text",)) and (not takes_list or "text" in alternatives(left)):
            self.findings.add(messages.operand_mismatch(node.operator, "text", str(right), node.right.span))

    def _matches(self, node: Matches, context: Context) -> Type:
        kind = self.infer(node.operand, context)
        self.used_as(node.operand, "text", context)
        if kind not in (None, "text"):
            self.findings.add(messages.operand_mismatch("matches", "text", str(kind), node.operand.span))
        try:
            compile_pattern(node.pattern.value)
        except ValueError as error:
            self.findings.add(messages.bad_regex(str(error), node.pattern.span))
        return "boolean"

    def _in(self, node: In, context: Context) -> Type:
        self.infer(node.operand, context)
        kind = self.infer(node.container, context)
        self.used_as(node.container, "list", context)
        if kind not in (None, "list"):
            self.findings.add(messages.operand_mismatch("in", "a list", str(kind), node.container.span))
        return "boolean"

    def _exists(self, node: Exists, context: Context) -> Type:
        self.infer(node.operand, context)
        return "boolean"

    # ------------------------------------------------------------------------------- values

    def _default(self, node: Default, context: Context) -> Type:
        return either(self.infer(node.operand, context), self.infer(node.fallback, context))

    def _arithmetic(self, node: Arithmetic, context: Context) -> Type:
        left, right = self.infer(node.left, context), self.infer(node.right, context)
        fits, result = arithmetic(node.operator, left, right)
        if fits:
            return result
        if left and right:
            help = "reckon with numbers, durations, or two instants or dates"
            self.findings.add(messages.type_mismatch(node.operator, left, right, node.span, help))
        else:
            part, kind = (node.left, left) if left else (node.right, right)
            self.findings.add(messages.operand_mismatch(node.operator, "a number or time", str(kind), part.span))
        return None

    def _negative(self, node: Negative, context: Context) -> Type:
        kind = self.infer(node.operand, context)
        if kind not in (None, "number", "duration"):
            self.findings.add(messages.operand_mismatch("-", "a number or a duration", kind, node.operand.span))
            return None
        return kind

    def _call(self, node: Call, context: Context) -> Type:
        given = [self.infer(argument, context) for argument in node.arguments]
        signature = BUILTINS.get(node.name.text) or self.scope.functions.get(node.name.text)
        for argument, wanted in zip(node.arguments, signature.parameters if signature else (), strict=False):
            self.used_as(argument, None if wanted == "any" or "|" in wanted else wanted, context)
        return check_call(node, given, self.scope, self.findings)

    # ------------------------------------------------------------------------------- history

    def _period(self, period: Period | None, context: Context) -> None:
        if period and period.event:
            self.events(period.event, context)

    def _happened(self, node: Happened, context: Context) -> Type:
        self.events(node.event, context)
        self._period(node.period, context)
        return "boolean"

    def _aggregate(self, node: Aggregate, context: Context) -> Type:
        self.events(node.event, context)
        self._period(node.period, context)
        if node.function == "count":
            return "number"
        if node.function in ("sum", "avg", "min", "max"):
            owners = carrier_of(node.event, self.scope.event_fields).events
            self.uses.note(owners, node.path, "number", node.span)
        kind = self._property(node, node.event, node.path)
        if node.function in ("first", "last"):
            return kind
        if node.function != "distinct" and kind not in (None, "number"):
            self.findings.add(messages.operand_mismatch(node.function, "numbers", kind, node.span))
        return "number"

    def _time_since(self, node: TimeSince, context: Context) -> Type:
        self.events(node.event, context)
        return "duration"

    def _previous(self, node: Previous, context: Context) -> Type:
        self.events(node.event, context)
        return self._property(node, node.event, node.path)

    def _property(self, node: Node, event: EventSet, path: tuple[str, ...]) -> Type:
        carrier: Carrier = carrier_of(event, self.scope.event_fields)
        return property_type(node, carrier, path, self.findings)


def _literal(kind: str) -> Callable[[Expressions, Any, Context], Type]:
    return lambda expressions, node, context: kind


_RULES: dict[type[Node], Callable[[Expressions, Any, Context], Type]] = {
    Text: _literal("text"),
    TemplateFile: _literal("text"),
    Number: _literal("number"),
    Boolean: _literal("boolean"),
    Date: _literal("date"),
    Duration: _literal("duration"),
    Member: _literal("boolean"),
    ListLiteral: Expressions._list,
    RecordLiteral: Expressions._record,
    Path: Expressions._path,
    And: Expressions._junction,
    Or: Expressions._junction,
    Not: Expressions._not,
    Compare: Expressions._compare,
    Matches: Expressions._matches,
    In: Expressions._in,
    Exists: Expressions._exists,
    Default: Expressions._default,
    Arithmetic: Expressions._arithmetic,
    Negative: Expressions._negative,
    Call: Expressions._call,
    Happened: Expressions._happened,
    Aggregate: Expressions._aggregate,
    TimeSince: Expressions._time_since,
    Previous: Expressions._previous,
}
