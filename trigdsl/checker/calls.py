"""A call and the types of its arguments → the type it gives, or what does not fit the function's signature."""

from __future__ import annotations

from collections.abc import Sequence

from trigdsl.checker import messages
from trigdsl.checker.fields import Type
from trigdsl.checker.findings import Findings
from trigdsl.checker.literals import check_readable
from trigdsl.checker.scope import Scope
from trigdsl.checker.types import accepts, alternatives
from trigdsl.engine.functions import BUILTINS
from trigdsl.syntax.nodes import Call


def check_call(node: Call, given: Sequence[Type], scope: Scope, findings: Findings) -> Type:
    """The type of a call of a built-in or host function."""
    name = node.name.text
    signature = BUILTINS.get(name) or scope.functions.get(name)
    if signature is None:
        findings.add(messages.unknown_function(name, node.name.span, {*BUILTINS, *scope.functions}))
        return None
    builtin = BUILTINS.get(name)
    variadic = builtin is not None and builtin.variadic
    parameters = list(signature.parameters)
    if len(given) < len(parameters) or (len(given) > len(parameters) and not variadic):
        wanted = _count(len(parameters), variadic)
        findings.add(messages.argument_count(name, wanted, len(given), node.span))
    parameters += parameters[-1:] * (len(given) - len(parameters))
    for argument, wanted, kind in zip(node.arguments, parameters, given, strict=False):
        if not all(any(accepts(one, given) for one in wanted.split("|")) for given in alternatives(kind)):
            findings.add(messages.argument_mismatch(name, wanted.split("|"), str(kind), argument.span))
        else:
            check_readable(argument, wanted, findings)
    return None if signature.returns == "any" else signature.returns


def _count(number: int, variadic: bool) -> str:
    arguments = f"{number} argument{'s' if number != 1 else ''}"
    return f"{arguments} or more" if variadic else arguments
