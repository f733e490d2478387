"""A size → a stream of events as a shop has them, sorted by time, in a file of JSON Lines and in one of Parquet."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2026, 3, 2, tzinfo=UTC)
SPAN_MS = 30 * 86_400_000
EVENTS_OF_A_USER = 50
NAMES = ("page_view", "add_to_cart", "cart_abandoned", "purchase", "session_start")
SHARES = (80, 8, 4, 3, 5)


def make(folder: Path, count: int) -> Path:
    """Write `events.jsonl` with so many events, unless it is there; the same for ever."""
    path = folder / f"events-{count}.jsonl"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(count)
    times = sorted(rng.randrange(SPAN_MS) for _ in range(count))
    names = rng.choices(NAMES, SHARES, k=count)
    part = path.with_suffix(".part")
    with part.open("w") as file:
        for time, name in zip(times, names, strict=True):
            user = f"u{rng.randrange(max(count // EVENTS_OF_A_USER, 1))}"
            at = (START + timedelta(milliseconds=time)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            file.write(
                json.dumps({"user": user, "time": at, "event": name, "properties": _properties(name, rng)}) + "\n"
            )
    part.replace(path)
    return path


def _properties(name: str, rng: random.Random) -> dict[str, object]:
    if name == "cart_abandoned":
        return {"cart": {"value": rng.randrange(1, 1600) / 4, "items": rng.randrange(1, 9)}}
    if name == "session_start":
        return {"source": rng.choice(("mail", "ads", "direct"))}
    return {"page": f"/p/{rng.randrange(500)}", "price": rng.randrange(4, 4800) / 4}


def as_parquet(lines: Path) -> Path:
    """The same events as Parquet, properties as columns; needs pyarrow."""
    path = lines.with_suffix(".parquet")
    if path.exists():
        return path
    import pyarrow as pa
    from pyarrow import parquet

    records = [json.loads(line) for line in lines.open()]
    columns = {
        "user": pa.array([one["user"] for one in records]).dictionary_encode(),
        "time": pa.array([datetime.fromisoformat(one["time"]) for one in records], pa.timestamp("us", "UTC")),
        "event": pa.array([one["event"] for one in records]).dictionary_encode(),
        "cart.value": pa.array([one["properties"].get("cart", {}).get("value") for one in records], pa.float64()),
        "price": pa.array([one["properties"].get("price") for one in records], pa.float64()),
    }
    parquet.write_table(pa.table(columns), path)
    return path
