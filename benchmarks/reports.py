"""How much the report of a replay weighs, and how long a browser takes to open it.

    python benchmarks/reports.py online_retail_orders.jsonl.gz --rounds 5

It replays the events with `winback.trig` (for the data set Online Retail, as JSON Lines with the events
`order_completed` and `order_cancelled`), or with other rules, and opens the page in Chromium that many times, each in a
fresh profile.  The times are those of the browser itself (Navigation Timing and Paint Timing), in milliseconds from the
start of the navigation: `painted` is the first content, `loaded` when all charts and the table stand; `cpu` is what its
main thread has worked by then, which other work on the machine leaves alone.  Needs Chromium, and playwright from the
extra `dev`.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
ALONE = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TIMES = """() => ({
  painted: performance.getEntriesByName("first-contentful-paint")[0].startTime,
  loaded: performance.getEntriesByType("navigation")[0].loadEventEnd,
})"""


def opened(page: Path, chromium: str) -> dict[str, float]:
    """The times of one opening in a browser of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ALONE)
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        session = tab.context.new_cdp_session(tab)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        tab.goto(page.as_uri())
        tab.wait_for_selector("html[data-ready]")
        tab.wait_for_function("performance.getEntriesByName('first-contentful-paint').length > 0")
        times: dict[str, float] = tab.evaluate(TIMES)
        metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
        browser.close()
        return times | {"cpu": 1000 * metrics["TaskDuration"]}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("events", type=Path)
    options.add_argument("--rules", type=Path, default=HERE / "winback.trig")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--chromium", default=shutil.which("chromium"))
    chosen = options.parse_args()
    if chosen.chromium is None:
        print("there is no Chromium: apt-get install chromium", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        command = [sys.executable, "-m", "trigdsl", "replay", chosen.rules, chosen.events, "--report", page]
        subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
        print(f"{page.stat().st_size / 1e6:.2f} MB")
        rounds = [opened(page, chosen.chromium) for _ in range(chosen.rounds)]
    for name in ("painted", "loaded", "cpu"):
        times = sorted(one[name] for one in rounds)
        print(f"{name}: median {statistics.median(times):.0f} ms, slowest {times[-1]:.0f} ms of {len(times)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
