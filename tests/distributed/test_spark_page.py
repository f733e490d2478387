"""What docs/spark.md shows in Python runs as it stands there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from trigdsl.distributed.spark_session import OPTIONS
from trigdsl.replayer.results import decision_schema

PAGE = (Path(__file__).parents[2] / "docs" / "spark.md").read_text(encoding="utf-8")


def test_the_program_of_the_page(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "r.trig").write_text("rule r: if cart and n > 1 then send push\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    rows = [("u", "2026-11-20 10:00:00", "cart", 1.0), ("v", "2026-11-20 10:00:00", "cart", 2.0)]
    frame = spark.createDataFrame(rows, "user string, time string, event string, n double")
    frame.write.parquet(str(tmp_path / "events"))
    code = code.replace('"events/"', json.dumps(str(tmp_path / "events")))
    names: dict[str, Any] = {"spark": spark}
    exec(compile(code, "docs/spark.md", "exec"), names)
    assert [row.user for row in names["decisions"].collect()] == ["v"]
    assert "sent" in capfd.readouterr().out


def test_the_table_of_columns_is_complete() -> None:
    rows = re.findall(r"^\| (`[a-z_`, ]+`) \| (?:text|32|timestamp)", PAGE, re.MULTILINE)
    told = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(told) == sorted(decision_schema().names)


def test_options_that_the_page_says_are_set() -> None:
    for name, value in re.findall(r"^\| `(spark\.[\w.]+)=(\w+)` \| set by", PAGE, re.MULTILINE):
        assert OPTIONS[name] == value
