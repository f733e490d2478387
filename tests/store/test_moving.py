"""What a file of `trig state` carries from one store to another, and which files and stores are refused."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import trigdsl
from trigdsl.cli import main
from trigdsl.store.errors import StoreError, StoreTooNew
from trigdsl.store.moving import BadStateFile, End, export_store, import_store, renumbered
from trigdsl.store.opening import open_store
from trigdsl.store.packing import decode, encode

RULES = """
rule r: if cart then after 1h send push "{{ n }}" unless purchase
rule d: if every day at 09:00 then send email
rule c: if cart and count(visit) in last 30d >= 1 then send sms
"""
Record = dict[str, Any]


def record(time: str, event: str, user: str = "u", **more: Any) -> Record:
    return {"user": user, "time": f"2026-11-20T{time}Z", "event": event, **more}


BEFORE = [
    record("10:00:00", "visit", id="i1"),
    record("10:00:00", "cart", properties={"n": 1}),
    record("10:00:00", "cart", "v", properties={"n": 2}, alias="w"),
    {"user": "v", "time": "2026-11-20T10:00:01Z", "set": {"born": "2000-02-29", "big": 2**70}},
    record("10:15:00", "purchase", "w"),
    record("10:16:00", "cart", "x", properties={"n": 3}),
]
AFTER = [record("10:05:00", "visit", id="i1"), record("10:20:00", "cart", properties={"n": 4})]
END = "2026-11-22T00:00:00Z"


@pytest.fixture(params=["sqlite", "postgres"])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a store that holds nothing."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/other.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


def fed(url: str | None, records: list[Record], **options: Any) -> tuple[list[Record], trigdsl.Engine]:
    engine = trigdsl.Engine(trigdsl.parse(RULES), store=url, lateness="10m", **options)
    return [one.to_dict() for one in engine.feed_many(records, position=7)], engine


def exported(tmp_path: Path, name: str = "states.jsonl") -> str:
    """A file of what a store holds after the records before, and what was decided until then."""
    _, engine = fed(f"sqlite:///{tmp_path}/one.db", BEFORE)
    path = str(tmp_path / name)
    assert export_store(engine.store, path) == End(states=2, links=1, held=2)
    engine.close()
    return path


@pytest.mark.parametrize("name", ["states.jsonl", "states.jsonl.gz"])
def test_an_engine_goes_on_in_the_other_store_as_it_would_have(other: str, tmp_path: Path, name: str) -> None:
    path = exported(tmp_path, name)
    with closing(open_store(other)) as store:
        assert import_store(path, store) == End(states=2, links=1, held=2)
    _, stays = fed(f"sqlite:///{tmp_path}/one.db", [])
    _, goes = fed(other, [])
    assert (goes.clock, goes.position) == (stays.clock, 7)
    assert goes.export("w") == stays.export("w")
    made = []
    for engine in (stays, goes):
        found = engine.feed_many(AFTER) + engine.advance(END)
        made.append([one.to_dict() for one in found])
        assert engine.duplicates == 1
        engine.close()
    assert made[0] == made[1]
    assert [(one["rule"], one["user"], one["status"]) for one in made[1] if one["time"] < "2026-11-21"] == [
        ("r", "v", "cancelled"),
        ("c", "u", "sent"),
        ("r", "u", "sent"),
        ("r", "x", "sent"),
    ]


def test_an_export_changes_nothing_and_says_the_same_again(tmp_path: Path) -> None:
    path = Path(exported(tmp_path))
    first = path.read_bytes()
    with closing(open_store(f"sqlite:///{tmp_path}/one.db", create=False)) as store:
        export_store(store, str(path))
    assert path.read_bytes() == first


def test_moved_twice_it_is_the_same_file(tmp_path: Path) -> None:
    path = exported(tmp_path)
    with closing(open_store(f"sqlite:///{tmp_path}/two.db")) as store:
        import_store(path, store)
        export_store(store, f"{path}.again")
    assert Path(f"{path}.again").read_bytes() == Path(path).read_bytes()


def test_gaps_of_the_history_move_along(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/one.db"
    with trigdsl.Engine(trigdsl.parse("rule r: if cart then after 1h send push"), store=url) as engine:
        engine.feed(record("10:00:00", "cart"))
    _, engine = fed(url, [])
    path = str(tmp_path / "states.jsonl")
    export_store(engine.store, path)
    with closing(open_store(f"sqlite:///{tmp_path}/two.db")) as store:
        import_store(path, store)
    _, moved = fed(f"sqlite:///{tmp_path}/two.db", [])
    assert engine.gaps() != ()
    assert moved.gaps() == engine.gaps()
    engine.close()
    moved.close()


def test_states_of_several_layouts_all_go_on(tmp_path: Path) -> None:
    """As a stream in Spark leaves them, where a user goes on with other rules only when called on."""
    lines: list[Record] = []
    for number, (user, rules) in enumerate({"a": "rule r: if cart then after 1h send push", "b": RULES}.items(), 1):
        url = f"sqlite:///{tmp_path}/{user}.db"
        with trigdsl.Engine(trigdsl.parse(rules), store=url) as engine:
            engine.feed(record("10:00:00", "cart", user, properties={"n": number}))
            export_store(engine.store, f"{tmp_path}/{user}.jsonl")
        of_one = [json.loads(line) for line in Path(f"{tmp_path}/{user}.jsonl").read_text("utf-8").splitlines()]
        lines += [one | {"number": number} for one in of_one if one["kind"] == "layout"]
        lines += [one | {"layout": number} for one in of_one if one["kind"] == "state"]
        header = of_one[0]
    end = {"kind": "end", "states": 2, "links": 0, "held": 0}
    path = tmp_path / "both.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in (header, *lines, end)), "utf-8")
    with closing(open_store(f"sqlite:///{tmp_path}/both.db")) as store:
        import_store(str(path), store)
    _, engine = fed(f"sqlite:///{tmp_path}/both.db", [])
    sent = [(one.user, one.rule, one.text) for one in engine.advance("2026-11-20T12:00:00Z")]
    # The rule by which the run of `a` goes on had no text.
    assert sent == [("a", "r", None), ("b", "r", "2")]
    engine.close()


def test_another_number_of_its_layout_is_all_that_changes() -> None:
    state = encode([1, 3, "u", 5, None, {"born": 2**63}])
    assert decode(renumbered(state, 70_000)) == [1, 70_000, "u", 5, None, {"born": 2**63}]


# ------------------------------------------------------------------------ refused
def damaged(tmp_path: Path, change: Callable[[list[str]], list[str]]) -> str:
    path = Path(exported(tmp_path))
    path.write_text("\n".join(change(path.read_text("utf-8").splitlines())) + "\n", "utf-8")
    return str(path)


def without_end(lines: list[str]) -> list[str]:
    return lines[:-1]


def without_a_state(lines: list[str]) -> list[str]:
    return [*lines[:2], *lines[3:]]


def without_header(lines: list[str]) -> list[str]:
    return lines[1:]


def without_layout(lines: list[str]) -> list[str]:
    return [lines[0], *lines[2:]]


def of_another_kind(lines: list[str]) -> list[str]:
    return [lines[0], '{"kind": "guess"}', *lines[1:]]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (without_end, "was cut"),
        (without_a_state, "was changed"),
        (without_header, "line 1: a header is wanted"),
        (without_layout, "a layout 1 that does not come before it"),
        (of_another_kind, "line 2: Invalid value 'guess'"),
    ],
)
def test_a_file_that_is_not_whole_is_refused_and_nothing_of_it_is_kept(
    tmp_path: Path, change: Callable[[list[str]], list[str]], why: str
) -> None:
    path = damaged(tmp_path, change)
    with closing(open_store(f"sqlite:///{tmp_path}/two.db")) as store:
        with pytest.raises(BadStateFile, match=why):
            import_store(path, store)
        with store.transaction() as t:
            assert t.users("", 10) == []
            assert t.meta("engine") is None


def test_a_newer_form_is_refused(tmp_path: Path) -> None:
    path = damaged(tmp_path, lambda lines: [lines[0].replace('"form":1', '"form":2'), *lines[1:]])
    with closing(open_store(f"sqlite:///{tmp_path}/two.db")) as store, pytest.raises(StoreTooNew):
        import_store(path, store)


def test_a_store_that_holds_something_is_refused_and_its_engine_goes_on(tmp_path: Path) -> None:
    path = exported(tmp_path)
    url = f"sqlite:///{tmp_path}/two.db"
    _, engine = fed(url, [record("10:00:00", "cart")])
    with closing(open_store(url)) as store, pytest.raises(StoreError, match="holds states already"):
        import_store(path, store)
    assert engine.feed(record("10:30:00", "cart")) is not None
    engine.close()


# ------------------------------------------------------------------------ the command
@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_moves_and_says_how_much(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exported(here)
    assert main(["state", "export", "sqlite:///one.db", "moved.jsonl.gz"]) == 0
    assert main(["state", "import", "moved.jsonl.gz", "sqlite:///two.db"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "2 states, 1 link, 2 records that wait moved from `sqlite:///one.db` to `moved.jsonl.gz`",
        "2 states, 1 link, 2 records that wait moved from `moved.jsonl.gz` to `sqlite:///two.db`",
    ]
    with gzip.open("moved.jsonl.gz") as file:
        assert json.loads(file.readline())["kind"] == "header"


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (["export", "sqlite:///none.db", "x.jsonl"], "there is no store at `none.db`"),
        (["export", "nonsense", "x.jsonl"], "is no address of a store"),
        (["import", "none.jsonl", "sqlite:///two.db"], "no file `none.jsonl`"),
        (["import", "rules.trig", "sqlite:///two.db"], "a file that `trig state export` wrote is wanted"),
    ],
)
def test_the_command_says_what_is_wrong(
    here: Path, capsys: pytest.CaptureFixture[str], call: list[str], why: str
) -> None:
    (here / "rules.trig").write_text(RULES, "utf-8")
    assert main(["state", *call]) == 2
    assert why in capsys.readouterr().err
    assert not Path("x.jsonl").exists()
