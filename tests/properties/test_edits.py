"""Rules that change under way: a run does what the text by which it started would have done without the change.

Every run that a program started decides as an engine decides that has never known another one, and what waits in the
end is the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from budget import FIRST, share
from edits import START, Edited

import trigdsl
from trigdsl.records.times import parse_time

PARTS = 10
RECORDS = 24
PLACES = (RECORDS // 3, RECORDS // 2)
"""Before which records the rules change."""

Told = dict[str, Any]


def in_order(decisions: Iterable[trigdsl.Decision]) -> list[Told]:
    told = [one.to_dict() for one in decisions]
    return sorted(told, key=lambda one: (one["user"], one["rule"], one["key"], one["status"]))


def with_pending(engine: trigdsl.Engine, made: list[trigdsl.Decision]) -> list[trigdsl.Decision]:
    return made + [one for user in "uv" for one in engine.pending(user)]


def alone(program: trigdsl.Program, records: list[Told]) -> list[trigdsl.Decision]:
    """What a program decides that runs from the beginning, with what waits in the end."""
    engine = trigdsl.Engine(program)
    return with_pending(engine, engine.feed_many(records))


def expected(programs: list[trigdsl.Program], records: list[Told]) -> list[Told]:
    """Of each program what it decides of the runs that were triggered while it ran."""
    times = (START.isoformat(), *(records[place]["time"] for place in PLACES), "2100-01-01T00:00:00Z")
    spans = pairwise(parse_time(at)[0] for at in times)
    return in_order(
        one
        for program, (since, until) in zip(programs, spans, strict=True)
        for one in alone(program, records)
        if since <= one.triggered < until
    )


def changing(
    programs: list[trigdsl.Program], records: list[Told], url: str | None, *, reopens: bool = False
) -> tuple[list[Told], trigdsl.Engine]:
    """What is decided when the programs follow each other."""
    engine = trigdsl.Engine(programs[0], store=url)
    made: list[trigdsl.Decision] = []
    for number, (here, there) in enumerate(pairwise((0, *PLACES, len(records)))):
        if number and reopens:
            engine.close()
            engine = trigdsl.Engine(programs[number], store=url)
        elif number:
            made += engine.reload(programs[number])
        for record in records[here:there]:
            made += engine.feed(record)
    return in_order(with_pending(engine, made)), engine


def parsed(texts: list[str]) -> list[trigdsl.Program] | None:
    try:
        return [trigdsl.parse(text) for text in texts]
    except trigdsl.TrigError:
        return None


@pytest.mark.parametrize("part", range(PARTS))
def test_runs_decide_by_the_text_by_which_they_started(part: int, tmp_path: Path) -> None:
    for seed in range(FIRST + part, FIRST + share(10) + PARTS, PARTS):
        drawn = Edited(seed)
        texts, records = drawn.programs(len(PLACES) + 1), drawn.records(RECORDS)
        programs = parsed(texts)
        if programs is None:
            continue
        wanted = expected(programs, records)
        file = f"sqlite:///{tmp_path / str(seed)}"
        for way, url, reopens in (("memory", None, False), ("reload", file, False), ("reopen", f"{file}.db", True)):
            made, engine = changing(programs, records, url, reopens=reopens)
            engine.close()
            assert made == wanted, f"seed {seed}, {way}:\n" + "\n---\n".join(texts)


def test_the_draws_are_worth_it() -> None:
    """Most programs can run, runs of old texts are left in the end, and runs come to different ends."""
    usable, old, statuses = 0, 0, set[str]()
    for seed in range(40):
        drawn = Edited(seed)
        programs, records = parsed(drawn.programs(len(PLACES) + 1)), drawn.records(RECORDS)
        if programs is None:
            continue
        usable += 1
        made, engine = changing(programs, records, None)
        old += any(rule.is_old for rule in engine.program.rules)
        statuses |= {one["status"] for one in made}
    assert usable >= 36
    assert old >= 20
    assert statuses == {"sent", "cancelled", "skipped", "control", "pending"}
