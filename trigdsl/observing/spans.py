"""OpenTelemetry spans of an engine's calls and of deliveries. Needs the extra `telemetry`.

A span is named `trigdsl.` and what is under way.  It is a child of the span in which the call was made, so an
engine's work stands under the request that led to it.  No attribute tells of a user.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.trace import Tracer

from trigdsl.model.decisions import Decision
from trigdsl.observing.observer import Observer, Rejection


class Spans(Observer):
    """Makes spans with a tracer, that of the global provider if none is given."""

    def __init__(self, tracer: Tracer | None = None) -> None:
        self._tracer = tracer or trace.get_tracer("trigdsl")

    @contextmanager
    def span(self, name: str, **attributes: str | int) -> Iterator[None]:
        told = {f"trigdsl.{key}": value for key, value in attributes.items()}
        with self._tracer.start_as_current_span(f"trigdsl.{name}", attributes=told):
            yield

    def took(self, records: int, duplicates: int) -> None:
        trace.get_current_span().set_attribute("trigdsl.duplicates", duplicates)

    def rejected(self, rejection: Rejection) -> None:
        trace.get_current_span().add_event("rejected", {"trigdsl.kind": rejection.kind})

    def decided(self, decisions: Sequence[Decision]) -> None:
        counts = Counter(one.status for one in decisions)
        trace.get_current_span().set_attributes({f"trigdsl.{status}": count for status, count in counts.items()})

    def undelivered(self, channel: str, attempt: int, reason: str, *, dead: bool) -> None:
        trace.get_current_span().add_event("undelivered", {"trigdsl.channel": channel, "trigdsl.dead": dead})
