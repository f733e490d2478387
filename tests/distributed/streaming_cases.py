"""Programs with records from all over the tests, whose times lie in years that can share one watermark."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from attrs import frozen
from case_files import FOLDER, read_cases
from twists import twisted_case

import trigdsl
from trigdsl.distributed.rules import travelling
from trigdsl.engine.program import Program
from trigdsl.loading import load_checked
from trigdsl.model.decisions import json_value
from trigdsl.model.inputs import Input
from trigdsl.model.values import Micros, instant_text
from trigdsl.records.errors import BadRecord
from trigdsl.records.native import input_of
from trigdsl.records.times import parse_time
from trigdsl.tester.timeline import timeline

TESTS = Path(__file__).parents[1]
EXAMPLES = TESTS.parent / "examples"
SHARED = Path(os.environ.get("TRIGDSL_SHARED") or TESTS.parents[1] / "shared") / "conformance"
FIRST, LAST = (parse_time(text)[0] for text in ("2020-01-01T00:00:00Z", "2028-01-01T00:00:00Z"))
Record = dict[str, Any]


@frozen
class Streamed:
    """A program by a name, and records for it, in the order of their arrival."""

    name: str
    program: Program
    records: tuple[Record, ...]


def streamed_cases(random_programs: int, each: int = 1) -> list[Streamed]:
    """All that there are, of the engine's cases one of `each`.

    What does not go on a stream is left out: functions of the host, and ids that become one.
    """
    found = (*conformance(), *list(engine_cases())[::each], *situations(), *drawn(random_programs))
    return [one for one in found if fits(one)]


def fits(case: Streamed) -> bool:
    with suppress(ValueError):
        travelling(case.program)
        times = [given.time for given in usable(case.records)]
        aliases = any(given.alias is not None for given in usable(case.records))
        return not aliases and all(FIRST <= time < LAST for time in times)
    return False


def usable(records: Sequence[Record]) -> Iterator[Input]:
    for record in records:
        with suppress(BadRecord):
            yield input_of(record)


def time_of(record: Record) -> Micros | None:
    """The time of a record; None for one that cannot be used."""
    return next((given.time for given in usable([record])), None)


def conformance() -> Iterator[Streamed]:
    """The shared cases, where they are at hand."""
    if not (SHARED / "run.py").is_file():
        return
    spec = importlib.util.spec_from_file_location("conformance_run", SHARED / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for place, case in enumerate(module.load([str(SHARED / "cases")])):
        yield Streamed(f"conformance {place}", trigdsl.parse(case["rules"]), tuple(case["records"]))


def engine_cases() -> Iterator[Streamed]:
    for path in sorted(FOLDER.glob("*.case")):
        for case in read_cases(path):
            with suppress(trigdsl.TrigError):
                yield Streamed(f"{path.stem}: {case.title}", trigdsl.parse(case.rules), tuple(case.records))


def situations() -> Iterator[Streamed]:
    """The tests in the examples, which show every situation: each of them is a program with a user of its own."""
    for folder in sorted({file.parent for file in EXAMPLES.rglob("*.trig")}):
        if (folder / "host.py").exists():
            continue
        paths = sorted(folder.glob("*.trig")) if folder.name == "abandoned_cart" else [folder]
        for path in paths:
            program, checked = load_checked(path)
            records: list[Record] = []
            for number, test in enumerate(checked.tests):
                story = timeline(test, program)
                if not story.inputs:
                    continue
                user, begins = f"u{number}", story.inputs[0].time
                told = {"user": user, "time": instant_text(begins), "set": dict(story.profile), "add": [*story.lists]}
                records += [msgspec.to_builtins(json_value(told)), *(_record(user, given) for given in story.inputs)]
            if records:
                yield Streamed(f"example {path.relative_to(EXAMPLES)}", program, tuple(records))


def _record(user: str, given: Input) -> Record:
    parts = {name: held for name, held in msgspec.structs.asdict(given).items() if held is not None}
    record: Record = json_value({**parts, "user": user, "time": instant_text(given.time)})  # type: ignore[assignment]
    return record


def drawn(count: int) -> Iterator[Streamed]:
    for seed in range(count):
        case = twisted_case(seed)
        with suppress(trigdsl.TrigError):
            yield Streamed(f"drawn {seed}", trigdsl.parse(case.text), tuple(map(dict, case.records)))
