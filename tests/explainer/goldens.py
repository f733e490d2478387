"""Golden files: for each situation of examples/README.md one message and one silence, told and with their facts.

A file names a program of `examples/`, a rule, and for a rule of several messages the step that the silence is of.
Each of its two parts, `send` and `silence`, holds

- a stream, in the words of the language's tests, and `until DATE TIME` for a clock that goes on after the last of it;
- facts that follow from the rules and the stream, worked out by hand (see `facts`);
- the story as `trig explain … --rule R` tells it.

`python tests/explainer/goldens.py` writes the stories anew; whoever does so reads them, and never writes facts from
them.
"""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from attrs import frozen

from trigdsl import explainer
from trigdsl.engine.zones import UTC, Zone
from trigdsl.explainer import Explainable, Explanation
from trigdsl.explainer.wording import moment
from trigdsl.model.inputs import Input
from trigdsl.model.values import Micros
from trigdsl.records.times import parse_time
from trigdsl.source import Source
from trigdsl.syntax.nodes import Test
from trigdsl.syntax.parser import parse_file
from trigdsl.tester.timeline import USER, timeline

EXAMPLES = Path(__file__).parents[2] / "examples"
FOLDER = Path(__file__).parent / "golden"
FILES = sorted(FOLDER.glob("*.case"))
PARTS = ("send", "silence")

UNTIL = re.compile(r"^until (.+)$", re.MULTILINE)


@frozen
class Part:
    """One stream of a golden file, and what is expected of it."""

    stream: str
    facts: tuple[str, ...]
    story: str


@frozen
class Golden:
    path: Path
    program: str
    rule: str
    parts: dict[str, Part]
    step: int | None = None

    @property
    def situation(self) -> int:
        return int(self.path.name[:2])


def read(path: Path) -> Golden:
    head, *sections = re.split(r"^=== (\w+)\n", path.read_text("utf-8"), flags=re.MULTILINE)
    named = dict(line.split(": ", 1) for line in head.strip().splitlines() if not line.startswith("#"))
    parts = {}
    for name, text in zip(sections[::2], sections[1::2], strict=True):
        stream, facts, story = ([*re.split(r"^--- (?:facts|story)\n", text, flags=re.MULTILINE), ""])[:3]
        parts[name] = Part(stream.strip("\n"), tuple(facts.strip().splitlines()), story.strip("\n"))
    return Golden(path, named["program"], named["rule"], parts, int(named["step"]) if "step" in named else None)


def write(golden: Golden, stories: dict[str, str]) -> None:
    """The same file with other stories."""
    head = golden.path.read_text("utf-8").split("=== ")[0]
    text = head
    for name, part in golden.parts.items():
        facts = "\n".join(part.facts)
        text += f"=== {name}\n{part.stream}\n--- facts\n{facts}\n--- story\n{stories[name]}\n"
    golden.path.write_text(text, "utf-8")


@cache
def load(program: str) -> Explainable:
    path = EXAMPLES / program
    host = path / "host.py"
    functions = runpy.run_path(str(host))["FUNCTIONS"] if host.exists() else None
    return explainer.load(path, functions)


@frozen
class Stream:
    """What happens, and where the clock stops."""

    inputs: list[Input]
    until: Micros


def stream(golden: Golden, part: Part) -> Stream:
    program = load(golden.program).program
    found = UNTIL.search(part.stream)
    text = f'test "stream":\n{UNTIL.sub("", part.stream)}'
    # The moment at which the clock stops stands as an event of its own that nothing knows.
    text += f"\n{found[1]} the_end" if found else ""
    parsed = parse_file(Source(golden.path.name, text))
    assert parsed.file is not None, parsed.diagnostics
    assert not parsed.diagnostics, parsed.diagnostics
    [test] = parsed.file.items
    assert isinstance(test, Test)
    told = timeline(test, program)
    inputs = list(told.inputs)
    until = inputs[-1].time
    if found:
        inputs = inputs[:-1]
    if told.lists or told.profile:
        inputs.insert(0, Input(USER, inputs[0].time, set=dict(told.profile), add=sorted(told.lists)))
    return Stream(inputs, until)


