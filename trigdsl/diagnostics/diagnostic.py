"""What the language half says to the author of rules: one small value for errors, warnings and lints."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from trigdsl.source import Span


class Severity(StrEnum):
    """How grave a diagnostic is; only an ERROR keeps a program from running.

    A WARNING is about what is most likely a mistake, a NOTE about what is worth a second look.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@frozen
class Label:
    """A further place that a diagnostic speaks of, such as the first of two declarations."""

    span: Span
    text: str


@frozen
class Edit:
    """What stands at `span` is replaced by `replacement`; an empty span inserts, an empty text removes."""

    span: Span
    replacement: str


@frozen
class Fix:
    """How to mend a finding without changing what the program does: `title` says it as an action."""

    title: str
    edits: tuple[Edit, ...]


@frozen(kw_only=True)
class Diagnostic:
    """One finding about a program.

    `code` is a kebab-case name with a page in the docs; `message` one sentence without capital and
    full stop, with user text in backticks; `span` what is underlined; `help` what to do, as an action;
    `fix` the same as edits of the text, where a machine may do it.
    """

    code: str
    severity: Severity
    message: str
    span: Span
    labels: tuple[Label, ...] = ()
    help: str | None = None
    fix: Fix | None = None

    def __str__(self) -> str:
        line, column = self.span.position
        text = f"{self.span.source.name}:{line}:{column}: {self.severity}[{self.code}]: {self.message}"
        return f"{text} (help: {self.help})" if self.help else text


class TrigError(Exception):
    """A program that cannot run. `.diagnostics` holds every finding, warnings included, in source order."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        self.diagnostics = diagnostics
        errors = [d for d in diagnostics if d.severity is Severity.ERROR]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__(f"{errors[0]}{more}" if errors else "no error")
