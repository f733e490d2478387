"""The server: what an editor asks for → the module that answers it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from attrs import define, field, frozen
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from trigdsl.lsp.actions import code_actions
from trigdsl.lsp.colours import LEGEND, semantic_tokens
from trigdsl.lsp.completion import completions
from trigdsl.lsp.diagnostics import diagnostics_of
from trigdsl.lsp.formatting import Formatter, formatted
from trigdsl.lsp.hints import hints
from trigdsl.lsp.hover import RuleReader, hover
from trigdsl.lsp.navigation import Found, definitions, highlights, references, symbol_at
from trigdsl.lsp.outline import outline
from trigdsl.lsp.programs import Checked, Document, Program, Workspace, check_program
from trigdsl.lsp.renaming import CannotRenameError, renamable, rename
from trigdsl.lsp.text import Text
from trigdsl.model.signatures import Signature, parse_signature
from trigdsl.version import __version__

PAUSE = 0.05
"""Seconds without a change after which the checker looks at a program."""


class _AtPosition(Protocol):
    """Parameters that name a place in a file."""

    @property
    def text_document(self) -> lsp.TextDocumentIdentifier: ...

    @property
    def position(self) -> lsp.Position: ...


@frozen
class Tools:
    """What the server uses where it is given: without a formatter it does not offer to format."""

    formatter: Formatter | None = None
    read_rule: RuleReader | None = None


@define(eq=False)
class State:
    """What the server knows: the files, and what the checker said of their programs last."""

    server: LanguageServer
    workspace: Workspace = field(factory=Workspace)
    checked: dict[str, Checked] = field(factory=dict)
    stale: set[str] = field(factory=set)
    checking: asyncio.Task[None] | None = None

    def document(self, uri: str) -> Document | None:
        return self.workspace.open.get(uri)

    def show(self, uri: str, version: int | None, text: Text) -> None:
        """Takes a text over, says at once what is wrong with its form, and has it checked soon."""
        self.workspace.show(uri, version, text)
        self.publish(self.workspace.program(uri), self.checked.get(uri))
        self.check_soon()

    def close(self, uri: str) -> None:
        self.workspace.close(uri)
        self.checked.pop(uri, None)
        self.server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, []))
        self.check_soon()

    def check_soon(self, *, anew: bool = False) -> None:
        """Has the programs checked that changed; `anew` all of them, since files beside them may have."""
        if anew:
            self.stale |= set(self.workspace.open)
        if self.checking is not None and not self.checking.done():
            self.checking.cancel()
        self.checking = asyncio.get_running_loop().create_task(self._check())

    async def _check(self) -> None:
        await asyncio.sleep(PAUSE)
        for program in self.workspace.programs():
            if self._is_checked(program):
                continue
            # In a thread, so that requests are answered meanwhile; what it looks at never changes.
            checked = await asyncio.to_thread(check_program, program, self.workspace.functions)
            for document in program.documents:
                self.checked[document.uri] = checked
                self.stale.discard(document.uri)
            self.publish(program, checked)

    def _is_checked(self, program: Program) -> bool:
        """Whether what the checker said last is about this very program."""
        uris = [one.uri for one in program.documents if one.uri in self.workspace.open]
        known = [self.checked.get(uri) for uri in uris]
        same = all(one is not None and one.program.documents == program.documents for one in known)
        return same and not self.stale.intersection(uris)

    async def up_to_date(self, uri: str) -> Checked | None:
        """What the checker says of the program as it is now."""
        while (task := self.checking) is not None and not task.done():
            await asyncio.wait({task})
        return self.checked.get(uri)

    def publish(self, program: Program, checked: Checked | None) -> None:
        """Tells the editor what is wrong in the files that it has open."""
        found = diagnostics_of(program, checked)
        for document in program.documents:
            if self.workspace.open.get(document.uri) is document:
                params = lsp.PublishDiagnosticsParams(document.uri, found[document.uri], document.version)
                self.server.text_document_publish_diagnostics(params)


def create_server(tools: Tools | None = None) -> LanguageServer:
    """A server that is ready to be started, on standard streams or a socket."""
    tools = tools or Tools()
    server = LanguageServer("trig", __version__)
    state = State(server)
    _synchronise(server, state)
    _explain(server, state, tools)
    _navigate(server, state)
    _write(server, state, tools)
    return server


def _synchronise(server: LanguageServer, state: State) -> None:
    @server.feature(lsp.INITIALIZE)
    def initialize(params: lsp.InitializeParams) -> None:
        options: Any = params.initialization_options
        _set_options(state.workspace, options if isinstance(options, Mapping) else {})
        folders = [folder.uri for folder in params.workspace_folders or ()] or [params.root_uri or ""]
        state.workspace.roots = tuple(Path(path) for uri in folders if uri and (path := to_fs_path(uri)))
        state.workspace.encoding = lsp.PositionEncodingKind(server.workspace.position_encoding or "utf-16").value

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    async def did_open(params: lsp.DidOpenTextDocumentParams) -> None:
        shown = params.text_document
        state.workspace.forget()
        state.show(shown.uri, shown.version, Text(shown.text, state.workspace.encoding))

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    async def did_change(params: lsp.DidChangeTextDocumentParams) -> None:
        document = state.document(params.text_document.uri)
        text = document.text if document is not None else Text("", state.workspace.encoding)
        for change in params.content_changes:
            text = text.changed(change)
        state.show(params.text_document.uri, params.text_document.version, text)

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    async def did_save(_params: lsp.DidSaveTextDocumentParams) -> None:
        state.workspace.forget()
        state.check_soon(anew=True)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    async def did_close(params: lsp.DidCloseTextDocumentParams) -> None:
        state.close(params.text_document.uri)

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def did_change_files(_params: lsp.DidChangeWatchedFilesParams) -> None:
        state.workspace.forget()
        state.check_soon(anew=True)


def _set_options(workspace: Workspace, options: Mapping[str, Any]) -> None:
    """`program`: auto, file or folder; `functions`: signatures of the host's functions by name."""
    if options.get("program") in ("auto", "file", "folder"):
        workspace.together = options["program"]
    functions: dict[str, Signature] = {}
    given = options.get("functions")
    for name, signature in given.items() if isinstance(given, Mapping) else ():
        try:
            functions[str(name)] = parse_signature(str(signature))
        except ValueError:
            continue
    workspace.functions = functions


