"""How long the language server takes to answer a keystroke in a file of many rules.

Types a condition, character by character, into the middle of a program of 300 rules (or as many as are given),
by messages to a server process as an editor sends them. After each character it asks for completions, and prints how
long the answer took from the moment the change was sent; then how long semantic tokens took, and how long it was
until what the checker says of the new text was there, the server's pause before it checks included.

    python benchmarks/keystrokes.py [RULES]
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time

from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

URI = "untitled:many.trig"
RULE = """rule r{n} "Reminder {n}":
  if cart_{e} and cart.value > {n} and no purchase in last 1d
  then after 30m send push
    when cart.value > 200: "{{{{ user.name | default('you') }}}}, your items ship free today"
    otherwise: "You left something behind"
  unless purchase within 2h
  between 09:00-21:00 local
  expires 12h
  at most 1 per 7d
  goal purchase within 3d

"""
TYPED = ' and user.tier == "gold" and count(purchase) in last 30d >= 2'


async def measure(rules: int) -> None:
    text = "".join(RULE.format(n=n, e=n % 20) for n in range(rules))
    lines = text.split("\n")
    line = next(number for number, each in enumerate(lines) if f"cart.value > {rules // 2} " in each)
    client = LanguageClient("benchmark", "1")
    told = asyncio.Event()
    versions: dict[int, float] = {}

    @client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def note(params: lsp.PublishDiagnosticsParams) -> None:
        versions[params.version or 0] = time.perf_counter()
        told.set()

    await client.start_io(sys.executable, "-m", "trigdsl", "lsp")
    await client.initialize_async(lsp.InitializeParams(capabilities=lsp.ClientCapabilities()))
    client.initialized(lsp.InitializedParams())
    document = lsp.TextDocumentIdentifier(URI)
    began = time.perf_counter()
    client.text_document_did_open(lsp.DidOpenTextDocumentParams(lsp.TextDocumentItem(URI, "trig", 0, text)))
    await client.text_document_semantic_tokens_full_async(lsp.SemanticTokensParams(document))
    await client.text_document_hover_async(lsp.HoverParams(document, lsp.Position(0, 6)))  # waits for the checker
    print(
        f"{rules} rules, {len(text):,} characters: opened, coloured and checked in {time.perf_counter() - began:.2f} s"
    )
    answers, colours, checks = [], [], []
    column = len(lines[line])
    for version, char in enumerate(TYPED, start=1):
        place = lsp.Position(line, column)
        change = lsp.TextDocumentContentChangePartial(lsp.Range(place, place), char)
        identifier = lsp.VersionedTextDocumentIdentifier(version, URI)
        sent = time.perf_counter()
        client.text_document_did_change(lsp.DidChangeTextDocumentParams(identifier, [change]))
        column += 1
        await client.text_document_completion_async(lsp.CompletionParams(document, lsp.Position(line, column)))
        answers.append(time.perf_counter() - sent)
        asked = time.perf_counter()
        await client.text_document_semantic_tokens_full_async(lsp.SemanticTokensParams(document))
        colours.append(time.perf_counter() - asked)
        await client.text_document_hover_async(lsp.HoverParams(document, lsp.Position(line, 6)))
        checks.append(versions[version] - sent)
        await asyncio.sleep(0.02)
    for name, times in (("completion after a key", answers), ("all semantic tokens", colours), ("checked", checks)):
        ordered = sorted(times)
        middle, worst = statistics.median(ordered), ordered[-1]
        print(f"{name:24} median {middle * 1000:6.1f} ms   slowest of {len(times)} {worst * 1000:6.1f} ms")
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()


def main() -> None:
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 300))


if __name__ == "__main__":
    main()
