"""The compiled scanner of lines: what it takes is JSON and says the same, and nothing comes out otherwise with it."""

from __future__ import annotations

import itertools
import json
import os
import random
from collections import Counter
from typing import Any

import msgspec
import pytest

from trigdsl.model.inputs import Input
from trigdsl.model.values import FIRST_INSTANT, LAST_INSTANT, Micros, Value
from trigdsl.records import line_rows, scanned_lines
from trigdsl.records.chunks import MOST_BYTES
from trigdsl.records.json_lines import JsonLines
from trigdsl.records.passing import Bound, Passing, Test
from trigdsl.records.rejects import Reports
from trigdsl.records.routing import shard_of
from trigdsl.records.times import parse_time

if scanned_lines.native is None:
    pytest.skip("nothing was compiled", allow_module_level=True)

from trigdsl.native.line_columns import split_rows
from trigdsl.native.scanner import DOES, PASSES, WANTED, Scanner

CASES = 40 * int(os.environ.get("TRIGDSL_FUZZ", "100"))

LINES = [
    '{"user":"u1","time":"2024-03-02T10:00:00.000Z","event":"view","properties":{"page":"/p/1","price":12.5}}',
    '{"user":"u2","time":"2024-03-02T10:00:00Z","event":"dear","properties":{"price":10}}',
    '{"time":"2024-03-02T10:00:00.25+05:30","properties":{"cart":{"value":11,"items":[1,{"a":[]}]}},"event":"dear"'
    ',"user":"ü"}',
    '{ "user" : "u3" , "time" : 1709337600 , "event" : "buy" , "properties" : { } }\r',
    '{"user":"u1","time":1709337600123,"event":"view"}',
    '{"user":"u4","time":-5,"event":"dear","properties":{"price":-0.0,"note":"a \\"b\\" \\u00e9 \\/"},"id":null'
    ',"set":null}',
    '{"user":"u5","time":"2024-02-29T23:59:59.999999-00:01","event":"dear","properties":{"price":1e1,"q":[true,null]}}',
    '{"user":"u6","time":"2024-03-02T10:00:00Z","event":"dear","properties":{"price":"eleven"},"context":{"a":false}}',
    '{"user":"u7","time":"2024-03-02T10:00:00Z","set":{"timezone":"Asia/Tokyo"}}',
    '{"user":"u8","time":"2024-03-02T10:00:00Z","event":"view","id":"x"}',
    '{"userId":"u9","timestamp":"2024-03-02T10:00:00Z","type":"track","event":"view","messageId":"m"}',
    '{"user":"u1","time":"2024-03-02T10:00:00","event":"view"}',
    '{"user":"u2","time":"2024-03-02T10:00:00.1234567Z","event":"view"}',
    "",
    "  ",
]
PIECES = [
    *'{}[]",:\\09-+.eZT \t\r\n\x00\x1f\x7fé€', "\\u", "\\ud800", "E5", "e400", "null", "true", "nul", ":60", "24", ",,",
    '"user":"v"', '"price":11', '"price":10', '"cart":{"value":9}', '"time":1e3', '"a":{"a":{"a":1}}', '"event":"sent"',
    '"event":"view"', "[" * 12, "]" * 12, "9" * 20, "0." + "1" * 45, '"id":"x"', '"alias":"y"', '"x":"\\u0041"',
    '"pri\\u0063e":12', "+05:30", '"properties":{}', '"price":"x"',
]  # fmt: skip


class _Judge:
    """Views never matter, and a `dear` event does with a price above 10, or a cart of at most 9."""

    context = None

    def __init__(self) -> None:
        self.met_odd = False
        # One object, by which it is known.
        self.always: Test = lambda _, __: True

    def test(self, event: str) -> Test | None:
        return {"view": None, "dear": self._is_dear}.get(event, self.always)

    def bounds(self, event: str) -> tuple[Bound, ...] | None:
        return ((("price",), ">", 10), (("cart", "value"), "<=", 9)) if event == "dear" else None

    def _is_dear(self, properties: dict[str, Value], _: object) -> bool:
        cart = properties.get("cart")
        return self._over(properties.get("price"), 10) or (
            isinstance(cart, dict) and self._over(None if (v := cart.get("value")) is None else v, 9, up=False)
        )

    def _over(self, value: Value, limit: int, up: bool = True) -> bool:
        if value is None:
            return False
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.met_odd = True
            return False
        return value > limit if up else value <= limit