def _explain(server: LanguageServer, state: State, tools: Tools) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    async def on_hover(params: lsp.HoverParams) -> lsp.Hover | None:
        uri = params.text_document.uri
        checked = await state.up_to_date(uri)
        document = state.document(uri)
        if document is None:
            return None
        offset = document.text.offset(params.position)
        return hover(state.workspace.program(uri), checked, document, offset, tools.read_rule)

    @server.feature(lsp.TEXT_DOCUMENT_INLAY_HINT)
    async def on_hints(params: lsp.InlayHintParams) -> list[lsp.InlayHint]:
        document = state.document(params.text_document.uri)
        if document is None:
            return []
        start, end = document.text.offset(params.range.start), document.text.offset(params.range.end)
        return hints(state.workspace.program(document.uri), document, start, end)

    @server.feature(lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, LEGEND)
    async def on_colours(params: lsp.SemanticTokensParams) -> lsp.SemanticTokens:
        document = state.document(params.text_document.uri)
        return semantic_tokens(document) if document is not None else lsp.SemanticTokens([])

    @server.feature(lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_RANGE, LEGEND)
    async def on_colours_between(params: lsp.SemanticTokensRangeParams) -> lsp.SemanticTokens:
        document = state.document(params.text_document.uri)
        if document is None:
            return lsp.SemanticTokens([])
        start, end = document.text.offset(params.range.start), document.text.offset(params.range.end)
        return semantic_tokens(document, start, end)


def _navigate(server: LanguageServer, state: State) -> None:
    def found(params: _AtPosition) -> Found | None:
        document = state.document(params.text_document.uri)
        return symbol_at(document, document.text.offset(params.position)) if document is not None else None

    @server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
    async def on_definition(params: lsp.DefinitionParams) -> list[lsp.Location]:
        at = found(params)
        return definitions(state.workspace.program(at.document.uri), at.symbol) if at is not None else []

    @server.feature(lsp.TEXT_DOCUMENT_REFERENCES)
    async def on_references(params: lsp.ReferenceParams) -> list[lsp.Location]:
        at = found(params)
        if at is None:
            return []
        places = references(state.workspace.program(at.document.uri), at.symbol)
        return [one.location for one in places if params.context.include_declaration or not one.symbol.declares]

    @server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
    async def on_highlight(params: lsp.DocumentHighlightParams) -> list[lsp.DocumentHighlight]:
        at = found(params)
        return highlights(state.workspace.program(at.document.uri), at.document, at.symbol) if at is not None else []

    @server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    async def on_outline(params: lsp.DocumentSymbolParams) -> list[lsp.DocumentSymbol]:
        document = state.document(params.text_document.uri)
        return outline(document) if document is not None else []

    @server.feature(lsp.TEXT_DOCUMENT_PREPARE_RENAME)
    async def on_prepare(params: lsp.PrepareRenameParams) -> lsp.Range:
        try:
            return renamable(found(params)).location.range
        except CannotRenameError as error:
            raise JsonRpcInvalidParams(str(error)) from error

    @server.feature(lsp.TEXT_DOCUMENT_RENAME, lsp.RenameOptions(prepare_provider=True))
    async def on_rename(params: lsp.RenameParams) -> lsp.WorkspaceEdit:
        try:
            at = renamable(found(params))
            return rename(state.workspace.program(at.document.uri), at, params.new_name)
        except CannotRenameError as error:
            raise JsonRpcInvalidParams(str(error)) from error


def _write(server: LanguageServer, state: State, tools: Tools) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=[".", " ", "`"]))
    async def on_completion(params: lsp.CompletionParams) -> lsp.CompletionList:
        document = state.document(params.text_document.uri)
        if document is None:
            return lsp.CompletionList(is_incomplete=False, items=[])
        offset = document.text.offset(params.position)
        return completions(state.workspace.program(document.uri), document, offset)

    @server.feature(
        lsp.TEXT_DOCUMENT_CODE_ACTION, lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix])
    )
    async def on_actions(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        uri = params.text_document.uri
        checked = await state.up_to_date(uri)
        document = state.document(uri)
        if document is None or checked is None or document not in checked.program.documents:
            return []
        start, end = document.text.offset(params.range.start), document.text.offset(params.range.end)
        return await asyncio.to_thread(code_actions, checked, document, start, end, state.workspace.functions)

    if (formatter := tools.formatter) is not None:

        @server.feature(lsp.TEXT_DOCUMENT_FORMATTING)
        async def on_format(params: lsp.DocumentFormattingParams) -> list[lsp.TextEdit]:
            document = state.document(params.text_document.uri)
            return formatted(document, formatter) if document is not None else []
