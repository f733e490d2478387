"""A program and the texts of tests → those about which checking it together with them has nothing to say."""

from __future__ import annotations

from collections.abc import Sequence

from trigdsl.checker.check import check
from trigdsl.checker.program import CheckedProgram
from trigdsl.source import Source
from trigdsl.syntax.nodes import File, Item
from trigdsl.syntax.parser import parse_file
from trigdsl.syntax.walk import walk


def acceptable(checked: CheckedProgram, texts: Sequence[str]) -> list[bool]:
    """Whether each text, a `test` block, could be added to the program without a finding."""
    sources = [Source(f"<suggested {place}>", text) for place, text in enumerate(texts)]
    files = _files(checked)
    next_id = 1 + max((node.id for item in checked.items for node in walk(item)), default=0)
    blamed: set[Source] = set()
    for source in sources:
        parsed = parse_file(source, next_id)
        next_id = parsed.next_id
        if parsed.file is None or parsed.diagnostics:
            blamed.add(source)
        else:
            files.append((parsed.file, source))
    _, findings = check(files, checked.host_functions)
    blamed |= {finding.span.source for finding in findings}
    return [source not in blamed for source in sources]


def _files(checked: CheckedProgram) -> list[tuple[File, Source]]:
    """The program's files, of which rules without a name are called by their places."""
    items: dict[Source, list[Item]] = {}
    for item in checked.items:
        items.setdefault(item.span.source, []).append(item)
    return [(File(tuple(held)), source) for source, held in items.items()]
