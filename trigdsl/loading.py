"""Texts and files of rules → a compiled program, or every finding about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from trigdsl.checker.check import check
from trigdsl.checker.program import CheckedProgram
from trigdsl.compiler.code import TooDeepError
from trigdsl.compiler.compile import compile_program
from trigdsl.compiler.templates import TemplateSyntaxError, parse_template
from trigdsl.diagnostics.diagnostic import Diagnostic, Severity, TrigError
from trigdsl.engine.program import Program
from trigdsl.model.signatures import Signature, parse_signature
from trigdsl.source import Source
from trigdsl.syntax import nodes
from trigdsl.syntax.parser import parse_file
from trigdsl.syntax.walk import walk

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
    return _compile([Source(name, text)], None, functions or {}, explained)


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
    files = sorted(path.rglob("*.trig")) if path.is_dir() else [path]
    if not files:
        raise FileNotFoundError(f"no .trig file in {path}")
    sources = [Source(str(file), file.read_text(encoding="utf-8-sig")) for file in files]
    return _compile(sources, path if path.is_dir() else path.parent, functions or {}, explained)


def _compile(
    sources: Sequence[Source], folder: Path | None, functions: Functions, explained: bool
) -> tuple[Program, CheckedProgram]:
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
    checked, found = check(files, signatures, complete=complete)
    findings += found
    templates = TemplateFiles(folder)
    for file, _ in files:
        findings += _template_findings(file, templates)
    diagnostics = in_order(findings, sources)
    if checked is None or any(finding.severity is Severity.ERROR for finding in diagnostics):
        raise TrigError(diagnostics)
    try:
        program = compile_program(
            checked,
            functions={name: function for name, (function, _) in functions.items()},
            read_template=templates.read,
            diagnostics=diagnostics,
            explained=explained,
        )
    except TooDeepError as error:
        raise TrigError((*diagnostics, _too_deep(files))) from error
    return program, checked


def in_order(findings: Sequence[Diagnostic], sources: Sequence[Source]) -> tuple[Diagnostic, ...]:
    """The findings by file and place."""
    places = {source.name: place for place, source in enumerate(sources)}
    return tuple(sorted(findings, key=lambda one: (places.get(one.span.source.name, -1), one.span.start)))


class TemplateFiles:
    """Reads template files: relative to the file that names them, never outside the program's folder."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = None if folder is None else folder.resolve()

    def read(self, node: nodes.TemplateFile) -> str | None:
        """The text, None when it cannot be had."""
        found = self.find(node)
        return found if isinstance(found, str) else None

    def find(self, node: nodes.TemplateFile) -> str | Diagnostic:
        """The text of a template file, or what is wrong with it."""
        if self._folder is None:
            return _template_error(node, "a program given as text has no template files", "write the text itself")
        path = (Path(node.span.source.name).parent / node.path).resolve()
        if not path.is_relative_to(self._folder):
            help_ = "move it into the program's folder"
            return _template_error(node, f"the template `{node.path}` is outside the program's folder", help_)
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            return _template_error(
                node,
                f"cannot read the template `{node.path}`: {why.lower()}",
                f"put it at {path.name} beside the rules",
            )


def _template_findings(file: nodes.File, templates: TemplateFiles) -> list[Diagnostic]:
    """What is wrong with the templates of a file: texts of sends and their fields, and template files."""
    findings = []
    for node in walk(file):
        if isinstance(node, nodes.TemplateFile):
            found = templates.find(node)
            if isinstance(found, Diagnostic):
                findings.append(found)
            else:
                findings += _syntax_findings(node, found)
        elif isinstance(node, nodes.Send):
            for text in _texts(node):
                findings += _syntax_findings(text, text.value)
    return findings


def _texts(send: nodes.Send) -> list[nodes.Text]:
    contents = [send.content, *(variant.content for variant in send.variants)]
    texts = [content for content in contents if isinstance(content, nodes.Text)]
    if send.fields is not None:
        texts += [node for node in walk(send.fields) if isinstance(node, nodes.Text)]
    return texts


def _syntax_findings(node: nodes.Text | nodes.TemplateFile, text: str) -> list[Diagnostic]:
    try:
        parse_template(text)
    except TemplateSyntaxError as error:
        where = f" (line {error.line} of the template)" if "\n" in text else ""
        return [_template_error(node, f"the template is broken: {error}{where}", "mend the template")]
    return []


def _template_error(node: nodes.Node, message: str, help_: str) -> Diagnostic:
    return Diagnostic(code="template", severity=Severity.ERROR, message=message, span=node.span, help=help_)


def _too_deep(files: Sequence[tuple[nodes.File, Source]]) -> Diagnostic:
    return Diagnostic(
        code="too-deep",
        severity=Severity.ERROR,
        message="an expression nests too deep",
        span=files[0][0].span,
        help="split it into segments",
    )


__all__ = ["Functions", "Signature", "TemplateFiles", "load", "parse"]
