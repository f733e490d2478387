"""A master's address and options → a session of Apache Spark, with what our jobs want of it."""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DEFAULT_MASTER = "local[*]"
OPTIONS: Mapping[str, str] = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "65536",
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.caseSensitive": "true",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}
"""Options of Spark that suit our jobs; whoever starts a session may set any other way."""


class SparkMissing(Exception):  # noqa: N818
    """Spark cannot be started here; the message says what is missing and how to get it."""


def session(master: str | None = None, options: Mapping[str, str] | None = None) -> SparkSession:
    """The session that runs already, else a new one; an option given here holds before ours.

    Python workers are of this interpreter unless `PYSPARK_PYTHON` says which.  Raises SparkMissing.
    """
    require_spark()
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("trigdsl")
    given = {**OPTIONS, **(options or {})}
    if master is not None or "spark.master" not in given:
        builder = builder.master(master or os.environ.get("SPARK_MASTER") or DEFAULT_MASTER)
    for name, value in given.items():
        builder = builder.config(name, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return builder.getOrCreate()


def require_spark() -> None:
    """Raises SparkMissing when pyspark or Java is not there."""
    try:
        import pyspark  # noqa: F401
    except ImportError:
        raise SparkMissing('Spark needs the pyspark library: `pip install "trigdsl[spark]"`') from None
    if not has_java():
        raise SparkMissing(
            "Spark needs Java 17 or later, and there is none on PATH or in JAVA_HOME: install a JRE "
            "(`apt-get install openjdk-17-jre-headless`), or set JAVA_HOME"
        )


def has_java() -> bool:
    """Whether a program `java` can be found the way that Spark finds it."""
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java") is not None or (home is not None and os.access(f"{home}/bin/java", os.X_OK))


def failure_text(error: Exception) -> str | None:
    """What went wrong in Spark, in a line or two; None when it is no error of Spark's."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    if not isinstance(error, PySparkException | Py4JError):
        return None
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(("at ", "File ", "Traceback"))]
    return "; ".join([*told[:1], *told[-1:]] if len(told) > 1 else told) or type(error).__name__
