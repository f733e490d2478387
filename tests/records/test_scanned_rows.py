"""The compiled scanner of CSV rows: nothing comes out otherwise with it, and what it takes is as it was written."""

from __future__ import annotations

import json
import os
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import trigdsl
from trigdsl.model.inputs import Input
from trigdsl.model.values import FIRST_INSTANT, LAST_INSTANT, Micros, micros
from trigdsl.records import parts, scanned_rows
from trigdsl.records.chunks import MOST_BYTES
from trigdsl.records.csv_rows import cell_value
from trigdsl.records.passing import Passing
from trigdsl.records.reading import read_inputs
from trigdsl.replayer.driver import Replay
from trigdsl.replayer.job import Job, run
from trigdsl.replayer.split import in_process

if scanned_rows.native_rows is None:
    pytest.skip("nothing was compiled", allow_module_level=True)

from trigdsl.native.csv_scanner import CsvScanner, row_start
from trigdsl.native.scanner import DOES, PASSES, WANTED

CASES = 2 * int(os.environ.get("TRIGDSL_FUZZ", "100"))

FLAT = """
rule dear: if view and price > 10 then after 1h send push unless buy
rule both: if view and (cart.value <= 9 or kind == "x") then send sms
rule sale: if sale and price in [1, 10.5] then after 5m send email
"""
MACHINE = """
rule dear: if view and price > 10 then after 1h send push "{{ event.note }} {{ event.price }}" unless buy
rule many: if 3rd view then send sms
"""
HEADERS = [
    "user,time,event,price,kind,cart.value,note",
    "id,event,price,cart.value,time,user,set.tier,note",
    "user,time,event,properties,price,add,kind,note",
    'user,"time",event,properties.price,set.timezone,cart.value,cart.items.count,,alias',
    "user,time,event,price,cart,cart.value,note,properties.note",
    "note,user,time,price,set.tier",
]
CELLS = {
    "user": ["u1", "u2", "u3", "ü", '"u1"', '"u,4"', '"u""5"', "", " u1", "007"],
    "time": [
        "2024-03-02T10:00:00Z", "2024-03-02T10:30:00.123Z", "2024-03-02T09:00:00+05:30", "1709373600", "1709373600123",
        '"2024-03-02T11:00:00Z"', "2024-03-02T10:00:00", "2024-03-02", "", "0001709373600", "1709373600.5", "-5",
    ],
    "event": ["view", "view", "view", "sale", "buy", "other", '"view"', "sent", "", "ignored", "vi ew"],
    "price": [
        "", "10", "10.0", "10.000001", "11", "9.99", "1e1", "1.1e1", "007", "-0.0", '"12"', "eleven", "true", "TRUE",
        "1", "10.5", "1e999", "9" * 30, '"1""1"', "12345678901234567890", "0.1234567890123456789", ".5", "5.", "-",
    ],
    "cart.value": ["", "9", "9.5", "10", "x", '"9"'],
    "cart": ["", "", "7"],
    "kind": ["", "x", '"x"', "y", "false", '"a,b"', '"x""y"', 'x"y'],
    "note": ["", "a", '"a\nb"', '"a\r\nb"', '"say ""hi"""', "\u2028", "\x00", "\t", "é" * 40,
             '"' + "long\n" * 30 + '"'],
    "id": ["", "", "e1", "e2", '"e3"'],
    "set.tier": ["", "", "", "gold"],
    "set.timezone": ["", "", "", "Asia/Tokyo", "Moon"],
    "add": ["", "", "a;b"],
    "alias": ["", "", "x"],
    "properties": ["", "", '"{""price"": 12}"', "{]"],
}  # fmt: skip
BROKEN = [
    b"", b"  ", b"u1", b",", b",,,,,,,,,,", b'u1,"open', b'u1,"a"b,c', b"\xff,\xfe", b"a\rb", b"\r", b'"', b'u1,"2024',
    b'""', b'"u1",',
]  # fmt: skip


