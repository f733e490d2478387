"""What reads columns → started without what a replay does not use, where the process is ours alone."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def columns_alone(paths: Iterable[str]) -> Iterator[None]:
    """Within, pyarrow reads the files of Parquet among these without NumPy and pandas, unless one is there already.

    It takes them where they are, for conversions that a replay never asks for, and NumPy alone takes longer to import
    than all of pyarrow.  Its allocator asks for huge pages, most of which would be cleared for little use, and gives
    back memory that the next batch of rows wants again.
    """
    is_read = any(path.endswith(".parquet") for path in paths)
    if not is_read or {"numpy", "pandas", "pyarrow"} & sys.modules.keys():
        yield
        return
    os.environ.setdefault("MIMALLOC_ALLOW_THP", "0")
    os.environ.setdefault("MIMALLOC_PURGE_DELAY", "-1")
    # What is None there is not to be found.
    sys.modules["numpy"] = None  # type: ignore[assignment]
    try:
        _import()
        yield
    finally:
        sys.modules.pop("numpy", None)


def _import() -> None:
    """Import pyarrow, as ever if it is one that cannot do without; who lacks it is told by the reader of files."""
    try:
        import pyarrow.parquet
    except ImportError:
        del sys.modules["numpy"]
        with suppress(ImportError):
            import pyarrow.parquet  # noqa: F401
