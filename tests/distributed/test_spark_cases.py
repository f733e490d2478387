"""Every story that the project knows is decided on Spark, by two worker processes, as it is on one machine."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from case_files import FOLDER, read_cases
from flat_programs import flat_case
from many import Many, Story
from programs import case

import trigdsl
from trigdsl.model.inputs import Input
from trigdsl.records.errors import BadRecord
from trigdsl.records.native import input_of
from trigdsl.records.times import parse_time
from trigdsl.tester.timeline import USER, timeline

TESTS = Path(__file__).parents[1]
SHARED = Path(os.environ.get("TRIGDSL_SHARED") or TESTS.parents[1] / "shared") / "conformance" / "cases"
RANDOM = int(os.environ.get("TRIGDSL_SPARK_CASES", "40"))
"""Random programs; 500 in a search that takes its time."""


def usable(records: list[dict[str, Any]]) -> Iterator[Input]:
    for record in records:
        with suppress(BadRecord):
            yield input_of(dict(record))


def story(name: str, rules: str, records: list[dict[str, Any]], until: Any = None, drain: bool = False) -> Story:
    options = {"until": None if until is None else parse_time(until)[0], "drain": drain}
    return Story(name, trigdsl.parse(rules), tuple(usable(records)), options=options)


def agree(many: Many, spark: Any) -> None:
    found = many.on_spark(spark)
    wrong = [one.name for one, want, got in zip(many.stories, many.expected, found, strict=True) if want != got]
    assert not wrong
    assert sum(map(bool, many.expected)) > len(many.expected) / 2, "most stories decide something"


def test_cases_of_the_engine(spark: Any) -> None:
    many = Many()
    for path in sorted(FOLDER.glob("*.case")):
        for one in read_cases(path):
            many.add(story(f"{path.stem}: {one.title}", one.rules, one.records, one.until, one.drain))
    agree(many, spark)


def test_conformance_cases(spark: Any) -> None:
    files = sorted(SHARED.rglob("*.json"))
    if not files:
        pytest.skip(f"no conformance cases in {SHARED}: set TRIGDSL_SHARED")
    many = Many()
    for file in files:
        one = json.loads(file.read_text(encoding="utf-8"))
        options = {key: value for key, value in one["options"].items() if value}
        many.add(story(one["name"], one["rules"], one["records"], **options))
    agree(many, spark)


def test_situations_of_the_examples(spark: Any) -> None:
    """The tests of the examples, which tell every situation, as stories."""
    examples = _examples()
    many = Many()
    for name in examples.PROGRAMS:
        program, checked = examples.load_example(name)
        if program.functions:
            continue  # functions of a host do not travel
        for test in checked.tests:
            line = timeline(test, program)
            start = min((given.time for given in line.inputs), default=0)
            lists = (Input(USER, start - 1, add=sorted(line.lists)),) if line.lists else ()
            inputs = (*lists, *line.inputs)
            profiles = ((USER, dict(line.profile)),) if line.profile else ()
            many.add(Story(f"{name}: {test.title}", program, inputs, profiles))
    assert len(many.stories) > 50
    agree(many, spark)


@pytest.mark.parametrize("draw", [case, flat_case])
def test_random_programs(spark: Any, draw: Any) -> None:
    many, seed = Many(), 0
    while len(many.stories) < RANDOM:
        drawn, seed = draw(seed), seed + 1
        with suppress(trigdsl.TrigError):
            many.add(story(f"seed {seed - 1}", drawn.text, list(drawn.records), **drawn.options))
    agree(many, spark)


def _examples() -> Any:
    spec = importlib.util.spec_from_file_location("example_programs", TESTS / "examples" / "example_programs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["example_programs"] = module
    spec.loader.exec_module(module)
    return module
