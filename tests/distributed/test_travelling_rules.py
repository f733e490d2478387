"""A program travels as its texts, and is the same program where it arrives."""

from __future__ import annotations

from pathlib import Path

import pytest

import trigdsl
from trigdsl.distributed.rules import compiled, fingerprint, travelling

RULES = 'rule r: if a and n > 1 then after 1h send push "Hello {{ user.name }}"'


def test_it_is_the_same_program() -> None:
    program = trigdsl.parse(RULES)
    other = compiled(travelling(program))
    assert other.code == program.code
    assert [rule.fingerprint for rule in other.rules] == [rule.fingerprint for rule in program.rules]


def test_a_process_compiles_it_once() -> None:
    assert compiled(travelling(trigdsl.parse(RULES))) is compiled(travelling(trigdsl.parse(RULES)))


def test_templates_in_files_travel_too(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "hello.txt").write_text("Hello {{ event.name }}!", encoding="utf-8")
    (tmp_path / "rules.trig").write_text('rule r: if a then send push template "texts/hello.txt"\n', encoding="utf-8")
    travelled = travelling(trigdsl.load(tmp_path))
    (tmp_path / "texts" / "hello.txt").unlink()
    (tmp_path / "rules.trig").unlink()
    record = {"user": "u", "time": "2026-11-20T10:00:00Z", "event": "a", "properties": {"name": "Ann"}}
    assert [one.text for one in trigdsl.replay(compiled(travelled), [record])] == ["Hello Ann!"]


def test_functions_of_the_host_do_not_travel() -> None:
    program = trigdsl.parse(
        "rule r: if a and risk(n) > 1 then send push", functions={"risk": (abs, "(number) -> number")}
    )
    with pytest.raises(ValueError, match="which do not travel"):
        travelling(program)


def test_programs_are_told_apart_by_their_texts() -> None:
    one, other = (travelling(trigdsl.parse(text)) for text in (RULES, RULES + "\n"))
    assert fingerprint(one) == fingerprint(travelling(trigdsl.parse(RULES)))
    assert fingerprint(one) != fingerprint(other)
