"""The tree-sitter grammar, compiled from its generated C: a text → its tree."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

GRAMMAR = Path(__file__).resolve().parents[2] / "grammar" / "tree-sitter-trig"

tree_sitter = pytest.importorskip("tree_sitter", reason="the package tree-sitter is not installed")


def language(folder: Path) -> tree_sitter.Language:
    """The language, compiled into the folder; skips where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no C compiler here")
    library = folder / "trig.so"
    source = GRAMMAR / "src"
    command = [compiler, "-O0", "-shared", "-fPIC", "-I", str(source), "-o", str(library), str(source / "parser.c")]
    subprocess.run(command, check=True)
    return load(library)


@cache
def load(library: Path) -> tree_sitter.Language:
    find = ctypes.CDLL(str(library)).tree_sitter_trig
    find.restype = ctypes.c_void_p
    capsule = ctypes.pythonapi.PyCapsule_New
    capsule.restype, capsule.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
    return tree_sitter.Language(capsule(find(), b"tree_sitter.Language", None))
