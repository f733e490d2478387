"""`trig test`: rules → what became of their `test` blocks."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trigdsl.cli.covering import Wanted, coverage_options
from trigdsl.cli.exits import FINE, RULES_AT_FAULT
from trigdsl.cli.suggesting import suggest_options, suggest_tests, wants_suggestions

if TYPE_CHECKING:
    from trigdsl.checker.program import CheckedProgram
    from trigdsl.coverage import Coverage, Point
    from trigdsl.diagnostics.diagnostic import Diagnostic
    from trigdsl.engine.program import Program
    from trigdsl.syntax.nodes import Test
    from trigdsl.tester.run import TestResult


@click.command(short_help="Run the tests of rules.")
@click.argument("rules", required=False, metavar="RULES")
@click.option("-e", "expression", metavar="TEXT", help="Test this text instead of a file.")
@click.option("--filter", "patterns", multiple=True, metavar="PATTERN", help="Run only tests of this title or rule.")
@click.option("-v", "--verbose", is_flag=True, help="Name every test.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first test that fails.")
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
@click.option("--junit", metavar="FILE", help="Write the results as JUnit XML.")
@click.option("--watch", is_flag=True, help="Run again whenever a file of the program changes, until Ctrl-C.")
@coverage_options
@suggest_options
def test(
    *,
    rules: str | None,
    expression: str | None,
    patterns: tuple[str, ...],
    verbose: bool,
    fail_fast: bool,
    as_json: bool,
    junit: str | None,
    watch: bool,
    coverage: bool,
    coverage_json: str | None,
    coverage_html: str | None,
    fail_under: float | None,
    **suggesting: Any,
) -> int:
    """Run the `test` blocks of RULES, a .trig file or a folder of them.

    A test that fails is shown with what it expected and with all that happened, in the time of its user.
    The exit status is 1 when one fails or the rules are at fault; a program without tests is fine.
    `--coverage` tells for each rule what no test exercises: triggers, branches of conditions, steps, windows, caps,
    clauses, and the moments just before, at and just after each duration and edge.
    A PATTERN is part of a title, or of the name of a rule that a test expects something of; * and ? stand for others.

    \b
    Example:
      trig test rules/
      trig test rules.trig --filter reminder --watch
      trig test rules/ --coverage --fail-under 80
      trig test rules/ --suggest-to rules/suggested.trig
    """
    if (rules is None) == (expression is None):
        raise click.UsageError("name one .trig file or folder, or give -e 'if …'")
    wanted = Wanted(coverage, coverage_json, coverage_html, fail_under)
    if wants_suggestions(suggesting, (patterns, fail_fast, as_json, junit, watch, verbose, wanted.anything)):
        return suggest_tests(rules, expression, **suggesting)
    if watch and (as_json or rules is None):
        raise click.UsageError(f"--watch and {'--json' if as_json else '-e'} exclude each other")
    run = Run(rules, expression, patterns, verbose, fail_fast, as_json, junit, wanted)
    if watch and rules is not None:
        from trigdsl.cli.watching import watch_files

        watch_files(Path(rules), run)
    return run()


class Run:
    """One call of the command, which can be made again."""

    def __init__(
        self,
        rules: str | None,
        expression: str | None,
        patterns: tuple[str, ...],
        verbose: bool,
        fail_fast: bool,
        as_json: bool,
        junit: str | None,
        wanted: Wanted,
    ) -> None:
        self._rules = rules
        self._expression = expression
        self._patterns = patterns
        self._verbose = verbose
        self._fail_fast = fail_fast
        self._as_json = as_json
        self._junit = junit
        self._wanted = wanted
        self.templates: frozenset[Path] = frozenset()
        """The files of templates that the rules named when they were last read without a mistake."""

    def __call__(self) -> int:
        """Read the rules, run their tests, print what became of them; the exit status."""
        from trigdsl.cli.program import print_diagnostics, read_checked
        from trigdsl.diagnostics.diagnostic import TrigError

        try:
            program, checked = read_checked(self._rules, self._expression, explained=self._wanted.anything)
        except TrigError as error:
            self._print_faults(error.diagnostics)
            return RULES_AT_FAULT
        if program.diagnostics and not self._as_json:
            print_diagnostics(program.diagnostics, sys.stderr)
        self.templates = frozenset(_templates(checked))
        tests = self._selected(checked)
        results, coverage = self._run(tests, program, checked)
        self._print(results, len(tests) - len(results), program.diagnostics, coverage)
        if self._junit is not None:
            from trigdsl.tester.render_junit import results_as_junit

            Path(self._junit).write_bytes(results_as_junit(results))
        passed = all(result.passed for result in results)
        if coverage is not None:
            self._wanted.write(coverage, quietly=self._as_json)
            passed = self._wanted.is_met(coverage) and passed
        return FINE if passed else RULES_AT_FAULT

    def _selected(self, checked: CheckedProgram) -> list[Test]:
        from trigdsl.tester.selection import select

        tests = select(checked.tests, self._patterns)
        if checked.tests and not tests:
            named = " or ".join(f"`{pattern}`" for pattern in self._patterns)
            raise click.UsageError(f"no test has {named} in its title or rules")
        return tests

    def _run(
        self, tests: Iterable[Test], program: Program, checked: CheckedProgram
    ) -> tuple[list[TestResult], Coverage | None]:
        """The results, and what was covered if that is wanted."""
        from trigdsl.tester.run import run_test

        covering = None
        if self._wanted.anything:
            from trigdsl.coverage import Covering

            covering = Covering(program, checked)
        results = []
        covered: frozenset[Point] = frozenset()
        for each in tests:
            if covering is None:
                results.append(run_test(each, program))
            else:
                result, points = covering.run(each)
                results.append(result)
                covered |= points
            if self._fail_fast and not results[-1].passed:
                break
        return results, None if covering is None else covering.coverage(covered)

    def _print(
        self,
        results: list[TestResult],
        not_run: int,
        diagnostics: tuple[Diagnostic, ...],
        coverage: Coverage | None,
    ) -> None:
        if self._as_json:
            _print_json(results, not_run, diagnostics, coverage if self._wanted.told else None)
            return
        from trigdsl.cli.program import in_color
        from trigdsl.tester.render_text import render_results

        color = in_color(sys.stdout)
        if results:
            click.echo(render_results(results, verbose=self._verbose, color=color), color=color)
        else:
            click.echo(f"no tests in {self._rules if self._rules is not None else 'the text'}")
        if not_run:
            click.echo(f"stopped at the first failure: {not_run} not run")

    def _print_faults(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        from trigdsl.cli.program import print_diagnostics

        if self._as_json:
            _print_json([], 0, diagnostics)
        else:
            print_diagnostics(diagnostics, sys.stderr)
        if self._junit is not None:
            from trigdsl.tester.render_junit import faults_as_junit

            Path(self._junit).write_bytes(faults_as_junit(diagnostics))


def _print_json(
    results: list[TestResult], not_run: int, diagnostics: tuple[Diagnostic, ...], coverage: Coverage | None = None
) -> None:
    import msgspec

    from trigdsl.tester.render_json import to_dict

    told = to_dict(results, not_run=not_run, diagnostics=diagnostics)
    if coverage is not None:
        from trigdsl.coverage import render_json

        told["coverage"] = render_json.to_dict(coverage)
    click.echo(msgspec.json.format(msgspec.json.encode(told), indent=2))


def _templates(checked: CheckedProgram) -> Iterable[Path]:
    from trigdsl.syntax.nodes import TemplateFile
    from trigdsl.syntax.walk import walk

    for rule in checked.rules:
        for node in walk(rule.node):
            if isinstance(node, TemplateFile):
                yield Path(rule.source.name).parent / node.path
