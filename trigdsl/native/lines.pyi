from collections.abc import Callable, Iterable

from trigdsl.model.decisions import Decision
from trigdsl.model.values import Value
from trigdsl.native.decisions import Decisions
from trigdsl.native.names import Names

class Lines:
    def __init__(self, kinds: Iterable[tuple[bytes, bytes, bytes, bytes]]) -> None: ...
    def batch(
        self,
        decisions: Decisions,
        start: int,
        stop: int,
        users: Names,
        ids: dict[int, bytes],
        pending: bool,
        writes: bool,
    ) -> bytes: ...

def line_of(decision: Decision, encode: Callable[[Value], bytes]) -> bytes: ...
