"""Diagnostics as programs read them."""

from __future__ import annotations

import json

from trigdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label, Severity
from trigdsl.diagnostics.render_json import to_list
from trigdsl.source import Source, Span


def test_every_fact_of_the_text_is_there() -> None:
    source = Source("rules.trig", "list vip\nlist vip\n")
    finding = Diagnostic(
        code="declared-twice",
        severity=Severity.ERROR,
        message="`vip` is declared twice",
        span=Span(source, 14, 17),
        labels=(Label(Span(source, 5, 8), "first declared here"),),
        help="remove one",
    )
    assert json.loads(json.dumps(to_list([finding]))) == [
        {
            "code": "declared-twice",
            "severity": "error",
            "message": "`vip` is declared twice",
            "file": "rules.trig",
            "line": 2,
            "column": 6,
            "end_line": 2,
            "end_column": 9,
            "text": "vip",
            "labels": [
                {
                    "message": "first declared here",
                    "file": "rules.trig",
                    "line": 1,
                    "column": 6,
                    "end_line": 1,
                    "end_column": 9,
                    "text": "vip",
                }
            ],
            "help": "remove one",
            "fix": None,
        }
    ]


def test_without_help_it_is_null() -> None:
    finding = Diagnostic(code="c", severity=Severity.WARNING, message="m", span=Span(Source("-e", ""), 0, 0))
    [out] = to_list([finding])
    assert out["help"] is None
    assert (out["line"], out["column"], out["text"]) == (1, 1, "")


def test_a_fix_is_its_edits() -> None:
    span = Span(Source("-e", "a b"), 1, 3)
    fix = Fix("remove it", (Edit(span, ""),))
    finding = Diagnostic(code="c", severity=Severity.NOTE, message="m", span=span, fix=fix)
    [out] = to_list([finding])
    place = {"file": "-e", "line": 1, "column": 2, "end_line": 1, "end_column": 4, "text": " b"}
    assert out["severity"] == "note"
    assert out["fix"] == {"title": "remove it", "edits": [{**place, "replacement": ""}]}
