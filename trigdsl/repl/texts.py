"""The rules of a session: files that were loaded, and items that were typed → the program that is live.

A typed item takes the place of one of its name, be it typed or in a file; the file itself is left alone.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path

from attrs import evolve, frozen

from trigdsl.checker.program import CheckedProgram
from trigdsl.engine.program import Program
from trigdsl.loading import compile_sources, folder_of, read_sources
from trigdsl.repl.reading import NAME, Rules
from trigdsl.repl.refusal import Refusal
from trigdsl.source import Source
from trigdsl.syntax import nodes
from trigdsl.syntax.parser import parse_file
from trigdsl.syntax.printer import print_tree

Key = tuple[str, ...]


@frozen
class Loaded:
    """A file or folder of rules, as it was when it was read."""

    path: str
    sources: tuple[Source, ...]


@frozen
class TypedItem:
    """One item that was typed; `key` names it, None for what has no name and so replaces nothing."""

    key: Key | None
    text: str


@frozen
class Texts:
    """All texts of the program of a session."""

    loaded: tuple[Loaded, ...] = ()
    typed: tuple[TypedItem, ...] = ()

    @property
    def folder(self) -> Path:
        """The folder in which templates lie: that of all loaded rules, else the present one."""
        folders = [str(folder_of(Path(one.path))) for one in self.loaded]
        if any(map(os.path.isabs, folders)):
            folders = [os.path.abspath(folder) for folder in folders]
        return Path(os.path.commonpath(folders)) if folders else Path()

    def load(self, path: str) -> Texts:
        """With the rules at a path, in place of what was read from there before; raises Refusal."""
        try:
            found = Loaded(path, tuple(read_sources(Path(path))))
        except (OSError, UnicodeError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise Refusal(f"cannot read `{path}`: {why.lower()}") from error
        if all(one.path != path for one in self.loaded):
            return evolve(self, loaded=(*self.loaded, found))
        return evolve(self, loaded=tuple(found if one.path == path else one for one in self.loaded))

    def reload(self) -> Texts:
        """With all files as they are now; raises Refusal when one cannot be read."""
        texts = self
        for one in self.loaded:
            texts = texts.load(one.path)
        return texts

    def with_items(self, rules: Rules) -> Texts:
        """With what was typed, an item in place of an earlier one of its name."""
        typed = list(self.typed)
        for item in typed_items(rules):
            places = [place for place, one in enumerate(typed) if item.key is not None and one.key == item.key]
            if places:
                typed[places[0]] = item
            else:
                typed.append(item)
        return evolve(self, typed=tuple(typed))

    def has(self, key: Key) -> bool:
        """Whether an item of that name is there, typed or in a file."""
        keys = {one.key for one in self.typed}
        return key in keys or any(
            key_of(item) == key for one in self.loaded for source in one.sources for item in _items(source)
        )

    @property
    def hidden(self) -> list[Key]:
        """The names of items in files that were typed anew, and so are not heeded there."""
        keys = {one.key for one in self.typed}
        in_files = [key_of(item) for one in self.loaded for source in one.sources for item in _items(source)]
        return [key for key in in_files if key is not None and key in keys]

    @property
    def sources(self) -> list[Source]:
        """The texts that are compiled: items of files that were typed anew are blanked out."""
        keys = {one.key for one in self.typed if one.key is not None}
        files = [_without(source, keys) for one in self.loaded for source in one.sources]
        return [*files, Source(str(self.folder / NAME), self.typed_text)]

    @property
    def typed_text(self) -> str:
        """All that was typed, as a file would hold it."""
        return "".join(f"{one.text}\n" for one in self.typed)

    def start_of(self, item: TypedItem) -> int:
        """Where an item that was typed stands in all that was typed."""
        place = max(place for place, one in enumerate(self.typed) if one == item)
        return sum(len(one.text) + 1 for one in self.typed[:place])

    def compile(self, more: Source | None = None) -> tuple[Program, CheckedProgram]:
        """The program, with its conditions' parts; raises TrigError. `more` is a text that belongs to it too."""
        sources = self.sources if more is None else [*self.sources, more]
        return compile_sources(sources, self.folder, {}, explained=True)


def typed_items(rules: Rules) -> list[TypedItem]:
    """The items of a text, each with its own part of it."""
    text = rules.source.text
    starts = [item.span.start for item in rules.items]
    starts[:1] = [0]
    ends = [*starts[1:], len(text)]
    return [
        TypedItem(key_of(item), text[start:end].strip())
        for item, start, end in zip(rules.items, starts, ends, strict=True)
    ]


def key_of(item: nodes.Item) -> Key | None:
    """What an item is known by, which no other of its program may have; None for an item without a name."""
    match item:
        case nodes.Rule():
            return None if item.name is None else ("rule", item.name.text)
        case nodes.SegmentDecl() | nodes.ListDecl():
            return "member", item.name.text
        case nodes.CalendarDecl() | nodes.HolidayDecl():
            return "calendar", item.name.text
        case nodes.EventDecl():
            return "event", item.name.text
        case nodes.ChannelDecl():
            return "channel", item.name.text
        case nodes.Invariant():
            return "invariant", item.name.text
        case nodes.Test():
            return "test", item.title
        case nodes.CapDecl():
            return "cap", item.scope, "" if item.name is None else item.name.text, print_tree(item.period)
        case nodes.UserDecl():
            return ("user",)
    return ("timezone",)


@lru_cache(maxsize=256)
def _items(source: Source) -> tuple[nodes.Item, ...]:
    file = parse_file(source).file
    return () if file is None else file.items


def _without(source: Source, keys: set[Key]) -> Source:
    """The source with the items of those names blanked out, every line in its place."""
    text = source.text
    for item in _items(source) if keys else ():
        if key_of(item) in keys:
            start, end = item.span.start, item.span.end
            text = text[:start] + re.sub(r"[^\n]", " ", text[start:end]) + text[end:]
    return source if text == source.text else Source(source.name, text)
