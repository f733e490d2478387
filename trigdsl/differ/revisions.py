"""`REVISION:PATH` → the rules as they were in a revision of git, in a folder of their own."""

from __future__ import annotations

import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

from attrs import frozen


class RevisionError(ValueError):
    """What git could not give, with its own words."""


@frozen
class Revision:
    """A path in a revision, as `git show` names it: `HEAD~1:rules/`."""

    revision: str
    path: str


def revision(text: str) -> Revision | None:
    """Reads `REVISION:PATH`; None for what is a path that is there, or has no colon (or only a drive's)."""
    name, colon, path = text.partition(":")
    if not colon or len(name) < 2 or Path(text).exists():
        return None
    return Revision(name, path.rstrip("/") or ".")


def check_out(of: Revision, folder: Path) -> Path:
    """Write the files of a revision's path below `folder`; where they are then.

    The path is relative to the working directory, as git takes one that begins with `./`.  Raises RevisionError when
    there is no git, no such revision, or no such path in it.
    """
    archive = _git("archive", "--format=tar", of.revision, "--", of.path)
    with tarfile.open(fileobj=BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    return folder / of.path


def _git(*arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=False)
    except OSError as error:
        raise RevisionError("there is no `git` to be run: install it, or name folders") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().removeprefix("fatal: ")
        raise RevisionError(f"git says: {said}")
    return done.stdout
