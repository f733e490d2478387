"""What a template's names stand for beside values: scopes, loops, macros and namespaces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from trigdsl.engine.templates.limits import MAX_DEPTH, Output, Run, TemplateFailure
from trigdsl.engine.values import same


class Scope:
    """Names bound in one block, inside the block around it."""

    __slots__ = ("names", "parent")

    def __init__(self, parent: Scope | None = None) -> None:
        self.names: dict[str, Any] = {}
        self.parent = parent


Evaluate: TypeAlias = Callable[[Run, Scope | None], Any]
"""Gives an expression's value; None when it has none."""
Execute: TypeAlias = Callable[[Run, Scope | None, Output], None]
"""Carries out statements, writing what they print."""


class Loop:
    """`loop` inside a `for`."""

    __slots__ = ("items", "place", "seen")

    def __init__(self, items: list[Any]) -> None:
        self.items = items
        self.place = 0
        self.seen: list[Any] | None = None

    def get(self, name: Any) -> Any:
        """An attribute; None for one there is not, and for the item before the first or after the last."""
        left = len(self.items) - self.place
        match name:
            case "index":
                return self.place + 1
            case "index0":
                return self.place
            case "revindex":
                return left
            case "revindex0":
                return left - 1
            case "first":
                return self.place == 0
            case "last":
                return left == 1
            case "length":
                return len(self.items)
            case "depth":
                return 1
            case "depth0":
                return 0
            case "previtem":
                return self.items[self.place - 1] if self.place else None
            case "nextitem":
                return self.items[self.place + 1] if left > 1 else None
        return None

    def cycle(self, *values: Any) -> Any:
        """One value after the other, turn by turn."""
        return values[self.place % len(values)]

    def changed(self, *values: Any) -> bool:
        """Whether these values are others than at the last call, or this is the first."""
        before, self.seen = self.seen, list(values)
        return before is None or not same(before, self.seen)


class Namespace:
    """`namespace(total=0)`: names that inner blocks can set."""

    __slots__ = ("names",)

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names

    def get(self, name: Any) -> Any:
        return self.names.get(name)


class Macro:
    """A macro, or the block of a `call`.

    `weight` is the number of expressions in its body, `depth` how many levels deep it is nested.
    """

    __slots__ = ("body", "defaults", "depth", "name", "parameters", "scope", "weight")

    def __init__(
        self,
        name: str,
        parameters: tuple[str, ...],
        defaults: tuple[Evaluate, ...],
        body: Execute,
        scope: Scope | None,
        *,
        weight: int,
        depth: int,
    ) -> None:
        self.name = name
        self.parameters = parameters
        self.defaults = defaults
        self.body = body
        self.scope = scope
        self.weight = weight
        self.depth = depth

    def get(self, name: Any) -> Any:
        return None

    def call(self, run: Run, arguments: list[Any], named: dict[str, Any], caller: Macro | None = None) -> str:
        """The text that the macro writes; a parameter without argument and default is missing."""
        run.step(self.weight)
        run.depth += self.depth
        if run.depth > MAX_DEPTH:
            raise TemplateFailure("macros call each other too deep")
        scope = Scope(self.scope)
        self._bind(run, scope, arguments, named)
        scope.names["caller"] = caller
        out = Output()
        self.body(run, scope, out)
        run.depth -= self.depth
        return run.made(out.text())

    def _bind(self, run: Run, scope: Scope, arguments: list[Any], named: dict[str, Any]) -> None:
        if len(arguments) > len(self.parameters) or not named.keys() <= set(self.parameters[len(arguments) :]):
            raise TemplateFailure(f"wrong arguments for the macro `{self.name}`")
        given = {**dict(zip(self.parameters, arguments, strict=False)), **named}
        without_default = len(self.parameters) - len(self.defaults)
        for place, name in enumerate(self.parameters):
            if name in given:
                scope.names[name] = given[name]
            elif place >= without_default:
                scope.names[name] = self.defaults[place - without_default](run, scope)
            else:
                scope.names[name] = None
