"""Diagnostics as a SARIF log: held to what the standard's schema requires of the parts that are used."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from trigdsl.diagnostics.codes import CODES
from trigdsl.diagnostics.diagnostic import Diagnostic, Label, Severity
from trigdsl.diagnostics.render_sarif import to_sarif
from trigdsl.source import Source, Span
from trigdsl.version import __version__

SHAPES: dict[str, dict[str, type | str | list[str]]] = {
    "log": {"$schema": str, "version": str, "runs": ["run"]},
    "run": {"tool": "tool", "columnKind": str, "results": ["result"]},
    "tool": {"driver": "driver"},
    "driver": {"name": str, "version": str, "semanticVersion": str, "rules": ["rule"]},
    "rule": {"id": str, "shortDescription": "message", "fullDescription": "message"},
    "result": {
        "ruleId": str,
        "ruleIndex": int,
        "level": str,
        "message": "message",
        "locations": ["location"],
        "relatedLocations": ["related"],
    },
    "message": {"text": str},
    "location": {"physicalLocation": "place"},
    "related": {"id": int, "message": "message", "physicalLocation": "place"},
    "place": {"artifactLocation": "file", "region": "region"},
    "file": {"uri": str, "uriBaseId": str},
    "region": {"startLine": int, "startColumn": int, "endLine": int, "endColumn": int, "snippet": "message"},
}
"""For each kind of object, its properties by SARIF 2.1.0 (those that we write) and what they hold."""
OPTIONAL = {"relatedLocations", "uriBaseId", "snippet"}


def fits(value: Any, kind: str) -> None:
    shape = SHAPES[kind]
    assert value.keys() <= shape.keys()
    assert shape.keys() - OPTIONAL <= value.keys()
    for name, held in value.items():
        wanted = shape[name]
        if isinstance(wanted, list):
            assert isinstance(held, list)
            for part in held:
                fits(part, wanted[0])
        elif isinstance(wanted, str):
            fits(held, wanted)
        else:
            assert type(held) is wanted


def log_of(*findings: Diagnostic) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(json.dumps(to_sarif(findings)))
    fits(log, "log")
    return log


def finding(name: str = "rules/my rules.trig", **more: Any) -> Diagnostic:
    source = Source(name, "list é😀\nlist\n é😀\n")
    facts: dict[str, Any] = {"code": "duplicate-name", "severity": Severity.ERROR, "message": "twice", "help": None}
    return Diagnostic(**{**facts, "span": Span(source, 8, 16), **more})


def test_the_whole_of_one_finding() -> None:
    first = Label(Span(Source("a.trig", "list vip"), 5, 8), "first declared here")
    [run] = log_of(finding(help="rename one of the two", labels=(first,)))["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["results"] == [
        {
            "ruleId": "duplicate-name",
            "ruleIndex": list(CODES).index("duplicate-name"),
            "level": "error",
            "message": {"text": "twice\nhelp: rename one of the two"},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": "rules/my%20rules.trig", "uriBaseId": "%SRCROOT%"},
                        "region": {
                            "startLine": 2,
                            "startColumn": 1,
                            "endLine": 3,
                            "endColumn": 4,
                            "snippet": {"text": "list\n é😀"},
                        },
                    }
                }
            ],
            "relatedLocations": [
                {
                    "id": 0,
                    "message": {"text": "first declared here"},
                    "physicalLocation": {
                        "artifactLocation": {"uri": "a.trig", "uriBaseId": "%SRCROOT%"},
                        "region": {
                            "startLine": 1,
                            "startColumn": 6,
                            "endLine": 1,
                            "endColumn": 9,
                            "snippet": {"text": "vip"},
                        },
                    },
                }
            ],
        }
    ]


def test_every_code_is_a_rule_of_the_tool() -> None:
    log = log_of(finding(severity=Severity.WARNING))
    assert log["version"] == "2.1.0"
    driver = log["runs"][0]["tool"]["driver"]
    assert (driver["name"], driver["semanticVersion"]) == ("trig", __version__)
    assert [(rule["id"], rule["shortDescription"]["text"]) for rule in driver["rules"]] == list(CODES.items())
    [result] = log["runs"][0]["results"]
    assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    assert result["level"] == "warning"


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("rules.trig", "rules.trig"),
        ("./rules.trig", "rules.trig"),
        ("a folder/é#1.trig", "a%20folder/%C3%A9%231.trig"),
        ("rules\\a.trig", "rules/a.trig"),
        ("/srv/a b.trig", "file:///srv/a%20b.trig"),
        ("C:\\rules\\a b.trig", "file:///C:/rules/a%20b.trig"),
        ("<text>", "%3Ctext%3E"),
        ("-e", "-e"),
    ],
)
def test_files_are_uris(name: str, uri: str) -> None:
    [result] = log_of(finding(name))["runs"][0]["results"]
    file = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert file["uri"] == uri
    assert re.fullmatch(r"[\w.~:/%-]*", file["uri"], re.ASCII)
    assert ("uriBaseId" in file) == (not uri.startswith("file:"))


def test_without_findings_there_is_a_run_without_results() -> None:
    assert log_of()["runs"][0]["results"] == []


def test_an_empty_place_has_no_snippet() -> None:
    [result] = log_of(finding(span=Span(Source("-e", ""), 0, 0)))["runs"][0]["results"]
    region = result["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1}
