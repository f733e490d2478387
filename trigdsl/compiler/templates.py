"""A template's text → what it reads and calls, or the first thing that is wrong with it."""

from __future__ import annotations

import re
from typing import Any

from attrs import frozen

from trigdsl.engine.rendering import is_plain, parse_tree
from trigdsl.engine.templates.limits import TemplateFailure
from trigdsl.engine.templates.paths import static_path

_TAG = re.compile(r"\{[{%#]")
_NO_FUNCTIONS = frozenset({"namespace", "caller"})


class TemplateSyntaxError(ValueError):
    """A template that is none. `line` and `column` count from 1, in the template's text.

    The column is where the first tag of that line begins, 1 when none does: which of its tags is at fault is
    not known.
    """

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


@frozen
class ParsedTemplate:
    """What a check needs to know of a template.

    `reads` are the paths that it reads from outside, names without the places of lists: `("cart", "items")`
    for `cart.items[0]`.  Where a key is computed or a whole record is used, the path ends there.  `functions`
    are the names that it calls and does not define.  `is_plain`: it holds no template code.
    """

    text: str
    reads: frozenset[tuple[str, ...]] = frozenset()
    functions: frozenset[str] = frozenset()
    is_plain: bool = True


def parse_template(text: str) -> ParsedTemplate:
    """Parses a template; raises TemplateSyntaxError when it cannot be rendered whatever the data."""
    if is_plain(text):
        return ParsedTemplate(text)
    from trigdsl.engine.templates.statements import compile_tree

    try:
        tree = parse_tree(text)
        compile_tree(tree)
        found = _Reads()
        found.block(tree.body, frozenset())
    except TemplateFailure as failure:
        line = failure.line or 1
        raise TemplateSyntaxError(failure.message, line, _column(text, line)) from None
    except RecursionError:
        raise TemplateSyntaxError("the template is nested too deep", 1, 1) from None
    return ParsedTemplate(text, frozenset(found.paths), frozenset(found.functions), is_plain=False)


def _column(text: str, line: int) -> int:
    lines = re.split(r"\r\n|\r|\n", text)
    tag = _TAG.search(lines[line - 1]) if line <= len(lines) else None
    return tag.start() + 1 if tag else 1


class _Reads:
    """Walks a template in the order in which it is carried out; `bound` are the names that are its own there.

    Statements give the names that are bound after them.
    """

    def __init__(self) -> None:
        self.paths: set[tuple[str, ...]] = set()
        self.functions: set[str] = set()

    def block(self, nodes: list[Any], bound: frozenset[str]) -> frozenset[str]:
        for node in nodes:
            bound = self._statement(node, bound)
        return bound

    def _statement(self, node: Any, bound: frozenset[str]) -> frozenset[str]:
        match type(node).__name__:
            case "For":
                self._read(node.iter, bound)
                inner = bound | _names(node.target)
                self._read(node.test, inner)
                self.block(node.body, inner | {"loop"})
                self.block(node.else_, bound)
            case "If":
                return self._branches(node, bound)
            case "Assign":
                self._read(node.node, bound)
                return bound | _names(node.target)
            case "AssignBlock":
                self.block(node.body, bound)
                self._read(node.filter, bound)
                return bound | _names(node.target)
            case "With":
                for value in node.values:
                    self._read(value, bound)
                self.block(node.body, bound.union(*map(_names, node.targets)))
            case "FilterBlock":
                self.block(node.body, bound)
                self._read(node.filter, bound)
            case "Macro":
                self._macro(node, bound | {node.name})
                return bound | {node.name}
            case "CallBlock":
                self._read(node.call, bound)
                self._macro(node, bound)
            case _:
                self._read(node, bound)
        return bound

    def _branches(self, node: Any, bound: frozenset[str]) -> frozenset[str]:
        """A name is the template's own after an `if` only when every branch binds it."""
        ends = []
        for one in (node, *node.elif_):
            self._read(one.test, bound)
            ends.append(self.block(one.body, bound))
        ends.append(self.block(node.else_, bound))
        return frozenset.intersection(*ends)

    def _macro(self, node: Any, bound: frozenset[str]) -> None:
        for default in node.defaults:
            self._read(default, bound)
        self.block(node.body, bound.union({"caller"}, *map(_names, node.args)))

    def _read(self, node: Any, bound: frozenset[str]) -> None:
        """Notes what an expression reads: of a path as much as is known, of anything else its parts."""
        if node is None:
            return
        path = static_path(node)
        if path is not None:
            if path[0] not in bound:
                self.paths.add((path[0], *_texts(path[1])))
            return
        if type(node).__name__ == "Call":
            self._call(node, bound)
            return
        for part in node.iter_child_nodes():
            self._read(part, bound)

    def _call(self, node: Any, bound: frozenset[str]) -> None:
        if type(node.node).__name__ == "Name" and node.node.name not in bound | _NO_FUNCTIONS:
            self.functions.add(node.node.name)
        for part in (*node.args, *node.kwargs):
            self._read(part, bound)


def _names(target: Any) -> frozenset[str]:
    match type(target).__name__:
        case "Name":
            return frozenset({target.name})
        case "Tuple":
            return frozenset().union(*map(_names, target.items))
    return frozenset()


def _texts(keys: tuple[str | int, ...]) -> tuple[str, ...]:
    """The keys up to the first place of a list."""
    names = []
    for key in keys:
        if not isinstance(key, str):
            break
        names.append(key)
    return tuple(names)
