"""A CSV file → where it can be parted: places at which a row surely begins, whoever reads what is before.

A line break within quotes is part of a row, so the quotes of all rows are gone through; where no quote is, no row is
looked at.  From the first row on that is not in good order the file stays in one part, as it does where nothing was
compiled.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence

from trigdsl.records.chunks import BOM, MOST_BYTES
from trigdsl.records.files import Source

_CHUNK = 1 << 22


def row_bounds(source: Source, size: int, each: int) -> Sequence[int]:
    """Where parts of so many bytes each begin, the first at 0, and where the last one ends."""
    try:
        from trigdsl.native.csv_scanner import row_start
    except ImportError:
        return [0, size]
    found = [0]
    try:
        with open(source.path, "rb") as file:
            data, begin = file.read(_CHUNK), 0
            here, width = _header(data)
            is_sure = width > 0
            while is_sure:
                here, is_sure = row_start(data, here, found[-1] + each - begin, MOST_BYTES, width)
                if is_sure and here >= found[-1] + each - begin:
                    found.append(begin + here)
                elif is_sure:
                    if not (chunk := file.read(_CHUNK)):
                        break
                    data, begin, here = data[here:] + chunk, begin + here, 0
    except OSError:
        return [0, size]  # whoever reads it will say so
    return [*found, size] if found[-1] < size or len(found) == 1 else found


def _header(data: bytes) -> tuple[int, int]:
    """Where the header of a file begins, behind its byte order mark, and how many cells it has.

    No cells where blank lines may be before it, or line breaks in it.
    """
    start = len(BOM) if data.startswith(BOM) else 0
    line = data[start : data.find(b"\n", start) + 1 or len(data)]
    if not line.strip() or line.count(b'"') % 2:
        return start, 0
    return start, len(next(csv.reader([line.decode(errors="replace")])))
