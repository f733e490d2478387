"""The golden explanations: their facts hold, the definition of the language agrees, and their suggestions work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import changing
import defining
import goldens
import pytest
from goldens import EXAMPLES, FILES, PARTS, Golden, Part, Stream

import trigdsl
from trigdsl.engine.shares import holdout_share, share
from trigdsl.explainer import Explanation
from trigdsl.model.decisions import json_value
from trigdsl.model.values import instant_text
from trigdsl.tester.timeline import USER

Record = dict[str, Any]

GOLDENS = [goldens.read(path) for path in FILES]
EVERY = [pytest.param(one, name, id=f"{one.path.stem}-{name}") for one in GOLDENS for name in PARTS]

UNCOMPARED = ("key", "event_id", "title")


def records_of(stream: Stream) -> list[Record]:
    """The stream as records of the native form."""
    fields = ("event", "properties", "set", "add", "remove")
    return [
        {"user": USER, "time": instant_text(one.time)}
        | {name: json_value(held) for name in fields if (held := getattr(one, name)) is not None}
        for one in stream.inputs
    ]


def text_of(program: str) -> str | None:
    """The text of a program that is nothing but text; None with templates in files or functions of a host."""
    path = EXAMPLES / program
    files = sorted(path.glob("*.trig")) if path.is_dir() else [path]
    text = "\n".join(file.read_text("utf-8") for file in files)
    return None if " template " in text or (path / "host.py").exists() else text


def decided(program: str, records: list[Record], until: str) -> Iterator[list[Record]]:
    """What the engine decides, and the definition where it can take the program."""
    made = trigdsl.replay(goldens.load(program).program, [dict(one) for one in records], until=until)
    yield [comparable(one.to_dict()) for one in made]
    if (text := text_of(program)) is not None:
        yield [comparable(one) for one in defining.decisions(text, records, until=until, share=place)]


def place(rule: str, user: str, kind: str) -> float:
    return holdout_share(rule, user) if kind == "holdout" else share(rule, user)


def comparable(decision: Record) -> Record:
    return {key: held for key, held in decision.items() if key not in UNCOMPARED and held != {}}


def explained(golden: Golden, name: str) -> tuple[Part, Explanation]:
    part = golden.parts[name]
    return part, goldens.explained(golden, part)


@pytest.mark.parametrize(("golden", "name"), EVERY)
def test_the_facts_that_follow_from_the_rules_are_told(golden: Golden, name: str) -> None:
    part, story = explained(golden, name)
    found = goldens.facts(story, goldens.zone_of(golden))
    assert set(part.facts) - found == set()
    assert {fact for fact in found if fact.startswith("decided:")} <= set(part.facts)
    assert part.facts


@pytest.mark.parametrize(("golden", "name"), EVERY)
def test_the_story_reads_as_it_stands_in_the_file(golden: Golden, name: str) -> None:
    part, story = explained(golden, name)
    assert str(story) == part.story


@pytest.mark.parametrize(("golden", "name"), EVERY)
def test_the_definition_of_the_language_decides_what_is_told(golden: Golden, name: str) -> None:
    part, story = explained(golden, name)
    told = [comparable(one.decision.to_dict()) for one in story.reasons]
    stream = goldens.stream(golden, part)
    for made in decided(golden.program, records_of(stream), instant_text(stream.until)):
        assert [one for one in made if one["rule"] == golden.rule] == told


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda one: one.path.stem)
def test_one_part_is_a_message_and_the_other_a_silence(golden: Golden) -> None:
    assert tuple(golden.parts) == PARTS
    sent, silent = explained(golden, "send")[1], explained(golden, "silence")[1]
    assert sent.silences == ()
    if golden.step is None:
        assert [one.rule for one in silent.silences] == [golden.rule]
        return
    of_step = [
        [one.decision.status for one in story.reasons if one.decision.step == golden.step] for story in (sent, silent)
    ]
    assert set(of_step[0]) == {"sent"}
    assert of_step[1] in (["skipped"], ["cancelled"])


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda one: one.path.stem)
def test_what_is_suggested_makes_the_rule_send(golden: Golden) -> None:
    """By code of the tests that makes the changes, and by the definition where it can take the program."""
    part, story = explained(golden, "silence")
    suggestion = next((one.suggestion for one in story.silences), None)
    assert (suggestion is not None) == any(fact.startswith("then:") for fact in part.facts)
    if suggestion is None:
        return
    wanted = suggestion.to_dict()
    records = changing.changed(records_of(goldens.stream(golden, part)), USER, wanted["changes"])
    for made in decided(golden.program, records, str(wanted["until"])):
        assert comparable(wanted["decision"]) in made


def test_every_golden_shows_a_rule_of_its_situation() -> None:
    readme = (EXAMPLES / "README.md").read_text("utf-8").splitlines()
    rows = {
        int(cells[1]): cells[3] for line in readme if len(cells := line.split("|")) == 5 and cells[1].strip().isdigit()
    }
    assert [one.situation for one in GOLDENS] == list(rows) == list(range(1, 82))
    assert [one.path.name for one in GOLDENS if f"`{one.rule}`" not in rows[one.situation]] == []