def _mutated(chance: random.Random) -> bytes:
    """A line, most often with a few pieces put in, left out or exchanged."""
    line = chance.choice(LINES)
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3))):
        at = chance.randrange(len(line) + 1)
        gone = chance.choice((0, 0, 1, 1, 2, 8))
        line = line[:at] + chance.choice(["", *PIECES]) + line[at + gone :]
    data = line.encode("utf-8", "surrogatepass")
    if data and chance.random() < 0.02:
        at = chance.randrange(len(data))
        data = data[:at] + bytes([chance.randrange(128, 256)]) + data[at + 1 :]
    return data


def _outcome(block: bytes, judge: Any, is_sorted: bool, until: Micros) -> dict[str, Any]:
    """What comes of a block once what is handed on has been judged as who replays it does."""
    rejects: list[Any] = []
    warnings: list[Any] = []
    late: list[Input] = []
    passing = Passing(judge, until, is_sorted, late.append)
    reports = Reports("f", rejects.append, lambda what, where: warnings.append((what, where)))
    counts: Counter[str] = Counter()
    users, times, kept = set(), [], []
    for batch in JsonLines(reports, None, passing).batches([block]):
        for given in batch:
            if given.time > until:
                continue
            users.add(given.user)
            times.append(given.time)
            counts[given.event or ""] += 1
            test = judge.test(given.event) if given.event is not None else None
            judge.met_odd = False
            if given.set or given.id or (test is not None and (test(given.properties or {}, None) or judge.met_odd)):
                values = msgspec.structs.asdict(given)
                kept.append({**values, "properties": given.properties or {}})
    counts.update({name: count for name, count in passing.events.items() if count})
    times += [passing.first] * (passing.first < LAST_INSTANT) + [passing.last] * (passing.last > FIRST_INSTANT)
    return {
        "kept": kept,
        "counts": dict(counts),
        "users": users | passing.users,
        "times": (min(times, default=None), max(times, default=None)),
        "rejects": rejects,
        "warnings": warnings,
        "late": [(given.user, given.time, given.event) for given in late],
    }


