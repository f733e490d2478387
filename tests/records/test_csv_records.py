"""CSV: columns, cells, quotes, and what a broken line costs."""

from __future__ import annotations

import csv
import io
import random

import pytest

from trigdsl.model.inputs import Input
from trigdsl.records.chunks import MOST_BYTES
from trigdsl.records.reading import UnreadableFile


def test_events_properties_and_attributes(read) -> None:
    inputs, rejects = read(
        "user,time,event,id,cart.value,cart.items.count,source,set.tier,set.address.city\n"
        "u1,1970-01-01T00:00:01Z,cart,e-1,250,2,ads,gold,Seoul\n"
        "u2,2,cart,,0.5,,,,\n"
        "u3,3,,,,,,,Rome\n",
        "a.csv",
    )
    assert rejects == []
    assert inputs == [
        Input(
            "u1",
            1_000_000,
            "cart",
            {"cart": {"value": 250, "items": {"count": 2}}, "source": "ads"},
            {"tier": "gold", "address": {"city": "Seoul"}},
            id="e-1",
        ),
        Input("u2", 2_000_000, "cart", {"cart": {"value": 0.5}}),
        Input("u3", 3_000_000, set={"address": {"city": "Rome"}}),
    ]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("7", 7),
        ("-7", -7),
        ("0", 0),
        ("-0.50", -0.5),
        ("1e3", 1000.0),
        ("1E-05", 0.00001),
        ("1234567890123456789", 1234567890123456789),
        ("007", "007"),
        ("+49", "+49"),
        (".5", ".5"),
        ("5.", "5."),
        ("1,5", "1,5"),
        ("1_000", "1_000"),
        ("0x10", "0x10"),
        ("١٢", "١٢"),
        (" 7", " 7"),
        ("1e999", "1e999"),
        ("9" * 400, "9" * 400),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("-", "-"),
        ("2024-03-02", "2024-03-02"),
        ("true", True),
        ("False", False),
        ("TRUE", True),
        ("tRUE", "tRUE"),
        ("yes", "yes"),
        ("null", "null"),
        ('say "hi"', 'say "hi"'),
        ("two\nlines", "two\nlines"),
        (" ", " "),
    ],
)
def test_what_the_text_of_a_cell_stands_for(read, cell: str, value: object) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([["user", "time", "event", "p", "q"], ["u", "1", "e", cell, ""]])
    inputs, rejects = read(out.getvalue(), "a.csv")
    assert (rejects, len(inputs)) == ([], 1)
    assert inputs[0].properties == {"p": value}
    assert type(inputs[0].properties["p"]) is type(value)


def test_user_event_and_id_are_text_as_they_stand(read) -> None:
    inputs, _ = read("user,time,event,id\n007,1,5,7.0\ntrue,1,true,false\n", "a.csv")
    assert inputs == [Input("007", 1_000_000, "5", id="7.0"), Input("true", 1_000_000, "true", id="false")]


@pytest.mark.parametrize(
    ("cell", "micros"),
    [
        ("1700000000", 1_700_000_000_000_000),
        ("1700000000.1234569", 1_700_000_000_123_456),
        ("1700000000123", 1_700_000_000_123_000),
        ("-1", -1_000_000),
        ("2024-03-02 00:00:00+00:00", 19_784 * 86_400_000_000),
    ],
)
def test_times(read, cell: str, micros: int) -> None:
    inputs, rejects = read(f"user,time,event\nu,{cell},e\n", "a.csv")
    assert rejects == []
    assert [input_.time for input_ in inputs] == [micros]


@pytest.mark.parametrize("cell", ["soon", "2024-03-02", "1e9", "1e99999999999999999999", "9" * 500])
def test_bad_times(read, cell: str) -> None:
    inputs, rejects = read(f"user,time,event\nu,{cell},e\nu,1,e\n", "a.csv")
    assert len(inputs) == 1
    assert [(reject.line, reject.record) for reject in rejects] == [(2, f"u,{cell},e")]


def test_lists_have_semicolons(read) -> None:
    inputs, _ = read("user,time,add,remove\nu,1,a; b;,\nu,2,,c\n", "a.csv")
    assert inputs == [Input("u", 1_000_000, add=["a", "b"]), Input("u", 2_000_000, remove=["c"])]


