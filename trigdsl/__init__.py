"""trigdsl: a small if-then language for behaviour-triggered messages, and the engine that runs it.

Each name is imported when it is first asked for, so that a command which needs few of them starts quickly.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from trigdsl.version import __version__

if TYPE_CHECKING:
    from trigdsl.diagnostics.diagnostic import Diagnostic, TrigError
    from trigdsl.embedding import Engine
    from trigdsl.engine.program import Program
    from trigdsl.living import AsyncEngine, LiveClock
    from trigdsl.loading import load, parse
    from trigdsl.model.decisions import Decision
    from trigdsl.model.violations import Violation
    from trigdsl.records.objects import Event
    from trigdsl.replayer.over_records import replay
    from trigdsl.replayer.results import Decisions
    from trigdsl.sharing.aio import AsyncSharedEngine
    from trigdsl.sharing.shared import SharedEngine

_HOMES = {
    "AsyncEngine": "trigdsl.living",
    "AsyncSharedEngine": "trigdsl.sharing.aio",
    "Decision": "trigdsl.model.decisions",
    "Decisions": "trigdsl.replayer.results",
    "Diagnostic": "trigdsl.diagnostics.diagnostic",
    "Engine": "trigdsl.embedding",
    "Event": "trigdsl.records.objects",
    "LiveClock": "trigdsl.living",
    "Program": "trigdsl.engine.program",
    "SharedEngine": "trigdsl.sharing.shared",
    "TrigError": "trigdsl.diagnostics.diagnostic",
    "Violation": "trigdsl.model.violations",
    "load": "trigdsl.loading",
    "parse": "trigdsl.loading",
    "replay": "trigdsl.replayer.over_records",
}

__all__ = [
    "AsyncEngine",
    "AsyncSharedEngine",
    "Decision",
    "Decisions",
    "Diagnostic",
    "Engine",
    "Event",
    "LiveClock",
    "Program",
    "SharedEngine",
    "TrigError",
    "Violation",
    "__version__",
    "load",
    "parse",
    "replay",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    held = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return held


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
