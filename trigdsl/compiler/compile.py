"""Checked program → compiled program.

Expressions become Python functions (`expressions`), questions about the past become history slots
(`questions`), all that waits for events becomes one plan for each event name (`plans`), policies become
windows and caps (`policies`).  What comes out, `engine.program.Program`, is data and functions: the engine
runs it without knowing that there was a text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from attrs import evolve

from trigdsl.checker.program import CheckedProgram
from trigdsl.compiler.contents import Contents, ReadTemplate
from trigdsl.compiler.dividing import divided
from trigdsl.compiler.invariants import compile_invariants
from trigdsl.compiler.old_rules import CheckedOldRule
from trigdsl.compiler.parts import condition_parts
from trigdsl.compiler.plans import Plans
from trigdsl.compiler.policies import Policies
from trigdsl.compiler.rules import RuleCompiler
from trigdsl.compiler.unit import Unit
from trigdsl.diagnostics.diagnostic import Diagnostic
from trigdsl.engine.fires import AttributeFires, CalendarFires, ListFires, SegmentFires
from trigdsl.engine.program import CompiledRule, Program
from trigdsl.engine.zones import zone


def compile_program(
    checked: CheckedProgram,
    *,
    functions: Mapping[str, Callable[..., Any]],
    read_template: ReadTemplate,
    diagnostics: tuple[Diagnostic, ...] = (),
    explained: bool = False,
    folder: PurePath | None = None,
    old: Sequence[CheckedOldRule] = (),
) -> Program:
    """Compile a program that checked without errors.

    `functions` are the host's, by name; `read_template` gives the text of template files.  Raises `TooDeepError`
    when an expression nests too deep for Python's compiler.  With `explained` the program also has the parts of its
    conditions, which nothing but a trace looks at.  `folder` is that of the program's files, if it has some.  `old` are
    rules as they were before they were changed: they come after all others, and nothing triggers them.
    """
    unit = Unit(checked, old)
    policies = Policies(unit)
    for channel in checked.channels:
        policies.channel(channel)
    compiler = RuleCompiler(unit, policies, Contents(unit, read_template), folder)
    rules, uses = [], {}
    for rule in checked.rules:
        unit.questions.touched = set()
        rules.append(compiler.compile(rule))
        uses[rule.index] = tuple(sorted(unit.questions.touched))
    for one in old:
        unit.questions.touched = set()
        rules.append(compiler.compile_old(one))
        uses[one.rule.index] = tuple(sorted(unit.questions.touched))
    plans = Plans(unit)
    for rule in checked.rules:
        plans.add_rule(rule)
    for one in old:
        plans.add_old_rule(one.rule)
    for number, invariant in enumerate(checked.invariants):
        plans.add_invariant(number, invariant)
    asked = unit.questions.asked
    by_name, other = plans.make(asked)
    parts = condition_parts(unit) if explained else {}
    assert len(unit.questions.asked) == len(asked), "a part asks only what its condition asks"
    program = Program(
        rules=tuple(rules),
        zone=zone(checked.timezone) if checked.timezone else None,
        slots=tuple(one.slot() for one in asked),
        plans=by_name,
        other=other,
        caps=tuple(policies.caps),
        places=unit.places,
        functions=functions,
        event_names={wire: name for name, wire in checked.wire_names.items()},
        code=unit.code.source,
        diagnostics=diagnostics,
        calendar_rules=_which(rules, CalendarFires),
        segment_rules=_which(rules, SegmentFires),
        attribute_rules=_index(rules, AttributeFires, "attribute"),
        list_rules=_index(rules, ListFires, "list"),
        slot_labels=tuple(one.label for one in asked),
        slot_uses=uses,
        invariants=compile_invariants(checked.invariants),
        slot_keys=tuple(one.key for one in asked),
        parts=parts,
    )
    # Who explains, and who goes on with old rules, takes one way for all rules.
    if explained or old:
        return program
    division = divided(unit, program, plans, asked)
    return evolve(program, division=division, code=unit.code.source)


def _which(rules: Sequence[CompiledRule], kind: type) -> tuple[int, ...]:
    return tuple(rule.index for rule in rules if isinstance(rule.fires, kind))


def _index(rules: Sequence[CompiledRule], kind: type, attribute: str) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for rule in rules:
        if isinstance(rule.fires, kind):
            name = getattr(rule.fires, attribute)
            found[name] = (*found.get(name, ()), rule.index)
    return found
