"""The ways in which the engine comes to its decisions: each must decide what the definition says.

A new way is one line of `WAYS`.  A way that cannot run every case says by its form what of a case it runs; the
definition is asked about the same.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow
from attrs import evolve, frozen
from case_parts import Case
from differences import by_definition, engine, in_order
from pyarrow import parquet
from reopening import Open, Reopened
from shards import by_shards
from states import Sleeping

import trigdsl
from trigdsl.engine.machine import Machine
from trigdsl.engine.tracing import Trace, TracingMachine
from trigdsl.loading import parse_checked
from trigdsl.model.inputs import Input
from trigdsl.records.errors import BadRecord
from trigdsl.records.native import input_of
from trigdsl.records.passing import Passing
from trigdsl.records.reading import read_inputs
from trigdsl.records.times import parse_time
from trigdsl.replayer.driver import Replay
from trigdsl.store.resting import RestingStates
from trigdsl.store.sqlite import SqliteStore

Record = dict[str, Any]


# ------------------------------------------------------------------------ forms of a case
def whole(case: Case) -> Case:
    return case


def live(case: Case) -> Case:
    """In the order of time, with somebody else's at the end, that the clock goes to the last of them: for an engine."""
    ordered = sorted(case.records, key=time_of)
    end = [{"user": "~", "time": one["time"], "event": "the_end"} for one in ordered[-1:]]
    return evolve(case, records=(*ordered, *end), options={})


def in_columns(case: Case) -> Case:
    """Events alone, with properties each of one type, as a column holds them."""
    return evolve(case, records=tuple(plain(record) for record in case.records if "event" in record))


def plain(record: Record) -> Record:
    given = record.get("properties") or {}
    held = {name: value for name in ("k", "d", "rule") if isinstance(value := given.get(name), str) and value}
    held |= {"n": given["n"]} if is_number(given.get("n")) else {}
    held |= {"at": {"n": given["at"]["n"]}} if is_number(dict_of(given.get("at")).get("n")) else {}
    return {name: record[name] for name in ("user", "time", "event", "id") if name in record} | {"properties": held}


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def dict_of(value: Any) -> Record:
    return value if isinstance(value, dict) else {}


def time_of(record: Record) -> datetime:
    return datetime.fromisoformat(record["time"])


# ------------------------------------------------------------------------ ways
def machine_alone(case: Case) -> list[Record]:
    """Never the short cut for rules of the simplest shape."""
    return replayed(case, inputs_of(case), flatly=False)


def short_cut_in_python(case: Case) -> list[Record]:
    """Never the compiled kernel, which decides elsewhere where rules are of the simplest shape."""
    return replayed(case, inputs_of(case), compiled=False)


class PartsMachine(Machine):
    goes_through_parts = True


def by_parts(case: Case) -> list[Record]:
    """Part by part of each event's plan, without the functions that are generated for events."""
    program = trigdsl.parse(case.text)
    replay = Replay(program, inputs_of(case), machine=PartsMachine(program), **clock(case))
    return [decision.to_dict() for decision in replay]


def asleep(case: Case) -> list[Record]:
    """States go through their bytes each time one is asked for."""
    program = trigdsl.parse(case.text)
    replay = Replay(program, inputs_of(case), flatly=False, **clock(case))
    replay._clockwork.states = Sleeping(program)
    return [decision.to_dict() for decision in replay]


def traced(case: Case) -> list[Record]:
    program, _ = parse_checked(case.text, explained=True)
    replay = Replay(program, inputs_of(case), machine=TracingMachine(program, Trace()), **clock(case))
    return [decision.to_dict() for decision in replay]


def sorted_stream(case: Case) -> list[Record]:
    """Records that come sorted are not gathered first."""
    return replayed(case, inputs_of(case), is_sorted=True)


def fed(case: Case) -> list[Record]:
    """Record by record."""
    engine = trigdsl.Engine(trigdsl.parse(case.text))
    made = [decision for record in case.records for decision in engine.feed(dict(record))]
    return ended(case, engine, made)


def rested(case: Case) -> list[Record]:
    """Record by record; all states but one or two rest as bytes."""
    engine = trigdsl.Engine(trigdsl.parse(case.text))
    engine._clockwork.states = RestingStates(2)
    made = [decision for record in case.records for decision in engine.feed(dict(record))]
    return ended(case, engine, made)


def stored(case: Case, opened: Open) -> list[Record]:
    """Record by record, by an engine that is opened anew on its store for each."""
    program = trigdsl.parse(case.text)
    made: list[trigdsl.Decision] = []
    for record in case.records:
        with trigdsl.Engine(program, store=opened()) as engine:
            made += engine.feed(dict(record))
    with trigdsl.Engine(program, store=opened()) as engine:
        return ended(case, engine, made)


def stored_in_memory(case: Case) -> list[Record]:
    store = Reopened(":memory:")
    return stored(case, lambda: store)


def stored_in_a_file(case: Case) -> list[Record]:
    with TemporaryDirectory() as folder:
        return stored(case, lambda: SqliteStore(Path(folder) / "state.db"))


def ended(case: Case, engine: trigdsl.Engine, made: list[trigdsl.Decision]) -> list[Record]:
    """What was decided, is decided until the last record's time, and is pending then."""
    if case.records:
        made += engine.advance(case.records[-1]["time"])
    for user in sorted({str(record["user"]) for record in case.records}):
        made += engine.pending(user)
    return [decision.to_dict() for decision in made]