def test_whole_records_as_json_and_prefixed_properties(read) -> None:
    inputs, rejects = read(
        "user,time,event,properties,properties.x.y,set\n"
        'u,1,e,"{""a"": 1, ""x"": {""z"": 2}}",3,"{""tier"": null}"\n'
        "u,2,e,,4,\n"
        "u,3,e,[1],,\n"
        "u,4,e,,,{]\n",
        "a.csv",
    )
    assert inputs == [
        Input("u", 1_000_000, "e", {"a": 1, "x": {"z": 2, "y": 3}}, {"tier": None}),
        Input("u", 2_000_000, "e", {"x": {"y": 4}}),
    ]
    assert [(reject.line, reject.reason) for reject in rejects] == [
        (4, "`properties` is `[1]`, a JSON object is wanted"),
        (5, "`set` is `{]`, a JSON object is wanted"),
    ]


@pytest.mark.parametrize(
    "contents",
    [
        "user,time,event\nu,1,e\nu,1,e\n",
        "user,time,event\r\nu,1,e\r\nu,1,e\r\n",
        "user,time,event\nu,1,e\nu,1,e",
        "\ufeffuser,time,event\nu,1,e\nu,1,e\n",
        "\n\nuser,time,event\n\nu,1,e\n  \nu,1,e\n\n",
        '"user","time","event"\n"u","1","e"\n"u","1","e"\n',
        " user , time,event \nu,1,e\nu,1,e\n",
        ",user,time,event\n0,u,1,e\n1,u,1,e\n",
    ],
)
def test_line_breaks_blanks_quotes_and_columns_without_a_name(read, contents: str) -> None:
    assert read(contents, "a.csv") == ([Input("u", 1_000_000, "e")] * 2, [])


@pytest.mark.parametrize("contents", ["", "\n", "user,time,event\n", "user,time,event"])
def test_no_rows(read, contents: str) -> None:
    assert read(contents, "a.csv") == ([], [])


@pytest.mark.parametrize("quoted", ["", '"'])
def test_the_wrong_number_of_cells(read, quoted: str) -> None:
    inputs, rejects = read(f"user,time,event\n{quoted}u{quoted},1,e\nu,1\nu,1,e,x\nu,1,e\n", "a.csv")
    assert len(inputs) == 2
    assert [(reject.line, reject.reason, reject.record) for reject in rejects] == [
        (3, "2 cells, the header has 3", "u,1"),
        (4, "4 cells, the header has 3", "u,1,e,x"),
    ]


def test_rows_that_cannot_be_used(read) -> None:
    _, rejects = read("user,time,event\n,1,e\nu,,e\nu,1,\nu,1,sent\n", "a.csv")
    assert [(reject.line, reject.reason) for reject in rejects] == [
        (2, "no `user`"),
        (3, "no `time`"),
        (4, "nothing to do: none of `event`, `set`, `add`, `remove` and `alias`"),
        (5, "an event named `sent`, which only the engine itself makes"),
    ]


def test_lines_are_those_of_the_file_where_cells_hold_line_breaks(read) -> None:
    inputs, rejects = read('user,time,event,note\nu,1,e,"a\nb\nc"\nbad\nv,2,e,"x"\nu,soon,e,"p\nq"\nbad\n', "a.csv")
    assert [(input_.user, input_.properties) for input_ in inputs] == [("u", {"note": "a\nb\nc"}), ("v", {"note": "x"})]
    assert [(reject.line, reject.record) for reject in rejects] == [(5, "bad"), (7, 'u,soon,e,"p\nq"'), (9, "bad")]


@pytest.mark.parametrize(
    "bad",
    ['u,1,"e', 'u,"1,e', '"u,1,e', 'u,1,"e" x', 'u,1,"e"x"'],
)
def test_a_broken_quote_costs_its_own_line_alone(read, bad: str) -> None:
    good = "v,1,e\n" * 3
    inputs, rejects = read(f'user,time,event\n{good}{bad}\n{good}"w",1,e\n{good}', "a.csv")
    assert [input_.user for input_ in inputs] == ["v"] * 6 + ["w"] + ["v"] * 3
    assert [(reject.line, reject.record) for reject in rejects] == [(5, bad)]


