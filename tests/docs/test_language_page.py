"""The reference of the language: its examples are clean, its tables and numbers those of the code."""

from __future__ import annotations

import re
from hashlib import blake2b

import pytest
from test_docs import ROOT, blocks

import trigdsl
from trigdsl.engine.duplicates import SAME_RECORD
from trigdsl.engine.functions import BUILTINS
from trigdsl.engine.shares import holdout_share, share
from trigdsl.engine.steps import MOST_RUNS, MOST_VALUES
from trigdsl.engine.templates.filters import FILTERS
from trigdsl.engine.templates.limits import MAX_DEPTH, MAX_OUTPUT, MAX_STEPS, MAX_WORK
from trigdsl.engine.templates.predicates import TESTS
from trigdsl.loading import parse_checked
from trigdsl.model.values import DAY
from trigdsl.records.chunks import MOST_BYTES
from trigdsl.replayer.driver import LONGEST_DRAIN
from trigdsl.syntax import parser
from trigdsl.syntax.grammar import keywords
from trigdsl.tester.run import run_tests

PAGE = ROOT / "docs" / "language.md"
TEXT = PAGE.read_text("utf-8")
PROGRAMS = [block for block in blocks(PAGE) if block.language == "trig"]


def section(title: str) -> str:
    return re.split(r"^##+ ", TEXT.partition(f"# {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|") and not line.startswith("|---")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def words(text: str) -> set[str]:
    return set(re.findall(r"`([^`\s][^`]*)`", text))


@pytest.mark.parametrize("block", PROGRAMS, ids=lambda block: str(block.line))
def test_examples_bring_up_no_finding(block) -> None:
    assert [str(found) for found in trigdsl.parse(block.text).diagnostics] == []


def test_tests_in_examples_pass() -> None:
    results = []
    for block in PROGRAMS:
        program, checked = parse_checked(block.text)
        results += run_tests(checked.tests, program)
    assert len(results) >= 2
    assert [result.test.title for result in results if not result.passed] == []


def test_places_of_users() -> None:
    table = [row for row in rows(section("How users fall into shares").replace("`", "")) if row[2][0].isdigit()]
    assert len(table) >= 5
    for rule, user, variant, holdout in table:
        data = len(rule.encode()).to_bytes(8, "big") + rule.encode() + user.encode()
        for told, purpose, function in ((variant, "trig variant", share), (holdout, "trig holdout", holdout_share)):
            digest = blake2b(data, digest_size=8, person=purpose.encode()).digest()
            assert float(told) == (int.from_bytes(digest, "big") >> 11) * 100 / 2**53 == function(rule, user)


def test_hash_buckets() -> None:
    table = [row for row in rows(section("Functions")) if len(row) == 3 and row[1].isdigit()]
    assert len(table) >= 5
    for text, n, bucket in table:
        digest = blake2b(text.strip("`").encode(), digest_size=8).digest()
        assert int(bucket) == int.from_bytes(digest, "big") % int(n)
        assert BUILTINS["hash_bucket"].call(None, text.strip("`"), int(n)) == int(bucket)


def test_every_function_is_in_the_table_and_no_other() -> None:
    named = {name for row in rows(section("Functions")) for name in re.findall(r"`(\w+)\(", row[0])}
    assert named == BUILTINS.keys()


def test_filters_and_tests_of_templates_are_all_there_are() -> None:
    _, filters, tests = re.split(r"^(?:Filters|Tests, after `is`):$", section("Templates"), flags=re.MULTILINE)
    assert words(filters.strip().partition("\n\n")[0]) == FILTERS.keys()
    assert words(tests.strip().partition("\n\n")[0]) == TESTS.keys()


def codes(template: str) -> list[str]:
    try:
        found = trigdsl.parse(f'rule r: if e then send push "{template}"').diagnostics
    except trigdsl.TrigError as error:
        found = error.diagnostics
    return [one.code for one in found]


@pytest.mark.parametrize("word", ["include", "import", "extends", "block", "autoescape"])
def test_statements_that_templates_lack(word: str) -> None:
    assert f"`{word}`" in section("Templates")
    assert codes(f"{{% {word} 'x' %}}{{% end{word} %}}") == ["template"]


def test_statements_that_templates_have() -> None:
    blocks = ["if a", "for x in a if x", "set x", "with x = 1", "filter upper", "macro m(x)", "call m(1)", "raw"]
    assert all(f"`{one.split()[0]}`" in section("Templates") for one in blocks)
    macro = "{% macro m(x) %}{% endmacro %}"
    assert [codes(f"{macro}{{% {one} %}}{{% end{one.split()[0]} %}}") for one in blocks] == [[]] * len(blocks)


def test_keywords_are_all_there_are() -> None:
    reserved, pairs, soft = [part for part in section("Keywords").split("\n\n") if part.startswith("`")]
    assert words(reserved) | words(pairs) == keywords().reserved
    assert words(soft) == keywords().soft


def test_limits_are_those_of_the_code() -> None:
    told = [int(re.sub(r"\D", "", row[1])) for row in rows(section("Limits"))[1:]]
    years = 100
    template = [MAX_OUTPUT // 1024, MAX_STEPS, MAX_WORK, MAX_DEPTH]
    days = [SAME_RECORD // DAY, LONGEST_DRAIN // DAY]
    assert told == [MOST_RUNS, MOST_VALUES, years, parser.MAX_DEPTH, *template, MOST_BYTES >> 20, *days]


@pytest.mark.parametrize(("days", "is_fine"), [(36_525, True), (36_526, False)])
def test_the_longest_duration_is_a_hundred_years(days: int, is_fine: bool) -> None:
    text = f"rule r: if e then after {days}d send push"
    if is_fine:
        assert trigdsl.parse(text)
    else:
        with pytest.raises(trigdsl.TrigError, match="hundred years"):
            trigdsl.parse(text)
