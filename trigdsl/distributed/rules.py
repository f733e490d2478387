"""A program → its texts as bytes, for other machines; the bytes → the program, compiled once in each process."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from pathlib import PurePath
from typing import TypeAlias

import msgspec

from trigdsl.engine.program import Program
from trigdsl.loading import compile_texts
from trigdsl.source import Source, Texts

_Travelled: TypeAlias = tuple[list[tuple[str, str]], list[tuple[str, str]], str | None]

_MOST_KEPT = 64
"""Programs that a process keeps compiled: one of many jobs comes back to few of them."""


def travelling(program: Program) -> bytes:
    """What another process compiles the program of.

    Raises ValueError for one that does not travel: functions of the host are Python, and text alone does.
    """
    if program.functions:
        names = ", ".join(f"`{name}`" for name in sorted(program.functions))
        raise ValueError(
            f"the rules call functions of the host ({names}), which do not travel: only the text of rules does"
        )
    if not program.texts.sources:
        raise ValueError("a program without its texts does not travel: make it with `trigdsl.parse` or `trigdsl.load`")
    texts = program.texts
    parts = [[[one.name, one.text] for one in held] for held in (texts.sources, texts.templates)]
    return msgspec.msgpack.encode((*parts, None if texts.folder is None else str(texts.folder)))


@lru_cache(maxsize=_MOST_KEPT)
def compiled(travelled: bytes) -> Program:
    """The program of bytes that `travelling` made."""
    sources, templates, folder = msgspec.msgpack.decode(travelled, type=_Travelled)
    return compile_texts(Texts(_sources(sources), _sources(templates), None if folder is None else PurePath(folder)))


def fingerprint(travelled: bytes) -> str:
    """A short name of the program, equal for equal texts, as it stands in names of jobs and messages."""
    return blake2b(travelled, digest_size=6).hexdigest()


def _sources(pairs: list[tuple[str, str]]) -> tuple[Source, ...]:
    return tuple(Source(name, text) for name, text in pairs)
