"""Texts and files of rules → a compiled program, or every finding about them."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from attrs import evolve

from trigdsl.checker import messages
from trigdsl.checker.check import check
from trigdsl.checker.program import CheckedProgram
from trigdsl.compiler.code import TooDeepError
from trigdsl.compiler.compile import compile_program
from trigdsl.diagnostics.diagnostic import Diagnostic, Severity, TrigError
from trigdsl.engine.program import Program
from trigdsl.model.signatures import Signature, parse_signature
from trigdsl.source import Source, Span, folder_of, read_sources
from trigdsl.syntax import nodes
from trigdsl.syntax.parser import parse_file
from trigdsl.syntax.walk import depth

Functions = Mapping[str, tuple[Callable[..., Any], str]]
"""Functions of the host by name: the function, and its signature such as `(text, number) -> text`."""


def parse(text: str, name: str = "<text>", functions: Functions | None = None) -> Program:
    """Compile rules given as text.

    `name` stands in messages.  `functions` are the host's own, which rules may call: pure, with a signature.
    Raises TrigError, with every finding in `.diagnostics`, when the rules cannot run.
    """
    return parse_checked(text, name, functions)[0]


def parse_checked(
    text: str, name: str = "<text>", functions: Functions | None = None, *, explained: bool = False
) -> tuple[Program, CheckedProgram]:
    """`parse`, and the checked program beside it, which tools ask for tests and declarations.

    With `explained` the program has the parts of its conditions too, for a trace to look at.
    """
    return compile_sources([Source(name, text)], None, functions or {}, explained=explained)


def load(path: str | Path, functions: Functions | None = None) -> Program:
    """Compile a `.trig` file, or a folder of them read in path order as one program.

    Raises TrigError as `parse` does, OSError when a file cannot be read, UnicodeDecodeError when it is not UTF-8.
    """
    return load_checked(path, functions)[0]


def load_checked(
    path: str | Path, functions: Functions | None = None, *, explained: bool = False
) -> tuple[Program, CheckedProgram]:
    """`load`, and the checked program beside it; `explained` as with `parse_checked`."""
    path = Path(path)
    return compile_sources(read_sources(path), folder_of(path), functions or {}, explained=explained)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Loading makes many objects that all stay, so looking for garbage among them takes time and finds none."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def compile_sources(
    sources: Sequence[Source],
    folder: Path | None,
    functions: Functions,
    *,
    explained: bool = False,
    templates: TemplateFiles | None = None,
) -> tuple[Program, CheckedProgram]:
    """Compile texts as one program; `folder` holds the template files, None when there are none.

    `explained` is as with `parse_checked`; who wants to know which template files were read gives `templates`.  Raises
    TrigError as `parse` does.
    """
    with _without_collecting():
        return _compiled(sources, templates or TemplateFiles(folder), functions, explained)


def check_sources(
    sources: Sequence[Source], folder: Path | None, functions: Functions
) -> tuple[CheckedProgram, tuple[Diagnostic, ...]]:
    """The checked program that `compile_sources` would compile, with its warnings; raises TrigError as that does.

    It is compiled only if it nests so deep that this might fail, which is all that compiling can find.
    """
    with _without_collecting():
        checked, diagnostics = _checked(sources, TemplateFiles(folder), functions)
        if not is_shallow(checked):
            _compiled(sources, TemplateFiles(folder), functions, explained=False)
    return checked, diagnostics


SHALLOW = 25
"""Python can compile what nests less than this, a few brackets to each level."""


def is_shallow(checked: CheckedProgram) -> bool:
    """Whether the items of a program, with all segments in each other, nest less than `SHALLOW` deep."""
    depths = [(isinstance(item, nodes.SegmentDecl), depth(item)) for item in checked.items]
    segments = sum(deep for is_segment, deep in depths if is_segment)
    return segments + max((deep for is_segment, deep in depths if not is_segment), default=0) < SHALLOW


def _checked(
    sources: Sequence[Source], templates: TemplateFiles, functions: Functions
) -> tuple[CheckedProgram, tuple[Diagnostic, ...]]:
    files: list[tuple[nodes.File, Source]] = []
    findings: list[Diagnostic] = []
    next_id = 0
    for source in sources:
        parsed = parse_file(source, next_id)
        next_id = parsed.next_id
        findings += parsed.diagnostics
        if parsed.file is not None:
            files.append((parsed.file, source))
    signatures = {name: parse_signature(signature) for name, (_, signature) in functions.items()}
    complete = all(finding.severity is not Severity.ERROR for finding in findings)
    checked, found = check(files, signatures, complete=complete, find_template=templates.find)
    findings += found
    diagnostics = in_order(findings, sources)
    if checked is None or any(finding.severity is Severity.ERROR for finding in diagnostics):
        raise TrigError(diagnostics)
    return checked, diagnostics


def _compiled(
    sources: Sequence[Source], templates: TemplateFiles, functions: Functions, explained: bool
) -> tuple[Program, CheckedProgram]:
    checked, diagnostics = _checked(sources, templates, functions)
    try:
        program = compile_program(
            checked,
            functions={name: function for name, (function, _) in functions.items()},
            read_template=templates.read,
            diagnostics=diagnostics,
            explained=explained,
        )
    except TooDeepError as error:
        raise TrigError((*diagnostics, _too_deep(sources[0]))) from error
    return evolve(program, to_html=partial(_shown, tuple(sources), diagnostics)), checked


def _shown(sources: Sequence[Source], diagnostics: Sequence[Diagnostic]) -> str:
    from trigdsl.display.programs import program_html

    return program_html(sources, diagnostics)


def in_order(findings: Sequence[Diagnostic], sources: Sequence[Source]) -> tuple[Diagnostic, ...]:
    """The findings by file and place; those in files of templates come last."""
    places = {source.name: (place, "") for place, source in enumerate(sources)}

    def place(finding: Diagnostic) -> tuple[tuple[int, str], int]:
        name = finding.span.source.name
        return places.get(name, (len(sources), name)), finding.span.start

    return tuple(sorted(findings, key=place))


class TemplateFiles:
    """Reads template files: relative to the file that names them, never outside the program's folder."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = None if folder is None else folder.resolve()
        self._read: dict[Path, Source] = {}

    @property
    def paths(self) -> list[Path]:
        """The files that were read."""
        return list(self._read)

    def read(self, node: nodes.TemplateFile) -> str | None:
        """The text, None when it cannot be had."""
        found = self.find(node)
        return found.text if isinstance(found, Source) else None

    def find(self, node: nodes.TemplateFile) -> Source | Diagnostic:
        """A template file, or what is wrong with it."""
        if self._folder is None:
            return messages.no_template_files(node.span)
        beside = Path(node.span.source.name).parent
        path = (beside / node.path).resolve()
        if not path.is_relative_to(self._folder):
            return messages.template_outside(node.path, node.span)
        if path not in self._read:
            try:
                text = path.read_bytes().decode("utf-8")
            except (OSError, ValueError) as error:
                why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
                return messages.unreadable_template(node.path, why.lower(), node.span, _files_near(beside, node.path))
            self._read[path] = Source(str(beside / node.path), text)
        return self._read[path]


def _files_near(beside: Path, path: str) -> list[str]:
    """The files in the folder of a template, written as its path is."""
    folder = path.rpartition("/")[0]
    try:
        names = sorted(one.name for one in (beside / folder).iterdir() if one.suffix != ".trig")
    except OSError:
        return []
    return [f"{folder}/{name}" if folder else name for name in names]


def _too_deep(source: Source) -> Diagnostic:
    return Diagnostic(
        code="too-deep",
        severity=Severity.ERROR,
        message="an expression nests too deep",
        span=Span(source, 0, len(source.text)),
        help="split it into segments",
    )


__all__ = ["Functions", "Signature", "TemplateFiles", "folder_of", "load", "parse", "read_sources"]
