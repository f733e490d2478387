"""Records that a reader lets pass count like those that it hands on."""

import json
import random
from pathlib import Path

import pytest

from trigdsl.loading import parse
from trigdsl.model.values import SECOND
from trigdsl.records.passing import Passing
from trigdsl.records.reading import read_inputs
from trigdsl.replayer.driver import Replay

RULES = "rule r: if cart then after 30s send push unless purchase\nrule s: if no cart for 1m then send sms"
START = 1_700_000_000


def stream(path: Path, *, is_sorted: bool) -> None:
    """Two hundred records, most of events that no rule names; some with an id, a profile update, or too late."""
    rng = random.Random(7)
    records = []
    for place in range(200):
        at = START + place * 5 - (0 if is_sorted or place % 20 else 60)
        record = {"user": f"u{rng.randrange(5)}", "time": at, "event": rng.choice(["cart", "purchase", *["view"] * 6])}
        if place % 9 == 0:
            record["id"] = f"i{place % 4}"
        if place % 11 == 0:
            record["set"] = {"n": place}
        records.append(json.dumps(record))
    path.write_text("\n".join(records) + "\n")


@pytest.mark.parametrize("is_sorted", [True, False])
@pytest.mark.parametrize("until", [None, (START + 500) * SECOND])
@pytest.mark.parametrize("in_order", [True, False])
def test_nothing_else_changes(tmp_path: Path, is_sorted: bool, until: int | None, in_order: bool) -> None:
    path = tmp_path / "events.jsonl"
    stream(path, is_sorted=in_order)
    program = parse(RULES)
    found = []
    for passing in (None, Passing()):
        late: list[int] = []
        inputs = read_inputs([str(path)], on_reject=print, passing=passing)
        replay = Replay(
            program,
            inputs,
            until=until,
            is_sorted=is_sorted,
            on_late=lambda given, late=late: late.append(given.time),  # type: ignore[misc]
            passing=passing,
        )
        found.append((list(replay), replay.stats, late))
    without, with_passing = found
    assert with_passing[0] == without[0]
    assert with_passing[2] == without[2]
    assert with_passing[1] == without[1]
    assert without[1].event_names["view"] > 50
    assert bool(without[2]) is (is_sorted and not in_order)
