"""The benchmarks, as far as they can be tried without measuring: they run, and a slow-down between commits is found."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BENCHMARKS = ROOT / "benchmarks"
RULES = {"counting": "rule r: if page_view and count(page_view) in last 1d == 1000 then send push goal buy within 1d"}
"""One rule for the machine: for a goal there is no short cut."""


@pytest.fixture(autouse=True)
def _benchmarks_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import streams
    finally:
        sys.path.remove(str(BENCHMARKS))
    made: Path = streams.make(tmp_path_factory.mktemp("stream"), 200)
    return made


def package_in(folder: Path, *, turns: int) -> Path:
    """A copy of the package whose machine looks up the plan of each event so many times over."""
    shutil.copytree(ROOT / "trigdsl", folder / "trigdsl")
    (folder / "grammar").symlink_to(ROOT / "grammar")
    (folder / "docs").symlink_to(ROOT / "docs")
    machine = folder / "trigdsl" / "engine" / "machine.py"
    text = machine.read_text("utf-8")
    line = "            plan = self._plans.get(given.event, self._other)\n"
    assert text.count(line) == 1
    machine.write_text(text.replace(line, f"            for _ in range({turns}):\n    {line}"), "utf-8")
    return folder


def test_the_check_finds_a_slow_down_and_none_where_there_is_none(tmp_path: Path, events: Path) -> None:
    import commits

    same, slow = (package_in(tmp_path / str(turns), turns=turns) for turns in (1, 1000))
    for folder in (same, slow):
        commits.by_calls(folder, ["replay", "-e", RULES["counting"], str(events)])
    way = commits.WAYS["calls"]
    (unchanged,) = commits.compared(same, same, RULES, events, way)
    assert unchanged.ratio == pytest.approx(1, abs=0.02)
    assert commits.slower([unchanged], 1.03) == []
    (slower,) = commits.compared(same, slow, RULES, events, way)
    assert commits.slower([slower], 1.03) == [slower]
    # Four in five of the two hundred events are page views.
    assert slower.new - slower.old > 100_000


def test_what_counts_as_slower() -> None:
    import commits

    rows = [commits.Row("a", 100, 103), commits.Row("b", 100, 103.1), commits.Row("c", 100, 50)]
    assert commits.slower(rows, 1.03) == [rows[1]]


def test_peers_send_what_replays_send(events: Path, tmp_path: Path) -> None:
    import replays
    from workloads import WORKLOADS

    for work in WORKLOADS:
        took = replays.compared(work, events, None, 1)
        assert {"trig", "trig --sorted", "by hand"} <= set(took)


def test_conditions_by_hand_answer_as_the_language_does() -> None:
    from conditions import CONDITIONS, records
    from expressions import compiled, of_ours, states_of

    given = records(50)
    for condition in CONDITIONS:
        by_hand = [bool(condition.by_hand(*one)) for one in given]
        assert of_ours(*compiled(condition), states_of(given)) == by_hand, condition.text
        assert True in by_hand, condition.text


def test_micro_benchmarks_run() -> None:
    pytest.importorskip("pytest_benchmark")
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "--benchmark-disable", "benchmarks/micro"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
