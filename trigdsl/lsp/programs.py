"""Files that are open, and those beside them → programs: which files are one, and what the checker says of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path

from attrs import define, field, frozen
from pygls.uris import from_fs_path, to_fs_path

from trigdsl.checker.check import NO_FUNCTIONS, Examined, examine
from trigdsl.completer.symbols import Kind
from trigdsl.diagnostics.diagnostic import Diagnostic, Severity
from trigdsl.loading import TemplateFiles
from trigdsl.lsp.lints import linted
from trigdsl.lsp.pieces import Reading, read
from trigdsl.lsp.text import Text
from trigdsl.model.signatures import Signature
from trigdsl.source import Source, Span
from trigdsl.syntax.nodes import File

MOST_FILES = 200
"""More files than this in a folder are not read as one program."""

_CLASHES = frozenset({Kind.EVENT, Kind.RULE, Kind.CHANNEL, Kind.MEMBER, Kind.CALENDAR, Kind.INVARIANT})


@frozen(eq=False)
class Document:
    """A file as the editor shows it, or as it is on disk."""

    uri: str
    version: int | None
    text: Text
    reading: Reading


@frozen(eq=False)
class Program:
    """The files of one program, in the order in which their rules stand."""

    documents: tuple[Document, ...]

    def place(self, span: Span) -> tuple[Document, int, int] | None:
        """The document that a span lies in, its start and its end."""
        for document in self.documents:
            if placed := document.reading.place(span):
                return document, *placed
        return None


@frozen(eq=False)
class Checked:
    """A program, what the checker learned of it, and what checker and linter find in it."""

    program: Program
    examined: Examined
    findings: tuple[Diagnostic, ...]


def check_program(program: Program, functions: Mapping[str, Signature] = NO_FUNCTIONS) -> Checked:
    """Looks at a whole program; takes the longer the more rules it has."""
    files = []
    complete = True
    for document in program.documents:
        reading = document.reading
        source = Source(reading.name, reading.text)
        files.append((File(items=reading.items, span=Span(source, 0, len(reading.text))), source))
        complete &= not any(one.severity is Severity.ERROR for piece in reading.pieces for one in piece.diagnostics)
    folder = _folder(program)
    find = TemplateFiles(folder).find if folder is not None else None  # a text that is not saved yet has no folder
    examined = examine(files, functions, complete=complete, find_template=find)
    readings = {document.reading.name: document.reading for document in program.documents}
    return Checked(program, examined, linted(examined, readings, functions, find))


def _folder(program: Program) -> Path | None:
    """The highest folder that a file of the program lies in."""
    paths = [Path(document.reading.name) for document in program.documents]
    on_disk = [path for path in paths if path.is_absolute()]
    return min((path.parent for path in on_disk), key=lambda path: len(path.parts), default=None)


@define
class Workspace:
    """All files that the server knows of. Node ids are unique among them."""

    encoding: str = "utf-16"
    together: str = "auto"
    """`auto`: the files of a folder are a program when their names do not clash; `file`, `folder`: always so."""
    functions: Mapping[str, Signature] = NO_FUNCTIONS
    roots: tuple[Path, ...] = ()
    """The folders that the editor has open: a program reaches no higher."""
    open: dict[str, Document] = field(factory=dict)
    _closed: dict[Path, tuple[tuple[int, int], Document]] = field(factory=dict)
    _listed: dict[Path, tuple[Path, ...]] = field(factory=dict)
    _programs: dict[str, Program] = field(factory=dict)
    _next_id: int = 0

    def show(self, uri: str, version: int | None, text: Text) -> Document:
        """Takes over the text of an open file."""
        before = self.open.get(uri)
        document = self._read(uri, version, text, before.reading if before else None)
        self.open[uri] = document
        self._programs.clear()
        return document

    def close(self, uri: str) -> None:
        self.open.pop(uri, None)
        self.forget()

    def forget(self) -> None:
        """The folders may hold other files than before."""
        self._listed.clear()
        self._programs.clear()

    def program(self, uri: str) -> Program:
        """The program that an open file belongs to."""
        if uri not in self._programs:
            self._programs[uri] = self._put_together(uri)
        return self._programs[uri]

    def _put_together(self, uri: str) -> Program:
        document = self.open[uri]
        path = _path(uri)
        if path is None or self.together == "file":
            return Program((document,))
        documents = tuple(self._beside(path, document))
        if self.together == "auto" and _clash(documents):
            return Program((document,))
        return Program(documents)

    def programs(self) -> list[Program]:
        """The programs of all open files, each once."""
        found: dict[tuple[int, ...], Program] = {}
        for uri in self.open:
            program = self.program(uri)
            found.setdefault(tuple(id(one) for one in program.documents), program)
        return list(found.values())

    def _beside(self, path: Path, document: Document) -> Iterable[Document]:
        """The documents of the file's program, in the order of their paths."""
        opened = {known: one for uri, one in self.open.items() if (known := _path(uri)) is not None}
        for file in sorted({*self._files(self._top(path)), path}):
            if file == path:
                yield document
            elif file in opened:
                yield opened[file]
            elif (one := self._from_disk(file)) is not None:
                yield one

    def _top(self, path: Path) -> Path:
        """The highest folder of a file's program: every folder on the way up to it holds `.trig` files."""
        folder = path.parent
        while any(root in folder.parents for root in self.roots) and any(folder.parent.glob("*.trig")):
            folder = folder.parent
        return folder

    def _files(self, folder: Path) -> tuple[Path, ...]:
        """The `.trig` files of a folder; those below it too where the editor has the folder open."""
        if folder not in self._listed:
            inside = any(root == folder or root in folder.parents for root in self.roots)
            try:
                files = tuple(islice(folder.glob("**/*.trig" if inside else "*.trig"), MOST_FILES + 1))
            except OSError:
                files = ()
            self._listed[folder] = files if len(files) <= MOST_FILES else ()
        return self._listed[folder]

    def _from_disk(self, path: Path) -> Document | None:
        try:
            state = path.stat()
            stamp = (state.st_mtime_ns, state.st_size)
            known = self._closed.get(path)
            if known is not None and known[0] == stamp:
                return known[1]
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, ValueError):
            return None
        uri = from_fs_path(str(path)) or path.as_uri()
        document = self._read(uri, None, Text(text, self.encoding), None)
        self._closed[path] = (stamp, document)
        return document

    def _read(self, uri: str, version: int | None, text: Text, before: Reading | None) -> Document:
        path = _path(uri)
        name = str(path) if path is not None else uri
        if before is not None:
            before = Reading(name, before.text, before.pieces, before.starts, self._next_id)
        reading = read(name, text.text, before, self._next_id)
        self._next_id = reading.next_id
        return Document(uri, version, text, reading)


def _path(uri: str) -> Path | None:
    """The file of a URI; None for a text that is no file yet."""
    found = to_fs_path(uri) if uri.startswith("file:") else None
    return Path(found) if found else None


def _clash(documents: Iterable[Document]) -> bool:
    """Whether two of the files declare one name: they are versions of one program then, and no program together."""
    owner: dict[tuple[Kind, str], Document] = {}
    for document in documents:
        for piece in document.reading.pieces:
            for symbol in piece.declared:
                if symbol.kind in _CLASHES and owner.setdefault(symbol.key, document) != document:
                    return True
    return False
