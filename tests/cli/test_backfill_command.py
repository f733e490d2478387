"""`trig backfill`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import trigdsl
from trigdsl.cli import main

STORE = "sqlite:///state.db"
NEW = "rule r: if x and count(a) >= 2 then send push rule s: if x and sent r ever then send sms"
PAST = [{"user": user, "time": f"2026-11-{day}T10:00:00Z", "event": "a"} for user in "uv" for day in (18, 19, 21)]


@pytest.fixture(autouse=True)
def _store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with trigdsl.Engine(trigdsl.parse("rule r: if x then send push"), store=STORE) as engine:
        engine.advance("2026-11-20T10:00:00Z")
    Path("past.jsonl").write_text("".join(json.dumps(one) + "\n" for one in PAST) + "{}\n")


def test_it_fills_and_says_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backfill", "-e", NEW, "past.jsonl", "--store", STORE, "--json"]) == 0
    printed = capsys.readouterr()
    told = json.loads(printed.out)
    assert (told["users"], told["events"], told["later"]) == (2, 4, 2)
    [closed], [left] = told["closed"], told["left"]
    assert (closed["rules"], closed["since"], closed["fillable"]) == (["r"], "2026-11-20T10:00:00Z", True)
    assert (left["rules"], left["fillable"]) == (["s"], False)
    assert "rejected 1 record, at past.jsonl:7" in printed.err
    with trigdsl.Engine(trigdsl.parse(NEW), store=STORE) as engine:
        sent = engine.feed({"user": "u", "time": "2026-11-22T10:00:00Z", "event": "x"})
        assert [one.rule for one in sent] == ["r"]


def test_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backfill", "-e", NEW, "past.jsonl", "--store", STORE]) == 0
    out = capsys.readouterr().out
    assert "4 events filled the history of 2 users." in out
    assert "2 records were left out: the engine took them in itself." in out
    assert [line.split("2026-11-20T10:00:00Z")[1].strip() for line in out.splitlines() if "2026-11" in line] == [
        "filled",
        "only the engine tells",
    ]
    assert main(["backfill", "-e", NEW, "past.jsonl", "--store", STORE]) == 0
    assert "filled the history of 0 users" in capsys.readouterr().out


def test_nothing_to_fill_reads_no_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backfill", "-e", "rule r: if x then send push", "none.jsonl", "--store", STORE]) == 0
    assert capsys.readouterr().out.startswith("nothing to fill")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["past.jsonl", "--store", "sqlite:///none.db"], "none.db"),
        (["none.jsonl", "--store", STORE], "none.jsonl"),
        (["--store", STORE], "no events"),
        (["past.jsonl"], "--store"),
    ],
)
def test_what_is_missing_is_named(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backfill", "-e", NEW, *options]) == 2
    assert said in capsys.readouterr().err
