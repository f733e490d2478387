"""What the parts of one compilation share: the checked program, the code so far, slots, and places for warnings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from trigdsl.checker.program import CheckedProgram
from trigdsl.compiler.code import Code
from trigdsl.compiler.expressions import Reading, Writer
from trigdsl.compiler.old_rules import CheckedOldRule
from trigdsl.compiler.patterns import Tests
from trigdsl.compiler.questions import Questions
from trigdsl.engine.program import Place
from trigdsl.syntax import nodes


class Unit:
    """One program under compilation."""

    def __init__(self, checked: CheckedProgram, old: Sequence[CheckedOldRule] = ()) -> None:
        self.checked = checked
        self.rules = (*checked.rules, *(one.rule for one in old))
        self._said = {one.rule.name: one.old.name for one in old}
        self.code = Code()
        self.places: dict[int, Place] = {}
        self.questions = Questions(self)
        self.tests = Tests(self)
        self._segments: dict[tuple[str, bool], str] = {}
        self._segment_slots: dict[tuple[str, bool], set[int]] = {}

    def said(self, rule: str | None) -> str | None:
        """The name of a rule as it is told: an old rule goes by another one here than the rule that it became."""
        return rule if rule is None else self._said.get(rule, rule)

    def wire(self, name: str) -> str:
        """The name on the wire of an event as rules name it."""
        return self.checked.wire_names.get(name, name)

    def function(self, name: str, parameters: str, comment: str, body: str) -> Callable[..., Any]:
        """Compile a function of one expression; `comment` is the piece of source that it stands for."""
        return self.code.function(name, parameters, comment, body)

    def test(self, label: str, node: nodes.Expression, rule: str | None) -> Callable[..., bool]:
        """The function that tells whether a condition of a rule is certainly true."""
        writer = Writer(self, rule=rule)
        body = writer.true(node)
        often = frozenset(text for text, count in writer.reads.items() if count > 1)
        if not often:
            return self.function(label, "c", node.span.text, body)
        writer = Writer(self, rule=rule)
        writer.shared, writer.only = {}, often
        body = writer.true(node)
        reads = [f"{variable} = {text}" for text, variable in writer.shared.items()]
        return self.code.define(label, "c", node.span.text, [*reads, f"return {body}"])

    def evaluate(self, label: str, node: nodes.Expression, rule: str | None) -> Callable[..., Any]:
        """The function that gives the value of an expression of a rule."""
        return self.function(label, "c", node.span.text, Writer(self, rule=rule).value(node))

    def segment(self, name: str, *, certainly: bool) -> str:
        """The name of the function that tells whether the user is certainly in a segment, or certainly not."""
        key = (name, certainly)
        if key not in self._segments:
            before, self.questions.touched = self.questions.touched, set()
            condition = self.checked.segments[name].condition
            writer = Writer(self, Reading.NOTHING)
            text = writer.true(condition) if certainly else writer.false(condition)
            label = f"segment_{name}" if certainly else f"segment_{name}__not"
            self._segments[key] = self.function(label, "c", condition.span.text, text).__name__
            self._segment_slots[key], self.questions.touched = self.questions.touched, before
        self.questions.touched |= self._segment_slots[key]
        return self._segments[key]

    def place(self, node: nodes.Node, rule: str | None) -> int:
        """The number by which a data warning names this node; the same node may stand for several rules."""
        if node.id not in self.places:
            line, column = node.span.position
            at = f"{node.span.source.name}:{line}:{column}"
            self.places[node.id] = Place(rule=self.said(rule), at=at, text=node.span.text)
        return node.id
