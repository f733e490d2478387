"""Rules on Apache Spark: what a program with a session of its own calls.  Needs the extra `spark` and Java 17."""

from __future__ import annotations

from trigdsl.distributed.spark_frames import replay

__all__ = ["replay"]
