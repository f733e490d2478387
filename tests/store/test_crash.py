"""A process that is killed at random moments, and started anew, decides and delivers what one that lives does.

So does one whose database server is killed.  `TRIGDSL_KILLS` (default 3) is how often, by SIGKILL or the server's
immediate stop; `TRIGDSL_KILLS=200` is the long version.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

import crash_writer
import pytest
from crashing import COUNT, KILLS, ended, must_be_equal, started
from postgres_server import Server


def killed_and_started(url: str, count: int, delivered: Path) -> int:
    """Run the writer to its end, killing it so many times on its way; how often it was killed before it had fed all."""
    draw, kills = random.Random(), 0
    for _ in range(KILLS):
        writer = started(url, count, delivered)
        time.sleep(draw.uniform(0, 0.3))
        kills += writer.poll() is None
        writer.kill()
        writer.communicate()
    ended(started(url, count, delivered))
    return kills


@pytest.fixture(params=["sqlite", "postgres"])
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """The addresses of two stores of a kind."""
    if request.param == "sqlite":
        return [f"sqlite:///{tmp_path / name}.db" for name in ("lived", "died")]
    url = request.getfixturevalue("postgres_url")
    return [f"{url}_{name}" for name in ("lived", "died")]


def test_killed_at_random_moments_nothing_is_missing_and_nothing_extra(urls: list[str], tmp_path: Path) -> None:
    lived, died = zip(urls, (tmp_path / "lived", tmp_path / "died"), strict=True)
    crash_writer.run(lived[0], COUNT, str(lived[1]))
    kills = killed_and_started(died[0], COUNT, died[1])
    assert kills >= KILLS * 0.9, "the writer was done before it was killed"
    must_be_equal(lived, died)


def test_when_the_server_is_killed_nothing_is_missing_and_nothing_extra(
    server: Server, own_server: Server, tmp_path: Path
) -> None:
    name = f"s{tmp_path.name}"
    lived = (server.url(f"{name}_lived"), tmp_path / "lived")
    crash_writer.run(lived[0], COUNT, str(lived[1]))
    died = (own_server.url(name), tmp_path / "died")
    writer, draw, kills = started(died[0], COUNT, died[1]), random.Random(), 0
    for _ in range(KILLS):
        time.sleep(draw.uniform(0, 0.3))
        kills += writer.poll() is None
        own_server.kill()
        own_server.start()
    ended(writer)
    assert kills >= KILLS * 0.9, "the writer was done before the server was killed"
    must_be_equal(lived, died)
