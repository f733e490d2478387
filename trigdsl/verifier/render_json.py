"""What a search found → plain data for JSON: the same facts as the text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trigdsl.diagnostics.diagnostic import Diagnostic
from trigdsl.diagnostics.render_json import to_list
from trigdsl.verifier.search import Verdict


def to_dict(verdict: Verdict | None, diagnostics: Sequence[Diagnostic] = ()) -> dict[str, Any]:
    """Everything found; `verdict` None for rules that cannot run."""
    return {
        "seed": None if verdict is None else verdict.seed,
        "examples": 0 if verdict is None else verdict.examples,
        "broken": [
            {
                "promise": found.promise,
                "says": found.says,
                "because": found.because,
                "decision": found.decision.to_dict(),
                "test": found.text,
            }
            for found in (verdict.findings if verdict is not None else ())
        ],
        "kept": list(verdict.kept) if verdict is not None else [],
        "diagnostics": to_list(diagnostics),
    }
