"""What can be wrong with a store."""

from __future__ import annotations


class StoreError(Exception):
    """A store cannot do what is asked; the message says where, why and what to do."""


class StoreTooNew(StoreError):  # noqa: N818
    """The store, or something in it, was written in a form that this version does not know."""

    def __init__(self, what: str, found: int, known: int) -> None:
        super().__init__(
            f"{what} is in form {found}, which a newer trigdsl wrote; this one knows forms up to {known}: "
            f"upgrade trigdsl, or restore a backup from before"
        )
        self.found = found
        self.known = known


class StoreTaken(StoreError):  # noqa: N818
    """Another engine has opened the store since: this one must not write to it any more."""

    def __init__(self, where: str) -> None:
        super().__init__(f"{where}: another engine has opened this store since; only the latest may write to it")


class LeaseLost(StoreTaken):
    """A shard was not renewed in time and is another process's now: nothing of this call has been kept."""

    def __init__(self, where: str, shard: int) -> None:
        StoreError.__init__(
            self,
            f"{where}: the lease of shard {shard} was over and another process has taken it; "
            f"nothing of this call has been kept, and its owner does what is left",
        )
        self.shard = shard


class StoreLost(StoreError):  # noqa: N818
    """The connection to the store was lost, and what was under way has not been: it may be done again."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: the connection was lost, and nothing of this call has been kept: {why}")


class StoreAway(StoreLost):
    """The store could not be reached for as long as it was waited for: nothing of this call has been kept."""


class StoreFull(StoreError):  # noqa: N818
    """There is no room to write: nothing of the call has been kept, and it may be done again when there is."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(
            f"{where}: there is no room left to write, and nothing of this call has been kept ({why}): "
            f"make room on the disk of the store, then do the call again"
        )


class StoreInDoubt(StoreError):  # noqa: N818
    """The connection was lost at the end, and the store cannot be asked whether it has been: open it anew and see."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(
            f"{where}: the connection was lost at the commit, and whether this call has been kept cannot be told yet: "
            f"{why}; when the store is back, `position` tells"
        )
