"""What a server does with a formatter and a reader of rules, and that it offers nothing without."""

from __future__ import annotations

import sys

import pytest
from client import URI, Editor, edited, in_editor
from lsprotocol import types as lsp

from trigdsl.cli import main

OPTIONS = lsp.FormattingOptions(tab_size=2, insert_spaces=True)
WITH_TOOLS = """
from trigdsl.lsp.server import Tools, create_server
tools = Tools(
    formatter=lambda text: "\\n".join(line.strip() for line in text.split("\\n")),
    read_rule=lambda rule: f"When {rule.trigger.event.name} happens.",
)
create_server(tools).start_io()
"""
WITHOUT_TOOLS = "from trigdsl.lsp.server import create_server; create_server().start_io()"


def test_without_a_formatter_nothing_is_offered() -> None:
    async def scenario(editor: Editor) -> None:
        assert not editor.capabilities.document_formatting_provider

    in_editor(scenario, code=WITHOUT_TOOLS)


def test_the_command_formats_files_in_the_one_form() -> None:
    async def scenario(editor: Editor) -> None:
        text = "rule x:   if paid\n  then send   push # 😀\n"
        editor.open(text)
        params = lsp.DocumentFormattingParams(lsp.TextDocumentIdentifier(URI), OPTIONS)
        edits = await editor.client.text_document_formatting_async(params) or ()
        assert edited(text, list(edits)) == "rule x: if paid then send push  # 😀\n"

    in_editor(scenario)


def test_with_tools_files_are_formatted_and_rules_read_back() -> None:
    async def scenario(editor: Editor) -> None:
        assert editor.capabilities.document_formatting_provider
        text = "# 😀\n   rule x: if paid\n then send push\n"
        editor.open(text)
        params = lsp.DocumentFormattingParams(lsp.TextDocumentIdentifier(URI), OPTIONS)
        edits = await editor.client.text_document_formatting_async(params) or ()
        assert edited(text, list(edits)) == "# 😀\nrule x: if paid\nthen send push\n"
        for mark in ("x:", "rule x"):
            found = await editor.client.text_document_hover_async(lsp.HoverParams(**editor.at(mark)))
            assert "When paid happens." in found.contents.value  # type: ignore[union-attr]

    in_editor(scenario, code=WITH_TOOLS)


@pytest.mark.parametrize("text", ["rule x: if paid\nthen send push\n", "  rule x: if if"])
def test_a_file_in_order_or_with_mistakes_is_left_alone(text: str) -> None:
    async def scenario(editor: Editor) -> None:
        editor.open(text)
        params = lsp.DocumentFormattingParams(lsp.TextDocumentIdentifier(URI), OPTIONS)
        assert not await editor.client.text_document_formatting_async(params)

    in_editor(scenario, code=WITH_TOOLS)


def test_without_the_extra_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "pygls" or name.startswith("trigdsl.lsp")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pygls", None)
    assert main(["lsp"]) == 2
    assert "pip install 'trigdsl[lsp]'" in capsys.readouterr().err
