"""A client that talks to `trig lsp` as an editor does: a process, its standard streams, and messages."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

URI = "untitled:rules.trig"
PATIENCE = 30
"""Seconds after which an answer counts as missing."""


class Editor:
    """An editor with files open; `shown` holds the diagnostics it was told last, by URI."""

    def __init__(self, client: LanguageClient, capabilities: lsp.ServerCapabilities) -> None:
        self.client = client
        self.capabilities = capabilities
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.told: dict[str, list[lsp.PublishDiagnosticsParams]] = {}
        self.news = asyncio.Event()

    def open(self, text: str, uri: str = URI) -> None:
        self.texts[uri], self.versions[uri] = text, 1
        item = lsp.TextDocumentItem(uri, "trig", 1, text)
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))

    def change(self, start: tuple[int, int], end: tuple[int, int], text: str, uri: str = URI) -> None:
        """A part of the file is replaced; positions are line and column in UTF-16 units, from 0."""
        self.versions[uri] += 1
        part = lsp.TextDocumentContentChangePartial(lsp.Range(lsp.Position(*start), lsp.Position(*end)), text)
        document = lsp.VersionedTextDocumentIdentifier(self.versions[uri], uri)
        self.client.text_document_did_change(lsp.DidChangeTextDocumentParams(document, [part]))

    def replace(self, text: str, uri: str = URI) -> None:
        self.versions[uri] += 1
        self.texts[uri] = text
        document = lsp.VersionedTextDocumentIdentifier(self.versions[uri], uri)
        whole = lsp.TextDocumentContentChangeWholeDocument(text)
        self.client.text_document_did_change(lsp.DidChangeTextDocumentParams(document, [whole]))

    def at(self, mark: str, uri: str = URI, after: bool = False) -> dict[str, Any]:
        """The document and the place of the only `mark` in its text: of its start, or the place `after` it."""
        text = self.texts[uri]
        assert text.count(mark) == 1, f"{mark!r} stands {text.count(mark)} times"
        offset = text.index(mark) + (len(mark) if after else 0)
        return {"text_document": lsp.TextDocumentIdentifier(uri), "position": position(text, offset)}

    async def diagnostics(
        self, wanted: Callable[[list[lsp.Diagnostic]], bool] = lambda found: True, uri: str = URI
    ) -> list[lsp.Diagnostic]:
        """The diagnostics of the version that is shown, the first that are as `wanted`."""

        def fitting() -> list[lsp.Diagnostic] | None:
            told = self.told.get(uri, [])
            for one in reversed(told):
                if one.version == self.versions[uri] and wanted(list(one.diagnostics)):
                    return list(one.diagnostics)
            return None

        async def wait() -> list[lsp.Diagnostic]:
            while (found := fitting()) is None:
                self.news.clear()
                await self.news.wait()
            return found

        return await asyncio.wait_for(wait(), PATIENCE)


def position(text: str, offset: int) -> lsp.Position:
    before = text[:offset]
    line = before.count("\n")
    return lsp.Position(line, len(before[before.rfind("\n") + 1 :].encode("utf-16-le")) // 2)


def part(text: str, where: lsp.Range) -> str:
    """The characters of a range; its columns count UTF-16 units."""
    lines = text.split("\n")

    def offset(at: lsp.Position) -> int:
        column = len(lines[at.line].encode("utf-16-le")[: at.character * 2].decode("utf-16-le"))
        return sum(len(line) + 1 for line in lines[: at.line]) + column

    return text[offset(where.start) : offset(where.end)]


def edited(text: str, edits: list[lsp.TextEdit]) -> str:
    """The text after the edits, all of which speak of the text before."""
    lines = text.split("\n")

    def offset(at: lsp.Position) -> int:
        column = len(lines[at.line].encode("utf-16-le")[: at.character * 2].decode("utf-16-le"))
        return sum(len(line) + 1 for line in lines[: at.line]) + column

    for edit in sorted(edits, key=lambda one: offset(one.range.start), reverse=True):
        text = text[: offset(edit.range.start)] + edit.new_text + text[offset(edit.range.end) :]
    return text


class Session:
    """One server process and its event loop, which scenarios share: each finds it without a file open."""

    def __init__(self, options: Any = None, folders: list[str] | None = None, code: str | None = None) -> None:
        self.command = ("-c", code) if code is not None else ("-m", "trigdsl", "lsp")
        self.loop = asyncio.new_event_loop()
        self.client = LanguageClient("tests", "1")
        self.editor = self.loop.run_until_complete(self._start(options, folders or []))

    async def _start(self, options: Any, folders: list[str]) -> Editor:
        await self.client.start_io(sys.executable, *self.command)
        params = lsp.InitializeParams(
            capabilities=lsp.ClientCapabilities(),
            initialization_options=options,
            workspace_folders=[lsp.WorkspaceFolder(uri, uri) for uri in folders],
        )
        started = await asyncio.wait_for(self.client.initialize_async(params), PATIENCE)
        editor = Editor(self.client, started.capabilities)

        @self.client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def note(params: lsp.PublishDiagnosticsParams) -> None:
            editor.told.setdefault(params.uri, []).append(params)
            editor.news.set()

        self.client.initialized(lsp.InitializedParams())
        return editor

    def run(self, scenario: Callable[[Editor], Awaitable[None]]) -> None:
        try:
            self.loop.run_until_complete(asyncio.wait_for(self._run(scenario), 20 * PATIENCE))
        finally:
            for uri in self.editor.texts:
                params = lsp.DidCloseTextDocumentParams(lsp.TextDocumentIdentifier(uri))
                self.client.text_document_did_close(params)
            self.editor.texts.clear()
            self.editor.told.clear()

    async def _run(self, scenario: Callable[[Editor], Awaitable[None]]) -> None:
        await scenario(self.editor)

    def stop(self) -> int | None:
        """Shuts the server down; its exit status."""
        return self.loop.run_until_complete(self._stop())

    async def _stop(self) -> int | None:
        try:
            await asyncio.wait_for(self.client.shutdown_async(None), PATIENCE)
        finally:
            self.client.exit(None)  # ends the server, whether it was asked to shut down or not
            await asyncio.wait_for(self.client.stop(), PATIENCE)
        return self.client._server.returncode if self.client._server is not None else None


_shared: list[Session] = []


def in_editor(
    scenario: Callable[[Editor], Awaitable[None]],
    options: Any = None,
    folders: list[str] | None = None,
    code: str | None = None,
) -> None:
    """Runs a scenario against the server that is running, or against one of its own where it has wishes.

    `code` is a program of Python that starts a server in place of the command.
    """
    if options is None and folders is None and code is None:
        if not _shared:
            _shared.append(Session())
        _shared[0].run(scenario)
        return
    session = Session(options, folders, code)
    try:
        session.run(scenario)
    finally:
        session.stop()


def stop_shared() -> None:
    """Ends the server that scenarios shared, which must go without a complaint."""
    while _shared:
        status = _shared.pop().stop()
        assert status == 0, status
