"""What a step does: trees of actions → nodes."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from lark import Token, Tree

from trigdsl.source import Span
from trigdsl.syntax import messages
from trigdsl.syntax.build.base import split_path, token_of, tokens, tree, trees
from trigdsl.syntax.build.expressions import Expressions
from trigdsl.syntax.nodes import (
    Action,
    AddTo,
    CallAction,
    Content,
    Emit,
    Entry,
    Name,
    Nothing,
    RecordLiteral,
    RemoveFrom,
    Send,
    SetAttribute,
    ShareVariant,
    TemplateFile,
    Variant,
    WhenVariant,
)
from trigdsl.syntax.spans import Branch, Part

ACTIONS = ("send", "set", "add", "remove", "emit", "call_action")


class Actions(Expressions):
    """Trees → actions."""

    def actions(self, parts: list[Branch]) -> tuple[Action, ...]:
        """The actions of a step; one with variants before another is noted and loses its variants."""
        for part in parts[:-1]:
            if part.data == "send" and tree(part, "variants"):
                self.found(messages.variants_not_last(self.span(part.children[0], part.children[1])))
        return tuple(self.action(part, last=part is parts[-1]) for part in parts)

    def action(self, part: Branch, *, last: bool = True) -> Action:
        match part.data:
            case "send":
                return self._send(part, last)
            case "set" | "test_set":
                return self._set(part)
            case "add":
                return self.node(AddTo, part, list=self.name(part.children[-1]))
            case "remove":
                return self.node(RemoveFrom, part, list=self.name(part.children[-1]))
            case "emit":
                event, record = part.children
                return self.node(Emit, part, event=self.name(event), record=self.record(record))
        return self._call_action(part)

    def record(self, part: Branch | None) -> RecordLiteral | None:
        return None if part is None else self._record(part)

    def _set(self, part: Branch) -> SetAttribute:
        target, value = part.children
        return self.node(SetAttribute, part, attribute=self.attribute(target), value=self._set_value(value))

    def _set_value(self, part: Branch) -> object:
        return self.node(Nothing, part) if part.data == "nothing" else self.expression(part)

    def attribute(self, token: Token) -> Name:
        """The one name after `user.`; any other path is noted."""
        root, *rest = split_path(token)
        if root != "user" or len(rest) != 1:
            self.found(messages.not_an_attribute(self.span(token)))
        return self.node(Name, token, text=rest[0])

    def _call_action(self, part: Branch) -> CallAction:
        name = self.name(part.children[0])
        arguments = tuple(self.entry(entry) for entry in trees(part, "entry"))
        return self.node(CallAction, part, name=name, arguments=arguments)

    # Sends and their content

    def _send(self, part: Branch, last: bool) -> Send:
        channel, content, fields = part.children
        name = self.name(channel)
        variants: tuple[Variant, ...] = ()
        if isinstance(content, Tree) and content.data == "variants":
            variants = self._variants(content) if last else ()
            content = None
        made = None if content is None else self.content(content)
        return self.node(Send, part, channel=name, content=made, variants=variants, fields=self.record(fields))

    def content(self, part: Part) -> Content:
        """A text, a template's file, or `nothing`."""
        if isinstance(part, Token):
            return self.text(part)
        if part.data == "nothing":
            return self.node(Nothing, part)
        return self.template_file(part)

    def template_file(self, part: Branch) -> TemplateFile:
        return self.node(TemplateFile, part, path=self.text_value(part.children[0]))

    def entry(self, part: Branch) -> Entry:
        key, value = part.children
        if isinstance(value, Tree) and value.data == "template_file":
            return self.node(Entry, part, key=self.key(token_of(key)), value=self.template_file(value))
        return super().entry(part)

    def _variants(self, part: Branch) -> tuple[Variant, ...]:
        lines = trees(part, "when", "otherwise", "share")
        shares = [line for line in lines if line.data == "share"]
        others = [line for line in lines if line.data != "share"]
        if shares and others:
            kind, other = (shares, others) if lines[0].data == "share" else (others, shares)
            self.found(messages.mixed_variants(self._first_word(other[0]), self._first_word(kind[0])))
            lines = kind
        self._check_order(lines)
        self._check_sum(part, lines)
        return tuple(self._variant(line) for line in lines)

    def _check_order(self, lines: list[Branch]) -> None:
        for line, following in pairwise(lines):
            if line.data == "otherwise":
                self.found(messages.otherwise_not_last(self._first_word(following)))
                del lines[lines.index(line) + 1 :]
                return

    def _check_sum(self, part: Branch, lines: list[Branch]) -> None:
        shares = [Decimal(str(token[:-1])) for line in lines for token in tokens(line, "PERCENT")]
        if sum(shares) > 100 and all(share <= 100 for share in shares):
            self.found(messages.shares_over_100(self.span(part), f"{sum(shares):f}"))
            del lines[1:]

    def _first_word(self, line: Branch) -> Span:
        """The place of a variant's first word, where it begins."""
        span = self.span(line)
        word = span.text.split(":", 1)[0].split()[0]
        return Span(span.source, span.start, span.start + len(word))

    def _variant(self, line: Branch) -> Variant:
        if line.data == "otherwise":
            label, content = line.children
            return self.node(WhenVariant, line, condition=None, label=self._label(label), content=self.content(content))
        chosen, label, content = line.children
        if line.data == "share":
            percent = self.percent(chosen)
            return self.node(
                ShareVariant, line, percent=percent, label=self._label(label), content=self.content(content)
            )
        condition = self.expression(chosen)
        return self.node(
            WhenVariant, line, condition=condition, label=self._label(label), content=self.content(content)
        )

    def _label(self, part: Part | None) -> Name | None:
        return None if part is None else self.name(part)
