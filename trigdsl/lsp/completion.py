"""A place in a document → the candidates that an editor offers there."""

from __future__ import annotations

from lsprotocol import types as lsp

from trigdsl.completer.candidates import Candidate, Known, candidates, word_at
from trigdsl.lsp.navigation import symbols
from trigdsl.lsp.programs import Document, Program
from trigdsl.syntax import nodes as n

_ITEM_KINDS: dict[str, lsp.CompletionItemKind] = {
    "event": lsp.CompletionItemKind.Event,
    "rule": lsp.CompletionItemKind.Function,
    "channel": lsp.CompletionItemKind.Interface,
    "member": lsp.CompletionItemKind.Class,
    "calendar": lsp.CompletionItemKind.Class,
    "tag": lsp.CompletionItemKind.Constant,
    "variant": lsp.CompletionItemKind.EnumMember,
    "attribute": lsp.CompletionItemKind.Field,
    "field": lsp.CompletionItemKind.Field,
    "function": lsp.CompletionItemKind.Function,
    "property": lsp.CompletionItemKind.Property,
    "keyword": lsp.CompletionItemKind.Keyword,
    "type": lsp.CompletionItemKind.TypeParameter,
    "unit": lsp.CompletionItemKind.Unit,
    "status": lsp.CompletionItemKind.EnumMember,
}


def completions(program: Program, document: Document, offset: int) -> lsp.CompletionList:
    """Everything that can stand at an offset, the word that is being written there left out of account."""
    before = document.text.line_before(offset)
    word = word_at(before)
    start, path = offset - len(before) + word.start, offset - len(before) + word.path
    at = document.reading.at(path)
    text = at[0].source.text[: at[1]] if at else ""
    rule = next((item for item in at[0].items if isinstance(item, n.Rule)), None) if at else None
    where = document.text.range(start, offset)
    found: dict[str, lsp.CompletionItem] = {}
    for one in candidates(text, word.prefix, _known(program, document, offset), rule):
        if one.label not in found:
            found[one.label] = _item(one, where)
    return lsp.CompletionList(is_incomplete=False, items=list(found.values()))


def _known(program: Program, document: Document, offset: int) -> Known:
    """What the program has; not the name that is being written."""
    return Known(
        items=[item for one in program.documents for item in one.reading.items],
        symbols=[
            found.symbol
            for found in symbols(program)
            if not (found.document is document and found.start <= offset <= found.end)
        ],
    )


def _item(one: Candidate, where: lsp.Range) -> lsp.CompletionItem:
    text = lsp.MarkupContent(lsp.MarkupKind.Markdown, one.doc) if one.doc else None
    return lsp.CompletionItem(
        one.label,
        kind=_ITEM_KINDS.get(one.kind),
        detail=one.detail,
        documentation=text,
        sort_text=f"{one.rank}{one.label}",
        text_edit=lsp.TextEdit(where, one.label),
    )
