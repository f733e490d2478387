"""The templates of a program's sends → findings about their form, and about names that point to nothing.

A template reads the same names as a condition of its rule: the triggering event's properties, `user`, `now`, `local`
and `rule`.  What it reads of a declared event or of the declared `user` has to be declared there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TypeAlias

from trigdsl.checker import messages
from trigdsl.checker.context import Context, trigger_carrier
from trigdsl.checker.findings import Findings
from trigdsl.checker.properties import read_type
from trigdsl.checker.scope import Scope
from trigdsl.checker.template_places import TemplateText
from trigdsl.checker.templates import ParsedTemplate, Read, TemplateSyntaxError, applied, names_in, parse_template
from trigdsl.diagnostics.diagnostic import Diagnostic, Label
from trigdsl.engine.templates.filters import FILTERS
from trigdsl.engine.templates.predicates import TESTS
from trigdsl.source import Source
from trigdsl.syntax.nodes import Entry, Expression, ListLiteral, RecordLiteral, Rule, Send, TemplateFile, Text

FindTemplate: TypeAlias = Callable[[TemplateFile], Source | Diagnostic]
"""Gives the file of a template, or what is wrong with it."""

_QUOTED = re.compile(r"`(?:\{% )?([^`]+?)(?: %\})?`")


def check_templates(scope: Scope, find: FindTemplate | None, findings: Findings) -> None:
    """Every template of every rule, in the context of the rule."""
    for rule in scope.rules:
        carrier = trigger_carrier(rule.node.trigger, scope)
        for node in templates_of(rule.node):
            template = _template(node, find, findings)
            if template is not None:
                _Check(template, Context(carrier, carrier), scope, findings).run()


def templates_of(rule: Rule) -> Iterator[Text | TemplateFile]:
    """The texts and files that are rendered: contents, variants and named fields of a rule's sends."""
    for step in rule.steps:
        for action in step.actions:
            if isinstance(action, Send):
                for content in (action.content, *(variant.content for variant in action.variants)):
                    if isinstance(content, Text | TemplateFile):
                        yield content
                if action.fields is not None:
                    yield from _in_value(action.fields)


def _in_value(value: Expression | TemplateFile | RecordLiteral | Entry) -> Iterator[Text | TemplateFile]:
    match value:
        case Text() | TemplateFile():
            yield value
        case RecordLiteral(entries=entries):
            for entry in entries:
                yield from _in_value(entry.value)
        case ListLiteral(items=items):
            for item in items:
                yield from _in_value(item)


def _template(node: Text | TemplateFile, find: FindTemplate | None, findings: Findings) -> TemplateText | None:
    if isinstance(node, Text):
        return TemplateText(node.value, node)
    found = find(node) if find is not None else None
    if isinstance(found, Diagnostic):
        findings.add(found)
    return TemplateText(found.text, node, found) if isinstance(found, Source) else None


class _Check:
    """Checks one template."""

    def __init__(self, template: TemplateText, context: Context, scope: Scope, findings: Findings) -> None:
        self._template = template
        self._context = context
        self._scope = scope
        self._findings = findings

    def run(self) -> None:
        try:
            parsed = parse_template(self._template.text)
        except TemplateSyntaxError as error:
            if not self._unknown_applied():
                self._broken(error)
                return
            parsed = names_in(self._template.text)
        for read in parsed.found:
            self._read(read)
        self._functions(parsed)

    def _unknown_applied(self) -> bool:
        """Reports all filters and tests that there are not."""
        known = {"filter": FILTERS, "test": TESTS}
        unknown = [one for one in applied(self._template.text) if one[1] not in known[one[0]]]
        for kind, name, line in unknown:
            span = self._template.filter(name, line) if kind == "filter" else self._template.test(name, line)
            self._findings.add(messages.unknown_in_template(kind, name, span, known[kind], *self._named_at()))
        return bool(unknown)

    def _broken(self, error: TemplateSyntaxError) -> None:
        """Underlines what the message quotes, or else the tag on its line."""
        span = self._template.tag(error.line)
        for quoted in _QUOTED.findall(error.message):
            at = self._template.tag(error.line, quoted)
            if at != span:
                span = at
                break
        self._findings.add(messages.broken_template(error.message, span, *self._named_at()))

    def _read(self, read: Read) -> None:
        before = len(self._findings)
        read_type(read.path, self._template.whole, self._context, self._scope, self._findings)
        if len(self._findings) > before:  # most reads are fine, so their place is looked for only now
            self._findings.move_from(before, self._template.path(read.path, read.line), self._named_at())

    def _functions(self, parsed: ParsedTemplate) -> None:
        for name, line in parsed.functions:
            if name in self._scope.functions:
                continue
            span = self._template.call(name, line)
            if name in FILTERS:
                self._findings.add(messages.filter_called(name, span, *self._named_at()))
            else:
                functions = self._scope.functions
                found = messages.unknown_in_template("function", name, span, functions, *self._named_at())
                self._findings.add(found)

    def _named_at(self) -> tuple[Label, ...]:
        """For a file, where the rules name it."""
        return (Label(self._template.whole, "rendered here"),) if self._template.file is not None else ()
