"""Run the pages whose code changed, one on each core: ``python book/execute.py PAGES CACHE``.

The build executes one page after the other; it takes from the cache what was run here before, and
runs again, with a report, what failed here. ``build.py`` calls this with the pages' environment.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from pathlib import Path

import yaml
from jupyter_cache import get_cache
from jupyter_cache.executors import load_executor

READER = {"name": "myst_nb_md", "type": "plugin"}


def changed_pages(book: Path, cache: Path) -> list[tuple[int, str]]:
    """Pages with code that the cache does not hold, as (number in the cache, path).

    The longest come first: begun last, it would leave the other cores idle. Pages that are gone,
    which the cache remembers, are left alone.
    """
    project = get_cache(cache)
    pages = [page for page in book.rglob("*.md") if "{code-cell}" in page.read_text("utf-8")]
    known = [project.add_nb_to_project(str(page), read_data=READER).uri for page in pages]
    found = project.list_unexecuted(filter_uris=known) if known else []
    changed = [(record.pk, record.uri) for record in found]
    return sorted(changed, key=lambda page: -Path(page[1]).stat().st_size)


def run(job: tuple[Path, int, str, int]) -> str:
    """Execute one page and keep it; a line that says how it went."""
    cache, number, path, seconds = job
    executor = load_executor("local-serial", get_cache(cache))
    result = executor.run_and_cache(filter_pks=[number], timeout=seconds)
    return f"{'executed' if result.succeeded else 'FAILED'}: {Path(path).name}"


def main() -> None:
    """Run what changed on every core that this process may use."""
    book, cache = map(Path, sys.argv[1:])
    settings = yaml.safe_load((book.parent / "_config.yml").read_text(encoding="utf-8"))
    seconds = settings["execute"]["timeout"]  # a cell
    jobs = [(cache, number, path, seconds) for number, path in changed_pages(book, cache)]
    if not jobs:
        return
    with multiprocessing.get_context("spawn").Pool(len(os.sched_getaffinity(0))) as pool:
        for line in pool.imap_unordered(run, jobs):
            print(line, flush=True)


if __name__ == "__main__":
    main()
