"""Nodes of expressions → functions that give their values.

Nodes are told apart by the name of their class, so that Jinja2 is needed only where text is read.  An
expression compiles to `maybe` (its value, or None) and, wherever a value is wanted, to `value`, which raises
MissingValue instead.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from trigdsl.engine.templates import operators
from trigdsl.engine.templates.filters import CALM, FILTERS
from trigdsl.engine.templates.limits import MAX_DEPTH, MissingValue, Run, TemplateFailure
from trigdsl.engine.templates.nesting import Nesting, refused
from trigdsl.engine.templates.paths import describe, static_path
from trigdsl.engine.templates.predicates import TESTS, truthy
from trigdsl.engine.templates.printing import kind_of
from trigdsl.engine.templates.reading import part_of, reader
from trigdsl.engine.templates.scopes import Evaluate, Loop, Macro, Namespace, Scope
from trigdsl.engine.values import number

_NEVER_MISSING = frozenset({"TemplateData", "Concat", "Not", "Compare", "List", "Tuple", "Dict", "Test"})
_CALM_TESTS = frozenset({"defined", "undefined"})
_LOOP_METHODS = {"cycle": Loop.cycle, "changed": Loop.changed}


class Expressions:
    """Compiles expressions of one template. `bound` holds the names that the template binds somewhere."""

    def __init__(self, bound: frozenset[str], nesting: Nesting) -> None:
        self._bound = bound
        self._nesting = nesting

    def maybe(self, node: Any) -> Evaluate:
        """The value of an expression, None where it has none."""
        compiled: Evaluate = self._nesting.compile(self, "_", node)
        return compiled

    def value(self, node: Any) -> Evaluate:
        """The value of an expression; raises MissingValue where it has none."""
        kind = type(node).__name__
        if kind == "CondExpr" or (kind == "Filter" and node.name in CALM):
            chosen: Evaluate = self._nesting.compile(self, "_strict_", node)
            return chosen
        read, path = self.maybe(node), describe(node)
        if kind in _NEVER_MISSING:
            return read

        def value(run: Run, scope: Scope | None) -> Any:
            held = read(run, scope)
            if held is None:
                raise MissingValue(path)
            return held

        return value

    def argument(self, node: Any) -> Evaluate:
        """As `value`, except that `none` may be written."""
        if type(node).__name__ == "Const" and node.value is None:
            return lambda run, scope: None
        return self.value(node)

    # Names and paths

    def _name(self, node: Any) -> Evaluate:
        return self.name(node)

    def name(self, node: Any) -> Evaluate:
        name, outside = node.name, reader(node.name, ())
        if name not in self._bound:
            return outside

        def read(run: Run, scope: Scope | None) -> Any:
            while scope is not None:
                if name in scope.names:
                    return scope.names[name]
                scope = scope.parent
            return outside(run, None)

        return read

    def _getattr(self, node: Any) -> Evaluate:
        return self._static(node) or self._part(self.maybe(node.node), lambda run, scope: node.attr)

    def _getitem(self, node: Any) -> Evaluate:
        if (static := self._static(node)) is not None:
            return static
        if type(node.arg).__name__ == "Slice":
            return self._slice(node)
        return self._part(self.maybe(node.node), self.value(node.arg))

    def _static(self, node: Any) -> Evaluate | None:
        path = static_path(node)
        if path is None or path[0] in self._bound:
            return None
        if len(path[1]) > MAX_DEPTH:
            raise refused(node, "a path is too long")
        return reader(*path)

    def _part(self, whole: Evaluate, key: Evaluate) -> Evaluate:
        return lambda run, scope: part_of(whole(run, scope), key(run, scope))

    def _slice(self, node: Any) -> Evaluate:
        whole = self.value(node.node)
        bounds = [self.argument(part) if part else None for part in (node.arg.start, node.arg.stop, node.arg.step)]

        def cut(run: Run, scope: Scope | None) -> Any:
            held = whole(run, scope)
            if type(held) is not list and type(held) is not str:
                raise TemplateFailure(f"{kind_of(held)} has no slices")
            places = [None if bound is None else bound(run, scope) for bound in bounds]
            if not all(place is None or type(place) is int for place in places) or places[2] == 0:
                raise TemplateFailure("the bounds of a slice are whole numbers")
            run.spend_on(held)
            return held[slice(*places)]

        return cut

    # Literals

    def _const(self, node: Any) -> Evaluate:
        value = number(node.value) if type(node.value) in (int, float) else node.value
        return lambda run, scope: value

    def _templatedata(self, node: Any) -> Evaluate:
        text = node.data
        return lambda run, scope: text

    def _list(self, node: Any) -> Evaluate:
        parts = [self.argument(part) for part in node.items]
        return lambda run, scope: [part(run, scope) for part in parts]

    _tuple = _list

    def _dict(self, node: Any) -> Evaluate:
        pairs = [(self.value(pair.key), self.argument(pair.value)) for pair in node.items]

        def record(run: Run, scope: Scope | None) -> Any:
            made = {key(run, scope): value(run, scope) for key, value in pairs}
            if not all(type(key) is str for key in made):
                raise TemplateFailure("the keys of a record are texts")
            return made

        return record

    # Operators

    def _binary(self, node: Any) -> Evaluate:
        operation = operators.BINARY[type(node).__name__][1]
        left, right = self.value(node.left), self.value(node.right)
        return lambda run, scope: operation(run, left(run, scope), right(run, scope))

    _add = _sub = _mul = _div = _floordiv = _mod = _pow = _binary

    def _neg(self, node: Any) -> Evaluate:
        operand = self.value(node.node)
        return lambda run, scope: operators.negative(run, operand(run, scope))

    def _pos(self, node: Any) -> Evaluate:
        operand = self.value(node.node)
        return lambda run, scope: operators.positive(run, operand(run, scope))

    def _concat(self, node: Any) -> Evaluate:
        parts = [self.value(part) for part in node.nodes]
        return lambda run, scope: operators.concat(run, [part(run, scope) for part in parts])

    def _not(self, node: Any) -> Evaluate:
        operand = self.value(node.node)
        return lambda run, scope: not truthy(operand(run, scope))

    def _and(self, node: Any) -> Evaluate:
        left, right = self.value(node.left), self.value(node.right)

        def both(run: Run, scope: Scope | None) -> Any:
            held = left(run, scope)
            return right(run, scope) if truthy(held) else held

        return both

    def _or(self, node: Any) -> Evaluate:
        left, right = self.value(node.left), self.value(node.right)

        def either(run: Run, scope: Scope | None) -> Any:
            held = left(run, scope)
            return held if truthy(held) else right(run, scope)

        return either

    def _compare(self, node: Any) -> Evaluate:
        first = self.value(node.expr)
        rest = [(operators.COMPARISONS[operand.op][1], self.value(operand.expr)) for operand in node.ops]

        def compare(run: Run, scope: Scope | None) -> Any:
            left = first(run, scope)
            for holds, operand in rest:
                right = operand(run, scope)
                if not holds(run, left, right):
                    return False
                left = right
            return True

        return compare

    def _condexpr(self, node: Any) -> Evaluate:
        return self._choice(node, self.maybe)

    def _strict_condexpr(self, node: Any) -> Evaluate:
        return self._choice(node, self.value)

    def _choice(self, node: Any, branch: Callable[[Any], Evaluate]) -> Evaluate:
        test, then = self.value(node.test), branch(node.expr1)
        otherwise = branch(node.expr2) if node.expr2 is not None else _empty
        return lambda run, scope: (then if truthy(test(run, scope)) else otherwise)(run, scope)

    # Filters, tests and calls

    def _filter(self, node: Any) -> Evaluate:
        return self._default(node, self.maybe) if node.name in CALM else self.filtered(node, self.value(node.node))

    def _strict_filter(self, node: Any) -> Evaluate:
        return self._default(node, self.value)

    def filtered(self, node: Any, source: Evaluate) -> Evaluate:
        """A filter over what `source` gives."""
        if node.name not in FILTERS:
            raise refused(node, f"there is no filter `{node.name}`")
        path = describe(node.node) if node.node is not None else "expression"
        return self._applied(node, f"filter `{node.name}`", FILTERS[node.name], source, path)

    def _default(self, node: Any, instead: Callable[[Any], Evaluate]) -> Evaluate:
        """`default(other, boolean)`: what it falls back to is read only then."""
        given = dict(zip(("default_value", "boolean"), node.args, strict=False))
        given |= {word.key: word.value for word in node.kwargs if word.key not in given}
        if len(given) != len(node.args) + len(node.kwargs) or not given.keys() <= {"default_value", "boolean"}:
            raise refused(node, f"wrong arguments for the filter `{node.name}`")
        source = self.maybe(node.node)
        other = instead(given["default_value"]) if "default_value" in given else _empty
        for_empty = self.argument(given["boolean"]) if "boolean" in given else None

        def default(run: Run, scope: Scope | None) -> Any:
            held = source(run, scope)
            if held is None or (for_empty is not None and truthy(for_empty(run, scope)) and not truthy(held)):
                return other(run, scope)
            return held

        return default

    def _test(self, node: Any) -> Evaluate:
        if node.name not in TESTS:
            raise refused(node, f"there is no test `{node.name}`")
        source = self.maybe(node.node) if node.name in _CALM_TESTS else self.value(node.node)
        return self._applied(node, f"test `{node.name}`", TESTS[node.name], source, describe(node.node))

    def _applied(self, node: Any, name: str, apply: Callable[..., Any], source: Evaluate, path: str) -> Evaluate:
        arguments, named = self._arguments(node)
        try:
            inspect.signature(apply).bind(None, None, *arguments, **named)
        except TypeError:
            raise refused(node, f"wrong arguments for the {name}") from None

        def applied(run: Run, scope: Scope | None) -> Any:
            held = source(run, scope)
            given = [argument(run, scope) for argument in arguments] if arguments else ()
            words = {word: argument(run, scope) for word, argument in named.items()} if named else {}
            try:
                return apply(run, held, *given, **words)
            except MissingValue as missing:
                raise MissingValue(missing.path or path) from None
            except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError):
                raise TemplateFailure(f"the {name} does not fit {kind_of(held)} and its arguments") from None

        return applied

    def _arguments(self, node: Any) -> tuple[list[Evaluate], dict[str, Evaluate]]:
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            raise refused(node, "`*` and `**` before arguments are not available in templates")
        return [self.argument(part) for part in node.args], {
            word.key: self.argument(word.value) for word in node.kwargs
        }

    def _call(self, node: Any) -> Evaluate:
        return self.call(node)

    def call(self, node: Any, caller: Evaluate | None = None) -> Evaluate:
        """A call of a macro (with `caller`, of one that gets a block), a host function, or `namespace`."""
        kind = type(node.node).__name__
        if (
            kind == "Getattr"
            and node.node.attr in _LOOP_METHODS
            and static_path(node.node) == ("loop", (node.node.attr,))
        ):
            return self._loop_method(node)
        if kind != "Name":
            raise refused(node, f"`{describe(node.node)}()` calls a method; use a filter such as `name | upper`")
        arguments, named = self._arguments(node)
        name = node.node.name
        if name == "namespace" and name not in self._bound:
            if arguments:
                raise refused(node, "`namespace` takes named values only")
            return lambda run, scope: Namespace({word: held(run, scope) for word, held in named.items()})
        find = self.name(node.node) if name in self._bound else None

        def call(run: Run, scope: Scope | None) -> Any:
            given = [argument(run, scope) for argument in arguments]
            words = {word: argument(run, scope) for word, argument in named.items()}
            found = find(run, scope) if find is not None else None
            if type(found) is Macro:
                return found.call(run, given, words, caller(run, scope) if caller is not None else None)
            return _call_function(run, name, given, words)

        return call

    def _loop_method(self, node: Any) -> Evaluate:
        arguments, named = self._arguments(node)
        method, find = _LOOP_METHODS[node.node.attr], self.value(node.node.node)
        if named or not arguments:
            raise refused(node, f"wrong arguments for `loop.{node.node.attr}`")

        def call(run: Run, scope: Scope | None) -> Any:
            loop = find(run, scope)
            if type(loop) is not Loop:
                raise TemplateFailure("`loop` is no loop here")
            given = [argument(run, scope) for argument in arguments]
            run.spend_deep(given)
            return method(loop, *given)

        return call


def _empty(run: Run, scope: Scope | None) -> str:
    return ""


def _call_function(run: Run, name: str, given: list[Any], words: dict[str, Any]) -> Any:
    function = run.context.functions.get(name)
    if function is None or words:
        raise TemplateFailure(
            f"there is no function `{name}`" if function is None else f"`{name}` takes no named values"
        )
    try:
        return function(*given)
    except Exception as error:
        raise TemplateFailure(f"`{name}` failed: {type(error).__name__}") from None
