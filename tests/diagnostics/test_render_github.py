"""Diagnostics as workflow commands of GitHub Actions."""

from __future__ import annotations

from trigdsl.diagnostics.diagnostic import Diagnostic, Severity
from trigdsl.diagnostics.render_github import to_commands
from trigdsl.source import Source, Span


def finding(name: str, message: str, help: str | None = None, severity: Severity = Severity.ERROR) -> Diagnostic:
    span = Span(Source(name, "if a\nthen b\n"), 3, 9)
    return Diagnostic(code="syntax-error", severity=severity, message=message, span=span, help=help)


def test_a_finding_is_one_line() -> None:
    [command] = to_commands([finding("rules.trig", "no", "do")])
    assert command == (
        "::error title=trig (syntax-error),file=rules.trig,line=1,col=4,endLine=2,endColumn=5::no%0Ahelp: do"
    )


def test_a_warning_without_help() -> None:
    [command] = to_commands([finding("rules.trig", "no", severity=Severity.WARNING)])
    assert command.startswith("::warning title=")
    assert command.endswith("::no")


def test_what_would_end_a_command_or_a_property_is_escaped() -> None:
    [command] = to_commands([finding("a,b:c%.trig", "50%: a, b\r\n::error::")])
    assert ",file=a%2Cb%3Ac%25.trig,line=" in command
    assert command.endswith("::50%25: a, b%0D%0A::error::")
    assert "\n" not in command
    assert "\r" not in command


def test_they_come_in_order() -> None:
    commands = to_commands([finding("b", "one"), finding("a", "two")])
    assert [command.rpartition("::")[2] for command in commands] == ["one", "two"]