def _contents(chance: random.Random) -> bytes:
    """A file of CSV, most of whose rows are in order."""
    header = chance.choice(HEADERS)
    names = [name.strip('"').removeprefix("properties.") for name in header.split(",")]
    tidy = chance.random() < 0.5
    ends = chance.choice(([b"\n"], [b"\r\n"], [b"\n", b"\r\n"]))
    rows = []
    for _ in range(chance.choice((3, 30, 90))):
        cells = [CELLS.get(name, ["", "q"]) for name in names]
        texts = [held[0] if chance.random() < (0.7 if tidy else 0.2) else chance.choice(held) for held in cells]
        row = ",".join(texts).encode()
        if chance.random() < (0.02 if tidy else 0.15):
            row = chance.choice([chance.choice(BROKEN), row + chance.choice(BROKEN), row[: len(row) // 2]])
        rows.append(row + chance.choice(ends))
    data = header.encode() + b"\n" + b"".join(rows)
    return chance.choice((b"\xef\xbb\xbf", b"")) + (data if chance.random() < 0.8 else data.rstrip(b"\r\n"))


class _Silent:
    def read(self, count: int) -> None: ...

    def decision(self, count: int = 1) -> None: ...


def _run(program: Any, folder: Path, **options: Any) -> tuple[Any, bytes, bytes]:
    out, rejects = folder / "out.jsonl", folder / "rejects.jsonl"
    files = {"events": (str(folder / "events.csv"),), "out": str(out), "rejects": str(rejects)}
    job = Job(program=program, start=in_process, **files, **options)
    return run(job, _Silent()), out.read_bytes(), rejects.read_bytes()


@pytest.mark.parametrize("rules", [FLAT, MACHINE])
def test_with_the_scanner_and_without_it_the_same_comes_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rules: str
) -> None:
    program = trigdsl.parse(rules)
    chance = random.Random(len(rules))
    taken = 0
    for case in range(CASES):
        contents = _contents(chance)
        (tmp_path / "events.csv").write_bytes(contents)
        options: dict[str, Any] = {
            "until": chance.choice((None, None, 1_709_373_600_000_000)),
            "is_sorted": chance.random() < 0.2,
            "drain": chance.random() < 0.5,
        }
        with monkeypatch.context() as patched:
            patched.setattr(scanned_rows, "native_rows", None)
            expected = _run(program, tmp_path, **options)
        taken += expected[0].events
        assert _run(program, tmp_path, **options) == expected, (case, contents)
        with monkeypatch.context() as patched:
            patched.setattr(parts, "LEAST_BYTES", 0)
            assert _run(program, tmp_path, **options) == expected, (case, contents)
            patched.setattr(parts, "PART_BYTES", 300)
            assert _run(program, tmp_path, **options, workers=3) == expected, (case, contents)
    assert taken > CASES


def test_rows_over_several_chunks_are_read_as_in_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = trigdsl.parse(MACHINE)
    chance = random.Random(3)
    for case in range(CASES):
        contents = _contents(chance)
        (tmp_path / "events.csv").write_bytes(contents)
        expected = _run(program, tmp_path)
        with monkeypatch.context() as patched:
            patched.setattr("trigdsl.records.files.CHUNK", chance.choice((7, 40, 300)))
            assert _run(program, tmp_path) == expected, (case, contents)


# ------------------------------------------------------------------------------------------------ what is taken
def _scanner(meet: Any = None, does: Any = None, **more: Any) -> CsvScanner:
    wanted = meet or (lambda _: (WANTED, None, (), None))
    given = {"places": (0, 1, 2, 3), "empty": (4,), "flat": [(5, "p")], "nested": [(6, ("a",), "q")], **more}
    until = given.pop("until", LAST_INSTANT)
    return CsvScanner(
        wanted, does, MOST_BYTES, FIRST_INSTANT, LAST_INSTANT, until, False, 7, value=cell_value, **given
    )  # fmt: skip


ROW = b"u,1,e,,,7,x\n"


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (ROW, ("u", 1, "e", {"p": 7, "a": {"q": "x"}}, None)),
        (b'"u","1","e","i","","","say ""hi"""', ("u", 1, "e", {"a": {"q": 'say "hi"'}}, "i")),
        (b'u,1,e,,,"a\nb",\r\n', ("u", 1, "e", {"p": "a\nb"}, None)),
        (b"\xc3\xbc,1,\xc3\xa9,,,\xc3\xbc,true\n", ("ü", 1, "é", {"p": "ü", "a": {"q": True}}, None)),
        (b'u,1,e,,,a"b,"7"\n', ("u", 1, "e", {"p": 'a"b', "a": {"q": 7}}, None)),
        (b"u,1,e,,,,\n", ("u", 1, "e", None, None)),
        (b"u,1,e,,x,,\n", None),
        (b"u,1,e,,,\n", None),
        (b"u,1,e,,,,,\n", None),
        (b",1,e,,,,\n", None),
        (b"u,,e,,,,\n", None),
        (b"u,1,,,,,\n", None),
        (b'u""u,1,e,,,,\n', ('u""u', 1, "e", None, None)),
        (b'"u""u",1,e,,,,\n', None),
        (b'u,1,e,,,"x" ,\n', None),
        (b'u,1,e,,,"x,\n', None),
        (b"u,1,e,,,x\ry,\n", None),
        (b"u,1,e,,,,\r", None),
        (b"u,1,e,,,,\r\r\n", None),
        (b"u,soon,e,,,,\n", None),
    ],
)
def test_which_rows_are_taken_and_as_what(row: bytes, found: Any) -> None:
    scanner = _scanner()
    assert scanner.scan(row, 0) == (0 if found is None else len(row))
    taken = scanner.take_wanted()
    if found is None:
        assert (taken, scanner.lines) == ([], 0)
    else:
        user, second, event, properties, identity = found
        assert taken == [(user, second * 1_000_000, event, properties, 0, identity)]
        assert scanner.lines == max(row.count(b"\n"), 1)


