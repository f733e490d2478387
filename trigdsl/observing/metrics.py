"""Prometheus metrics of an engine, its live clock and its outbox. Needs the extra `metrics`.

No label tells of a user.  Names and units are those of Prometheus: seconds, and `_total` for what only grows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from time import perf_counter
from typing import Protocol

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from trigdsl.model.decisions import Decision
from trigdsl.model.values import SECOND, Micros
from trigdsl.observing.observer import Observer, Rejection

_CALLS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_WAITS = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 3600.0, 6 * 3600.0, 86400.0)


class Warned(Protocol):
    """A kind of data warning, as `Engine.data_warnings` gives it."""

    @property
    def rule(self) -> str: ...
    @property
    def place(self) -> str: ...
    @property
    def count(self) -> int: ...


class WatchedEngine(Protocol):
    """What is asked of an engine when metrics are collected."""

    @property
    def clock(self) -> datetime | None: ...
    @property
    def next_due(self) -> datetime | None: ...
    def data_warnings(self) -> Sequence[Warned]: ...


class Depth(Protocol):
    """How many deliveries of a channel wait, are being handed over, and were given up."""

    @property
    def waiting(self) -> int: ...
    @property
    def leased(self) -> int: ...
    @property
    def dead(self) -> int: ...


class WatchedOutbox(Protocol):
    """What is asked of an outbox when metrics are collected."""

    def backlog(self) -> Mapping[str, Depth]: ...


class Metrics(Observer):
    """Counts what it is told in a registry of Prometheus, the default one if none is given.

    `watch` adds what is asked of an engine and an outbox whenever metrics are collected.
    """

    def __init__(self, registry: CollectorRegistry = REGISTRY, prefix: str = "trigdsl") -> None:
        def counter(name: str, told: str, *labels: str) -> Counter:
            return Counter(f"{prefix}_{name}", told, labels, registry=registry)

        def histogram(name: str, told: str, buckets: Sequence[float], *labels: str) -> Histogram:
            return Histogram(f"{prefix}_{name}", told, labels, buckets=buckets, registry=registry)

        self._registry, self._prefix = registry, prefix
        self._records = counter("records", "Records that were usable.")
        self._duplicates = counter("records_duplicate", "Records that had come before.")
        self._rejected = counter("records_rejected", "Records that were rejected.", "kind")
        self._lateness = histogram("record_lateness_seconds", "How late records were that came too late.", _WAITS)
        self._decisions = counter("decisions", "Decisions.", "rule", "action", "channel", "status")
        self._calls = histogram("call_seconds", "How long calls of the engine and the sink took.", _CALLS, "call")
        self._failures = counter("call_failures", "Calls that raised.", "call")
        self._lag = histogram("timer_lag_seconds", "How long after it was due the first of some timers ran.", _WAITS)
        self._delivered = counter("deliveries", "Deliveries that arrived.", "channel")
        self._undelivered = counter("deliveries_failed", "Attempts to deliver that failed.", "channel")
        self._dead = counter("deliveries_dead", "Deliveries that were given up.", "channel")
        self._waited = histogram("delivery_wait_seconds", "From decision to arrival.", _WAITS, "channel")

    def watch(self, engine: WatchedEngine, outbox: WatchedOutbox | None = None) -> None:
        """Collect the engine's clock and data warnings, and how much the outbox holds, from now on."""
        self._registry.register(_Watch(self._prefix, engine, outbox))

    @contextmanager
    def span(self, name: str, **attributes: str | int) -> Iterator[None]:
        start = perf_counter()
        try:
            yield
        except BaseException:
            self._failures.labels(name).inc()
            raise
        finally:
            self._calls.labels(name).observe(perf_counter() - start)

    def took(self, records: int, duplicates: int) -> None:
        self._records.inc(records)
        self._duplicates.inc(duplicates)

    def rejected(self, rejection: Rejection) -> None:
        self._rejected.labels(rejection.kind).inc()
        if rejection.late_by is not None:
            self._lateness.observe(rejection.late_by / SECOND)

    def decided(self, decisions: Sequence[Decision]) -> None:
        for one in decisions:
            self._decisions.labels(one.rule, one.action, one.channel or "", one.status).inc()

    def timers_ran(self, lag: Micros) -> None:
        self._lag.observe(lag / SECOND)

    def delivered(self, channel: str, attempt: int, waited: Micros) -> None:
        self._delivered.labels(channel).inc()
        self._waited.labels(channel).observe(waited / SECOND)

    def undelivered(self, channel: str, attempt: int, reason: str, *, dead: bool) -> None:
        self._undelivered.labels(channel).inc()
        if dead:
            self._dead.labels(channel).inc()


class _Watch(Collector):
    """Asks an engine and an outbox when metrics are collected."""

    def __init__(self, prefix: str, engine: WatchedEngine, outbox: WatchedOutbox | None) -> None:
        self._prefix, self._engine, self._outbox = prefix, engine, outbox

    def describe(self) -> Iterable[Metric]:
        # Without it, registering would ask the engine at once.
        return ()

    def collect(self) -> Iterator[Metric]:
        yield self._moment("clock_timestamp_seconds", "The engine's clock.", self._engine.clock)
        yield self._moment("next_due_timestamp_seconds", "When the next timer is due.", self._engine.next_due)
        told = "Values that did not fit where a rule reads them."
        warnings = CounterMetricFamily(f"{self._prefix}_data_warnings", told, labels=("rule", "place"))
        counts: dict[tuple[str, str], int] = {}
        for one in self._engine.data_warnings():
            counts[one.rule, one.place] = counts.get((one.rule, one.place), 0) + one.count
        for (rule, place), count in counts.items():
            warnings.add_metric((rule, place), count)
        yield warnings
        if self._outbox is not None:
            yield self._depth(self._outbox)

    def _moment(self, name: str, told: str, at: datetime | None) -> Metric:
        gauge = GaugeMetricFamily(f"{self._prefix}_{name}", told)
        if at is not None:
            gauge.add_metric((), at.timestamp())
        return gauge

    def _depth(self, outbox: WatchedOutbox) -> Metric:
        told = "Deliveries in the outbox."
        depth = GaugeMetricFamily(f"{self._prefix}_outbox_deliveries", told, labels=("channel", "state"))
        for channel, held in outbox.backlog().items():
            for state in ("waiting", "leased", "dead"):
                depth.add_metric((channel, state), getattr(held, state))
        return depth
