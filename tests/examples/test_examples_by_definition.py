"""The engine and the executable definition decide alike over the events of the examples, in files and in tests.

Examples with template files or functions of a host are left out: the definition takes a text alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import defining
import pytest
from example_programs import EXAMPLES, PROGRAMS, load_example

import trigdsl
from trigdsl.engine.shares import holdout_share, share
from trigdsl.model.decisions import json_value
from trigdsl.model.values import instant_text
from trigdsl.syntax import nodes
from trigdsl.tester.timeline import timeline

Record = dict[str, Any]

UNCOMPARED = ("key", "event_id", "title")


def text_of(program: str) -> str:
    path = EXAMPLES / program
    files = sorted(path.glob("*.trig")) if path.is_dir() else [path]
    return "\n".join(file.read_text("utf-8") for file in files)


SELF_CONTAINED = [
    program
    for program in PROGRAMS
    if not (EXAMPLES / program / "host.py").exists() and " template " not in text_of(program)
]


def records_of_test(test: nodes.Test, program: trigdsl.Program) -> list[Record]:
    """What happens in a test as a stream of records, the user's attributes and lists with its first moment."""
    story = timeline(test, program)
    begins = {"set": json_value(dict(story.profile)), "add": sorted(story.lists)}
    records: list[Record] = [{**begins, "user": "user", "time": instant_text(given.time)} for given in story.inputs[:1]]
    for given in story.inputs:
        record: Record = {"user": "user", "time": instant_text(given.time), "set": json_value(given.set)}
        record |= {"event": given.event, "properties": json_value(given.properties)}
        records.append(record | {"add": given.add, "remove": given.remove})
    return records


def streams(program: str) -> Iterator[tuple[str, list[Record]]]:
    compiled, checked = load_example(program)
    yield from ((test.title, records_of_test(test, compiled)) for test in checked.tests)
    path = EXAMPLES / program
    for file in (path if path.is_dir() else path.parent).glob("events.jsonl"):
        yield file.name, [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def place(rule: str, user: str, kind: str) -> float:
    return holdout_share(rule, user) if kind == "holdout" else share(rule, user)


def comparable(decision: Record) -> Record:
    return {key: held for key, held in decision.items() if key not in UNCOMPARED and held not in (None, {})}


def test_most_examples_are_self_contained() -> None:
    assert len(SELF_CONTAINED) >= 9


@pytest.mark.parametrize("program", SELF_CONTAINED)
def test_engine_and_definition_decide_alike(program: str) -> None:
    for title, records in streams(program):
        decided = trigdsl.replay(load_example(program)[0], records, drain=True)
        defined = defining.decisions(text_of(program), records, drain=True, share=place)
        found = [comparable(one.to_dict()) for one in decided]
        assert found == [comparable(one) for one in defined], title