def test_values_are_those_of_the_ordinary_reader() -> None:
    texts = [text for held in CELLS.values() for text in held if '"' not in text and "," not in text and text]
    texts += ["1" * 17, "1" * 18, "1" * 19, "-" + "9" * 17, "-" + "9" * 18, "-0", "0.1", "123456789012345.6", "1.50",
              "12345678901234.5", "0." + "1" * 14, "0." + "1" * 15, "1e22",
              "1E-5", "tRUE", "FALSE", "nan", "inf"]  # fmt: skip
    for text in texts:
        scanner = _scanner()
        scanner.scan(f'u,1,e,,,"{text}",'.encode(), 0)
        ((*_, properties, _, _),) = scanner.take_wanted()
        value, expected = properties["p"], cell_value(text)
        assert (type(value), repr(value)) == (type(expected), repr(expected))


def test_the_longest_row_is_taken_and_no_longer_one() -> None:
    for over, is_taken in ((0, True), (1, False)):
        row = ROW[:-1].replace(b"x", b"x" * (MOST_BYTES + over - len(ROW) + 1)) + b"\n"
        # The line break counts here; at the very edge the ordinary reader decides.
        assert (_scanner().scan(row[: MOST_BYTES + over], 0) == MOST_BYTES + over) is is_taken


