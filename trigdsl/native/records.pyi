from collections.abc import Callable
from typing import Any

from trigdsl.model.inputs import Input

class Taker:
    def __init__(
        self,
        make: type[Input],
        parse_time: Callable[[object], tuple[int, bool]],
        reserved: frozenset[str],
        deepest: int,
    ) -> None: ...
    def take(self, record: dict[Any, Any]) -> Input | None: ...
