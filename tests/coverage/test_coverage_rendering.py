"""Coverage as text, JSON and a page, and `trig test --coverage`."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import example_programs
import pytest

from trigdsl.cli import main
from trigdsl.coverage import Coverage, Covering, Point, measure
from trigdsl.coverage.render_html import render_html
from trigdsl.coverage.render_json import to_dict
from trigdsl.coverage.render_text import percent_text, render_text
from trigdsl.loading import load_checked, parse_checked
from trigdsl.tester.run import run_tests

RULES = """rule r: if a and n > 2 then after 1h send push "<b>&" unless b
rule other: if x then send sms

test "one":
  2026-11-20 10:00 a { n: 3 }
  expect r
"""


def coverage(text: str = RULES) -> Coverage:
    program, checked = parse_checked(text, name="my.trig", explained=True)
    return measure(program, checked, checked.tests)


def test_text_names_what_is_missing_and_where() -> None:
    assert render_text(coverage()).split("\n") == [
        "r       41.7%   5 of 12",
        "    my.trig:1  condition  `n > 2`: false",
        "    my.trig:1  condition  `n` against 2: just below, at",
        "    my.trig:1  delay  what ends the run comes when `after 1h` of step 1 runs out: just before, at, just after",
        "    my.trig:1  unless  `unless b` ends the run",
        "other      0%   0 of 2",
        "    my.trig:2  trigger  `x` triggers",
        "    my.trig:2  step  step 1 is carried out",
        "covered 35.7%: 5 of 14 points",
    ]


@pytest.mark.parametrize(
    ("percent", "text"),
    [(0, "0%"), (0.01, "0.1%"), (33.333, "33.3%"), (50, "50%"), (99.99, "99.9%"), (100, "100%")],
)
def test_a_percentage_is_whole_only_when_all_is_there(percent: float, text: str) -> None:
    assert percent_text(percent) == text


def test_json_has_every_point() -> None:
    told = to_dict(coverage())
    assert (told["covered"], told["points"], round(told["percent"], 1)) == (5, 14, 35.7)
    first, second = told["rules"]
    assert (first["rule"], first["covered"], len(first["points"]), second["percent"]) == ("r", 5, 12, 0)
    assert first["points"][1] == {
        "kind": "condition",
        "about": "`n > 2`",
        "case": "true",
        "covered": True,
        "file": "my.trig",
        "line": 1,
        "column": 18,
        "source": "n > 2",
    }


class Page(HTMLParser):
    """The text of the rules as shown, and of each piece its class, its text and its note."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rules = ""
        self.pieces: list[list[str]] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: set[str] = set()
        self._open: list[list[str]] = []
        self._shows = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.tags.add(tag)
        self.ids += [told["id"] or ""] if "id" in told else []
        self.links += [told["href"] or ""] if "href" in told else []
        self._shows = self._shows or tag == "pre"
        if tag == "span" and self._shows:
            self.pieces.append([told["class"] or "", "", told["data-note"] or ""])
            assert (told["tabindex"], told["aria-description"]) == ("0", told["data-note"])
            self._open.append(self.pieces[-1])

    def handle_endtag(self, tag: str) -> None:
        self._shows = self._shows and tag != "pre"
        if tag == "span" and self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._shows:
            self.rules += data
            for piece in self._open:
                piece[1] += data


def test_the_page_shows_the_rules_with_their_pieces_coloured() -> None:
    found = coverage()
    page = Page(render_html(found))
    assert page.rules == RULES
    assert {text: state for state, text, _ in page.pieces} == {
        "a": "all",
        "n > 2": "some",
        "1h": "some",
        'send push "<b>&"': "all",
        "unless b": "none",
        "x": "none",
        "send sms": "none",
    }
    notes = "\n".join(note for _, _, note in page.pieces).split("\n")
    assert sorted(notes) == sorted(
        f"{'✓' if point in found.covered else '✗'} {point.rule}: {point.text}" for point in found.points
    )
    assert "b" not in page.tags
    assert "script" not in page.tags


def test_the_page_leads_to_every_missing_piece() -> None:
    page = Page(render_html(coverage()))
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert len(set(page.ids)) == len(page.ids)
    assert sum(link.startswith("#piece-") for link in page.links) == 6


