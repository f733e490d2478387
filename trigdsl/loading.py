"""Texts and files of rules → a compiled program, or every finding about them."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePath
from typing import Any, Protocol

from attrs import evolve

from trigdsl.checker import messages
from trigdsl.checker.check import check
from trigdsl.checker.program import CheckedProgram
from trigdsl.compiler.code import TooDeepError
from trigdsl.compiler.compile import compile_program
from trigdsl.compiler.old_rules import check_old_rules
from trigdsl.diagnostics.diagnostic import Diagnostic, Severity, TrigError
from trigdsl.engine.program import OldRule, Program
from trigdsl.model.signatures import Signature, parse_signature
from trigdsl.source import Source, Span, Texts, folder_of, read_sources
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


def compile_texts(texts: Texts) -> Program:
    """Compile what a program was compiled of once more, where its files are not: on another machine.

    Functions of the host do not travel.  Raises TrigError as `parse` does.
    """
    with _without_collecting():
        return _compiled(texts.sources, GivenTemplates(texts), {}, explained=False)[0]


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


def _read(sources: Sequence[Source]) -> tuple[list[tuple[nodes.File, Source]], list[Diagnostic], int]:
    """The trees of texts, what is wrong with them, and the first number that no node has."""
    files: list[tuple[nodes.File, Source]] = []
    findings: list[Diagnostic] = []
    next_id = 0
    for source in sources:
        parsed = parse_file(source, next_id)
        next_id = parsed.next_id
        findings += parsed.diagnostics
        if parsed.file is not None:
            files.append((parsed.file, source))
    return files, findings, next_id


def _checked(
    sources: Sequence[Source], templates: Templates, functions: Functions
) -> tuple[CheckedProgram, tuple[Diagnostic, ...]]:
    files, findings, _ = _read(sources)
    signatures = _signatures(functions)
    complete = all(finding.severity is not Severity.ERROR for finding in findings)
    checked, found = check(files, signatures, complete=complete, find_template=templates.find)
    findings += found
    diagnostics = in_order(findings, sources)
    if checked is None or any(finding.severity is Severity.ERROR for finding in diagnostics):
        raise TrigError(diagnostics)
    return checked, diagnostics


def _signatures(functions: Functions) -> dict[str, Signature]:
    return {name: parse_signature(signature) for name, (_, signature) in functions.items()}


def _compiled(
    sources: Sequence[Source], templates: Templates, functions: Functions, explained: bool
) -> tuple[Program, CheckedProgram]:
    checked, diagnostics = _checked(sources, templates, functions)
    try:
        program = compile_program(
            checked,
            functions={name: function for name, (function, _) in functions.items()},
            read_template=templates.read,
            diagnostics=diagnostics,
            explained=explained,
            folder=templates.folder,
        )
    except TooDeepError as error:
        raise TrigError((*diagnostics, _too_deep(sources[0]))) from error
    texts = Texts(tuple(sources), templates.found, templates.folder)
    with_old = _WithOld(texts, templates, functions)
    to_html = partial(_shown, texts.sources, diagnostics)
    with_old.alone = evolve(program, to_html=to_html, with_old=with_old, texts=texts)
    return with_old.alone, checked


class _WithOld:
    """Compiles a program again with rules as they were before they were changed, see `Program.with_old`."""

    alone: Program

    def __init__(self, texts: Texts, templates: Templates, functions: Functions) -> None:
        self._texts = texts
        self._templates = templates
        self._functions = functions
        self._made: tuple[tuple[OldRule, ...], Program] | None = None

    def __call__(self, old: tuple[OldRule, ...]) -> Program:
        if not old:
            return self.alone
        # The shards of a store ask for the same, one after another.
        if self._made is None or self._made[0] != old:
            with _without_collecting():
                self._made = old, self._compiled(old)
        return self._made[1]

    def _compiled(self, old: tuple[OldRule, ...]) -> Program:
        # Files of templates that the program has read are not read again: they may be others, or gone.
        templates = self._templates
        files, _, next_id = _read(self._texts.sources)
        checked, _ = check(files, _signatures(self._functions), find_template=templates.find)
        assert checked is not None, "it was compiled before"
        folder = "" if templates.folder is None else templates.folder.as_posix()
        found = check_old_rules(checked, files, old, next_id=next_id, folder=folder, find_template=templates.find)
        try:
            program = compile_program(
                found.program,
                functions=self.alone.functions,
                read_template=templates.read,
                diagnostics=self.alone.diagnostics,
                folder=templates.folder,
                old=found.rules,
            )
        except TooDeepError:
            refused = {(one.name, one.fingerprint): "an expression nests too deep" for one in old}
            return evolve(self.alone, refused=refused)
        return evolve(program, to_html=self.alone.to_html, with_old=self, refused=found.refused)


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


class Templates(Protocol):
    """Who has the template files of a program, and knows the folder of its files, if it has some."""

    folder: PurePath | None

    @property
    def found(self) -> tuple[Source, ...]:
        """All that were asked for and found, by `FOLDER/path`."""

    def find(self, node: nodes.TemplateFile) -> Source | Diagnostic: ...
    def read(self, node: nodes.TemplateFile) -> str | None: ...


class GivenTemplates:
    """Template files that somebody has read."""

    def __init__(self, texts: Texts) -> None:
        self.folder = texts.folder
        self.found = texts.templates
        self._texts = {one.name: one for one in texts.templates}

    def read(self, node: nodes.TemplateFile) -> str | None:
        """The text, None when it cannot be had."""
        held = self._texts.get(_template_name(node))
        return None if held is None else held.text

    def find(self, node: nodes.TemplateFile) -> Source | Diagnostic:
        """A template file, or that it is not among those that were read."""
        held = self._texts.get(_template_name(node))
        return messages.unreadable_template(node.path, "it was not read", node.span, []) if held is None else held


def _template_name(node: nodes.TemplateFile) -> str:
    """The name by which a template file is known: its path from the folder that the program's path starts from."""
    return str(Path(node.span.source.name).parent / node.path)


class TemplateFiles:
    """Reads template files: relative to the file that names them, never outside the program's folder."""

    def __init__(self, folder: Path | None) -> None:
        self.folder: PurePath | None = folder
        self._folder = None if folder is None else folder.resolve()
        self._read: dict[Path, Source] = {}
        self._names: dict[str, Source] = {}

    @property
    def found(self) -> tuple[Source, ...]:
        """All that were asked for and found, each by every name that it was asked for."""
        return tuple(Source(name, read.text) for name, read in self._names.items())

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
            self._read[path] = Source(_template_name(node), text)
        self._names[_template_name(node)] = self._read[path]
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
