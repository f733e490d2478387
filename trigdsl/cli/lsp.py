"""`trig lsp`: the language server, on standard input and output."""

from __future__ import annotations

import os
import sys

import click

from trigdsl.cli.exits import FINE


@click.command(short_help="Answer an editor: the language server.")
def lsp() -> int:
    """Serve an editor on standard input and output, by the Language Server Protocol.

    An editor starts this by itself; it has no output for people. It needs the extra `lsp`:
    pip install 'trigdsl[lsp]'.

    \b
    Example (Neovim):
      vim.lsp.config.trig = { cmd = { "trig", "lsp" }, filetypes = { "trig" } }
    """
    try:
        from trigdsl.lsp.server import Tools, create_server
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] not in {"pygls", "lsprotocol"}:
            raise
        raise click.UsageError("`trig lsp` needs a package: pip install 'trigdsl[lsp]'") from error
    from trigdsl.reading.rules import read_rule

    # Copies, since the server closes its streams when it ends, and whoever called wants to flush its own.
    with os.fdopen(os.dup(sys.stdin.fileno()), "rb") as given, os.fdopen(os.dup(sys.stdout.fileno()), "wb") as taken:
        create_server(Tools(formatter=_formatted, read_rule=read_rule)).start_io(given, taken)
    return FINE


def _formatted(text: str) -> str:
    from trigdsl.formatter.form import format_text
    from trigdsl.source import Source

    return format_text(Source("<editor>", text))
