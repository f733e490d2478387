"""trigdsl: a small if-then language for behaviour-triggered messages, and the engine that runs it."""

from trigdsl.diagnostics.diagnostic import Diagnostic, TrigError
from trigdsl.embedding import Engine, replay
from trigdsl.engine.program import Program
from trigdsl.living import AsyncEngine, LiveClock
from trigdsl.loading import load, parse
from trigdsl.model.decisions import Decision
from trigdsl.model.violations import Violation
from trigdsl.records.objects import Event
from trigdsl.version import __version__

__all__ = [
    "AsyncEngine",
    "Decision",
    "Diagnostic",
    "Engine",
    "Event",
    "LiveClock",
    "Program",
    "TrigError",
    "Violation",
    "__version__",
    "load",
    "parse",
    "replay",
]
