"""Texts of rules as they were before they were changed → rules checked among those as they are now.

Such an old rule is checked in the place of the rule that it became, with the declarations that there are now.  What
triggered it does not matter any more, so nothing that is wrong there, or with what the rules set off together, keeps it
from running.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attrs import evolve, field, frozen

from trigdsl.checker.check import Examined, examine
from trigdsl.checker.names import Files
from trigdsl.checker.program import CheckedProgram, CheckedRule
from trigdsl.checker.template_names import FindTemplate
from trigdsl.diagnostics.diagnostic import Diagnostic, Severity
from trigdsl.engine.program import OldRule
from trigdsl.source import Source, Span
from trigdsl.syntax import nodes
from trigdsl.syntax.parser import parse_file

OF_WHAT_RULES_SET_OFF = frozenset({"rule-cycle"})
"""Codes of what only rules that are triggered can be blamed for."""


@frozen(kw_only=True)
class CheckedOldRule:
    """An old rule to be compiled: `rule` has its tree, its place after all others and a name that only it has.

    `living` is the index of the rule that it became.
    """

    rule: CheckedRule
    old: OldRule
    living: int


@frozen(kw_only=True)
class CheckedOldRules:
    """Old rules, the program with the types of their expressions, and why others cannot run.

    These are named by their rule's name and fingerprint.
    """

    program: CheckedProgram
    rules: tuple[CheckedOldRule, ...] = ()
    refused: Mapping[tuple[str, str], str] = field(factory=dict)


def check_old_rules(
    checked: CheckedProgram,
    files: Files,
    old: Sequence[OldRule],
    *,
    next_id: int,
    folder: str,
    find_template: FindTemplate,
) -> CheckedOldRules:
    """Check old rules of a program that is checked itself, whose files these are; `folder` is where they lie."""
    functions = checked.host_functions
    found = CheckedOldRules(program=checked)
    for one in old:
        living = next((rule for rule in checked.rules if rule.name == one.name), None)
        if living is None:
            found = _refusing(found, one, "there is no such rule")
            continue
        source = Source(_name_of(one, folder), one.text)
        parsed = parse_file(source, next_id)
        next_id = parsed.next_id
        items = parsed.file.items if parsed.file is not None else ()
        if parsed.diagnostics or len(items) != 1 or not isinstance(items[0], nodes.Rule):
            found = _refusing(found, one, parsed.diagnostics[0].message if parsed.diagnostics else "it is no rule")
            continue
        node = evolve(items[0], name=living.node.name)
        examined = examine(_in_its_place(files, living, node, source), functions, find_template=find_template)
        wrong = next(_wrong(examined, node, [one for _, one in files]), None)
        if wrong is not None:
            found = _refusing(found, one, wrong.message)
        else:
            found = _with(found, one, living, node, source, examined)
    return found


def _name_of(old: OldRule, folder: str) -> str:
    """What messages call the text; template files are looked for beside it."""
    parts = [part for part in (folder, old.folder) if part]
    return "/".join([*parts, f"{old.name.replace('/', '_')} as it was"])


def _in_its_place(files: Files, living: CheckedRule, node: nodes.Rule, source: Source) -> Files:
    """The files with an old rule where the one is that it became."""
    changed = [
        (evolve(file, items=tuple(node if item is living.node else item for item in file.items)), one)
        for file, one in files
    ]
    return [*changed, (nodes.File(items=()), source)]


def _wrong(examined: Examined, node: nodes.Rule, sources: Sequence[Source]) -> Iterator[Diagnostic]:
    """The errors that keep an old rule's steps and clauses from running."""
    unheeded = [part.span for part in (node.trigger, node.condition) if part is not None]
    for one in examined.findings:
        if one.severity is not Severity.ERROR or one.code in OF_WHAT_RULES_SET_OFF:
            continue
        if one.span.source not in sources and not any(_is_within(one.span, part) for part in unheeded):
            yield one


def _is_within(span: Span, outer: Span) -> bool:
    return span.source == outer.source and outer.start <= span.start and span.end <= outer.end


def _with(
    found: CheckedOldRules, old: OldRule, living: CheckedRule, node: nodes.Rule, source: Source, examined: Examined
) -> CheckedOldRules:
    program = found.program
    rule = CheckedRule(
        node=node,
        name=f"{old.name} as {old.fingerprint}",
        title=node.title,
        index=len(program.rules) + len(found.rules),
        source=source,
    )
    types = {**examined.types, **program.types}
    return CheckedOldRules(
        program=evolve(program, types=types, lists=program.lists | examined.scope.lists),
        rules=(*found.rules, CheckedOldRule(rule=rule, old=old, living=living.index)),
        refused=found.refused,
    )


def _refusing(found: CheckedOldRules, old: OldRule, why: str) -> CheckedOldRules:
    return evolve(found, refused={**found.refused, (old.name, old.fingerprint): why})