def test_an_event_is_asked_about_once_for_its_texts() -> None:
    asked: list[Any] = []

    def does(event: str, properties: dict[str, Any]) -> int:
        asked.append(properties.get("p"))
        return len(asked)

    scanner = _scanner(lambda event: (DOES, [(5, ">", 10)], [5, 6], None), does)
    rows = [f"u,{n},e,,,{p},\n" for n, p in enumerate(["10", "11", '"11"', "11.0", "", "x", "x", '"x""y"', '"x""y"'])]
    block = "".join(rows).encode()
    assert scanner.scan(block, 0) == len(block)
    assert asked == [11, 11.0, "x", 'x"y']
    *_, arrivals, effects = scanner.take_rows()
    assert memoryview(arrivals).cast("q").tolist() == [1, 2, 3, 5, 6, 7, 8]
    assert memoryview(effects).cast("i").tolist() == [1, 1, 2, 3, 3, 4, 4]
    assert scanner.take_passed() == {"e": 9}


def test_texts_that_lie_beside_one_another_are_not_taken_for_others() -> None:
    asked: list[Any] = []
    scanner = _scanner(lambda event: (DOES, None, [5, 6], None), lambda event, held: asked.append(held) or 0)
    block = b'u,1,e,,,ab,c\nu,1,e,,,a,bc\nu,1,e,,,abc,\nu,1,e,,,,abc\nu,1,e,,,"a""b",\nu,1,e,,,a""b,\n'
    assert scanner.scan(block, 0) == len(block)
    assert len(asked) == 6


def test_an_event_is_asked_about_once_for_numbers_that_do_the_same() -> None:
    asked: list[Any] = []

    def does(event: str, properties: dict[str, Any]) -> int:
        asked.append(properties.get("p"))
        return len(asked)

    scanner = _scanner(lambda event: (DOES, None, [5], (10, 20.5)), does)
    texts = ["9", "-3.5", "10", "10.0", "10.1", "20.4", "20.5", "21", "1e9", "010", "", "30"]
    block = "".join(f"u,1,e,,,{text},\n" for text in texts).encode()
    assert scanner.scan(block, 0) == len(block)
    assert asked == [9, 10, 10.1, 20.5, 21, 1e9, "010", None]


def test_what_has_an_id_or_comes_after_the_end_is_handed_on() -> None:
    scanner = _scanner(lambda _: (PASSES, None, (), None), until=2_000_000)
    block = b"u,2,e,,,,\nv,2,e,i,,,\nw,3,e,,,,\n"
    assert scanner.scan(block, 0) == len(block)
    assert [(user, time) for user, time, *_ in scanner.take_wanted()] == [("v", 2_000_000), ("w", 3_000_000)]
    # Whoever comes after the end is not counted, and so not met; of who has an id, whoever handles the row knows.
    assert scanner.user_names() == ["u"]


def test_of_a_duplicate_nobody_is_counted(tmp_path: Path) -> None:
    events = tmp_path / "events.csv"
    rows = ("u,2026-11-20T12:00:00Z,a,i", "u,2026-11-20T09:00:00Z,a,i", "v,2026-11-20T08:00:00Z,a,")
    events.write_text("\n".join(("user,time,event,id", *rows, "")))
    until = micros(datetime(2026, 11, 20, 10, tzinfo=UTC))
    program = trigdsl.parse("rule r: if a then send push")
    summary = run(Job(program=program, events=(str(events),), out=None, until=until), _Silent())
    assert (summary.inputs, summary.users, summary.duplicates) == (1, 1, 1)


def test_what_cannot_matter_is_handed_on_for_its_id_alone() -> None:
    plans = {
        "no": (PASSES, None, (), None),
        "dear": (WANTED, [(5, ">", 10)], (), None),
        "yes": (WANTED, None, (), None),
    }
    scanner = _scanner(lambda event: plans[event])
    block = b"".join(f"u,1,{event},i,,{price},\n".encode() for event in plans for price in (10, 11))
    assert scanner.scan(block, 0) == len(block)
    found = [(event, held and held["p"]) for _, _, event, held, _, _ in scanner.take_wanted()]
    assert found == [("no", None), ("no", None), ("dear", None), ("dear", 11), ("yes", 10), ("yes", 11)]


