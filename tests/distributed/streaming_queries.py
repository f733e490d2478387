"""A folder that fills with files, a batch each, and the queries that read it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from attrs import define

Record = dict[str, Any]

SCHEMA = "program string, value string"
T = TypeVar("T")
_TRIES = 10


@define
class Feed:
    """A folder of files of records; each file is a batch, in the order in which they were put."""

    folder: Path
    number: int = 0

    def put(self, records: Iterable[Record | str], program: str = "") -> None:
        """The next batch. A record is the record itself, or text that may be none."""
        texts = (record if isinstance(record, str) else json.dumps(record) for record in records)
        self.put_named((program, text) for text in texts)

    def put_named(self, rows: Iterable[tuple[str, str]]) -> None:
        """The next batch, of records as text with the names of their programs."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{self.number:04}.json"
        hidden = path.with_name(f".{path.name}")
        hidden.write_text("".join(json.dumps({"program": name, "value": text}) + "\n" for name, text in rows), "utf-8")
        # The source takes files by the time of their last change, the oldest first.
        os.utime(hidden, (1_700_000_000 + self.number,) * 2)
        hidden.rename(path)
        self.number += 1

    def read(self, spark: Any, *columns: str) -> Any:
        """The streaming DataFrame of the folder, a file a batch."""
        rows = spark.readStream.schema(SCHEMA).option("maxFilesPerTrigger", 1).json(str(self.folder))
        return rows.select(*(columns or ("value",)))


def run(decisions: Any, folder: Path) -> None:
    """Run a query over all that is there, from its checkpoint on; its rows go to Parquet, beside the checkpoint."""
    writing = decisions.writeStream.format("parquet").option("path", f"{folder}/out")
    _finish(writing, folder)


def rows_of(spark: Any, folder: Path) -> list[Any]:
    """What queries wrote in all."""
    rows: list[Any] = spark.read.parquet(f"{folder}/out").collect()
    return rows


def run_into(decisions: Any, sink: Callable[[Any, int], None], folder: Path) -> None:
    """Run a query over all that is there, each batch of which is handed to a function."""
    _finish(decisions.writeStream.foreachBatch(sink), folder)


def _finish(writing: Any, folder: Path) -> None:
    writing = writing.option("checkpointLocation", f"{folder}/checkpoint").trigger(availableNow=True)
    keep_on(writing.start, lambda query: query.awaitTermination())


def keep_on(start: Callable[[], Any], use: Callable[[Any], T]) -> T:
    """What comes of using a query, which is started again from its checkpoint when a busy machine ends it.

    As a query begins, Spark starts a process of Python on the driver, and gives it ten seconds to come up.
    """
    from pyspark.errors import StreamingQueryException

    for left in reversed(range(_TRIES)):
        query = start()
        try:
            return use(query)
        except StreamingQueryException as error:
            if not left or "Python worker failed to connect back" not in str(error):
                raise
        finally:
            query.stop()
    raise AssertionError


def undo_last_commit(folder: Path) -> None:
    """As if Spark had been killed between the sink's commit of the last batch and its own: the batch comes again."""
    commits = folder / "checkpoint" / "commits"
    last = max(int(path.name) for path in commits.iterdir() if path.name.isdigit())
    for path in (commits / str(last), commits / f".{last}.crc"):
        path.unlink(missing_ok=True)


def sorted_lines(decisions: Iterable[Record]) -> list[str]:
    """Decisions in an order that does not depend on who made them when."""
    return sorted(json.dumps(one, sort_keys=True) for one in decisions)