def test_an_open_quote_far_from_the_next(read) -> None:
    """More than a record's bytes lie between it and the end of the file."""
    good = "v,1,page_view_of_some_length\n" * 60_000
    inputs, rejects = read(f'user,time,event\nu,1,"e\n{good}', "a.csv")
    assert len(inputs) == 60_000
    assert [(reject.line, reject.record) for reject in rejects] == [(2, 'u,1,"e')]


def test_bytes_that_are_no_utf_8(read) -> None:
    contents = b'user,time,event,note\nu,1,e,\xff\nv,1,e,"x\n\xfe"\n' + "w,1,é,".encode() + b"\n"
    inputs, rejects = read(contents, "a.csv")
    assert [input_.event for input_ in inputs] == ["é"]
    assert [(reject.line, reject.reason) for reject in rejects] == [(2, "not UTF-8"), (3, "not UTF-8")]
    assert rejects[0].record == "u,1,e,\\xff"


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize(("over", "kept"), [(0, True), (1, False), (2_000_000, False)])
def test_the_largest_record(read, over: int, kept: bool, quote: str) -> None:
    pad = MOST_BYTES + over - len("u,1,e,") - 2 * len(quote)
    inputs, rejects = read(f"user,time,event,pad\nu,1,e,{quote}{'x' * pad}{quote}\nv,1,e,\n", "a.csv")
    assert [input_.user for input_ in inputs] == (["u"] if kept else []) + ["v"]
    assert [reject.line for reject in rejects] == ([] if kept else [2])


def test_a_carriage_return_within_a_line(read) -> None:
    inputs, rejects = read("user,time,event\nu,1,a\rb\nv,1,e\n", "a.csv")
    assert [input_.user for input_ in inputs] == ["v"]
    assert [(reject.line, reject.reason) for reject in rejects] == [(2, "a carriage return stands outside quotes")]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("customer_id,ts,action", "has no column `user`, only `customer_id`, `ts`, `action`: "
         "say which one it is with `--map user=customer_id`"),
        ("user,Timestamp,event", "`--map time=Timestamp`"),
        ("user,tiem,event", "`--map time=tiem`"),
        ("user,when,event", "`--map time=NAME`"),
        ("user,time,event_name", "has no column `event`"),
        ("user;time;event", "has `;` between its columns: write it with commas"),
        ("user\ttime\tevent", "has a tab between its columns"),
        ("user,time,event,user", "more than one column `user`"),
        ('user,time,"event', "a header that cannot be read: a quote is opened and never closed"),
    ],
)  # fmt: skip
def test_headers_that_do_not_do(read, header: str, words: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        read(f"{header}\nu,1,e\n", "a.csv")
    assert words in str(caught.value)
    assert "a.csv` has " in str(caught.value)


def test_mapped_columns(read) -> None:
    columns = {"user": "customer id", "time": "ts", "event": "action"}
    inputs, _ = read("customer id,ts,action,user,x\nc,1,e,someone,5\n", "a.csv", columns)
    assert inputs == [Input("c", 1_000_000, "e", {"user": "someone", "x": 5})]
    assert read("user,time,event\nc,1,e\n", "a.csv", columns)[0] == [Input("c", 1_000_000, "e")]


def test_a_value_and_a_record_in_one_place(read) -> None:
    inputs, rejects = read("user,time,event,cart,cart.value\nu,1,e,,5\nu,2,e,3,\nu,3,e,3,5\n", "a.csv")
    assert [input_.properties for input_ in inputs] == [{"cart": {"value": 5}}, {"cart": 3}]
    assert [reject.line for reject in rejects] == [4]
    assert "`cart.value`" in rejects[0].reason


def test_quoted_and_plain_files_say_the_same(read) -> None:
    """The csv module and the short cut for lines without quotes, over several blocks."""
    chance = random.Random(3)
    cells = ["", "a", "7", "true", "ü", "x y", "-1.5"]
    rows = [[f"u{n}", str(n), "e", chance.choice(cells), chance.choice(cells)] for n in range(12_000)]
    header = ["user", "time", "event", "p", "q.r"]
    texts = []
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL):
        out = io.StringIO()
        csv.writer(out, quoting=quoting).writerows([header, *rows])
        texts.append(out.getvalue())
    plain, quoted = (read(text, "a.csv") for text in texts)
    assert plain == quoted
    assert (len(plain[0]), plain[1]) == (12_000, [])
