"""Texts of rules → a compiled program, from a file in the user's folder of caches if nothing has changed since.

Compiling takes most of a short command, and most of that is to import what compiles.  What is kept counts only for the
same texts, template files, version of trigdsl and of what it leans on: all of that is in a checksum.  Rules that cannot
run are never kept.  A kept program is code, so it is read only from a file that the user owns and no other may write.
"""

from __future__ import annotations

import marshal
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve

from trigdsl.folders import cache_folder
from trigdsl.source import Source
from trigdsl.version import __version__

if TYPE_CHECKING:
    from trigdsl.engine.program import OldRule, Program

_PACKAGE = Path(__file__).resolve().parent
_MAKING = ("checker", "compiler", "diagnostics", "engine", "model", "syntax")
_LEANED_ON = ("attr", "holidays", "jinja2", "lark", "re2", "tzdata")
_DIGEST = 32

MOST_KEPT = 64
"""So many programs are kept, each of them 2 to 20 kB."""


def cached_program(sources: Sequence[Source], folder: Path | None) -> Program:
    """What `loading.compile_sources` makes of texts, without functions of the host; raises TrigError as that does."""
    place = _place(sources)
    if place is None:
        return _compiled(sources, folder)[0]
    digest = _digest(sources, folder)
    found = _kept(place, digest)
    if found is None:
        made, templates = _compiled(sources, folder)
        _keep(place, digest, templates, made)
        return made
    return evolve(found, with_old=partial(_with_old, found, sources, folder))


def _with_old(program: Program, sources: Sequence[Source], folder: Path | None, old: tuple[OldRule, ...]) -> Program:
    """`Program.with_old` of a program that was kept: what stands beside old rules has to be compiled with them."""
    if not old:
        return program
    with_old = _compiled(sources, folder)[0].with_old
    assert with_old is not None
    return with_old(old)


def _compiled(sources: Sequence[Source], folder: Path | None) -> tuple[Program, list[Path]]:
    from trigdsl.loading import TemplateFiles, compile_sources

    templates = TemplateFiles(folder)
    program, _ = compile_sources(sources, folder, {}, templates=templates)
    return program, templates.paths


# ---------------------------------------------------------------------------------------------- what it is made of
def _place(sources: Sequence[Source]) -> Path | None:
    """The file for programs of texts with these names: one that is edited is kept once."""
    folder = cache_folder()
    if folder is None:
        return None
    names = "\0".join(os.path.abspath(source.name) for source in sources)
    return folder / f"program-{sha256(names.encode('utf-8', 'surrogateescape')).hexdigest()[:24]}.kept"


def _digest(sources: Sequence[Source], folder: Path | None) -> bytes:
    """The checksum of all that decides what comes of some texts, but for files of templates."""
    found = sha256()
    for part in (*_versions(), "" if folder is None else str(folder.resolve())):
        found.update(part.encode("utf-8", "surrogateescape") + b"\0")
    for source in sources:
        for text in (source.name, source.text):
            data = text.encode("utf-8", "surrogatepass")
            found.update(len(data).to_bytes(8, "little") + data)
    return found.digest()


def _versions() -> Iterator[str]:
    """What tells this installation from others: versions, and the sizes and times of the files that make a program."""
    yield f"{__version__} {sys.version}"
    for package in _MAKING:
        yield from _stamps(_PACKAGE / package)
    for package in _LEANED_ON:
        spec = find_spec(package)
        if spec is not None and spec.origin is not None and os.path.exists(spec.origin):
            yield _stamp(spec.origin, os.stat(spec.origin))


def _stamps(folder: Path) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            if entry.is_dir() and entry.name != "__pycache__":
                yield from _stamps(Path(entry.path))
            elif entry.name.endswith(".py"):
                yield _stamp(entry.path, entry.stat())


def _stamp(path: str, about: os.stat_result) -> str:
    return f"{path} {about.st_size} {about.st_mtime_ns}"


def _texts(templates: Sequence[Path]) -> bytes:
    """The checksum of template files; raises OSError when one cannot be read."""
    found = sha256()
    for path in templates:
        found.update(sha256(path.read_bytes()).digest())
    return found.digest()


# ---------------------------------------------------------------------------------------------- what is kept
def _kept(place: Path, digest: bytes) -> Program | None:
    """The program in a file, if it is of the same making."""
    try:
        with open(place, "rb") as file:
            if not _is_ours(os.fstat(file.fileno())) or file.read(_DIGEST) != digest:
                return None
            checksum, held = file.read(_DIGEST), file.read()
        if sha256(held).digest() != checksum:
            return None
        templates, texts, kept = marshal.loads(held)
        if _texts([Path(os.fsdecode(path)) for path in templates]) != texts:
            return None
        from trigdsl.compiler.kept import from_bytes

        return from_bytes(kept)
    except Exception:  # whatever is wrong with it, it can be made again
        return None


def _is_ours(about: os.stat_result) -> bool:
    """Whether a file is the user's own, and nobody else may write it."""
    return not hasattr(os, "getuid") or (about.st_uid == os.getuid() and not about.st_mode & 0o022)


def _keep(place: Path, digest: bytes, templates: Sequence[Path], program: Program) -> None:
    """Keep a program, if that can be done."""
    from trigdsl.compiler.kept import to_bytes

    try:
        paths = [os.fsencode(path) for path in templates]
        held = marshal.dumps((paths, _texts(templates), to_bytes(program)))
        with tempfile.NamedTemporaryFile(dir=place.parent, delete=False) as file:
            file.write(digest + sha256(held).digest() + held)
        os.replace(file.name, place)
        _forget_old(place.parent)
    except Exception:  # a program that cannot be kept is compiled each time
        return


def _forget_old(folder: Path) -> None:
    """Leave only the programs that were kept last."""
    files = sorted(folder.glob("program-*.kept"), key=lambda each: each.stat().st_mtime_ns)
    for file in files[:-MOST_KEPT]:
        file.unlink(missing_ok=True)
