"""Programs of the project's shared samples check without errors."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from trigdsl.checker.check import check
from trigdsl.source import Source
from trigdsl.syntax.parser import parse_file

SHARED = Path(os.environ.get("TRIGDSL_SHARED", Path(__file__).parents[3] / "shared"))


def programs() -> dict[str, str]:
    cases = {path.stem: json.loads(path.read_text())["rules"] for path in SHARED.glob("conformance/cases/*.json")}
    return cases | {path.stem: path.read_text() for path in SHARED.glob("perf/*.trig")}


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared samples are not here (set TRIGDSL_SHARED)")
def test_samples_have_no_findings() -> None:
    found = {}
    for name, text in programs().items():
        source = Source(name, text)
        parsed = parse_file(source)
        _, diagnostics = check([(parsed.file, source)])
        if parsed.diagnostics or diagnostics:
            found[name] = [str(one) for one in (*parsed.diagnostics, *diagnostics)]
    assert programs()
    assert not found
