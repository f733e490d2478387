"""The programs of `examples/embedding` run as they would at somebody's, but for their clocks and what they send to."""

from __future__ import annotations

import importlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.test import Client, override_settings
from fastapi.testclient import TestClient

import trigdsl
from trigdsl.delivery.outbox import Handover, Outbox

FOLDER = Path(__file__).parents[2] / "examples" / "embedding"
START = 1_795_168_800  # 2026-11-20 11:00 in Berlin


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], ModuleType]:
    """Imports a module of the folder, with a current folder of its own."""
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.chdir(tmp_path)
    return importlib.import_module


@pytest.fixture
def engine(example: Callable[[str], ModuleType], tmp_path: Path) -> Iterator[trigdsl.Engine]:
    program = trigdsl.load(FOLDER / "rules.trig", functions=example("host").FUNCTIONS)
    with trigdsl.Engine(program, store=f"sqlite:///{tmp_path}/state.db", log=True) as made:
        yield made


def record(user: str, at: float, event: str, **properties: Any) -> dict[str, Any]:
    return {"user": user, "time": at, "event": event, "properties": properties}


# ---------------------------------------------------------------------- FastAPI
def wait_for(answer: Callable[[], Any]) -> Any:
    """What is true at last; threads need their time for it."""
    for _ in range(500):
        if found := answer():
            return found
        time.sleep(0.02)
    raise AssertionError("it never came")


def test_fastapi_takes_records_in_delivers_and_lasts(example: Callable[[str], ModuleType], tmp_path: Path) -> None:
    module = example("fastapi_app")
    arrived: list[Handover] = []
    now = time.time()
    url = f"sqlite:///{tmp_path}/api.db"
    with TestClient(module.make_app(url, arrived.append)) as client:
        answer = client.post("/records", json=[record("ann", now - 60, "signup"), record("bob", now, "cart", value=50)])
        assert (answer.status_code, answer.json()) == (202, {"records": 2, "rejected": 0})
        assert client.post("/records", json=[{"user": "ann"}]).json() == {"records": 1, "rejected": 1}
        assert wait_for(lambda: arrived)[0].decision.text == "Welcome, friend!"
        assert wait_for(lambda: "deliveries_total" in client.get("/metrics").text)
        metrics = client.get("/metrics").text
        assert 'trigdsl_records_rejected_total{kind="unusable"} 1.0' in metrics
        assert 'trigdsl_deliveries_total{channel="email"} 1.0' in metrics
        assert client.get("/users/nobody").status_code == 404
    with TestClient(module.make_app(url, arrived.append)) as client:
        assert "ann" in json.dumps(client.get("/users/ann").json())
        assert client.delete("/users/ann").status_code == 204
        assert client.get("/users/ann").status_code == 404
        assert client.post("/records", json={"user": "ann"}).status_code == 422
    assert len(arrived) == 1


# ---------------------------------------------------------------------- Django
def test_django_takes_records_in(
    example: Callable[[str], ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "django_site")
    module = example("django_site")
    import django

    django.setup()
    module.engine.cache_clear()
    with override_settings(TRIGDSL_STORE=f"sqlite:///{tmp_path}/site.db"):
        client = Client()
        given = [record("bob", START, "cart", value=50), record("bob", START + 20, "cart", value=1), {"user": 1}]
        answer = client.post("/records", json.dumps(given), content_type="application/json")
        assert (answer.status_code, answer.json()) == (202, {"records": 3, "rejected": 1})
        [waits] = client.get("/users/bob/pending").json()
        assert (waits["rule"], waits["due"]) == ("left_cart", "2026-11-20T10:30:00Z")
        for body, said in (("[", "no JSON"), ("{}", "not an array")):
            answer = client.post("/records", body, content_type="application/json")
            assert answer.status_code == 400
            assert said in answer.json()["error"]
        assert client.get("/records").status_code == 405
        module.engine().close()


# ---------------------------------------------------------------------- a log
class Crash(BaseException):
    """A process that is gone."""


def lines(*records: Any) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in records)


def decided(engine: trigdsl.Engine) -> list[tuple[str, str, int]]:
    """All decisions that the store keeps: user, rule, when."""
    from trigdsl.store.bodies import decode_decision

    assert engine.store is not None
    with engine.store.transaction() as t:
        return [
            (one.user, one.rule, one.time) for one in (decode_decision(body) for _, body in t.logged(None, 0, 1_000))
        ]


def test_a_log_is_followed_from_where_it_was_left(
    example: Callable[[str], ModuleType], engine: trigdsl.Engine, tmp_path: Path
) -> None:
    worker, log = example("queue_worker"), tmp_path / "records.jsonl"
    log.write_bytes(lines(*(record(f"u{n}", START + n, "signup") for n in range(5))) + b'{"user": "half')
    assert worker.follow_log(engine, log, batch=2) == 5
    assert worker.follow_log(engine, log, batch=2) == 0
    with log.open("ab") as more:
        more.write(b'", "time": 1}\nnot json\n' + lines(record("last", START + 9, "signup")))
    assert worker.follow_log(engine, log, batch=2) == 3
    assert [user for user, _, _ in decided(engine)] == ["u0", "u1", "u2", "u3", "u4", "last"]
    assert [row.record for _, row in engine.rejects()] == [b'{"user":"half","time":1}', b'"not json\\n"']


