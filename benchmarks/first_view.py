"""How soon is a page of the book usable? ``python benchmarks/first_view.py`` after ``make book``.

Opens every chapter cold in Chromium (a new browser context, from a local server), and prints when
its first view was painted, when the whole text was there to be read and scrolled, and when
everything had loaded and run, widgets included; in seconds, the median of some runs.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import http.server
import shutil
import statistics
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
HTML = ROOT / "_build" / "html"
MOMENTS = """() => {
  const page = performance.getEntriesByType("navigation")[0];
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return [paint ? paint.startTime : NaN, page.domInteractive, page.loadEventEnd];
}"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nothing is logged."""


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address under which ``folder`` can be read meanwhile."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def moments(browser: Browser, address: str, runs: int) -> list[float]:
    """Seconds to first paint, to the whole text, to everything: medians."""
    rows = []
    for _ in range(runs):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.goto(address, wait_until="load")
        page.wait_for_timeout(100)  # the entry is complete only after the event
        rows.append([moment / 1000 for moment in page.evaluate(MOMENTS)])
        context.close()
    return [statistics.median(column) for column in zip(*rows, strict=True)]


def main() -> int:
    """Print one line a page; 1 when a text took longer than a second."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", help="names of pages; all chapters if none")
    parser.add_argument("--runs", type=int, default=3, help="openings a page (default 3)")
    options = parser.parse_args()
    if not (HTML / "index.html").is_file():
        parser.error(f"no book in {HTML}: run `make book` first")
    other = {"404", "genindex", "search"}
    pages = options.pages or sorted({page.stem for page in HTML.glob("*.html")} - other)
    late = 0
    print(f"{'page':24} {'painted':>8} {'all text':>9} {'complete':>9}  seconds")
    with served(HTML) as root, sync_playwright() as tools:
        browser = tools.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for name in pages:
            painted, ready, complete = moments(browser, f"{root}/{name}.html", options.runs)
            late += ready > 1.0
            print(f"{name:24} {painted:8.2f} {ready:9.2f} {complete:9.2f}", flush=True)
        browser.close()
    print(f"{late} of {len(pages)} pages take longer than a second until all their text is there")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
