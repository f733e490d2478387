from collections.abc import Callable, Sequence

Columns = tuple[bytes, bytes, bytes, bytes, bytes, bytes]

PASSES: int
WANTED: int
DOES: int
ODD: int

class Scanner:
    first: int
    last: int
    arrived: int
    @property
    def lines(self) -> int: ...
    @property
    def rows(self) -> int: ...
    def __init__(
        self,
        meet: Callable[
            [str],
            tuple[
                int,
                Sequence[tuple[tuple[str, ...], str, float]] | None,
                Sequence[tuple[str, ...]],
                Sequence[float] | None,
            ],
        ],
        does: Callable[[str, bytes], int],
        longest: int,
        earliest: int,
        latest: int,
        until: int,
        is_sorted: bool,
    ) -> None: ...
    def scan(self, block: bytes, start: int) -> int: ...
    def odd_until(self, block: bytes, start: int) -> int: ...
    def take_wanted(self) -> list[tuple[str, int, str, bytes, int]]: ...
    def take_passed(self) -> dict[str, int]: ...
    def take_rows(self) -> Columns: ...
    def user_count(self) -> int: ...
    def user_names(self, first: int = 0) -> list[str]: ...