@pytest.mark.parametrize("crash_at", [0, 1, 2])
def test_a_worker_that_dies_goes_on_without_loss_and_without_doubles(
    crash_at: int, example: Callable[[str], ModuleType], engine: trigdsl.Engine, tmp_path: Path
) -> None:
    worker, log = example("queue_worker"), tmp_path / "records.jsonl"
    log.write_bytes(lines(*(record(f"u{n}", START + n, "signup") for n in range(6))))
    batches, real = 0, engine.feed_many

    def dies(records: Any, **options: Any) -> Any:
        nonlocal batches
        if batches == crash_at:
            raise Crash
        batches += 1
        return real(records, **options)

    engine.feed_many = dies  # type: ignore[method-assign]
    with pytest.raises(Crash):
        worker.follow_log(engine, log, batch=2)
    with trigdsl.Engine(engine.program, store=f"sqlite:///{tmp_path}/state.db", log=True) as again:
        assert worker.follow_log(again, log, batch=2) == 6 - 2 * crash_at
        assert [user for user, _, _ in decided(again)] == [f"u{n}" for n in range(6)]


# ---------------------------------------------------------------------- a queue
class Queue:
    """A queue that gives out messages again which were not acknowledged."""

    def __init__(self, messages: list[dict[str, Any]]) -> None:
        self.ready, self.taken = messages, list[dict[str, Any]]()
        self.dies = False

    def receive(self, most: int) -> list[dict[str, Any]]:
        messages, self.ready = self.ready[:most], self.ready[most:]
        self.taken += messages
        return messages

    def acknowledge(self, messages: list[dict[str, Any]]) -> None:
        if self.dies:
            self.ready, self.taken = self.taken + self.ready, []
            raise Crash
        self.taken = []


def test_messages_that_come_again_count_once(example: Callable[[str], ModuleType], engine: trigdsl.Engine) -> None:
    worker = example("queue_worker")
    queue = Queue([{**record(f"u{n}", START + 1, "signup"), "id": f"m{n}"} for n in range(4)])
    queue.dies = True
    with pytest.raises(Crash):
        worker.work(engine, queue, lambda message: message, batch=3)
    queue.dies = False
    assert worker.work(engine, queue, lambda message: message, batch=3) == 4
    assert (engine.duplicates, len(decided(engine))) == (3, 4)


def test_the_worker_runs_from_the_command_line(
    example: Callable[[str], ModuleType], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "records.jsonl"
    log.write_bytes(lines(record("ann", START, "signup"), {}))
    for said in ("2 records taken in, 1 rejected so far\nemail to ann: Welcome, friend!\n", "0 records taken in, 1"):
        example("queue_worker").main(str(log), f"sqlite:///{tmp_path}/main.db")
        assert capsys.readouterr().out.startswith(said)


# ---------------------------------------------------------------------- sinks
class Service(BaseHTTPRequestHandler):
    """A web service that answers as it is told and leaves out keys that it has seen."""

    answers: list[int]
    seen: dict[str, Any]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        code = self.answers.pop(0) if self.answers else 200
        if code == 200:
            self.seen.setdefault(self.headers["Idempotency-Key"], body)
        self.send_response(code)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def service() -> Iterator[tuple[str, type[Service]]]:
    handler = type("Told", (Service,), {"answers": [], "seen": {}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", handler
    server.shutdown()
    server.server_close()


def outbox_with_parcel(engine: trigdsl.Engine) -> tuple[Outbox, list[int]]:
    engine.feed({"user": "ann", "time": START, "set": {"phone": "+49"}})
    engine.feed(record("ann", START, "parcel_sent", number="P 7/a"))
    now = [START * 1_000_000]
    assert engine.store is not None
    return Outbox(engine.store, now=lambda: now[0]), now


def test_a_channel_of_ones_own_arrives_at_a_web_service(
    example: Callable[[str], ModuleType], engine: trigdsl.Engine, service: tuple[str, type[Service]]
) -> None:
    url, told = service
    outbox, now = outbox_with_parcel(engine)
    sink = example("sinks").by_channel({"whatsapp": example("sinks").web_service(url)})
    for code in (503, 429, 408):
        told.answers[:] = [code]
        assert outbox.deliver(sink) == 0
        assert outbox.backlog()["whatsapp"].waiting == 1
        now[0] += 60_000_000
    assert outbox.deliver(sink) == 1
    assert list(told.seen.values()) == [
        {"to": "ann", "text": "Your parcel is on its way", "link": "https://parcels.example/P%207%2Fa"}
    ]


@pytest.mark.parametrize("code", [400, 404, 410])
def test_what_a_service_refuses_is_given_up(
    code: int, example: Callable[[str], ModuleType], engine: trigdsl.Engine, service: tuple[str, type[Service]]
) -> None:
    url, told = service
    outbox, _ = outbox_with_parcel(engine)
    told.answers[:] = [code]
    assert outbox.deliver(example("sinks").web_service(url)) == 0
    [(_, reason)] = outbox.dead()
    assert reason.startswith(f"refused: {code}")


def test_a_message_that_nobody_delivers_is_given_up(
    example: Callable[[str], ModuleType], engine: trigdsl.Engine
) -> None:
    outbox, _ = outbox_with_parcel(engine)
    outbox.deliver(example("sinks").by_channel({}))
    assert [reason for _, reason in outbox.dead()] == ["nobody delivers whatsapp"]
