"""Runs the shared conformance cases where they are at hand: in `TRIGDSL_SHARED`, or `shared` beside the repository."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from reopening import Open, Schema, stores

import trigdsl
from trigdsl.model.inputs import Input
from trigdsl.model.values import instant
from trigdsl.records.native import BadRecord, input_of
from trigdsl.records.times import parse_time
from trigdsl.replayer.driver import Replay

SHARED = Path(os.environ.get("TRIGDSL_SHARED") or Path(__file__).parents[3] / "shared") / "conformance"


def runner() -> ModuleType:
    """`run.py` beside the cases, which knows how decisions are compared."""
    spec = importlib.util.spec_from_file_location("conformance_run", SHARED / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cases() -> list[Any]:
    if not (SHARED / "run.py").is_file():
        why = f"no conformance cases in {SHARED}: set TRIGDSL_SHARED"
        return [pytest.param({}, marks=pytest.mark.skip(reason=why), id="absent")]
    found = runner().load([str(SHARED / "cases")])
    return [pytest.param(case, id=f"{case['section']} {case['name']}") for case in found]


@pytest.mark.parametrize("case", cases())
def test_conformance(case: dict[str, Any]) -> None:
    options = {key: value for key, value in case["options"].items() if value}
    made = trigdsl.replay(trigdsl.parse(case["rules"]), case["records"], **options)
    lines, _ = runner().diff(case["expect"], [decision.to_dict() for decision in made])
    assert not lines, "\n".join([case["rules"], *lines])


def usable(records: list[dict[str, Any]]) -> Iterator[Input]:
    for record in records:
        with suppress(BadRecord):
            yield input_of(record)


@pytest.mark.parametrize("case", cases())
def test_the_machine_alone_conforms(case: dict[str, Any]) -> None:
    options = {key: value for key, value in case["options"].items() if value}
    if "until" in options:
        options["until"] = parse_time(options["until"])[0]
    made = Replay(trigdsl.parse(case["rules"]), usable(case["records"]), flatly=False, **options)
    lines, _ = runner().diff(case["expect"], [decision.to_dict() for decision in made])
    assert not lines, "\n".join([case["rules"], *lines])


def through_a_store(case: dict[str, Any], opened: Open) -> list[trigdsl.Decision]:
    """The decisions of an engine that is opened anew on its store between all records, in the order of time."""
    program, inputs = trigdsl.parse(case["rules"]), sorted(usable(case["records"]), key=lambda one: one.time)
    made: list[trigdsl.Decision] = []
    for given in inputs:
        with trigdsl.Engine(program, store=opened()) as engine:
            made += engine.feed(given)  # type: ignore[arg-type]
    with trigdsl.Engine(program, store=opened()) as engine:
        if inputs:
            made += engine.advance(instant(inputs[-1].time))
        for user in sorted({engine.user_of(one.user) for one in inputs}):
            made += engine.pending(user)
    return made


@pytest.mark.parametrize("case", cases())
def test_stores_conform(case: dict[str, Any], tmp_path: Path, schema_or_none: Schema | None) -> None:
    if any(case.get("options", {}).values()):
        pytest.skip("an engine goes by no clock of its own: it neither drains nor stops")
    for name, opened in stores(tmp_path, schema_or_none):
        lines, _ = runner().diff(case["expect"], [one.to_dict() for one in through_a_store(case, opened)])
        assert not lines, "\n".join([name, case["rules"], *lines])
