from collections.abc import Callable, Mapping, Sequence

from typing_extensions import Buffer

from trigdsl.native.decisions import Decisions
from trigdsl.native.happened import Happened

class Kernel:
    reached: int
    def __init__(self, most_runs: int, ask_opening: Callable[..., int | None]) -> None: ...
    def add_zone(self, zone: object, segments: Sequence[tuple[int, int, int]]) -> int: ...
    def add_window(self, windows: object, spans: Sequence[tuple[int, int]], weekdays: int, zone: int) -> int: ...
    def add_cap(self, count: int, period: str, length: int) -> int: ...
    def add_rule(
        self,
        *,
        after: int,
        expires: int,
        at_most: int,
        starts: int,
        ends: int,
        window: int,
        rank: int,
        silence: int,
        silence_rank: int,
        pending: str,
        else_skip: bool,
        limit: int,
        caps: Sequence[tuple[int, int]],
        kinds: Mapping[str, int],
    ) -> None: ...
    def add_effect(
        self, rules: Sequence[int], enders: Sequence[tuple[int, int, int]], zone: int, silent: Sequence[int]
    ) -> int: ...
    def decide(
        self,
        happened: Happened,
        zones: Buffer,
        has_end: bool,
        until: int,
        shown: Buffer,
        users_shown: Buffer | None,
        run_counts: Buffer,
    ) -> tuple[Decisions, Decisions]: ...
