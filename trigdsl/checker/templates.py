"""A template's text → what it reads, calls and applies, or the first thing that is wrong with it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from attrs import frozen

from trigdsl.engine.rendering import is_plain, parse_tree
from trigdsl.engine.templates.limits import TemplateFailure
from trigdsl.engine.templates.paths import static_path, walk

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
class Read:
    """A path that a template reads, and the line of its text (from 1) where it does."""

    path: tuple[str, ...]
    line: int


@frozen(slots=False)
class ParsedTemplate:
    """What a check needs to know of a template.

    `found` are the paths that it reads from outside, names without the places of lists: `("cart", "items")`
    for `cart.items[0]`.  Where a key is computed or a whole record is used, the path ends there.  `functions`
    are the names that it calls and does not define, with their lines.  `is_plain`: it holds no template code.
    """

    text: str
    found: tuple[Read, ...] = ()
    functions: tuple[tuple[str, int], ...] = ()
    is_plain: bool = True

    @property
    def reads(self) -> frozenset[tuple[str, ...]]:
        """The paths alone."""
        return frozenset(read.path for read in self.found)


@lru_cache(4096)
def parse_template(text: str) -> ParsedTemplate:
    """Parses a template; raises TemplateSyntaxError when it cannot be rendered whatever the data."""
    if is_plain(text):
        return ParsedTemplate(text)
    from trigdsl.engine.templates.statements import compile_tree

    try:
        compile_tree(parse_tree(text))
        return names_in(text)
    except TemplateFailure as failure:
        line = failure.line or 1
        raise TemplateSyntaxError(failure.message, line, _column(text, line)) from None
    except RecursionError:
        raise TemplateSyntaxError("the template is nested too deep", 1, 1) from None


def names_in(text: str) -> ParsedTemplate:
    """What a template reads and calls, whether or not it can be rendered; raises TemplateFailure where it is none."""
    tree = parse_tree(text)
    found = _Reads()
    found.block(tree.body, frozenset())
    reads, functions = dict.fromkeys(found.reads), dict.fromkeys(found.functions)
    return ParsedTemplate(text, tuple(reads), tuple(functions), is_plain=False)


def applied(text: str) -> tuple[tuple[str, str, int], ...]:
    """The filters and tests of a template that can be read: (`filter` or `test`, its name, its line)."""
    try:
        nodes = list(walk(parse_tree(text)))
    except (TemplateFailure, RecursionError):
        return ()
    kinds = {"Filter": "filter", "Test": "test"}
    return tuple((kinds[kind], node.name, node.lineno) for node in nodes if (kind := type(node).__name__) in kinds)


def _column(text: str, line: int) -> int:
    lines = re.split(r"\r\n|\r|\n", text)
    tag = _TAG.search(lines[line - 1]) if line <= len(lines) else None
    return tag.start() + 1 if tag else 1


class _Reads:
    """Walks a template in the order in which it is carried out; `bound` are the names that are its own there.

    Statements give the names that are bound after them.
    """

    def __init__(self) -> None:
        self.reads: list[Read] = []
        self.functions: list[tuple[str, int]] = []

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
                self.reads.append(Read((path[0], *_texts(path[1])), _line(node)))
            return
        if type(node).__name__ == "Call":
            self._call(node, bound)
            return
        for part in node.iter_child_nodes():
            self._read(part, bound)

    def _call(self, node: Any, bound: frozenset[str]) -> None:
        if type(node.node).__name__ == "Name" and node.node.name not in bound | _NO_FUNCTIONS:
            self.functions.append((node.node.name, node.lineno))
        for part in (*node.args, *node.kwargs):
            self._read(part, bound)


def _line(node: Any) -> int:
    """The line on which a path begins."""
    while type(node).__name__ != "Name":
        node = node.node
    return int(node.lineno)


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
