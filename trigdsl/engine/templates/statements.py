"""A template's syntax tree → a function that renders it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trigdsl.engine.templates.expressions import Expressions
from trigdsl.engine.templates.limits import Output, Run, TemplateFailure
from trigdsl.engine.templates.list_filters import elements
from trigdsl.engine.templates.nesting import Nesting, refused
from trigdsl.engine.templates.paths import bound_names, walk
from trigdsl.engine.templates.predicates import truthy
from trigdsl.engine.templates.printing import kind_of, to_text
from trigdsl.engine.templates.scopes import Evaluate, Execute, Loop, Macro, Namespace, Scope

Bind = Callable[[Run, Scope, Any], None]


def compile_tree(tree: Any) -> Execute:
    """The function that renders a template; raises TemplateFailure, with a line, for what templates lack."""
    bound = bound_names(tree)
    body = _Statements(bound).body(tree.body)
    if not bound:
        return body
    return lambda run, scope, out: body(run, Scope(), out)


class _Statements:
    """Compiles the statements of one template."""

    def __init__(self, bound: frozenset[str]) -> None:
        self._nesting = Nesting()
        self._expressions = Expressions(bound, self._nesting)

    def body(self, nodes: list[Any]) -> Execute:
        statements = [self._nesting.compile(self, "_", node) for node in nodes]
        if len(statements) == 1:
            return statements[0]  # type: ignore[no-any-return]

        def execute(run: Run, scope: Scope | None, out: Output) -> None:
            for statement in statements:
                statement(run, scope, out)

        return execute

    def _output(self, node: Any) -> Execute:
        parts = [self._expressions.value(part) for part in node.nodes]

        def execute(run: Run, scope: Scope | None, out: Output) -> None:
            for part in parts:
                held = part(run, scope)
                out.write(held if type(held) is str else to_text(run, held))

        return execute

    # Branches and loops

    def _if(self, node: Any) -> Execute:
        branches = [(self._expressions.value(one.test), self.body(one.body)) for one in (node, *node.elif_)]
        otherwise = self.body(node.else_)

        def execute(run: Run, scope: Scope | None, out: Output) -> None:
            for test, body in branches:
                if truthy(test(run, scope)):
                    body(run, scope, out)
                    return
            otherwise(run, scope, out)

        return execute

    def _for(self, node: Any) -> Execute:
        if node.recursive:
            raise refused(node, "a `recursive` loop is not available in templates")
        source, bind = self._expressions.value(node.iter), self._target(node.target)
        test = self._expressions.value(node.test) if node.test is not None else None
        body, otherwise, weight = self.body(node.body), self.body(node.else_), _weight(node.body)
        test_weight = _weight([node.test]) if node.test is not None else 0

        def execute(run: Run, scope: Scope | None, out: Output) -> None:
            items = elements(run, source(run, scope))
            if test is not None:
                run.spend(test_weight * len(items))
                items = [item for item in items if _passes(run, test, bind, scope, item)]
            if not items:
                otherwise(run, scope, out)
            loop = Loop(items)
            for place, item in enumerate(items):
                run.step(weight)
                inner = Scope(scope)
                bind(run, inner, item)
                loop.place = place
                inner.names["loop"] = loop
                body(run, inner, out)

        return execute

    # Binding

    def _target(self, node: Any) -> Bind:
        match type(node).__name__:
            case "Name":
                return _bind_name(node.name)
            case "Tuple":
                return _bind_parts([self._target(part) for part in node.items])
            case "NSRef":
                return _bind_attribute(self._expressions.name(node), node.attr)
        raise refused(node, "this cannot be set")

    def _assign(self, node: Any) -> Execute:
        value, bind = self._expressions.argument(node.node), self._target(node.target)

        def execute(run: Run, scope: Scope | None, out: Output) -> None:
            assert scope is not None
            bind(run, scope, value(run, scope))

        return execute

    def _assignblock(self, node: Any) -> Execute:
        value, bind = self._caught(node.body, node.filter), self._target(node.target)

        def execute(run: Run, scope: Scope | None, out: Output) -> None:
            assert scope is not None
            bind(run, scope, value(run, scope))

        return execute

    def _with(self, node: Any) -> Execute:
        values = [self._expressions.argument(value) for value in node.values]
        binds, body = [self._target(target) for target in node.targets], self.body(node.body)

        def execute(run: Run, scope: Scope | None, out: Output) -> None:
            inner = Scope(scope)
            for bind, held in zip(binds, [value(run, scope) for value in values], strict=True):
                bind(run, inner, held)
            body(run, inner, out)

        return execute

    # Blocks whose text is caught

    def _filterblock(self, node: Any) -> Execute:
        value = self._caught(node.body, node.filter)
        return lambda run, scope, out: out.write(to_text(run, value(run, scope)))

    def _caught(self, nodes: list[Any], filters: Any) -> Evaluate:
        body = self.body(nodes)

        def text(run: Run, scope: Scope | None) -> Any:
            caught = Output()
            body(run, Scope(scope), caught)
            return run.made(caught.text())

        return text if filters is None else self._chain(filters, text)

    def _chain(self, node: Any, source: Evaluate) -> Evaluate:
        """The filters of a block; the innermost has no operand of its own."""
        return self._expressions.filtered(node, source if node.node is None else self._chain(node.node, source))

    # Macros

    def _macro(self, node: Any) -> Execute:
        make = self._made(node, node.name)

        def execute(run: Run, scope: Scope | None, out: Output) -> None:
            assert scope is not None
            scope.names[node.name] = make(run, scope)

        return execute

    def _callblock(self, node: Any) -> Execute:
        value = self._expressions.call(node.call, self._made(node, "caller"))
        return lambda run, scope, out: out.write(to_text(run, value(run, scope)))

    def _made(self, node: Any, name: str) -> Evaluate:
        """Gives the macro of a `macro` or `call` block, over the scope that the block stands in."""
        outside = self._nesting.deepest
        self._nesting.deepest = self._nesting.level
        defaults = tuple(self._expressions.argument(default) for default in node.defaults)
        body = self.body(node.body)
        depth = self._nesting.deepest - self._nesting.level + 1
        self._nesting.deepest = max(outside, self._nesting.deepest)
        parameters, weight = tuple(arg.name for arg in node.args), _weight(node.body)
        return lambda run, scope: Macro(name, parameters, defaults, body, scope, weight=weight, depth=depth)


def _weight(nodes: list[Any]) -> int:
    return 1 + sum(1 for node in nodes for _ in walk(node))


def _passes(run: Run, test: Evaluate, bind: Bind, scope: Scope | None, item: Any) -> bool:
    inner = Scope(scope)
    bind(run, inner, item)
    return truthy(test(run, inner))


def _bind_name(name: str) -> Bind:
    def bind(run: Run, scope: Scope, value: Any) -> None:
        scope.names[name] = value

    return bind


def _bind_parts(parts: list[Bind]) -> Bind:
    def bind(run: Run, scope: Scope, value: Any) -> None:
        if type(value) is not list or len(value) != len(parts):
            raise TemplateFailure(f"{kind_of(value)} has not the {len(parts)} parts that names are given to")
        for one, held in zip(parts, value, strict=True):
            one(run, scope, held)

    return bind


def _bind_attribute(find: Evaluate, attribute: str) -> Bind:
    def bind(run: Run, scope: Scope, value: Any) -> None:
        namespace = find(run, scope)
        if type(namespace) is not Namespace:
            raise TemplateFailure("only an attribute of a `namespace` can be set")
        namespace.names[attribute] = value

    return bind