def explained(golden: Golden, part: Part) -> Explanation:
    given = stream(golden, part)
    return load(golden.program).explain_inputs(given.inputs, user=USER, rule=golden.rule, until=given.until)


def zone_of(golden: Golden) -> Zone:
    """The zone of a user who has none."""
    return load(golden.program).program.zone or UTC


def facts(story: Explanation, zone: Zone) -> set[str]:
    """What an explanation says, from its JSON and not from its text; times are the user's.

    | fact | says |
    |---|---|
    | `decided: STEP WHAT STATUS [(REASON)] at T[, variant V]` | a decision |
    | `because: KIND TEXT [at T]` | a fact that decided it, or led there |
    | `stage: STAGE [at T]` | how far the silent rule came |
    | `miss: SUBJECT VALUE needs WHAT[, off N]` | a clause that failed |
    | `change: …` | one change of the suggestion |
    | `then: WHAT at T` | what the changed stream makes of the rule |
    """
    return set(_facts(story, zone))


def _facts(story: Explanation, zone: Zone) -> Iterator[str]:
    zones = {line.time: line.zone for line in story.lines}
    last = story.lines[-1].zone if story.lines else zone

    def at(text: str) -> str:
        time, _ = parse_time(text)
        return moment(time, zones.get(time, last))

    told = story.to_dict()
    for reason in told["decisions"]:  # type: ignore[union-attr]
        yield f"decided: {_decision(reason['decision'])} at {at(reason['decision']['time'])}"
        for fact in reason["facts"]:
            when = f" at {at(fact['time'])}" if "time" in fact else ""
            yield f"because: {fact['kind']} {fact.get('event') or fact['text']}{when}"
    for silence in told["silent"]:  # type: ignore[union-attr]
        yield f"stage: {silence['stage']}" + (f" at {at(silence['time'])}" if silence["time"] else "")
        for miss in silence["misses"]:
            off = f", off {miss['off']}" if miss["off"] else ""
            yield f"miss: {miss['subject']} {_value(miss['was'])} needs {miss['needs']}{off}"
        if silence["suggestion"] is not None:
            yield from (f"change: {_change(one, at)}" for one in silence["suggestion"]["changes"])
            decision = silence["suggestion"]["decision"]
            yield f"then: {_decision(decision)} at {at(decision['time'])}"


def _decision(decision: dict[str, Any]) -> str:
    what = decision.get("channel") or f"{decision['action']} {decision['target']}"
    reason = f" ({decision['reason']})" if "reason" in decision else ""
    variant = f", variant {decision['variant']}" if "variant" in decision else ""
    return f"step {decision['step']} {what} {decision['status']}{reason}{variant}"


def _value(held: Any) -> str:
    return "missing" if held is None else str(held).lower() if isinstance(held, bool) else str(held)


def _change(change: dict[str, Any], at: Any) -> str:
    if change["change"] == "clock":
        return f"clock {at(change['until'])}"
    if change["change"] == "add":
        record = change["record"]
        what = record.get("event") or " ".join(
            [f"user.{name} {_value(held)}" for name, held in record.get("set", {}).items()]
            + [f"in {name}" for name in record.get("add", ())] + [f"not in {name}" for name in record.get("remove", ())]
        )  # fmt: skip
        count = f" x{change['count']}" if change["count"] > 1 else ""
        return f"add {what}{count} at {at(record['time'])}"
    record = f"{change['record']['event'] or 'update'} at {at(change['record']['time'])}"
    match change["change"]:
        case "property":
            return f"{'.'.join(change['path'])} {_value(change['value'])} of {record}"
        case "move":
            return f"move {record} to {at(change['to'])}"
    return f"drop {record}"


def main() -> None:
    for path in FILES:
        golden = read(path)
        write(golden, {name: str(explained(golden, part)) for name, part in golden.parts.items()})


if __name__ == "__main__":
    main()
