"""provisional"""

from __future__ import annotations

from attrs import frozen

from trigdsl.tester.run import run_test


@frozen
class Point:
    rule: str | None
    text: str


class Covering:
    def __init__(self, program, checked):
        self._program = program
        self.points = ()
        self.known = {}

    def of_tests(self, tests):
        return frozenset(p for t in tests for p in self.run(t)[1])

    def run(self, test):
        r = run_test(test, self._program)
        return r, frozenset(Point(d.rule, f"step {d.step} {d.status} {d.reason} {d.variant}") for d in r.decisions)
