"""One session of Spark with two worker processes, for all tests that want one; makes the random programs importable.

A session takes seconds to start and a gigabyte for each worker, so a run of tests has one: these tests are left out
where pytest splits over processes, and run by `pytest -n 0 tests/distributed`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trigdsl.distributed.spark_session import SparkMissing, require_spark, session

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "engine"), str(TESTS / "properties")]

QUICK = {
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
"""Many queries over few rows: to compile each would cost more than to run it."""

MASTER = "local-cluster[2,1,1024]"
"""Two worker processes of one core and 1,024 MiB each: what goes from one to the other goes through sockets."""


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """The session; with TRIGDSL_SPARK=1 that there can be none is a failure."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        pytest.skip("a run has one session of Spark: pytest -n 0 tests/distributed")
    try:
        require_spark()
    except SparkMissing as missing:
        if os.environ.get("TRIGDSL_SPARK"):
            raise
        pytest.skip(str(missing))
    options = {
        **QUICK,
        "spark.ui.enabled": "false",
        "spark.sql.maxMetadataStringLength": "10000",
        "spark.sql.shuffle.partitions": "4",
        "spark.executorEnv.PYTHONPATH": str(Path(__file__).parent),
    }
    started = session(MASTER, options)
    yield started
    started.stop()


@pytest.fixture
def streams(spark: Any) -> Iterator[Any]:
    """The session with few partitions, as every batch pays for each of them."""
    was = spark.conf.get("spark.sql.shuffle.partitions")
    spark.conf.set("spark.sql.shuffle.partitions", "2")
    yield spark
    spark.conf.set("spark.sql.shuffle.partitions", was)
