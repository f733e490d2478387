"""Files of a program → a call whenever one of them changes."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from trigdsl.cli.test import Run

SECONDS_BETWEEN_LOOKS = 0.5

Stamps = dict[Path, tuple[int, int]]
"""When each file was last changed, in nanoseconds, and how long it is."""


def watch_files(rules: Path, run: Run) -> NoReturn:
    """Run now, and again whenever the rules or a template they name change, come or go; until interrupted."""
    while True:
        stamps = look(rules, run.templates)
        try:
            run()
        except click.UsageError as error:
            # Half-written files, a folder that is gone for a moment: what is amiss now may be well soon.
            error.show()
        stamps = {**look(rules, run.templates), **stamps}
        click.echo(f"watching {len(stamps)} file{'' if len(stamps) == 1 else 's'} for changes, Ctrl-C ends")
        while (now := look(rules, run.templates)) == stamps:
            time.sleep(SECONDS_BETWEEN_LOOKS)
        changed = sorted(str(path) for path in stamps.keys() | now.keys() if stamps.get(path) != now.get(path))
        click.echo(f"\nchanged: {', '.join(changed)}")


def look(rules: Path, templates: frozenset[Path]) -> Stamps:
    """The stamps of the rules, of one file or all `.trig` files of a folder, and of the templates that are there."""
    stamps: Stamps = {}
    for path in {*(rules.rglob("*.trig") if rules.is_dir() else [rules]), *templates}:
        try:
            status = path.stat()
        except OSError:
            continue
        stamps[path] = (status.st_mtime_ns, status.st_size)
    return stamps