def test_pieces_in_each_other_stay_in_each_other() -> None:
    rules = "rule r: if no a for 1h then send push between 09:00-21:00 expires 2h\n"
    page = Page(render_html(coverage(rules)))
    assert page.rules == rules
    texts = [text for _, text, _ in page.pieces]
    assert texts == ["no a for 1h", "1h", "send push", "between 09:00-21:00", "09:00", "21:00", "2h"]


@pytest.mark.parametrize("program", example_programs.PROGRAMS)
def test_measuring_changes_no_result_and_the_page_has_every_text(program: str) -> None:
    plain, checked = example_programs.load_example(program)
    expected = run_tests(checked.tests, plain)
    host = example_programs.EXAMPLES / program / "host.py"
    functions = runpy.run_path(str(host))["FUNCTIONS"] if host.exists() else {}
    explained, again = load_checked(example_programs.EXAMPLES / program, functions, explained=True)
    covering = Covering(explained, again)
    points: frozenset[Point] = frozenset()
    for test, plainly in zip(again.tests, expected, strict=True):
        result, exercised = covering.run(test)
        points |= exercised
        assert result.decisions == plainly.decisions
        assert [one.met for one in result.outcomes] == [one.met for one in plainly.outcomes]
        assert result.violations == plainly.violations
    found = covering.coverage(points)
    page = Page(render_html(found))
    notes = {line for _, _, note in page.pieces for line in note.split("\n")}
    assert {f"✗ {one.rule}: {one.text}" for one in found.missing} <= notes
    shown = page.rules
    assert all(rule.node.span.text in shown for rule in again.rules)
    assert found.covered or not again.tests


# ---------------------------------------------------------------------- the command
@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.trig").write_text(RULES)
    return tmp_path


def test_the_command_tells_coverage_below_the_results(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "my.trig", "--coverage"]) == 0
    out = capsys.readouterr().out
    assert "1 passed" in out
    assert out.endswith("\n\n" + render_text(coverage()) + "\n")


def test_files_are_written_without_the_text(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "my.trig", "--coverage-json", "c.json", "--coverage-html", "c.html"]) == 0
    assert "covered" not in capsys.readouterr().out
    assert json.loads((folder / "c.json").read_text()) == to_dict(coverage())
    assert (folder / "c.html").read_text() == render_html(coverage())


def test_json_results_hold_coverage_if_asked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "my.trig", "--json", "--coverage"]) == 0
    assert json.loads(capsys.readouterr().out)["coverage"] == to_dict(coverage())
    assert main(["test", "my.trig", "--json"]) == 0
    assert "coverage" not in json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(("least", "status"), [("35", 0), ("35.71", 0), ("35.72", 1), ("100", 1), ("0", 0)])
def test_too_little_coverage_fails(folder: Path, least: str, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    """5 of 14 are 35.714 %."""
    assert main(["test", "my.trig", "--fail-under", least]) == status
    assert ("is under" in capsys.readouterr().err) == bool(status)


def test_only_the_tests_that_are_run_count(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "my.trig").write_text(RULES + 'test "two":\n  2026-11-20 10:00 x\n  expect other\n')
    assert main(["test", "my.trig", "--coverage", "--filter", "two"]) == 0
    assert "covered 14.3%: 2 of 14 points" in capsys.readouterr().out


def test_a_failing_test_fails_and_counts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "my.trig").write_text(RULES.replace("expect r", "expect no r"))
    assert main(["test", "my.trig", "--coverage", "--fail-under", "10"]) == 1
    assert "covered 35.7%" in capsys.readouterr().out


@pytest.mark.parametrize("value", ["-1", "101", "much"])
def test_a_percentage_that_is_none_is_refused(folder: Path, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "my.trig", "--fail-under", value]) == 2


def test_a_file_that_cannot_be_written_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "my.trig", "--coverage-html", "none/c.html"]) == 2
    assert "none/c.html" in capsys.readouterr().err


def test_without_the_options_nothing_of_coverage_is_loaded(folder: Path) -> None:
    told = "print([name for name in sys.modules if 'cover' in name and 'trigdsl' in name])"
    code = f"import sys; from trigdsl.cli import main; main(['test', 'my.trig']); {told}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "my.trig  1 passed\n['trigdsl.cli.covering']\n"
