"""What reading raises: a record that cannot be used, a file that cannot be read."""

from __future__ import annotations


class BadRecord(ValueError):  # noqa: N818 - named for what it is, as the reports call it
    """A record that cannot be used; the message is the reason, in words for its author."""


class UnreadableFile(Exception):  # noqa: N818
    """A file that cannot be opened, decompressed or understood at all; the message says what to do."""

    def of(self, path: str) -> UnreadableFile:
        """The same about a file whose path the message may not name yet."""
        message = str(self)
        return self if message.startswith(("`", "the folder")) else UnreadableFile(f"`{path}` {message}")


class Damaged(Exception):  # noqa: N818
    """The bytes of a file end early or cannot be decompressed from here on.

    `tail` is the beginning of a line that was read before that.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.tail = b""
