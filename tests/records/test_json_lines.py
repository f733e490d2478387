"""JSON Lines: the short cut and the long way, lines and their numbers, what is rejected and why."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from trigdsl.model.inputs import Input
from trigdsl.records.chunks import MOST_BYTES
from trigdsl.records.native import BadRecord, input_of
from trigdsl.records.reading import NO_OFFSET, read_inputs

GOOD = '{"user":"u","time":1,"event":"e"}'
INPUT = Input("u", 1_000_000, "e")


def test_records_of_every_kind(read) -> None:
    inputs, rejects = read(
        '{"user": "u1", "time": "1970-01-01T00:00:01Z", "event": "cart", "properties": {"a": {"b": 2.5}}, "id": "x"}\n'
        '{"user": "u1", "time": "1970-01-01T00:00:02.5Z", "set": {"tier": "gold", "old": null}, "add": ["n"]}\n'
        '{"user": 7, "time": 3, "event": "e", "id": 8.0}\n'
        '{"user": "u2", "time": 4, "event": "e", "set": {"a": 1}, "remove": ["m"], "context": [{"deep": 1}]}\n'
    )
    assert rejects == []
    assert inputs == [
        Input("u1", 1_000_000, "cart", {"a": {"b": 2.5}}, id="x"),
        Input("u1", 2_500_000, set={"tier": "gold", "old": None}, add=["n"]),
        Input("7", 3_000_000, "e", id="8"),
        Input("u2", 4_000_000, "e", set={"a": 1}, remove=["m"]),
    ]


@pytest.mark.parametrize(
    "contents",
    [
        f"{GOOD}\n{GOOD}\n",
        f"{GOOD}\n{GOOD}",
        f"{GOOD}\r\n{GOOD}\r\n",
        f"\n{GOOD}\n\n \t \n{GOOD}\n\n",
        f"\ufeff{GOOD}\n{GOOD}\n",
        f"  {GOOD}\n{GOOD}  \n",
    ],
)
def test_line_breaks_blanks_and_the_byte_order_mark(read, contents: str) -> None:
    assert read(contents) == ([INPUT, INPUT], [])


@pytest.mark.parametrize("contents", ["", "\n", "\ufeff", "\ufeff\n", " "])
def test_nothing(read, contents: str) -> None:
    assert read(contents) == ([], [])


def test_a_byte_order_mark_later_is_bad_json(read) -> None:
    inputs, rejects = read(f"{GOOD}\n\ufeff{GOOD}\n{GOOD}\n")
    assert inputs == [INPUT, INPUT]
    assert [reject.line for reject in rejects] == [2]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"user":"u","time":1,"event":"e"', "bad JSON: it ends too early, at column 33"),
        ('{"user":"u","time":1,"event":"e"} x', "bad JSON: trailing characters at column 35"),
        ('{"user":"ü","time":1,,', "bad JSON: object keys must be strings at column 22"),
        (f"{GOOD} {GOOD}", "bad JSON: trailing characters at column 35"),
        ('{"user":"u","time":NaN,"event":"e"}', "bad JSON: invalid character at column 20"),
        ('{"user":"u","time":1,"event":"e","properties":{"a":Infinity}}', "bad JSON: invalid character at column 52"),
        ('{"user":"u","time":1,"event":"e","properties":{"a":1e999}}', "beyond the range of a double"),
        ('{"user":"\\ud800","time":1,"event":"e"}', "bad JSON"),
        ("null", "a JSON object is wanted, this is null"),
        ("[1]", "a JSON object is wanted, this is a list"),
        ("7", "a JSON object is wanted, this is a number"),
        ("{}", "no `user`"),
        ('{"user":"u"}', "no `time`"),
        ('{"user":null,"time":1,"event":"e"}', "no `user`"),
        ('{"user":"","time":1,"event":"e"}', "`user` is empty text"),
        ('{"user":true,"time":1,"event":"e"}', "`user` is a boolean, text or a number is wanted"),
        ('{"user":"u","time":true,"event":"e"}', "`time` is a boolean"),
        ('{"user":"u","time":"soon","event":"e"}', "`soon` is not in the form wanted"),
        ('{"user":"u","time":1}', "nothing to do"),
        ('{"user":"u","time":1,"event":""}', "`event` is empty text"),
        ('{"user":"u","time":1,"event":"sent"}', "`sent`"),
        ('{"user":"u","time":1,"event":"ignored"}', "`ignored`"),
        ('{"user":"u","time":1,"event":["e"]}', "`event` is a list, text is wanted"),
        ('{"user":"u","time":1,"event":"e","properties":[]}', "`properties` is a list"),
        ('{"user":"u","time":1,"set":7}', "`set` is a number"),
        ('{"user":"u","time":1,"add":"vip"}', "`add` is text"),
        ('{"user":"u","time":1,"remove":[null]}', "`remove` has null in it"),
        ('{"user":"u","time":1,"event":"e","id":false}', "`id` is a boolean"),
    ],
)
def test_a_bad_line_is_rejected_alone_with_its_number_and_reason(read, line: str, words: str) -> None:
    inputs, rejects = read(f"{GOOD}\n\n{line}\n{GOOD}\n")
    assert inputs == [INPUT, INPUT]
    assert [(reject.line, reject.record) for reject in rejects] == [(3, line)]
    assert words in rejects[0].reason


def test_a_record_over_two_lines_is_two_bad_lines(read) -> None:
    """Also where two records on one line make up for it in the count."""
    inputs, rejects = read('{"user":"u","time":1,\n"event":"e"}\n' + f"{GOOD} {GOOD}\n{GOOD}\n")
    assert inputs == [INPUT]
    assert [reject.line for reject in rejects] == [1, 2, 3]


def test_bytes_that_are_no_utf_8_cost_their_line_alone(read) -> None:
    bad = b'{"user":"u","time":1,"event":"e","note":"\xff"}'
    inputs, rejects = read(GOOD.encode() + b"\n" + bad + b"\n" + '{"user":"ü","time":1,"event":"é"}'.encode())
    assert [input_.user for input_ in inputs] == ["u", "ü"]
    assert [(reject.line, reject.reason) for reject in rejects] == [(2, "not UTF-8: byte 0xff at byte 42 of the line")]
    assert rejects[0].record == bad.decode("utf-8", "backslashreplace")


def test_of_a_key_given_twice_the_last_counts(read) -> None:
    inputs, _ = read('{"user":"a","time":1,"event":"e","user":"b","properties":{"x":1,"x":2}}')
    assert inputs == [Input("b", 1_000_000, "e", {"x": 2})]


def padded(size: int) -> str:
    """A good record of exactly `size` bytes."""
    bare = '{"user":"u","time":1,"event":"e","pad":""}'
    return bare[:-2] + "x" * (size - len(bare)) + bare[-2:]


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
@pytest.mark.parametrize(
    ("over", "kept"), [(-1, True), (0, True), (1, False), (300_000, False), (5 * MOST_BYTES, False)]
)
def test_the_largest_record(read, over: int, kept: bool, end: str) -> None:
    inputs, rejects = read(f"{GOOD}\n{padded(MOST_BYTES + over)}{end}" + (f"{GOOD}\n" if end else ""))
    assert len(inputs) == 1 + kept + bool(end)
    assert [(reject.line, reject.reason) for reject in rejects] == (
        [] if kept else [(2, "the record is over 1,048,576 bytes")]
    )
    assert all(len(reject.record) == 10_000 for reject in rejects)


def line_with(properties: str, pad: str = "") -> str:
    return f'{{"user":"u","time":1,"event":"e","properties":{properties},"pad":"{pad}"}}'


@pytest.mark.parametrize(("levels", "kept"), [(99, True), (100, True), (101, False), (400, False), (100_000, False)])
@pytest.mark.parametrize(("opens", "closes"), [('{"a":', "}"), ("[", "]")])
def test_nesting(read, levels: int, kept: bool, opens: str, closes: str) -> None:
    inner = opens * (levels - 1) + "1" + closes * (levels - 1)
    inputs, rejects = read(f"{GOOD}\n" + line_with(f'{{"a":{inner}}}') + f"\n{GOOD}\n")
    assert len(inputs) == 2 + kept
    assert [reject.line for reject in rejects] == ([] if kept else [2])
    assert all("nests deeper than 100 levels" in reject.reason for reject in rejects)


def test_many_lists_side_by_side_are_not_deep(read) -> None:
    inputs, rejects = read(line_with('{"a":[' + ",".join(["[1]"] * 500) + "]}"))
    assert (len(inputs), rejects) == (1, [])


@pytest.mark.parametrize(
    ("digits", "kept"),
    [
        ("9007199254740993", True),
        ("-18446744073709551616", True),
        ("17976931348623157" + "0" * 292, True),
        ("17976931348623159" + "0" * 292, False),
        ("-1" + "0" * 309, False),
        ("1" + "0" * 4999, False),
    ],
)
def test_integers_are_exact_as_long_as_a_double_could_hold_them(read, digits: str, kept: bool) -> None:
    inputs, rejects = read(f"{GOOD}\n" + line_with(f'{{"n":{digits}}}'))
    assert [reject.line for reject in rejects] == ([] if kept else [2])
    assert [input_.properties for input_ in inputs[1:]] == ([{"n": int(digits)}] if kept else [])
    assert all("beyond the range of a double" in reject.reason for reject in rejects)


def test_a_user_that_is_a_huge_number(read) -> None:
    _, rejects = read('{"user":1' + "0" * 309 + ',"time":1,"event":"e"}')
    assert [reject.reason for reject in rejects] == [
        "`user` is beyond the range of a double, text or a number is wanted"
    ]


def test_the_short_cut_and_the_long_way_agree(read) -> None:
    """The same records as JSON Lines, which take the short cut, and as dicts, which never do."""
    chance = random.Random(4)
    values: dict[str, list[object]] = {
        "user": ["u", "ü", "", 7, 7.0, 2.5, True, None, []],
        "time": [
            "2024-03-02T10:00:00Z",
            "2024-03-02T10:00:00.5+09:00",
            "2024-03-02T00:00:00",
            5,
            1.5e12,
            "x",
            None,
            {},
        ],
        "event": ["e", "é", "", "sent", None, 5],
        "properties": [{}, {"a": [1, {"b": None}]}, {"n": 10**30}, None, [], "x"],
        "set": [{}, {"tier": "gold", "old": None}, None, 5],
        "add": [[], ["a", "b"], None, "a", [1]],
        "remove": [["a"], None, {}],
        "id": ["x", "", 7, 7.5, None, False],
        "extra": [1],
    }
    records = [
        {name: chance.choice(held[:2] if chance.random() < 0.8 else held) for name, held in values.items()}
        for _ in range(5_000)
    ]
    inputs, rejects = read("\n".join(json.dumps(record) for record in records))
    expected: list[Input] = []
    reasons: list[tuple[int, str]] = []
    for line, record in enumerate(records, 1):
        try:
            expected.append(input_of(record))
        except BadRecord as bad:
            reasons.append((line, str(bad)))
    assert inputs == expected
    assert [(reject.line, reject.reason) for reject in rejects] == reasons
    assert min(len(inputs), len(rejects)) > 500


def test_lines_across_blocks_keep_their_numbers(read) -> None:
    """Far more than one block, with a bad line now and then."""
    lines = [f'{{"user":"u{n}","time":{n},"event":"e"}}' if n % 1000 else f"bad {n}" for n in range(20_000)]
    inputs, rejects = read("\n".join(lines))
    assert [reject.line for reject in rejects] == list(range(1, 20_001, 1000))
    assert [reject.record for reject in rejects] == [f"bad {n}" for n in range(0, 20_000, 1000)]
    assert [input_.user for input_ in inputs] == [f"u{n}" for n in range(20_000) if n % 1000]


def test_times_without_an_offset_are_warned_of(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"user":"u","time":"1970-01-01T00:00:01","event":"e"}\n'
        '{"user":"u","time":"1970-01-01T00:00:01Z","event":"e"}\n'
        '{"user":"u","time":"1970-01-01 00:00:01","set":{}}\n'
    )
    warnings: list[tuple[str, str]] = []
    inputs = list(read_inputs([str(path)], on_reject=pytest.fail, on_warning=lambda *said: warnings.append(said)))
    assert [input_.time for input_ in inputs] == [1_000_000] * 3
    assert warnings == [(NO_OFFSET, f"{path}:1"), (NO_OFFSET, f"{path}:3")]
    assert len(list(read_inputs([str(path)], on_reject=pytest.fail))) == 3


def test_mapped_keys(read) -> None:
    columns = {"user": "customer.id", "time": "ts", "event": "action", "properties": "details", "id": "a.b"}
    inputs, rejects = read(
        '{"customer":{"id":7},"ts":1,"action":"e","details":{"x":1},"a.b":"dotted"}\n'
        '{"user":"own","time":2,"event":"f"}\n'
        '{"customer":{"id":null},"user":"own","ts":3,"action":"e"}\n'
        '{"customer":{"id":"c"},"user":"own","ts":4,"time":9,"action":"e","event":"other"}\n',
        columns=columns,
    )
    assert inputs == [
        Input("7", 1_000_000, "e", {"x": 1}, id="dotted"),
        Input("own", 2_000_000, "f"),
        Input("c", 4_000_000, "e"),
    ]
    assert [(reject.line, reject.reason) for reject in rejects] == [(3, "no `user`")]


@pytest.mark.parametrize(("name", "words"), [("usr", "did you mean `user`?"), ("zzz", "what can is `user`, `time`")])
def test_a_name_that_cannot_be_mapped(name: str, words: str) -> None:
    with pytest.raises(ValueError, match=f"`{name}` cannot be mapped") as caught:
        read_inputs([], columns={name: "x"}, on_reject=pytest.fail)
    assert words in str(caught.value)


def test_a_batch_is_unpacked_and_its_bad_members_rejected_one_by_one(read) -> None:
    native = json.loads(GOOD)
    batch = {"batch": [native, 5, {"user": "u"}, {"user": "v", "time": 2, "event": "e"}, {"batch": [native]}]}
    inputs, rejects = read(json.dumps(batch) + f"\n{GOOD}\n" + '{"batch":[]}\n')
    assert [input_.user for input_ in inputs] == ["u", "v", "u"]
    assert [(reject.line, reject.reason) for reject in rejects] == [
        (1, "a record is wanted, this is a number"),
        (1, "no `time`"),
        (1, "no `user`"),
    ]
