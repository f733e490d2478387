"""What one condition costs in several rule engines, on the same records: nanoseconds of CPU time for a call.

    python benchmarks/evaluation.py

Each engine has its conditions compiled beforehand, is given each record in the form that it takes, and must answer as
the others do.  What is not installed, or cannot say a condition, is left out.  json-rules-engine runs in Node.js:
`npm install json-rules-engine` in `--node FOLDER`.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conditions import CONDITIONS, Condition, Record, records
from expressions import compiled, states_of

RECORDS, ROUNDS = 100, 7

Ask = Callable[[Any], Any]
"""A condition of an engine, called with a record in the form that it takes."""
Given = list[tuple[Record, Record, set[str]]]


def _whole(given: Given) -> list[Record]:
    """Each record with the user's profile in it, as the other engines read one thing only."""
    return [{**event, "user": user} for event, user, _ in given]


def ours(condition: Condition, given: Given) -> tuple[Ask, list[Any]] | None:
    test, context = compiled(condition)

    def ask(record: Any) -> Any:
        context.event, context.state = record
        return test(context)

    return ask, states_of(given)


def by_hand(condition: Condition, given: Given) -> tuple[Ask, list[Any]] | None:
    return lambda record: condition.by_hand(*record), given


def cel(condition: Condition, given: Given) -> tuple[Ask, list[Any]] | None:
    if condition.cel is None:
        return None
    import celpy

    environment = celpy.Environment()
    program = environment.program(environment.compile(condition.cel))
    return program.evaluate, [celpy.json_to_cel(record) for record in _whole(given)]


def rule_engine(condition: Condition, given: Given) -> tuple[Ask, list[Any]] | None:
    if condition.rule_engine is None:
        return None
    import rule_engine

    return rule_engine.Rule(condition.rule_engine).matches, _whole(given)


def zen(condition: Condition, given: Given) -> tuple[Ask, list[Any]] | None:
    if condition.zen is None:
        return None
    import zen

    return zen.compile_expression(condition.zen).evaluate, _whole(given)


ENGINES = {
    "by hand (lambda)": (by_hand, None),
    "trigdsl": (ours, None),
    "cel-python": (cel, "celpy"),
    "rule-engine": (rule_engine, "rule_engine"),
    "zen-engine": (zen, "zen"),
}


def nanoseconds(ask: Ask, given: list[Any]) -> float:
    """The least CPU time of a call over several rounds, the loop's included."""
    least = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        for record in given:
            ask(record)
        least = min(least, time.process_time() - began)
    return least / len(given) * 1e9


_NODE = """
const { Engine } = require("json-rules-engine");
const { conditions, records, rounds } = JSON.parse(require("fs").readFileSync(0, "utf8"));
async function main() {
  const out = {};
  for (const [text, rule] of Object.entries(conditions)) {
    const engine = new Engine([], { allowUndefinedFacts: true });
    engine.addRule({ conditions: rule, event: { type: "held" } });
    const answers = [];
    for (const record of records) answers.push((await engine.run(record)).events.length > 0);
    let least = Infinity;
    for (let round = 0; round < rounds; round++) {
      const began = process.cpuUsage();
      for (const record of records) await engine.run(record);
      const used = process.cpuUsage(began);
      least = Math.min(least, (used.user + used.system) * 1000 / records.length);
    }
    out[text] = { answers, ns: least };
  }
  process.stdout.write(JSON.stringify(out));
}
main();
"""


def json_rules(folder: Path | None, given: Given) -> dict[str, Any]:
    """For each condition that json-rules-engine can say, its answers and nanoseconds; nothing where it is not there."""
    if folder is None or shutil.which("node") is None or not (folder / "node_modules" / "json-rules-engine").exists():
        print("json-rules-engine is left out: give --node FOLDER with it installed by npm", file=sys.stderr)
        return {}
    said = {one.text: one.json_rules for one in CONDITIONS if one.json_rules is not None}
    asked = json.dumps({"conditions": said, "records": _whole(given), "rounds": ROUNDS})
    done = subprocess.run(["node", "-e", _NODE], input=asked.encode(), cwd=folder, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measured(node: Path | None = None) -> list[dict[str, Any]]:
    """Each condition with the nanoseconds of each engine that can say it."""
    given = records(RECORDS)
    in_node = json_rules(node, given)
    found = []
    for condition in CONDITIONS:
        expected = [bool(condition.by_hand(*one)) for one in given]
        row: dict[str, Any] = {"condition": condition.text}
        for name, (make, package) in ENGINES.items():
            if package is not None and importlib.util.find_spec(package) is None:
                continue
            made = make(condition, given)
            if made is None:
                continue
            ask, held = made
            if [bool(ask(record)) for record in held] != expected:
                raise SystemExit(f"{name} answers otherwise: {condition.text}")
            row[name] = nanoseconds(ask, held)
        if condition.text in in_node:
            if in_node[condition.text]["answers"] != expected:
                raise SystemExit(f"json-rules-engine answers otherwise: {condition.text}")
            row["json-rules-engine"] = in_node[condition.text]["ns"]
        found.append(row)
    return found


def as_table(found: list[dict[str, Any]]) -> str:
    """The figures as a table of Markdown, in nanoseconds."""
    names = [name for name in (*ENGINES, "json-rules-engine") if any(name in row for row in found)]
    lines = [f"| condition | {' | '.join(names)} |", "|---|" + "--:|" * len(names)]
    for row in found:
        cells = [f"{row[name]:,.0f}" if name in row else "" for name in names]
        lines.append(f"| `{row['condition']}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--node", type=Path, help="a folder in which npm has installed json-rules-engine")
    options.add_argument("--json", type=Path)
    chosen = options.parse_args()
    found = measured(chosen.node)
    print(as_table(found))
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
