"""A checked program → its rules as prose, and what stands around them."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from trigdsl.checker.program import CheckedProgram, CheckedRule
from trigdsl.reading import read_declaration, read_rule
from trigdsl.syntax import nodes


@frozen
class RuleReading:
    """A rule in prose, and where it stands: the file, and the line of its first word."""

    name: str
    title: str | None
    file: str
    line: int
    text: str

    def to_dict(self) -> dict[str, object]:
        return {"rule": self.name, "title": self.title, "file": self.file, "line": self.line, "text": self.text}


@frozen
class Prose:
    """All that a program does for messages: its rules in their order, and the declarations around them."""

    rules: tuple[RuleReading, ...]
    around: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        return {"rules": [rule.to_dict() for rule in self.rules], "around": list(self.around)}

    def to_text(self) -> str:
        """For people: a paragraph for each rule, and one for all that stands around them."""
        blocks = [rule.text for rule in self.rules]
        if self.around:
            blocks.append("\n".join(["Around the rules:", *(f"  {line}" for line in self.around)]))
        return "\n\n".join(blocks) if blocks else "no rules"


def prose_of(program: CheckedProgram) -> Prose:
    read = (read_declaration(node) for node in _declarations(program))
    return Prose(tuple(_rule(rule) for rule in program.rules), tuple(line for line in read if line is not None))


def _rule(rule: CheckedRule) -> RuleReading:
    line = rule.node.span.position[0]
    return RuleReading(rule.name, rule.title, rule.source.name, line, read_rule(rule.node, rule.name))


def _declarations(program: CheckedProgram) -> Iterator[nodes.Item]:
    """The declarations of a program, kind by kind, each in its order."""
    if program.timezone is not None:
        yield nodes.Timezone(name=program.timezone)
    for name, wire in program.wire_names.items():
        yield nodes.EventDecl(name=nodes.Name(text=name), wire=nodes.Text(value=wire))
    for name, policies in program.channels.items():
        yield nodes.ChannelDecl(name=nodes.Name(text=name), policies=policies)
    yield from program.caps
    yield from program.segments.values()
    for name in sorted(program.lists):
        yield nodes.ListDecl(name=nodes.Name(text=name))
    yield from program.calendars.values()
    yield from program.invariants