@pytest.mark.parametrize("is_sorted", [False, True])
def test_with_the_scanner_and_without_it_the_same_comes_out(monkeypatch: pytest.MonkeyPatch, is_sorted: bool) -> None:
    chance = random.Random(11 + is_sorted)
    taken = 0
    for case in range(CASES // 8):
        lines = [_mutated(chance) if chance.random() < 0.5 else chance.choice(LINES).encode() for _ in range(12)]
        block = b"\n".join(lines) + chance.choice((b"\n", b""))
        until = chance.choice((LAST_INSTANT, 1_709_373_600_000_000, 1_709_337_600_000_000))
        found = _outcome(block, _Judge(), is_sorted, until)
        taken += len(found["kept"])
        with monkeypatch.context() as patched:
            patched.setattr(scanned_lines, "native", None)
            assert found == _outcome(block, _Judge(), is_sorted, until), (case, block)
    assert taken


def _scanner(meet: Any = None, does: Any = None) -> Scanner:
    wanted = meet or (lambda _: (WANTED, None, (), None))
    return Scanner(wanted, does, MOST_BYTES, FIRST_INSTANT, LAST_INSTANT, LAST_INSTANT, False)


def _taken(line: bytes) -> tuple[str, Micros, str] | None:
    """Who did what when by the scanner; None where it does not take the line."""
    scanner = _scanner()
    if scanner.scan(line, 0) != len(line) or not (found := scanner.take_wanted()):
        return None
    ((user, time, event, text, _),) = found
    assert text == line
    return user, time, event


def test_what_is_taken_is_json_and_says_the_same() -> None:
    chance = random.Random(5)
    count = 0
    for _ in range(CASES):
        # Who calls it has seen to it that it is UTF-8.
        line = _mutated(chance).decode("utf-8", "replace").encode()
        if b"\n" in line or (found := _taken(line)) is None:
            continue
        count += 1
        record = json.loads(line, parse_constant=lambda _: pytest.fail("no JSON"))
        assert msgspec.json.decode(line) == record
        assert found == (record["user"], parse_time(record["time"])[0], record["event"])
        assert parse_time(record["time"])[1] is False
        assert isinstance(record.get("properties", {}), dict)
        assert all(record.get(name) is None for name in ("set", "add", "remove", "id", "alias"))
    assert count > CASES // 20


def _line(**parts: str) -> bytes:
    texts = {"user": '"u"', "time": '"1970-01-01T00:00:01Z"', "event": '"e"', **parts}
    return ("{" + ",".join(f'"{name}":{text}' for name, text in texts.items()) + "}").encode()


@pytest.mark.parametrize(
    ("time", "micros"),
    [
        ('"1970-01-01T00:00:00Z"', 0),
        ('"1969-12-31T23:59:59.999999Z"', -1),
        ('"1970-01-01T00:00:00.1Z"', 100_000),
        ('"1970-01-01T01:00:00+01:00"', 0),
        ('"1969-12-31T00:01:00-23:59"', 0),
        ('"2000-02-29T00:00:00Z"', 951_782_400_000_000),
        ('"2100-02-28T23:59:59Z"', 4_107_542_399_000_000),
        ('"0001-01-01T00:00:00Z"', FIRST_INSTANT),
        ('"9999-12-31T23:59:59.999999Z"', LAST_INSTANT),
        ("100000000000", 100_000_000_000_000_000),
        ("100000000001", 100_000_000_001_000),
        ("-100000000001", -100_000_000_001_000),
        ("0", 0),
        ('"0001-01-01T00:00:00+00:01"', None),
        ('"9999-12-31T23:59:59.999999-00:01"', None),
        ('"2100-02-29T00:00:00Z"', None),
        ('"1900-02-29T00:00:00Z"', None),
        ('"2024-04-31T00:00:00Z"', None),
        ('"2024-00-10T00:00:00Z"', None),
        ('"2024-13-10T00:00:00Z"', None),
        ('"2024-01-00T00:00:00Z"', None),
        ('"0000-01-01T00:00:00Z"', None),
        ('"2024-01-01T24:00:00Z"', None),
        ('"2024-01-01T00:60:00Z"', None),
        ('"2024-01-01T00:00:60Z"', None),
        ('"2024-01-01T00:00:00+24:00"', None),
        ('"2024-01-01T00:00:00+00:60"', None),
        ('"2024-01-01T00:00:00+0100"', None),
        ('"2024-01-01T00:00:00.1234567Z"', None),
        ('"2024-01-01T00:00:00.Z"', None),
        ('"2024-01-01T00:00:00.5"', None),
        ('"2024-01-01T00:00:00"', None),
        ('"2024-01-01T00:00:00ZZ"', None),
        ('"2024-01-01 00:00:00Z"', None),
        ('"2024-1-01T00:00:00Z"', None),
        ('"\u0662024-01-01T00:00:00Z"', None),
        ("1.5", None),
        ("1e3", None),
        ("01", None),
        ("-", None),
        ("253402300800", 253_402_300_800_000),
        ("1000000000000000", None),
    ],
)
def test_times(time: str, micros: Micros | None) -> None:
    found = _taken(_line(time=time))
    assert (None if found is None else found[1]) == micros


@pytest.mark.parametrize(
    ("properties", "is_taken"),
    [
        ('{"a":' + "[" * 22 + "]" * 22 + "}", True),
        ('{"a":' + "[" * 23 + "]" * 23 + "}", False),
        ('{"a":' + "9" * 40 + "}", True),
        ('{"a":' + "9" * 41 + "}", False),
        ('{"a":1e99}', True),
        ('{"a":1e100}', False),
        ('{"a":"\\ud83d\\ude00"}', False),
        ('{"a":"\\ud7ff\\ue000"}', True),
        ('{"a":"\\u12g4"}', False),
        ('{"a":"\\x"}', False),
        ('{"a":"\x1f"}', False),
        ('{"a":" \x7f"}', True),
        ('{"a":1,}', False),
        ('{"a":[1,]}', False),
        ('{"a":.5}', False),
        ('{"a":1.}', False),
        ('{"a":-}', False),
        ('{"a":tru}', False),
        ('{"a" 1}', False),
        ('{"\\u0061":1}', False),
        ("[]", False),
        ("null", False),
        ("{}", True),
        ("{ }", True),
    ],
)
def test_values(properties: str, is_taken: bool) -> None:
    assert (_taken(_line(properties=properties)) is not None) == is_taken


@pytest.mark.parametrize("part", ["user", "time", "event"])
def test_a_part_that_is_there_twice_or_not_at_all_or_empty_is_not_taken(part: str) -> None:
    line = _line()
    assert _taken(line) is not None
    assert _taken(line[:-1] + f',"{part}":"x"}}'.encode()) is None
    assert _taken(_line(**{part: '""'})) is None
    assert _taken(line.replace(f'"{part}"'.encode(), b'"other"')) is None


def test_a_line_is_taken_up_to_its_longest_and_the_next_is_found() -> None:
    for over, is_taken in ((0, True), (1, False)):
        bare = _line(pad='""')
        line = bare[:-2] + b"x" * (MOST_BYTES + over - len(bare)) + bare[-2:]
        block = line + b"\n" + _line() + b"\n"
        scanner = _scanner()
        assert scanner.scan(block, 0) == (len(block) if is_taken else 0)
        assert scanner.lines == (2 if is_taken else 0)
        if not is_taken:
            assert scanner.odd_until(block, 0) == len(line) + 1
            assert scanner.lines == 1


def test_an_event_is_asked_about_once_for_its_values() -> None:
    asked: list[bytes] = []

    def does(event: str, line: bytes) -> int:
        asked.append(line)
        price = json.loads(line)["properties"].get("price")
        return -2 if isinstance(price, str) else -1 if price is None else int(price > 20)

    scanner = _scanner(lambda event: (DOES, ((("price",), ">", 10),), (("price",), ("cart", "value")), None), does)
    prices = ["10", "11", "21", "11", "1.1e1", "null", '"x"', "11"]
    lines = [_line(properties=f'{{"price":{price}}}', user=f'"u{n}"') for n, price in enumerate(prices)]
    block = b"\n".join(lines)
    odd = block.index(b'"x"') - lines[6].index(b'"x"')
    assert scanner.scan(block, 0) == odd
    assert len(asked) == 4  # 11, 21, 1.1e1 and the text; no other is beyond 10
    names, rows = _columns(scanner.take_rows())
    assert names == ["u1", "u2", "u3", "u4"]
    assert [time for _, time, _, _ in rows] == [1_000_000] * 4
    assert [(user, arrival, effect) for user, _, arrival, effect in rows] == [
        (0, 1, 0), (1, 2, 1), (2, 3, 0), (3, 4, 0),
    ]  # fmt: skip
    assert scanner.take_passed() == {"e": 6}
    assert scanner.user_names() == [f"u{n}" for n in range(6)]


def test_an_event_is_asked_about_once_for_numbers_that_do_the_same() -> None:
    asked: list[Any] = []

    def does(event: str, line: bytes) -> int:
        price = json.loads(line)["properties"].get("price")
        asked.append(price)
        return 0 if not isinstance(price, (int, float)) else 1 + (price >= 10) + (price >= 20.5) + (price > 20.5)

    scanner = _scanner(lambda event: (DOES, None, (("price",),), (10, 20.5)), does)
    prices = ["9.999", "-3", "10", "10.0", "10.001", "20.4", "20.5", "20.50", "20.501", "1e2", "null", "30", "1e2"]
    block = b"\n".join(_line(properties=f'{{"price":{price}}}') for price in prices)
    assert scanner.scan(block, 0) == len(block)
    # At the first turn and above it the same happens, but who asks cannot know.
    assert asked == [9.999, 10, 10.001, 20.5, 20.501, 100.0, None]
    _, rows = _columns(scanner.take_rows())
    assert [effect for *_, effect in rows] == [1, 1, 2, 2, 2, 2, 3, 3, 4, 4, 0, 4, 4]


def test_a_value_that_is_read_and_there_twice_is_odd() -> None:
    scanner = _scanner(lambda event: (DOES, None, (("cart", "value"),), None), lambda event, line: -1)
    for properties in ('{"cart":{"value":1,"value":2}}', '{"cart":{"value":1},"cart":{}}'):
        assert scanner.scan(_line(properties=properties), 0) == 0
    for properties in ('{"cart":{"x":1,"x":2}}', '{"value":1,"value":2}', '{"cart":7}', "{}"):
        line = _line(properties=properties)
        assert scanner.scan(line, 0) == len(line)


class _Sized:
    """Knows of events that they trigger rule 0 if they have several properties, which is read of all of them."""

    paths = frozenset([()])

    def reads(self, event: str) -> tuple[tuple[str, ...], ...]:
        return ((),)

    def triggered(self, event: str, properties: dict[str, Value]) -> tuple[int, ...]:
        return (0,) if len(properties) > 1 else ()

    def ends(self, event: str) -> bool:
        return False


def test_events_that_are_read_as_a_whole_are_handed_on() -> None:
    handed_on: list[Any] = []
    passing = Passing(effects=_Sized(), on_line_rows=lambda columns, effects: handed_on.append(columns))
    reports = Reports("f", lambda reject: None)
    block = _line(properties='{"a":1}') + b"\n" + _line(properties='{"a":1,"b":2}') + b"\n"
    found = [given for batch in JsonLines(reports, None, passing).batches([block]) for given in batch]
    assert [given.properties for given in found] == [{"a": 1}, {"a": 1, "b": 2}]
    assert [given.arrival for given in found] == [0, 1]
    assert handed_on == []


def test_many_names_keep_their_numbers() -> None:
    scanner = _scanner(lambda event: (PASSES, None, (), None))
    names = [f"{'long' * (n % 7)}{n}é" for n in range(5_000)]
    block = b"".join(_line(user=f'"{name}"', event=f'"{name}"') + b"\n" for name in names + names)
    assert scanner.scan(block, 0) == len(block)
    assert scanner.user_names() == names
    assert scanner.user_names(4_998) == names[4_998:]
    assert scanner.take_passed() == dict.fromkeys(names, 2)
    assert scanner.take_passed() == {}


def _columns(parts: tuple[bytes, ...]) -> tuple[list[str], list[tuple[int, int, int, int]]]:
    """The names of users, and the rows, that the scanner made."""
    offsets, data, users, times, arrivals, effects = parts
    at = memoryview(offsets).cast("i").tolist()
    names = [data[start:end].decode() for start, end in itertools.pairwise(at)]
    kinds = zip((users, times, arrivals, effects), "iqqi", strict=True)
    return names, list(zip(*(memoryview(column).cast(kind) for column, kind in kinds), strict=True))


def test_rows_have_the_names_of_their_users_alone_and_come_once() -> None:
    scanner = _scanner(lambda event: (DOES, None, (), None), lambda event, line: -1 if event == "idle" else 7)
    block = b"".join(_line(user=f'"u{n}"', event='"idle"' if n < 3 else '"e"') + b"\n" for n in (0, 1, 4, 2, 3, 4))
    assert scanner.scan(block, 0) == len(block)
    assert scanner.rows == 3
    second = 1_000_000
    assert _columns(scanner.take_rows()) == (
        ["u4", "u3"],
        [(0, second, 2, 7), (1, second, 4, 7), (0, second, 5, 7)],
    )
    assert _columns(scanner.take_rows()) == ([], [])


def test_rows_are_split_by_the_shards_of_their_users() -> None:
    scanner = _scanner(lambda event: (DOES, None, (), None), lambda event, line: len(event))
    users = [f"u{n * n % 50}é" for n in range(400)]
    for n, user in enumerate(users):
        scanner.scan(_line(user=f'"{user}"', event='"e"' if n % 3 else '"ee"', time=str(n)), 0)
    taken = scanner.take_rows()
    for shards in (1, 3):
        found = []
        for shard, parts in enumerate(split_rows(*taken, shards, 1_000)):
            names, rows = _columns(parts)
            assert all(shard_of(name, shards) == shard for name in names)
            found += [(names[user], *row) for user, *row in rows]
        expected = [(user, n * 1_000_000, 1_000 + n, 1 if n % 3 else 2) for n, user in enumerate(users)]
        assert sorted(found) == sorted(expected)


def test_rows_go_through_bytes_to_each_user_in_order() -> None:
    def rows(meaning: list[tuple[str, tuple[int, ...]]], *given: tuple[str, int, int, int]) -> bytes:
        scanner = _scanner(lambda event: (DOES, None, (), None), lambda event, line: int(event))
        for user, time, arrival, effect in given:
            scanner.arrived = arrival
            scanner.scan(_line(user=f'"{user}"', event=f'"{effect}"', time=str(time)), 0)
        return line_rows.to_bytes(scanner.take_rows(), meaning)

    one = rows([("a", (1,)), ("b", ())], ("u", 5, 10, 0), ("v", 1, 11, 1), ("u", 4, 12, 1))
    other = rows([("b", ()), ("c", (2, 3)), ("a", (1,))], ("v", 1, 2, 0), ("w", 3, 3, 1), ("u", 4, 4, 2))
    found = line_rows.from_bytes([one, other])
    assert found.effects == [("a", (1,)), ("b", ()), ("c", (2, 3))]
    assert line_rows.first_time(found) == 1_000_000
    deciding = [False, False, True]
    assert dict(line_rows.by_user(found, deciding, ["u"])) == {
        "u": [(4_000_000, 4, 0), (4_000_000, 12, 1), (5_000_000, 10, 0)],
        "w": [(3_000_000, 3, 2)],
    }
    arrow = pytest.importorskip("pyarrow") and __import__("trigdsl.records.event_rows", fromlist=["joined"])
    joined = arrow.joined(arrow.from_lines(found))
    assert joined.effects == found.effects
    assert dict(line_rows.by_user(joined, deciding, ["u"])) == dict(line_rows.by_user(found, deciding, ["u"]))
    assert line_rows.first_time(joined) == 1_000_000
