"""Hosts that embed the engine are checked by `mypy --strict`, as theirs would be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "embedding"
HOST = Path(__file__).parent / "typed_host.py"


def checked(*files: Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "mypy", "--strict", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    return done.returncode, done.stdout


def test_hosts_are_typed_and_a_wrong_call_is_told(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    examples = [EXAMPLES / f"{name}.py" for name in ("queue_worker", "sinks", "host", "fastapi_app")]
    wrong = tmp_path / "wrong.py"
    wrong.write_text(
        "import trigdsl\n"
        "engine = trigdsl.Engine(trigdsl.parse('if cart then send push'), lateness=10)\n"
        "engine.feed(['cart'])\n"
        "engine.forget('ann').nothing\n"
    )
    status, said = checked(HOST, *examples, wrong)
    assert status == 1, said
    lines = [line.partition(f"{wrong.name}:")[2] for line in said.splitlines() if ": error: " in line]
    assert [line[:1] for line in lines] == ["2", "3", "4"], said
