"""The folder where things are kept from one process to the next."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path | None:
    """The folder where things are kept from one process to the next: `TRIGDSL_CACHE`, or the user's folder of caches.

    None where nothing is to be kept (`TRIGDSL_CACHE` is empty), or the folder cannot be written.
    """
    chosen = os.environ.get("TRIGDSL_CACHE")
    if chosen == "":
        return None
    try:
        folder = Path(chosen or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        folder = folder if chosen else folder / "trigdsl"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return None
    return folder
