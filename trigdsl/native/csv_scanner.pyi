from collections.abc import Callable, Sequence
from typing import Any

from trigdsl.native.scanner import Scanner

class CsvScanner(Scanner):
    def __init__(
        self,
        meet: Callable[
            [str], tuple[int, Sequence[tuple[int, str, float]] | None, Sequence[int], Sequence[float] | None]
        ],
        does: Callable[[str, dict[str, Any]], int],
        longest: int,
        earliest: int,
        latest: int,
        until: int,
        is_sorted: bool,
        width: int,
        places: tuple[int, int, int, int],
        empty: Sequence[int],
        flat: Sequence[tuple[int, str]],
        nested: Sequence[tuple[int, tuple[str, ...], str]],
        value: Callable[[str], Any],
    ) -> None: ...

def row_start(data: bytes, start: int, target: int, longest: int, width: int) -> tuple[int, bool]: ...
