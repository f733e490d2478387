"""Findings at a place → edits that mend them, each tried before it is offered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from attrs import frozen
from lsprotocol import types as lsp

from trigdsl.diagnostics.diagnostic import Diagnostic
from trigdsl.lsp.diagnostics import diagnostic, findings_of
from trigdsl.lsp.pieces import read
from trigdsl.lsp.programs import Checked, Document, Program, check_program
from trigdsl.lsp.text import Text
from trigdsl.model.signatures import Signature

MOST = 8
"""Findings at one place that are looked at: each costs a check of the whole program."""

_MEANT = re.compile(r"did you mean `([^`]+)`\?")
_WRITE = re.compile(r"\bwrite (?:`([^`]+)`|(\"[^\"`]*\"))")
_PUT = re.compile(r"(?:put|add) (?:a |an |the )?`([^`]+)` (?:after|behind|before|in front of)")


@frozen
class _Mend:
    """A text to put in the place of what a finding underlines."""

    start: int
    end: int
    text: str
    title: str


def code_actions(
    checked: Checked, document: Document, start: int, end: int, functions: Mapping[str, Signature]
) -> list[lsp.CodeAction]:
    """The fixes for findings that touch the characters `start` to `end` of a file of the checked program.

    A finding's help proposes; what it proposes is offered when the finding is gone with it and no other has come.
    """
    program = checked.program
    actions: list[lsp.CodeAction] = []
    near = [
        (one, placed) for one, placed in _placed(program, checked, document) if placed[0] <= end and start <= placed[1]
    ]
    for one, (first, last) in near[:MOST]:
        if fixed := _fix(one, program):
            actions.append(_action(fixed[0], one, document, (first, last), program, fixed[1], is_only=True))
            continue
        mends = [mend for mend in _mends(one, document, first, last) if _mended(checked, document, mend, functions)]
        for mend in mends:
            edit = lsp.TextEdit(document.text.range(mend.start, mend.end), mend.text)
            place, edits = (first, last), {document.uri: [edit]}
            actions.append(_action(mend.title, one, document, place, program, edits, is_only=len(mends) == 1))
    return actions


def _action(
    title: str,
    one: Diagnostic,
    document: Document,
    place: tuple[int, int],
    program: Program,
    edits: dict[str, list[lsp.TextEdit]],
    *,
    is_only: bool,
) -> lsp.CodeAction:
    """An edit that mends a finding at a place of a document; `is_only` when nothing else is offered for it."""
    return lsp.CodeAction(
        title=title,
        kind=lsp.CodeActionKind.QuickFix,
        diagnostics=[diagnostic(one, document, *place, program)],
        is_preferred=is_only,
        edit=lsp.WorkspaceEdit(changes=edits),
    )


def _fix(one: Diagnostic, program: Program) -> tuple[str, dict[str, list[lsp.TextEdit]]] | None:
    """The title and the edits by URI of the fix that a finding carries, None without one or where its place is gone."""
    if one.fix is None:
        return None
    edits: dict[str, list[lsp.TextEdit]] = {}
    for edit in one.fix.edits:
        placed = program.place(edit.span)
        if placed is None:
            return None
        document, start, end = placed
        edits.setdefault(document.uri, []).append(lsp.TextEdit(document.text.range(start, end), edit.replacement))
    return one.fix.title, edits


def _placed(program: Program, checked: Checked, document: Document) -> Iterator[tuple[Diagnostic, tuple[int, int]]]:
    seen = set()
    for one in findings_of(program, checked):
        placed = document.reading.place(one.span)
        if placed is not None and (placed, one.code) not in seen:
            seen.add((placed, one.code))
            yield one, placed


def _mends(one: Diagnostic, document: Document, start: int, end: int) -> Iterator[_Mend]:
    """What the help of a finding says to write, at the places where that may be meant."""
    if one.help is None:
        return
    if found := _MEANT.search(one.help):
        yield from _replacements(found[1], document, start, end)
    elif found := _WRITE.search(one.help):
        yield from _replacements(found[1] or found[2], document, start, end)
    elif found := _PUT.search(one.help):
        yield _Mend(start, start, f"{found[1]} ", f"Put `{found[1]}` here")
        yield _Mend(end, end, found[1], f"Put `{found[1]}` here")


def _replacements(meant: str, document: Document, start: int, end: int) -> Iterator[_Mend]:
    """The text for what is underlined; for its last name alone, should a path be underlined and a name meant."""
    yield _Mend(start, end, meant, f"Write `{meant}`")
    underlined = document.reading.text[start:end]
    if "." in underlined and "." not in meant:
        yield _Mend(start + underlined.rindex(".") + 1, end, meant, f"Write `{meant}`")


def _mended(checked: Checked, document: Document, mend: _Mend, functions: Mapping[str, Signature]) -> bool:
    """Whether a program has one finding less, and none of another kind, after the edit."""
    program = checked.program
    text = document.reading.text
    changed = text[: mend.start] + mend.text + text[mend.end :]
    first_id = max(one.reading.next_id for one in program.documents)
    before = document.reading
    reading = read(before.name, changed, type(before)(before.name, text, before.pieces, before.starts, first_id))
    after = Document(document.uri, None, Text(changed), reading)
    mended = Program(tuple(after if one is document else one for one in program.documents))
    return _fewer(_codes(program, checked), _codes(mended, check_program(mended, functions)))


def _codes(program: Program, checked: Checked) -> list[str]:
    return [one.code for one in findings_of(program, checked)]


def _fewer(before: list[str], after: list[str]) -> bool:
    left = list(before)
    for code in after:
        if code not in left:
            return False
        left.remove(code)
    return bool(left)
