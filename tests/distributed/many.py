"""Many stories, each a program and inputs, decided by one job of Spark: as many jobs would cost minutes.

Rows of a story are known by its number, which goes with the user into the key that Spark brings together.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import groupby
from typing import Any

import pyarrow as pa
from attrs import define, field, frozen

import trigdsl
from trigdsl.distributed.deciding import Deciding, decide, output_schema
from trigdsl.distributed.linking import linked
from trigdsl.distributed.rows import PROFILE, RECORD, ROWS, Claims
from trigdsl.distributed.rules import travelling
from trigdsl.model.inputs import Input
from trigdsl.model.values import FIRST_INSTANT, Value
from trigdsl.records.packing import packed
from trigdsl.replayer.driver import Replay

PARTITIONS = 8
IN_ROWS = pa.schema([pa.field("story", pa.int32()), *ROWS])
OUT_ROWS = pa.schema([pa.field("story", pa.int32()), *output_schema()])


@frozen
class Story:
    """A program, what happens, and how far the clock goes."""

    name: str
    program: trigdsl.Program
    inputs: tuple[Input, ...]
    profiles: tuple[tuple[str, dict[str, Value]], ...] = ()
    options: dict[str, Any] = field(factory=dict)

    def on_one_machine(self) -> tuple[list[dict[str, Any]], int | None]:
        """What is decided here, and the time of the last input."""
        replay = Replay(self.program, self.inputs, profiles=self.profiles, **self.options)
        return [one.to_dict() for one in replay], replay.stats.last


@define
class Many:
    """Stories, what is decided of them on one machine, and how their rows are asked for."""

    stories: list[Story] = field(factory=list)
    expected: list[list[dict[str, Any]]] = field(factory=list)
    asked: list[Deciding] = field(factory=list)
    rows: list[tuple[Any, ...]] = field(factory=list)

    def add(self, story: Story) -> None:
        """One more story."""
        expected, last = story.on_one_machine()
        number = len(self.stories)
        self.stories.append(story)
        self.expected.append(expected)
        self.asked.append(Deciding(program=travelling(story.program), last=last, lines=True, **story.options))
        claims: Claims = {}
        for arrival, given in enumerate(story.inputs):
            if given.alias is not None:
                known = claims.get((given.user, given.alias), (given.time, arrival, 0))
                claims[given.user, given.alias] = (*min(known[:2], (given.time, arrival)), known[2] + 1)
        keys = linked(claims).groups
        for arrival, (user, attributes) in enumerate(story.profiles):
            data = packed([Input(user, 0, set=attributes)])
            self.rows.append((number, keys.get(user, user), FIRST_INSTANT - 1, arrival, None, PROFILE, data))
        for arrival, given in enumerate(story.inputs):
            key = keys.get(given.user, given.user)
            self.rows.append((number, key, given.time, arrival, given.id, RECORD, packed([given])))

    def on_spark(self, spark: Any) -> list[list[dict[str, Any]]]:
        """What Spark decides of each story, in the defined order."""
        from pyspark.sql.pandas.types import from_arrow_schema

        frame = spark.createDataFrame(self.rows, from_arrow_schema(IN_ROWS))
        ordered = frame.repartition(PARTITIONS, "story", "key").sortWithinPartitions("story", "key", "time", "arrival")
        made = ordered.mapInArrow(partial(decide_many, self.asked), from_arrow_schema(OUT_ROWS)).toArrow().to_pylist()
        found: list[list[dict[str, Any]]] = [[] for _ in self.stories]
        made.sort(key=lambda row: (row["story"], row["status"] == "pending", row["time"], row["user"], row["number"]))
        for row in made:
            found[row["story"]].append(json.loads(row["line"]))
        return found


def decide_many(asked: list[Deciding], batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """What a worker runs: the rows of one story after the other."""
    rows = (row for batch in batches for row in batch.to_pylist())
    for story, held in groupby(rows, key=lambda row: row["story"]):
        own = [{name: row[name] for name in ROWS.names} for row in held]
        for batch in decide(asked[story], pa.Table.from_pylist(own, ROWS).to_batches(5)):
            decisions = batch.filter(pa.compute.is_null(batch.column("report")))
            numbers = pa.array([story] * decisions.num_rows, pa.int32())
            yield pa.RecordBatch.from_arrays([numbers, *decisions.columns], schema=OUT_ROWS)
