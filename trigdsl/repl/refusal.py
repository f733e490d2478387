"""What a session says instead of doing something that cannot be done."""

from __future__ import annotations

from trigdsl.diagnostics.diagnostic import Diagnostic
from trigdsl.diagnostics.excerpt import visible


class Refusal(ValueError):  # noqa: N818 - named for what it is
    """A line that cannot be done: what is wrong in one sentence, and what to do instead, or another note."""

    def __init__(self, message: str, help: str | None = None, *, label: str = "help") -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        self.label = label

    def __str__(self) -> str:
        note = f"\n  = {self.label}: {visible(self.help)}" if self.help else ""
        return f"error: {visible(self.message)}{note}"


class Faults(ValueError):  # noqa: N818
    """A line in which the language itself finds mistakes; `diagnostics` point into it."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(str(len(diagnostics)))
        self.diagnostics = diagnostics
