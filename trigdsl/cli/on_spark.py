"""`--on spark`: where Spark runs and how → the same summary as of a replay on one machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from trigdsl.replayer.job import Job
    from trigdsl.replayer.summary import Summary


def spark_options(master: str | None, options: tuple[str, ...], *, is_on: bool) -> dict[str, str]:
    """The options of Spark that were given as KEY=VALUE; raises click.UsageError."""
    if not is_on and (master is not None or options):
        raise click.UsageError("--master and --conf say how Spark runs: they go with --on spark")
    found = {}
    for option in options:
        key, sign, value = option.partition("=")
        if not key.strip() or not sign:
            raise click.UsageError(f"--conf `{option}`: KEY=VALUE is wanted, such as spark.executor.memory=4g")
        found[key.strip()] = value
    return found


_QUICK_JAVA = {"spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1"}
"""Java compiles code at once, and only once: a third less of CPU time until it is warm, and slower after that."""


def _java_options(job: Job) -> Mapping[str, str]:
    """What suits the work that Java has: little, where the compiled kernel decides and Spark hands on blocks."""
    from trigdsl.distributed.shards import is_for_kernel

    return _QUICK_JAVA if is_for_kernel(job.program, invariants=job.invariants) else {}


def run_on_spark(job: Job, master: str | None, options: Mapping[str, str]) -> Summary | None:
    """The summary; None when a strict job met a record that cannot be used, after saying which."""
    from trigdsl.cli.progress import ReplayProgress
    from trigdsl.distributed.spark_job import OutputExists
    from trigdsl.distributed.spark_job import run_on_spark as run
    from trigdsl.distributed.spark_session import SparkMissing, failure_text, session
    from trigdsl.records.reading import UnreadableFile, total_bytes
    from trigdsl.replayer.job import RejectedError

    try:
        spark = session(master, {**_java_options(job), **options})
    except SparkMissing as error:
        raise click.UsageError(str(error)) from error
    try:
        with ReplayProgress(total_bytes(job.events)) as progress:
            return run(job, spark, progress)
    except RejectedError as error:
        click.echo(f"rejected: {error}", err=True)
        return None
    except (UnreadableFile, OutputExists, ValueError) as error:
        raise click.UsageError(str(error)) from error
    except Exception as error:
        if (text := failure_text(error)) is None:
            raise
        raise click.UsageError(f"Spark could not finish: {text}") from error
    finally:
        spark.stop()
