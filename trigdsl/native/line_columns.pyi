from trigdsl.native.scanner import Columns

def split_rows(
    offsets: bytes,
    data: bytes,
    users: bytes,
    times: bytes,
    arrivals: bytes,
    effects: bytes,
    shards: int,
    more: int,
) -> list[Columns]: ...
