"""Checked program → all lints, in the order of the text, without those that the author allows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from trigdsl.checker.findings import Findings
from trigdsl.checker.program import CheckedProgram
from trigdsl.diagnostics.diagnostic import Diagnostic
from trigdsl.linter.alike import lint_alike
from trigdsl.linter.allowing import allowed
from trigdsl.linter.conditions import lint_conditions
from trigdsl.linter.facts import Facts
from trigdsl.linter.firing import lint_firing
from trigdsl.linter.policies import lint_policies
from trigdsl.linter.steps import lint_steps
from trigdsl.linter.texts import lint_texts
from trigdsl.linter.unused import lint_unused
from trigdsl.linter.variants import lint_variants
from trigdsl.linter.windows import lint_windows
from trigdsl.source import Source

LINTS: Sequence[Callable[[Facts], Iterator[Diagnostic]]] = (
    lint_conditions,
    lint_steps,
    lint_windows,
    lint_firing,
    lint_alike,
    lint_variants,
    lint_policies,
    lint_unused,
    lint_texts,
)


def lint(program: CheckedProgram, diagnostics: Iterable[Diagnostic] = ()) -> tuple[Diagnostic, ...]:
    """Every finding about a program without errors: the lints and `diagnostics`, what the checker said of it.

    What a comment `# trig: allow CODE reason` is about is left out; comments that allow nothing are reported.
    """
    facts = Facts(program)
    findings = Findings(list(diagnostics))
    for find in LINTS:
        for found in find(facts):
            findings.add(found)
    sources = _sources(program)
    told = allowed(findings.in_order(sources), program.items, sources)
    return Findings(list(told)).in_order(sources)


def _sources(program: CheckedProgram) -> list[Source]:
    return list({id(item.span.source): item.span.source for item in program.items}.values())
