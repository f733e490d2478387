from collections.abc import Sequence
from typing import TypeAlias

from typing_extensions import Buffer

from trigdsl.native.names import Names

Column: TypeAlias = tuple[Buffer, Buffer | None, int, int]
Act: TypeAlias = int | tuple[Column, Buffer, Buffer, int]

def infinite(columns: Sequence[Column], rows: int) -> bytearray | None: ...

class Sifter:
    names: list[Names]
    first: int
    last: int
    def __init__(self, shards: int) -> None: ...
    def sift(
        self,
        users: Column,
        offsets: Buffer,
        texts: Buffer,
        events: Column,
        times: Column,
        rows: int,
        scale: int,
        earliest: int,
        latest: int,
        unusual: Buffer | None,
        acts: Sequence[Act],
        first_arrival: int,
    ) -> tuple[list[int], list[list[int]]]: ...
    def meet_users(self, users: Column, offsets: Buffer, texts: Buffer, rows: int) -> None: ...
    def settle(self, event: int, rows: Buffer, effects: Buffer) -> list[int]: ...
    def count(self, event: int) -> int: ...
    def add(
        self,
        block: Buffer,
        starts: Buffer,
        lengths: Buffer,
        times: Buffer,
        kinds: Buffer,
        effects: Buffer,
        arrival: int,
    ) -> None: ...
    def add_rows(
        self,
        offsets: Buffer,
        data: Buffer,
        users: Buffer,
        times: Buffer,
        arrivals: Buffer,
        did: Buffer,
        effects: Buffer,
        arrival: int,
    ) -> None: ...
    def packed(self, shard: int) -> bytes | None: ...
