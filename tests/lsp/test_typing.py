"""A whole program typed character by character: after each one the server answers, and in the end finds nothing."""

from __future__ import annotations

import asyncio

import pytest
from client import PATIENCE, URI, Editor, in_editor, position
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcInvalidParams

PROGRAM = '''\
event cart = "Cart Left" { cart.value: number }  # 😀
user { name: text }
channel push: between 21:00-09:00 local cap 2 per day
rule a "Title":
  if cart and (cart.value > 20 or user.name exists) and no `Order Completed` in last 1d
  then after 1h30m send push
    when cart.value >= 2e2 as big: """
      Hello {{ user.name | default("you") }}
      """
    otherwise: nothing
  unless cart where cart.value < 1 within 2h
  once per week
test "it":
  user { name: "\\u00e9" }
  2026-11-20 10:00 cart { cart: { value: 250 } }
  expect a as big
'''


async def ask_everything(editor: Editor, text: str, offset: int) -> None:
    """Every request at once; each must be answered, whatever the text."""
    document, place = lsp.TextDocumentIdentifier(URI), position(text, offset)
    client, whole = editor.client, lsp.Range(lsp.Position(0, 0), lsp.Position(999, 0))
    answers = await asyncio.wait_for(
        asyncio.gather(
            client.text_document_completion_async(lsp.CompletionParams(document, place)),
            client.text_document_definition_async(lsp.DefinitionParams(document, place)),
            client.text_document_document_symbol_async(lsp.DocumentSymbolParams(document)),
            client.text_document_semantic_tokens_full_async(lsp.SemanticTokensParams(document)),
            client.text_document_inlay_hint_async(lsp.InlayHintParams(document, whole)),
        ),
        PATIENCE,
    )
    assert answers[0] is not None
    assert answers[3] is not None


async def ask_thoroughly(editor: Editor, text: str, offset: int) -> None:
    """The requests that wait for the checker, and those that may be refused."""
    document, place = lsp.TextDocumentIdentifier(URI), position(text, offset)
    client, whole = editor.client, lsp.Range(lsp.Position(0, 0), lsp.Position(999, 0))
    context = lsp.ReferenceContext(include_declaration=True)
    await asyncio.wait_for(client.text_document_hover_async(lsp.HoverParams(document, place)), PATIENCE)
    await asyncio.wait_for(
        asyncio.gather(
            client.text_document_references_async(lsp.ReferenceParams(context, document, place)),
            client.text_document_document_highlight_async(lsp.DocumentHighlightParams(document, place)),
            client.text_document_code_action_async(
                lsp.CodeActionParams(document, whole, lsp.CodeActionContext(diagnostics=[]))
            ),
        ),
        PATIENCE,
    )
    try:
        renamed = client.text_document_rename_async(lsp.RenameParams(document, place, "other"))
        await asyncio.wait_for(renamed, PATIENCE)
    except JsonRpcInvalidParams:
        pass  # there is no name at the place, or it cannot be changed


def test_typing_a_program() -> None:
    async def scenario(editor: Editor) -> None:
        editor.open("")
        for offset, char in enumerate(PROGRAM):
            place = position(PROGRAM, offset)
            at = (place.line, place.character)
            editor.change(at, at, char)
            await ask_everything(editor, PROGRAM[: offset + 1], offset + 1)
            if offset % 23 == 0:
                await ask_thoroughly(editor, PROGRAM[: offset + 1], offset + 1)
        editor.texts[URI] = PROGRAM
        hovered = await editor.client.text_document_hover_async(lsp.HoverParams(**editor.at("1h30m")))
        assert hovered is not None
        assert await editor.diagnostics() == []

    in_editor(scenario)


@pytest.mark.parametrize("piece", ['"', '"""', "`", "(", "{", "if ", "\ud7ff", "\r", "\u2028", "}"])
def test_something_broken_put_in_everywhere(piece: str) -> None:
    async def scenario(editor: Editor) -> None:
        editor.open(PROGRAM)
        for offset in range(0, len(PROGRAM), 23):
            text = PROGRAM[:offset] + piece + PROGRAM[offset:]
            editor.replace(text)
            await ask_everything(editor, text.replace("\r", "\n"), offset + len(piece))
        editor.replace(PROGRAM)
        await editor.client.text_document_hover_async(lsp.HoverParams(**editor.at("1h30m")))
        assert await editor.diagnostics() == []

    in_editor(scenario)
