"""Syntax trees of a program's files → the checked program, or what keeps it from running."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from trigdsl.checker import messages
from trigdsl.checker.clauses import check_clauses
from trigdsl.checker.contents import check_lengths
from trigdsl.checker.context import Context, trigger_carrier
from trigdsl.checker.declarations import check_declaration
from trigdsl.checker.durations import check_lengths_of_time
from trigdsl.checker.expressions import Expressions
from trigdsl.checker.findings import Findings
from trigdsl.checker.history import check_history
from trigdsl.checker.names import Files, collect, rule_label
from trigdsl.checker.program import CheckedProgram, CheckedRule
from trigdsl.checker.references import check_references
from trigdsl.checker.rule_cycles import check_rule_cycles
from trigdsl.checker.scope import Scope
from trigdsl.checker.segments import check_segments
from trigdsl.checker.spelling import check_spelling
from trigdsl.checker.steps import check_step
from trigdsl.checker.template_names import FindTemplate, check_templates
from trigdsl.checker.triggers import check_trigger
from trigdsl.diagnostics.diagnostic import Diagnostic
from trigdsl.model.signatures import Signature
from trigdsl.syntax.nodes import CapDecl, Invariant, Item, Rule, Test

NO_FUNCTIONS: Mapping[str, Signature] = {}

OF_THE_WHOLE = frozenset(
    {
        "misspelt-event",
        "unknown-calendar",
        "unknown-channel",
        "unknown-rule",
        "unknown-segment",
        "unknown-target",
        "unnamed-rule",
        "unnamed-rules-clash",
    }
)
"""Codes of what only a program that was read as a whole can be blamed for."""


@frozen
class Examined:
    """All that checking learns of a program, whether it can run or not.

    `program` is None when it cannot; `types` maps the id of an expression to its type's name, where that is known.
    """

    program: CheckedProgram | None
    findings: tuple[Diagnostic, ...]
    scope: Scope
    types: Mapping[int, str]


def check(
    files: Files,
    functions: Mapping[str, Signature] = NO_FUNCTIONS,
    *,
    complete: bool = True,
    find_template: FindTemplate | None = None,
) -> tuple[CheckedProgram | None, tuple[Diagnostic, ...]]:
    """The program and the findings of `examine`."""
    examined = examine(files, functions, complete=complete, find_template=find_template)
    return examined.program, examined.findings


def examine(
    files: Files,
    functions: Mapping[str, Signature] = NO_FUNCTIONS,
    *,
    complete: bool = True,
    find_template: FindTemplate | None = None,
) -> Examined:
    """Checks a program of one or more files, in the order in which their rules stand.

    `functions` are the signatures of the functions that the host registers.  Answers the program, None when
    there is an error, and all findings in the order of the text.  Node ids must be unique in the program.

    Without `complete`, parts of the text could not be parsed and are not in the trees: there is no program then,
    and nothing is said about names that may be declared in those parts.  `find_template` gives the files of
    templates; without it nothing is said about them.
    """
    findings = Findings()
    items = [item for file, _ in files for item in file.items]
    scope = collect(files, functions, findings)
    types: dict[int, str] = {}
    check_references(items, scope, findings)
    expressions = Expressions(scope, findings, types)
    _check_meaning(items, scope, expressions)
    expressions.uses.check(findings)
    check_lengths_of_time(items, findings)
    check_templates(scope, find_template, findings)
    check_history(items, scope, findings)
    check_segments(scope, findings)
    check_rule_cycles(scope, findings)
    check_spelling(scope, findings)
    _check_unnamed(scope, findings)
    if not complete:
        findings = findings.without(OF_THE_WHOLE)
    program = None if findings.has_errors or not complete else _program(items, scope, expressions, functions)
    return Examined(program, findings.in_order([source for _, source in files]), scope, expressions.types)


def _check_meaning(items: list[Item], scope: Scope, expressions: Expressions) -> None:
    for rule in scope.rules:
        _check_rule(rule, expressions)
    for item in items:
        if not isinstance(item, Rule):
            check_declaration(item, expressions)


def _check_rule(rule: CheckedRule, expressions: Expressions) -> None:
    carrier = trigger_carrier(rule.node.trigger, expressions.scope)
    context = Context(carrier, carrier)
    check_trigger(rule.node, context, expressions)
    for step in rule.node.steps:
        check_step(step, context, expressions)
    check_clauses(rule.node, context, expressions)
    check_lengths(rule.node, expressions.scope, expressions.findings)


def _check_unnamed(scope: Scope, findings: Findings) -> None:
    unnamed = [rule for rule in scope.rules if rule.node.name is None]
    all_differ = len(scope.rule_names) == len(scope.rules)
    if unnamed and len(scope.rules) > 1 and all_differ:
        findings.add(messages.unnamed_rule(unnamed[0].name, rule_label(unnamed[0].node)))


def _program(
    items: list[Item], scope: Scope, expressions: Expressions, functions: Mapping[str, Signature]
) -> CheckedProgram:
    user = scope.user_carrier.shapes
    return CheckedProgram(
        rules=scope.rules,
        timezone=scope.timezone.name if scope.timezone else None,
        wire_names={name: wire for wire, name in scope.wires.items()},
        event_fields={name: dict(fields) for name, fields in scope.event_fields.items()},
        user_fields=dict(user[0][1]) if user else None,
        channels={name: declared.policies for name, declared in scope.channels.items()},
        caps=tuple(item for item in items if isinstance(item, CapDecl)),
        calendars=dict(scope.calendars),
        segments=dict(scope.segments),
        lists=scope.lists,
        tests=tuple(item for item in items if isinstance(item, Test)),
        invariants=tuple(item for item in items if isinstance(item, Invariant)),
        items=tuple(items),
        types=expressions.types,
        used_fields=expressions.uses.types(),
        host_functions=dict(functions),
    )
