"""Decisions as an iterator, and as tables."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow
import pytest

import trigdsl
from trigdsl.replayer import results
from trigdsl.replayer.results import Decisions, decision_schema

RULES = """
rule hello "A greeting":
  if signup
  then send push "Hi" with { badge: 1.5, at: now }
  then set user.tier = nothing, set user.level = 3
  then emit greeted { from: "hello" }
rule later: if signup then after 1h send sms unless login
"""
RECORDS = [{"user": "ann", "time": "2026-11-20T10:00:00.000001Z", "event": "signup", "id": "e-1"}]


def replayed() -> Decisions:
    return trigdsl.replay(trigdsl.parse(RULES), RECORDS)


def test_they_are_taken_one_by_one() -> None:
    decisions = replayed()
    assert iter(decisions) is decisions
    assert next(decisions).action == "send"
    assert [one.action for one in decisions] == ["set", "set", "emit", "send"]
    assert list(decisions) == []


def test_what_wants_all_holds_them() -> None:
    decisions = replayed()
    assert repr(decisions) == "<Decisions, to be taken>"
    next(decisions)
    assert len(decisions) == 4
    assert repr(decisions) == "<Decisions: 4>"
    assert decisions.to_arrow() == decisions.to_arrow()
    assert len(list(decisions)) == 4
    assert list(decisions) == []
    assert len(decisions) == 4


def test_any_decisions_can_be_given() -> None:
    engine = trigdsl.Engine(trigdsl.parse(RULES))
    assert len(Decisions(engine.feed_many(RECORDS)).to_pandas()) == 4
    assert Decisions([])
    assert len(Decisions([])) == 0


def test_a_row_has_the_values_of_its_decision() -> None:
    table = replayed().to_arrow()
    assert table.schema == decision_schema()
    rows = table.to_pylist()
    at = datetime(2026, 11, 20, 10, 0, 0, 1, tzinfo=UTC)
    key = rows[0]["key"]
    assert rows[0] == {
        "user": "ann",
        "rule": "hello",
        "step": 1,
        "action": "send",
        "channel": "push",
        "target": None,
        "status": "sent",
        "reason": None,
        "time": at,
        "triggered": at,
        "due": at,
        "variant": None,
        "text": "Hi",
        "fields": '{"badge": 1.5, "at": "2026-11-20T10:00:00.000001Z"}',
        "value": None,
        "event_id": "e-1",
        "title": "A greeting",
        "key": key,
    }
    assert [(row["target"], row["value"]) for row in rows[1:3]] == [("tier", "null"), ("level", "3")]
    assert (rows[3]["target"], rows[3]["value"]) == ("greeted", '{"from": "hello"}')
    assert (rows[4]["status"], rows[4]["reason"]) == ("pending", "due")
    assert rows[4]["due"] == datetime(2026, 11, 20, 11, 0, 0, 1, tzinfo=UTC)


def test_variants_and_fields_of_any_shape_are_kept() -> None:
    rules = """
    rule v:
      if a
      then send push
        when n > 2 as short: "Hi"
        otherwise: "Hello"
        with { n: [1, { e: n, é: "é" }] }
    """
    records = [{"user": "u", "time": 1_795_168_800_000 + n, "event": "a", "properties": {"n": n}} for n in (2, 3)]
    rows = trigdsl.replay(trigdsl.parse(rules), records).to_arrow().to_pylist()
    assert [(row["variant"], row["text"], row["fields"]) for row in rows] == [
        ("otherwise", "Hello", '{"n": [1, {"e": 2, "é": "é"}]}'),
        ("short", "Hi", '{"n": [1, {"e": 3, "é": "é"}]}'),
    ]


def test_frames_have_the_rows_of_the_table() -> None:
    decisions = replayed()
    table = decisions.to_arrow()
    assert decisions.to_polars().to_arrow().to_pylist() == table.to_pylist()
    frame = decisions.to_pandas()
    assert list(frame.columns) == table.schema.names
    assert str(frame["time"].dtype) == "datetime64[us, UTC]"
    assert frame["user"].tolist() == ["ann"] * 5


def test_no_decisions_make_a_table_of_the_same_columns() -> None:
    table = Decisions([]).to_arrow()
    assert table.num_rows == 0
    assert table.schema == decision_schema()
    assert Decisions([]).to_pandas().shape == (0, len(table.schema))
    assert Decisions([]).to_polars().shape == (0, len(table.schema))


@pytest.mark.parametrize("batch", [1, 2, 4, 5, 6])
def test_batches_make_no_difference(batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = replayed().to_arrow()
    monkeypatch.setattr(results, "BATCH", batch)
    parts = replayed().to_arrow()
    assert isinstance(parts, pyarrow.Table)
    assert parts.to_pylist() == whole.to_pylist()


def test_instants_outside_the_nanosecond_range_are_kept() -> None:
    program = trigdsl.parse("rule a: if a then send push")
    record = {"user": "u", "time": "1600-01-01T00:00:00Z", "event": "a"}
    frame = trigdsl.replay(program, [record]).to_pandas()
    assert frame["time"][0].year == 1600
