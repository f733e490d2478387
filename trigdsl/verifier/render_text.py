"""What a search found → text for people: each broken promise with a test that shows it, then what held."""

from __future__ import annotations

from trigdsl.diagnostics.excerpt import visible
from trigdsl.diagnostics.render_text import paint
from trigdsl.model.values import instant_text
from trigdsl.verifier.search import Finding, Verdict

_BOLD, _RED, _GREEN = "1", "1;31", "1;32"


def render_verdict(verdict: Verdict, *, color: bool = False) -> str:
    """The whole report, without a last line break."""
    blocks = [_finding(found, color) for found in verdict.findings]
    return "\n\n".join([*blocks, "\n".join(_summary(verdict, color))])


def _finding(found: Finding, color: bool) -> str:
    decision = found.decision
    what = f"{decision.rule} {decision.status}" + (f" on {decision.channel}" if decision.channel else "")
    return "\n".join(
        [
            f"{paint('broken:', _RED, color)} {paint(visible(found.promise), _BOLD, color)}  {visible(found.says)}",
            f"  {instant_text(decision.time)}, {visible(what)}: {visible(found.because)}",
            "  this test fails because of it:",
            "",
            found.text,
        ]
    )


def _summary(verdict: Verdict, color: bool) -> list[str]:
    counted = f"{verdict.examples} stor{'y' if verdict.examples == 1 else 'ies'} tried with seed {verdict.seed}"
    lines = [f"{counted}: {len(verdict.findings)} promise{'' if len(verdict.findings) == 1 else 's'} broken"]
    if verdict.kept:
        lines.append(f"{paint('nothing broke:', _GREEN, color)} {', '.join(visible(name) for name in verdict.kept)}")
    return lines
