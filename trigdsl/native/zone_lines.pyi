from array import array

from typing_extensions import Buffer

from trigdsl.native.names import Names

class ZoneLines:
    zones: Names
    count: int
    first: int
    last: int
    def read(self, block: Buffer) -> tuple[array[int], array[int], array[int], array[int]] | None: ...