def from_file(case: Case, name: str, write: Callable[[Path, tuple[Record, ...]], None]) -> list[Record]:
    """From a file, whose rows may be let pass unread."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        write(path, case.records)
        passing = Passing()
        inputs = read_inputs([str(path)], on_reject=lambda _: None, passing=passing)
        return replayed(case, inputs, passing=passing)


def write_json(path: Path, records: tuple[Record, ...]) -> None:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")


COLUMNS = ("user", "time", "event", "id", "n", "k", "d", "rule", "at.n")


def cells(record: Record) -> list[Any]:
    given = record["properties"]
    own = {**record, **given, "at.n": dict_of(given.get("at")).get("n")}
    return [own.get(name) for name in COLUMNS]


def write_csv(path: Path, records: tuple[Record, ...]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *map(cells, records)])


ODD_CELLS = ('a "b", c', "two\nlines", "\r\n", '"', "é,\u2028", "1e999", "007", "", " ", "null", "x" * 70)


def write_odd_csv(path: Path, records: tuple[Record, ...]) -> None:
    """The same with a mark before it, all manner of quotes and line breaks, and a column that nobody asks for."""
    texts = [",".join(["note", *COLUMNS])]
    for number, record in enumerate(records):
        out = StringIO()
        style = csv.QUOTE_ALL if number % 3 == 1 else csv.QUOTE_MINIMAL
        writer = csv.writer(out, quoting=style, lineterminator="\r\n" if number % 2 else "\n")
        writer.writerow([ODD_CELLS[number % len(ODD_CELLS)], *cells(record)])
        texts += [out.getvalue().removesuffix("\n"), *["", "  "][: number % 5 == 0]]
    path.write_bytes(("\ufeff" + "\n".join(texts)).encode())


def table_of(records: tuple[Record, ...]) -> pyarrow.Table:
    """Times are instants, numbers doubles."""
    rows = [{**dict(zip(COLUMNS, cells(one), strict=True)), "time": time_of(one).astimezone(UTC)} for one in records]
    types = {"time": pyarrow.timestamp("us", "UTC"), "n": pyarrow.float64(), "at.n": pyarrow.float64()}
    schema = pyarrow.schema([(name, types.get(name, pyarrow.string())) for name in COLUMNS])
    return pyarrow.Table.from_pylist(rows, schema)


def write_parquet(path: Path, records: tuple[Record, ...]) -> None:
    """In groups of a few rows."""
    parquet.write_table(table_of(records), path, row_group_size=7)


def write_arrow(path: Path, records: tuple[Record, ...]) -> None:
    """In batches of a few rows."""
    table = table_of(records)
    with pyarrow.ipc.new_file(path, table.schema) as file:
        file.write_table(table, max_chunksize=7)


def replayed(case: Case, inputs: Any, **how: Any) -> list[Record]:
    return [decision.to_dict() for decision in Replay(trigdsl.parse(case.text), inputs, **clock(case), **how)]


def clock(case: Case) -> dict[str, Any]:
    """How far the clock goes, as a replay wants it."""
    until = case.options.get("until")
    return {"until": None if until is None else parse_time(until)[0], "drain": case.options.get("drain", False)}


def inputs_of(case: Case) -> Iterator[Input]:
    for record in case.records:
        with suppress(BadRecord):
            yield input_of(dict(record))


@frozen
class Way:
    """What of a case is run, and how it is decided. Both raise TrigError for a program that the checker refuses."""

    form: Callable[[Case], Case]
    decide: Callable[[Case], list[Record]]


WAYS = {
    "replay": Way(whole, engine),
    "the machine alone": Way(whole, machine_alone),
    "the short cut in Python": Way(whole, short_cut_in_python),
    "part by part": Way(whole, by_parts),
    "states saved and restored": Way(whole, asleep),
    "tracing": Way(whole, traced),
    "JSON Lines": Way(whole, partial(from_file, name="events.jsonl", write=write_json)),
    "sorted stream": Way(live, sorted_stream),
    "fed one by one": Way(live, fed),
    "fed, states at rest": Way(live, rested),
    "fed on a store": Way(live, stored_in_memory),
    "fed on a file": Way(live, stored_in_a_file),
    "CSV": Way(in_columns, partial(from_file, name="events.csv", write=write_csv)),
    "odd CSV": Way(in_columns, partial(from_file, name="events.csv", write=write_odd_csv)),
    "Parquet": Way(in_columns, partial(from_file, name="events.parquet", write=write_parquet)),
    "users split": Way(whole, by_shards),
    "columns of users split": Way(in_columns, partial(by_shards, name="events.parquet", write=write_parquet)),
    "Arrow": Way(in_columns, partial(from_file, name="events.arrow", write=write_arrow)),
    "Arrow of users split": Way(in_columns, partial(by_shards, name="events.arrow", write=write_arrow)),
    "CSV of users split": Way(in_columns, partial(by_shards, name="events.csv", write=write_odd_csv)),
}


def decided(case: Case, way: Way) -> list[Record]:
    """What a way decides of a case, in an order that can be compared."""
    return in_order(way.decide(way.form(case)))


def defined(case: Case, way: Way) -> list[Record]:
    return in_order(by_definition(way.form(case)))


def strays(case: Case, way: Way) -> bool:
    """Whether a way does not decide what the definition says, on a case that the checker takes."""
    try:
        found = decided(case, way)
    except trigdsl.TrigError:
        return False
    return found != defined(case, way)


def straying(case: Case) -> list[str]:
    """The ways that do not decide what the definition says, which is asked once for each form of the case."""
    said: dict[Callable[[Case], Case], list[Record]] = {}
    names = []
    for name, way in WAYS.items():
        try:
            found = decided(case, way)
        except trigdsl.TrigError:
            return []
        if way.form not in said:
            said[way.form] = defined(case, way)
        if found != said[way.form]:
            names.append(name)
    return names
