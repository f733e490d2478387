"""The XML that build servers read: well formed whatever the rules say, and with the right counts."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from trigdsl.diagnostics.diagnostic import TrigError
from trigdsl.loading import parse_checked
from trigdsl.tester.render_junit import faults_as_junit, results_as_junit
from trigdsl.tester.run import run_tests

RULES = """rule r: if e then send push "<b>&amp; \\"hi\\"</b>"
test "passes": 2026-11-20 10:00 e expect r
test "fails": 2026-11-20 10:00 e
  expect no sends
  expect r on push
"""


def junit(text: str) -> ET.Element:
    program, checked = parse_checked(text, "rules.trig")
    return ET.fromstring(results_as_junit(run_tests(checked.tests, program)))


def counts(element: ET.Element) -> tuple[str | None, ...]:
    return tuple(element.get(name) for name in ("tests", "failures", "errors"))


def test_a_suite_for_the_file_and_a_case_for_each_test() -> None:
    root = junit(RULES)
    assert root.tag == "testsuites"
    assert counts(root) == ("2", "1", "0")
    (suite,) = root
    assert (suite.tag, suite.get("name"), counts(suite)) == ("testsuite", "rules.trig", ("2", "1", "0"))
    passes, fails = suite
    assert (passes.tag, passes.get("name"), passes.get("classname")) == ("testcase", "passes", "rules.trig")
    assert list(passes) == []
    (failure,) = fails
    assert (failure.tag, failure.get("message")) == ("failure", "expected no sends, but 1 send")
    assert (fails.get("file"), fails.get("line")) == ("rules.trig", "3")


def test_a_failure_holds_the_whole_report() -> None:
    text = junit(RULES)[0][1][0].text or ""
    assert "rules.trig:3: failed: fails" in text
    assert "    4 |   expect no sends\n      |   ^^^^^^^^^^^^^^^" in text
    assert '11-20 10:00  e → r sent on push "<b>&amp; "hi"</b>"' in text


def test_a_broken_invariant_is_a_failure() -> None:
    rules = "rule r: if e then send push invariant calm: no send between 21:00-09:00"
    root = junit(f'{rules} test "t": 2026-11-20 22:00 e expect r')
    assert root[0][0][0].get("message") == "the invariant `calm` is broken: it was 22:00 in UTC"


@pytest.mark.parametrize("char", [r"\u0000", r"\u0008", r"\u001b", r"\ufffe", r"\uffff"])
def test_characters_that_xml_cannot_hold_are_replaced(char: str) -> None:
    # The parser of `junit` refuses such characters, written out or escaped.
    expectation = f'expect no r containing "{char}"'
    case = junit(f'rule r: if e then send push "a{char}b" test "x{char}y": 2026-11-20 10:00 e {expectation}')[0][0]
    assert case.get("name") == "x�y"
    assert 'sent on push "a' in (case[0].text or "")


def test_rules_at_fault_are_errors() -> None:
    with pytest.raises(TrigError) as raised:
        parse_checked('rule r: if e then send push\ntest "t":\n  +1m e\n  expect q\n  expect s\n', "rules.trig")
    root = ET.fromstring(faults_as_junit(raised.value.diagnostics))
    assert counts(root) == ("3", "0", "3")
    assert [case.get("name") for case in root[0]] == ["nothing-to-count-from", "unknown-rule", "unknown-rule"]
    error = root[0][1][0]
    assert (error.tag, error.get("message")) == ("error", "there is no rule `q`")
    assert "rules.trig:4:10" in (error.text or "")


def test_warnings_are_no_errors() -> None:
    _, checked = parse_checked("rule r: if e then send push\ncap push 0 per day", "rules.trig")
    program, _ = parse_checked("rule r: if e then send push\ncap push 0 per day", "rules.trig")
    assert program.diagnostics
    assert checked.tests == ()
    assert counts(ET.fromstring(faults_as_junit(program.diagnostics))) == ("0", "0", "0")
