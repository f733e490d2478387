"""Results of tests → JUnit XML, as build servers read it: a suite for each file, a case for each test."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from trigdsl.diagnostics.diagnostic import Diagnostic, Severity
from trigdsl.diagnostics.render_text import render
from trigdsl.tester.render_text import render_failure
from trigdsl.tester.run import TestResult
from trigdsl.tester.wording import actual_in_words, expected_in_words

# XML 1.0 has no way to write these characters, not even escaped.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def results_as_junit(results: Sequence[TestResult]) -> bytes:
    """The document, in UTF-8."""
    by_file: dict[str, list[TestResult]] = {}
    for result in results:
        by_file.setdefault(result.test.span.source.name, []).append(result)
    root = ET.Element("testsuites", name="trig test")
    for name, held in by_file.items():
        suite = _suite(root, name, tests=len(held), failures=sum(not result.passed for result in held))
        for result in held:
            _case(suite, name, result)
    return _document(root, tests=len(results), failures=sum(not result.passed for result in results))


def faults_as_junit(diagnostics: Sequence[Diagnostic]) -> bytes:
    """The document of rules that cannot run: an erroneous case for each of their mistakes."""
    errors = [found for found in diagnostics if found.severity is Severity.ERROR]
    root = ET.Element("testsuites", name="trig test")
    by_file: dict[str, list[Diagnostic]] = {}
    for found in errors:
        by_file.setdefault(found.span.source.name, []).append(found)
    for name, held in by_file.items():
        suite = _suite(root, name, tests=len(held), errors=len(held))
        for found in held:
            case = ET.SubElement(suite, "testcase", name=_clean(found.code), classname=_clean(name))
            line = str(found.span.position[0])
            case.set("file", _clean(name))
            case.set("line", line)
            ET.SubElement(case, "error", message=_clean(found.message), type=found.code).text = _clean(render(found))
    return _document(root, tests=len(errors), errors=len(errors))


def _suite(root: ET.Element, name: str, *, tests: int, failures: int = 0, errors: int = 0) -> ET.Element:
    counts = {"tests": tests, "failures": failures, "errors": errors, "skipped": 0}
    return ET.SubElement(
        root, "testsuite", {"name": _clean(name), **{key: str(count) for key, count in counts.items()}}
    )


def _case(suite: ET.Element, name: str, result: TestResult) -> None:
    case = ET.SubElement(suite, "testcase", name=_clean(result.test.title), classname=_clean(name))
    case.set("file", _clean(name))
    case.set("line", str(result.test.span.position[0]))
    if not result.passed:
        told = _clean(_message(result))
        ET.SubElement(case, "failure", message=told, type="expectation").text = _clean(render_failure(result))


def _message(result: TestResult) -> str:
    """The first thing that does not hold, in a line."""
    for outcome in result.outcomes:
        if not outcome.met:
            return f"expected {expected_in_words(outcome.node)}, but {actual_in_words(outcome, result)}"
    violation = result.violations[0]
    return f"the invariant `{violation.invariant}` is broken: {violation.because}"


def _document(root: ET.Element, *, tests: int, failures: int = 0, errors: int = 0) -> bytes:
    for key, count in {"tests": tests, "failures": failures, "errors": errors}.items():
        root.set(key, str(count))
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _clean(text: str) -> str:
    return _NO_XML.sub("�", text)
