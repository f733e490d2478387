"""Writes what each stage makes of rule.trig: `python examples/pipeline/stages.py`, after a change that is meant."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from trigdsl import replay
from trigdsl.checker.program import CheckedProgram
from trigdsl.engine.program import EventPlan, Program
from trigdsl.loading import load_checked
from trigdsl.model.printing import print_duration
from trigdsl.model.values import instant
from trigdsl.source import Source
from trigdsl.syntax.nodes import Node
from trigdsl.syntax.parser import parse_file
from trigdsl.syntax.tokens import tokenize
from trigdsl.syntax.walk import walk

HERE = Path(__file__).parent
RULE = HERE / "rule.trig"


def tokens(text: str) -> Iterator[str]:
    """Each token with its line and column, its kind and its text."""
    for token in tokenize(text):
        yield f"{token.line}:{token.column}".ljust(6) + f"{token.type:<10} {token}"


def tree(node: Node, name: str = "", depth: int = 0) -> Iterator[str]:
    """Each node with its id and what it holds itself, then its parts, indented; defaults are left out."""
    parts, own = [], []
    for field in attrs.fields(type(node)):
        value = getattr(node, field.name)
        if field.name not in ("span", "id") and value not in (field.default, ()):
            (parts if _is_part(value) else own).append((field.name, value))
    held = "".join(f" {key}={value!r}" for key, value in own)
    yield f"{'  ' * depth}{name}{type(node).__name__} #{node.id}{held}"
    for key, value in parts:
        for part in value if isinstance(value, tuple) else (value,):
            yield from tree(part, f"{key}: ", depth + 1)


def _is_part(value: object) -> bool:
    return isinstance(value[0] if isinstance(value, tuple) else value, Node)


def checked(program: CheckedProgram) -> Iterator[str]:
    """The names of the program, then every expression whose type is known, by its id in the tree."""
    yield from (f"rule {rule.name} is number {rule.index}" for rule in program.rules)
    yield from (f'event {name} is "{wire}" on the wire' for name, wire in program.wire_names.items())
    for owner, fields in [*program.event_fields.items(), ("user", program.user_fields or {})]:
        yield from (f"{owner} has {'.'.join(path)}: {kind}" for path, kind in fields.items())
    for node in (node for rule in program.rules for node in walk(rule.node)):
        if node.id in program.types:
            yield f"#{node.id}".ljust(5) + f"{program.types[node.id]:<9} {node.span.text}"


def plan(program: Program) -> Iterator[str]:
    """What each event sets in motion, by its name on the wire."""
    for event, waiting in program.plans.items():
        yield f'"{event}"'
        yield from (f"  {line}" for line in _plan_of(waiting, program))


def _plan_of(waiting: EventPlan, program: Program) -> Iterator[str]:
    yield from ("is kept in the history" for _ in waiting.keeps)
    for rule, enders in waiting.enders.items():
        for step, ended in enders.unless.items():
            for ender in ended:
                within = "" if ender.within is None else f" within {print_duration(instant(ender.within) - instant(0))}"
                yield f"ends runs of {program.rules[rule].name} at step {step + 1}{within}: {ender.reason}"
    yield from (f"triggers {program.rules[rule].name}" for rule, _ in waiting.triggers)


def decisions(program: Program) -> Iterator[str]:
    """The decisions over events.jsonl, as `trig replay` writes them."""
    records: list[dict[str, Any]] = [json.loads(line) for line in (HERE / "events.jsonl").open(encoding="utf-8")]
    for decision in replay(program, records):
        yield json.dumps(decision.to_dict(), ensure_ascii=False)


def stages() -> dict[str, str]:
    """The name of each golden file and what belongs into it."""
    source = Source(RULE.name, RULE.read_text("utf-8"))
    file = parse_file(source).file
    assert file is not None
    program, names_and_types = load_checked(RULE)
    lines = {
        "tokens.txt": tokens(source.text),
        "tree.txt": tree(file),
        "checked.txt": checked(names_and_types),
        "code.py.txt": [program.code.rstrip()],
        "plan.txt": plan(program),
        "decisions.jsonl": decisions(program),
    }
    return {name: "\n".join(content) + "\n" for name, content in lines.items()}


if __name__ == "__main__":
    for name, content in stages().items():
        (HERE / name).write_text(content, "utf-8")
