"""A report → a file that appears only when it is whole."""

from __future__ import annotations

from trigdsl.replayer.writing import whole_file
from trigdsl.reporter.page import page
from trigdsl.reporter.report import Report


def write_report(report: Report, path: str) -> None:
    """Write the page of a report to `path`. Raises OSError."""
    made = page(report)
    with whole_file(path) as file:
        file.write(made)
