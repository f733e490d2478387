"""A place in a program → what an editor shows when the mouse rests on it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from lsprotocol import types as lsp

from trigdsl.completer.keyword_docs import KEYWORD_DOCS
from trigdsl.completer.symbols import Kind
from trigdsl.engine.functions import BUILTINS
from trigdsl.lsp.hints import default_zone, in_words, seconds_of, shortest
from trigdsl.lsp.navigation import Found, references, symbol_at
from trigdsl.lsp.programs import Checked, Document, Program
from trigdsl.syntax import nodes as n
from trigdsl.syntax.printer import print_tree
from trigdsl.syntax.roles import Role
from trigdsl.syntax.walk import walk

RuleReader: TypeAlias = Callable[[n.Rule], str]
"""Reads a rule back as prose."""


def hover(
    program: Program, checked: Checked | None, document: Document, offset: int, read_rule: RuleReader | None = None
) -> lsp.Hover | None:
    """What there is to say of the word at an offset, as Markdown; None when there is nothing."""
    if found := symbol_at(document, offset):
        said = _of_symbol(program, checked, found, read_rule)
        if said:
            return _hover(said, document, found.start, found.end)
    return _of_keyword(program, document, offset, read_rule) or _of_expression(program, checked, document, offset)


def _hover(said: list[str], document: Document, start: int, end: int) -> lsp.Hover:
    content = lsp.MarkupContent(lsp.MarkupKind.Markdown, "\n\n".join(said))
    return lsp.Hover(content, document.text.range(start, end))


def _code(text: str) -> str:
    return f"```trig\n{text.rstrip()}\n```"


def _of_symbol(program: Program, checked: Checked | None, found: Found, read_rule: RuleReader | None) -> list[str]:
    symbol = found.symbol
    places = references(program, symbol)
    uses = sum(not one.symbol.declares for one in places)
    count = "used once" if uses == 1 else f"used {uses} times"
    match symbol.kind:
        case Kind.RULE:
            rule = _declaration(program, symbol.name, n.Rule)
            return _of_rule(rule, read_rule) if isinstance(rule, n.Rule) else []
        case Kind.FUNCTION:
            return _of_function(symbol.name, checked)
        case Kind.ATTRIBUTE | Kind.FIELD:
            return _of_field(program, checked, found)
        case Kind.TAG | Kind.VARIANT:
            return [f"{symbol.kind} `{symbol.name.rpartition('/')[2]}`, {count}"]
    declared = _declaration(program, symbol.name, *_DECLARATIONS[symbol.kind])
    what = f"{symbol.kind} `{symbol.name}`, {count}"
    return [_code(print_tree(declared)), what] if declared is not None else [f"{what}, declared nowhere"]


_DECLARATIONS: dict[Kind, tuple[type[n.Node], ...]] = {
    Kind.EVENT: (n.EventDecl,),
    Kind.CHANNEL: (n.ChannelDecl,),
    Kind.MEMBER: (n.SegmentDecl, n.ListDecl),
    Kind.CALENDAR: (n.CalendarDecl, n.HolidayDecl),
    Kind.INVARIANT: (n.Invariant,),
}


def _declaration(program: Program, name: str, *kinds: type[n.Node]) -> n.Item | None:
    for document in program.documents:
        for item in document.reading.items:
            label = getattr(item, "name", None)
            if isinstance(item, kinds) and isinstance(label, n.Name) and label.text == name:
                return item
    return None


def _of_rule(rule: n.Rule, read_rule: RuleReader | None) -> list[str]:
    heading = f"**{rule.name.text if rule.name else 'rule'}**" + (f": {rule.title}" if rule.title else "")
    prose = read_rule(rule) if read_rule is not None else None
    return [heading, prose] if prose else [heading, _code(print_tree(rule))]


def _of_function(name: str, checked: Checked | None) -> list[str]:
    if builtin := BUILTINS.get(name):
        more = ", …" if builtin.variadic else ""
        doc = (builtin.call.__doc__ or "").strip().split("\n\n")[0]
        said = [_code(f"{name}({', '.join(builtin.parameters)}{more}) -> {builtin.returns}")]
        return [*said, " ".join(doc.split())] if doc else said
    signature = checked.examined.scope.functions.get(name) if checked is not None else None
    return [_code(f"{name}{signature}"), "a function of the host"] if signature is not None else []


def _of_field(program: Program, checked: Checked | None, found: Found) -> list[str]:
    symbol = found.symbol
    of_user = symbol.kind is Kind.ATTRIBUTE
    written = f"user.{symbol.name}" if of_user else symbol.name
    declared = [one.symbol for one in references(program, symbol) if one.symbol.declares]
    kind = _declared_type(declared[0].span.source.text, declared[0].span.end) if declared else None
    if kind is None and checked is not None:
        kind = _type_at(checked, found)
    owner = "the user" if of_user else " or ".join(f"`{name}`" for name in symbol.owners)
    said = [_code(f"{written}: {kind}" if kind else written)]
    return [*said, f"{'attribute' if of_user else 'property'} of {owner}"] if owner else said


def _declared_type(text: str, end: int) -> str | None:
    found = re.compile(r"\s*:\s*(\w+)").match(text, end)
    return found[1] if found else None


def _type_at(checked: Checked, found: Found) -> str | None:
    at = found.document.reading.at(found.start)
    for item in at[0].items if at else ():
        for node in walk(item):
            if node.span == found.symbol.span and node.id in checked.examined.types:
                return checked.examined.types[node.id]
    return None


def _of_keyword(program: Program, document: Document, offset: int, read_rule: RuleReader | None) -> lsp.Hover | None:
    at = document.reading.at(offset)
    if at is None:
        return None
    piece, inside = at
    start = offset - inside
    word = next((one for one in piece.words if one.start <= inside < one.end and one.role is Role.KEYWORD), None)
    if word is None:
        return None
    written = " ".join(piece.source.text[word.start : word.end].split())
    doc = KEYWORD_DOCS.get(written)
    if doc is None:
        return None
    said = [f"**{written}**", doc]
    if written == "local":
        said.append(f"Users without a `user.timezone` count as {default_zone(program)}.")
    if written in {"rule", "if"} and read_rule is not None and (rule := _rule_at(piece.items, inside)):
        said.append(read_rule(rule))
    return _hover(said, document, start + word.start, start + word.end)


def _rule_at(items: tuple[n.Item, ...], offset: int) -> n.Rule | None:
    here = (item for item in items if item.span.start <= offset < item.span.end)
    return next((item for item in here if isinstance(item, n.Rule)), None)


def _of_expression(program: Program, checked: Checked | None, document: Document, offset: int) -> lsp.Hover | None:
    """The smallest expression around the offset whose type is known, or the duration there."""
    at = document.reading.at(offset)
    if at is None:
        return None
    piece, inside = at
    start = offset - inside
    around = [node for item in piece.items for node in walk(item) if node.span.start <= inside < node.span.end]
    for node in sorted(around, key=lambda one: one.span.end - one.span.start):
        if isinstance(node, n.Duration):
            said = [f"**{in_words(node)}**", f"`{shortest(seconds_of(node))}`, {seconds_of(node):,} seconds"]
            return _hover(said, document, start + node.span.start, start + node.span.end)
        kind = checked.examined.types.get(node.id) if checked is not None else None
        if kind is not None:
            said = [_code(f"{' '.join(node.span.text.split())}: {kind}")]
            return _hover(said, document, start + node.span.start, start + node.span.end)
    return None