# ------------------------------------------------------------------------------------------------ parts
@pytest.mark.parametrize(
    ("data", "target", "found"),
    [
        (b"a,b\nc,d\ne,f\n", 1, (4, True)),
        (b"a,b\nc,d\ne,f\n", 4, (4, True)),
        (b"a,b\nc,d\ne,f\n", 5, (8, True)),
        (b"a,b\nc,d\ne,f\n", 12, (12, True)),
        (b"a,b\nc,d\ne,f", 9, (8, True)),
        (b'a,"b\nc"\nd,e\n', 2, (8, True)),
        (b'a,"b\nc"\r\nd,e\n', 2, (9, True)),
        (b'a\n"b\n""\nc",x\nd,e\n', 4, (13, True)),
        (b'a,b"c\nd,e"\n', 1, (6, True)),
        (b'a\rb\nc\n', 1, (4, True)),
        (b'a\nb,"c"d\ne\n', 3, (2, False)),
        (b'a\nb\r,"c"\ne\n', 3, (2, False)),
        (b'a\nb,"c\ne\n', 3, (2, True)),
        (b'a\nb,"c"', 3, (2, True)),
        (b'a\nb,"c"\r', 3, (2, True)),
        (b"a" * 1_001, 1_002, (0, False)),
        (b"", 1, (0, True)),
        # Of a row over several lines that has not two cells the first line alone is rejected.
        (b'a,"b\nc",d\ne,f\n', 2, (0, False)),
        (b'a,b\n"c\nd"\ne,f\n', 6, (4, False)),
        (b'a,"b",c\nd,e\n', 2, (8, True)),
    ],
)  # fmt: skip
def test_where_a_part_may_begin(data: bytes, target: int, found: tuple[int, bool]) -> None:
    assert row_start(data, 0, target, 1_000, 2) == found


def test_a_row_that_is_too_long_ends_the_parts() -> None:
    for more, is_sure in ((0, True), (1, False)):
        data = b'a,"' + b"x" * (10 + more) + b'"\n'
        assert row_start(data, 0, 5, 15, 2) == ((len(data), True) if is_sure else (0, False))
        assert row_start(data[:-2] + b"y", 0, 5, 14, 2) == (0, is_sure)


# ------------------------------------------------------------------------------------------------ as a whole
def _inputs(path: Path, until: Micros = LAST_INSTANT) -> tuple[list[Input], Passing]:
    replay = Replay(trigdsl.parse(MACHINE), ())
    passing = Passing(replay.machine.sieve, until)
    return list(read_inputs([str(path)], on_reject=lambda _: None, passing=passing)), passing


def test_what_no_rule_asks_for_is_counted_and_not_handed_on(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("user,time,event,price\nu,5,other,1\nv,7,other,2\nw,6,buy,\nx,4,view,3\n")
    inputs, passing = _inputs(path)
    assert [given.user for given in inputs] == ["w", "x"]
    assert {name: count for name, count in passing.events.items() if count} == {"other": 2}
    assert (passing.first, passing.last) == (5_000_000, 7_000_000)
    assert passing.users >= {"u", "v"}


def test_columns_of_other_names_are_taken_too(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("who,at,what\nu,5,other\n")
    passing = Passing(Replay(trigdsl.parse(MACHINE), ()).machine.sieve)
    columns = {"user": "who", "time": "at", "event": "what"}
    assert list(read_inputs([str(path)], columns=columns, on_reject=lambda _: None, passing=passing)) == []
    assert passing.events["other"] == 1


def test_decisions_have_what_was_read(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_bytes(b'user,time,event,price,note\nu,0,view,10.5,"say ""hi"""\nu,3600,other,,\n')
    summary, out, _ = _run(trigdsl.parse(MACHINE), tmp_path)
    (decision,) = map(json.loads, out.splitlines())
    assert (decision["status"], decision["text"]) == ("sent", 'say "hi" 10.5')
    assert summary.events == 2
