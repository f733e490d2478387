"""Command line → one command's function, and its outcome as an exit status.

0 fine, 1 the rules are at fault, 2 the call is, 130 interrupted.  Commands are imported only when they
are called for, so that `trig` starts quickly.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from trigdsl.cli.exits import CALL_AT_FAULT, FINE, INTERRUPTED

_COMMANDS = {
    "backfill": "trigdsl.cli.backfill",
    "check": "trigdsl.cli.check",
    "diff": "trigdsl.cli.diff",
    "explain": "trigdsl.cli.explain",
    "fmt": "trigdsl.cli.fmt",
    "graph": "trigdsl.cli.graph",
    "lsp": "trigdsl.cli.lsp",
    "plan": "trigdsl.cli.plan",
    "repl": "trigdsl.cli.repl",
    "replay": "trigdsl.cli.replay",
    "report": "trigdsl.cli.report",
    "schema": "trigdsl.cli.schema",
    "state": "trigdsl.cli.state",
    "test": "trigdsl.cli.test",
    "verify": "trigdsl.cli.verify",
}


class _LazyGroup(click.Group):
    """A group whose commands live in modules of their names, imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command = getattr(import_module(_COMMANDS[cmd_name]), cmd_name)
        return command if isinstance(command, click.Command) else None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            status = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # Nobody reads on: what Python still wants to flush at its end has nowhere to go either.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return FINE
        return status

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name in _COMMANDS or name.startswith("-"):
            return super().resolve_command(ctx, args)
        from trigdsl.diagnostics.suggest import did_you_mean

        meant = did_you_mean(name, _COMMANDS)
        raise click.UsageError(f"no command `{name}`" + (f": {meant}" if meant else ""), ctx)


def _print_version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version

        from trigdsl.version import __version__

        click.echo(f"trig {__version__} (tzdata {version('tzdata')})")
        ctx.exit()


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Show the version."
)
def cli() -> None:
    """Run rules that say what to send to whom, when, and when not.

    \b
    Try:  trig replay -e 'if signup then after 1h send push unless purchase' events.jsonl
    """


def main(args: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; the entry point of `trig`."""
    # Commands make many objects and next to no cycles, for which Python would search them all again and again.
    gc.set_threshold(200_000, 50, 50)
    # Nor does anybody gain by looking for them once more when the process ends.
    atexit.register(gc.freeze)
    try:
        status: Any = cli.main(args=args, prog_name="trig", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except OSError as error:
        at = f"`{error.filename}`: " if error.filename else ""
        click.echo(f"error: {at}{(error.strerror or str(error)).lower()}", err=True)
        return CALL_AT_FAULT
    return status if isinstance(status, int) else FINE
