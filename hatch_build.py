"""Compiles `trigdsl/native` when the project is built or installed: parts of a replay that are also there in Python.

Nothing needs them: without them the same decisions come more slowly.  So where there is no C compiler, or it fails, the
build says so and goes on without.  With TRIGDSL_NATIVE=require in the environment it fails instead; with
TRIGDSL_NATIVE=none nothing is compiled.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = Path("trigdsl/native")


class NativeBuildHook(BuildHookInterface[Any]):
    """Hatchling's hook for builds of wheels and for installs that can be edited."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        wanted = os.environ.get("TRIGDSL_NATIVE", "try")
        if self.target_name != "wheel":
            return
        # What an earlier build left may not fit the sources of now.
        for left in (Path(self.root) / FOLDER).iterdir():
            if left.suffix in (".so", ".pyd"):
                left.unlink()
        if wanted == "none":
            return
        try:
            compiled = compile_all(Path(self.root))
        # What a compiler that is missing or unfit raises is of many types.
        except (Exception, SystemExit) as error:
            if wanted == "require":
                raise
            self.app.display_warning(f"built without compiled parts, which is slower: {error}")
            return
        if not compiled:
            return
        build_data["artifacts"] += [str(path) for path in compiled]
        build_data["pure_python"] = False
        build_data["infer_tag"] = True


def compile_all(root: Path) -> list[Path]:
    """Compile each `.pyx` of the folder beside itself; the paths of what came, from the root."""
    from Cython.Build import cythonize
    from setuptools import Distribution, Extension

    flags = [] if sys.platform == "win32" else ["-O3", "-g0"]
    package = ".".join(FOLDER.parts)
    sources = sorted((root / FOLDER).glob("*.pyx"))
    extensions = [
        Extension(f"{package}.{source.stem}", [os.path.relpath(source)], extra_compile_args=flags) for source in sources
    ]
    with tempfile.TemporaryDirectory() as work:
        modules = cythonize(extensions, build_dir=work, language_level=3, quiet=True)
        command = Distribution({"ext_modules": modules}).get_command_obj("build_ext")
        command.build_temp, command.build_lib = work, os.path.join(work, "lib")
        command.parallel = True
        command.ensure_finalized()
        command.run()
        return [_put_in_place(Path(built), root) for built in command.get_outputs()]


def _put_in_place(built: Path, root: Path) -> Path:
    """Put a library beside its source; its path from the root. One that a running process has loaded stays whole."""
    place = FOLDER / built.name
    fresh = (root / place).with_suffix(".fresh")
    shutil.copy(built, fresh)
    os.replace(fresh, root / place)
    return place
