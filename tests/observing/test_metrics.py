"""Metrics and spans: every number is that of what happened."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry, generate_latest

import trigdsl
from trigdsl.delivery.outbox import Backoff, Handover, Outbox
from trigdsl.observing.metrics import Metrics
from trigdsl.observing.observer import Rejection
from trigdsl.observing.spans import Spans

START = 1_795_168_800
SECOND = 1_000_000
RULES = """
channel sms: requires user.phone exists
rule left: if cart and value > 10 then after 1h send push unless purchase
rule text: if cart then send sms
"""


def record(user: str, seconds: float, event: str = "cart", **more: Any) -> dict[str, Any]:
    return {"user": user, "time": START + seconds, "event": event, "properties": {"value": 20}, **more}


class Observed:
    """An engine with a store and an outbox, watched by metrics in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.metrics = Metrics(self.registry)
        self.engine = trigdsl.Engine(trigdsl.parse(RULES, name="r.trig"), store="memory:", observer=self.metrics)
        assert self.engine.store is not None
        self.now = (START + 3600) * SECOND
        backoff = Backoff(attempts=2, draw=lambda: 1.0)
        self.outbox = Outbox(self.engine.store, backoff=backoff, now=lambda: self.now, observer=self.metrics)
        self.metrics.watch(self.engine, self.outbox)

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"trigdsl_{name}", labels)


def test_counts_are_those_of_what_happened() -> None:
    observed = Observed()
    observed.engine.feed_many(
        [record("u", 0, id="1"), record("u", 0, id="1"), record("v", 0), {}, record("v", 1, "purchase")]
    )
    observed.engine.feed(record("v", 0.5))
    observed.engine.advance(START + 3600)
    assert observed.value("records_total") == 4
    assert observed.value("records_duplicate_total") == 1
    assert observed.value("records_rejected_total", kind="unusable") == 1
    assert observed.value("records_rejected_total", kind="late") == 1
    assert observed.value("record_lateness_seconds_sum") == 0.5
    left = {"rule": "left", "action": "send", "channel": "push"}
    assert observed.value("decisions_total", **left, status="sent") == 1
    assert observed.value("decisions_total", **left, status="cancelled") == 1
    assert observed.value("decisions_total", rule="text", action="send", channel="sms", status="skipped") == 2
    assert observed.value("call_seconds_count", call="feed") == 2
    assert observed.value("call_seconds_count", call="advance") == 1
    with pytest.raises(ValueError, match="cannot go back"):
        observed.engine.advance(START)
    assert observed.value("call_failures_total", call="advance") == 1
    assert observed.value("call_seconds_count", call="advance") == 2


def test_clock_and_next_timer_are_told_when_there_are_any() -> None:
    observed = Observed()
    assert observed.value("clock_timestamp_seconds") is None
    observed.engine.feed(record("u", 0))
    assert observed.value("clock_timestamp_seconds") == START
    assert observed.value("next_due_timestamp_seconds") == START + 3600
    observed.engine.advance(START + 3600)
    assert observed.value("next_due_timestamp_seconds") is None


def test_data_warnings_are_told_by_rule_and_place_and_never_fall() -> None:
    observed = Observed()
    odd = {"user": "u", "time": START, "event": "cart", "properties": {"value": "much"}}
    observed.engine.feed_many([odd, {**odd, "user": "v"}])
    assert observed.value("data_warnings_total", rule="left", place="r.trig:3:24") == 2
    observed.engine.reload(trigdsl.parse(RULES, name="r.trig"))
    observed.engine.feed({**odd, "user": "w"})
    assert observed.value("data_warnings_total", rule="left", place="r.trig:3:24") == 3


def test_deliveries_and_the_depth_of_the_outbox() -> None:
    observed = Observed()
    observed.engine.feed_many([record("u", 0), record("v", 0)])
    assert observed.value("outbox_deliveries", channel="push", state="waiting") is None
    observed.engine.advance(START + 3600)
    assert observed.value("outbox_deliveries", channel="push", state="waiting") == 2

    def fails_for_u(handover: Handover) -> None:
        if handover.decision.user == "u":
            raise OSError

    observed.outbox.deliver(fails_for_u)
    observed.now += 2 * SECOND
    assert observed.value("deliveries_total", channel="push") == 1
    assert observed.value("delivery_wait_seconds_sum", channel="push") == 0
    assert observed.value("deliveries_failed_total", channel="push") == 1
    assert observed.value("deliveries_dead_total", channel="push") is None
    observed.outbox.deliver(fails_for_u)
    assert observed.value("deliveries_failed_total", channel="push") == 2
    assert observed.value("deliveries_dead_total", channel="push") == 1
    assert observed.value("outbox_deliveries", channel="push", state="dead") == 1
    assert observed.value("outbox_deliveries", channel="push", state="waiting") == 0
    assert observed.value("call_seconds_count", call="deliver") == 3
    assert observed.value("call_failures_total", call="deliver") == 2


def test_timer_lag_is_in_seconds() -> None:
    observed = Observed()
    observed.metrics.timers_ran(1_500_000)
    assert observed.value("timer_lag_seconds_sum") == 1.5
    assert observed.value("timer_lag_seconds_bucket", le="1.0") == 0
    assert observed.value("timer_lag_seconds_bucket", le="5.0") == 1


def test_no_user_is_named_anywhere() -> None:
    observed = Observed()
    observed.engine.feed_many([record("somebody", 0), {"user": "somebody", "time": "noon"}])
    observed.engine.advance(START + 3600)
    observed.metrics.rejected(Rejection(kind="late", user="somebody", reason="late", late_by=1))
    assert b"somebody" not in generate_latest(observed.registry)


def test_metrics_of_several_engines_stand_beside_each_other() -> None:
    registry = CollectorRegistry()
    for prefix in ("one", "two"):
        trigdsl.Engine(trigdsl.parse(RULES), observer=Metrics(registry, prefix)).feed(record("u", 0))
    assert registry.get_sample_value("one_records_total") == 1
    assert registry.get_sample_value("two_records_total") == 1


def test_spans_stand_under_the_request_and_say_what_came() -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("test")
    engine = trigdsl.Engine(trigdsl.parse(RULES), observer=Spans(tracer))
    with tracer.start_as_current_span("request"):
        engine.feed_many([record("u", 0), record("v", 0), {}])
    feed, request = exporter.get_finished_spans()
    assert (feed.name, request.name) == ("trigdsl.feed", "request")
    assert feed.parent is not None
    assert feed.parent.span_id == request.context.span_id
    assert dict(feed.attributes or {}) == {"trigdsl.records": 3, "trigdsl.duplicates": 0, "trigdsl.skipped": 2}
    assert [(event.name, dict(event.attributes or {})) for event in feed.events] == [
        ("rejected", {"trigdsl.kind": "unusable"})
    ]


def test_a_span_of_a_call_that_raises_has_the_error() -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    engine = trigdsl.Engine(trigdsl.parse(RULES), observer=Spans(provider.get_tracer("test")))
    engine.advance(START)
    with pytest.raises(ValueError, match="cannot go back"):
        engine.advance(START - 1)
    fine, failed = exporter.get_finished_spans()
    assert fine.status.is_ok
    assert not failed.status.is_ok
