"""Files of records → what of them Spark reads itself, as one table, and the parts that are read in Python.

Spark reads Parquet whose columns it has the same types for as we do; everything else, of whatever format, is split into
parts, and each is read as it is on one machine.  The files have to be where all workers see them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pyarrow as pa
from attrs import frozen
from pyarrow import types

from trigdsl.distributed.rows import PART_BITS
from trigdsl.records.errors import UnreadableFile
from trigdsl.records.files import Source
from trigdsl.records.parquet_rows import ParquetTable
from trigdsl.records.parts import Part, parts_of

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

_FILE, _ROW, _NUMBER = "__file", "__row", "__number"


@frozen
class SparkFiles:
    """The files of a replay by their numbers, which grow in the order of arrival.

    `tables` are files that Spark reads as one table; `parts` are read in Python.
    """

    tables: Mapping[int, Source]
    parts: Mapping[int, Part]

    def sources(self) -> Iterator[tuple[int, Part]]:
        """All parts in order, a table as one."""
        found = {number: Part(source, None, 0, source.size or 0) for number, source in self.tables.items()}
        yield from sorted({**found, **self.parts}.items())

    def frame(self, spark: SparkSession) -> tuple[DataFrame, tuple[str, ...], Column]:
        """The table, the names of its columns, and what its rows arrived by: the file, then the place in it."""
        from pyspark.sql import functions as F  # noqa: N812

        paths = {str(Path(source.path).absolute()): number for number, source in self.tables.items()}
        frame = spark.read.parquet(*paths)
        names = tuple(frame.columns)
        if len(paths) == 1:
            (number,) = paths.values()
            frame = frame.withColumn(_ROW, F.col("_metadata.row_index"))
            return frame, names, F.col(_ROW) + F.lit((number << PART_BITS) + 1)
        frame = frame.withColumns({_ROW: F.col("_metadata.row_index"), _FILE: F.col("_metadata.file_path")})
        held = [row[0] for row in frame.select(_FILE).distinct().collect()]
        known = spark.createDataFrame(
            [(name, paths[path_of(name)]) for name in held], f"{_FILE} string, {_NUMBER} long"
        )
        frame = frame.join(F.broadcast(known), _FILE)
        return frame, names, F.shiftleft(_NUMBER, PART_BITS) + F.col(_ROW) + 1


def path_of(name: str) -> str:
    """The path of a file that Spark names as a URI."""
    return "/" + unquote(name.removeprefix("file:")).lstrip("/")


def spark_files(found: Sequence[Source]) -> SparkFiles:
    """The files, each with its number; raises UnreadableFile for Parquet that is none."""
    tables: dict[int, Source] = {}
    parts: dict[int, Part] = {}
    schema: pa.Schema | None = None
    paths: set[Path] = set()
    number = 0
    for source in found:
        path = Path(source.path).absolute()
        own = None if path in paths or not _is_named_plainly(path) else _schema(source)
        if own is not None and (schema is None or own.equals(schema)):
            schema = own
            tables[number] = source
            paths.add(path)
            number += 1
            continue
        for part in parts_of(source):
            parts[number] = part
            number += 1
    return SparkFiles(tables, parts)


def _is_named_plainly(path: Path) -> bool:
    """Whether Spark takes the path for that file: not for a pattern, nor for a file to be passed over."""
    return path.name[0] not in "_." and not any(char in "*?[]{}\\," for char in str(path))


def _schema(source: Source) -> pa.Schema | None:
    """The columns of a file that Spark reads as we do; None for another."""
    if source.kind != "parquet" or source.compression:
        return None
    try:
        schema = ParquetTable(source, None).schema
    except UnreadableFile:
        return None  # whoever reads it will say so
    names = [name.lower() for name in schema.names]
    alike = len(set(names)) == len(names) and all(_is_alike(field.type) for field in schema)
    return schema if alike else None


def _is_alike(kind: Any) -> bool:
    """Whether a cell of that type is for Spark what it is for us."""
    if types.is_dictionary(kind):
        return _is_alike(kind.value_type)
    if types.is_struct(kind):
        return all(_is_alike(kind.field(index).type) for index in range(kind.num_fields))
    if types.is_list(kind):
        return _is_alike(kind.value_type)
    if types.is_timestamp(kind):
        return kind.unit in ("ms", "us")
    return any(is_kind(kind) for is_kind in _ALIKE) and not types.is_uint64(kind)


_ALIKE = (
    types.is_string,
    types.is_large_string,
    types.is_boolean,
    types.is_integer,
    types.is_float32,
    types.is_float64,
    types.is_date32,
)
