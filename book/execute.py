"""Run the pages whose code changed, one on each core: ``python book/execute.py PAGES CACHE``.

The build executes one page after the other; it takes from the cache what was run here before, and
runs again, with a report, what failed here. ``build.py`` calls this with the pages' environment.
"""

from __future__ import annotations

import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import yaml
from kernels import use_forks

READER = {"name": "myst_nb_md", "type": "plugin"}
TRAINING = re.compile(r"\b(?:train|over_seeds|race|accuracies)\(")


def changed_pages(book: Path, cache: Path) -> list[tuple[int, str]]:
    """Pages with code that the cache does not hold, as (number in the cache, path).

    Those that train most come first: begun last, one of them would leave the other cores idle.
    Pages that are gone, which the cache remembers, are left alone.
    """
    pages = [page for page in book.rglob("*.md") if "{code-cell}" in page.read_text("utf-8")]
    if not pages:
        return []
    from jupyter_cache import get_cache  # takes seconds

    project = get_cache(cache)
    known = [project.add_nb_to_project(str(page), read_data=READER).uri for page in pages]
    found = project.list_unexecuted(filter_uris=known)
    changed = [(record.pk, record.uri) for record in found]
    return sorted(changed, key=lambda page: weight(Path(page[1]).read_text("utf-8")), reverse=True)


def weight(page: str) -> tuple[int, int]:
    """How long a page may take, against others: its calls that train, then its length."""
    return len(TRAINING.findall(page)), len(page)


def run(cache: Path, number: int, path: str, seconds: int) -> str:
    """Execute one page and keep it; a line that says how it went."""
    from jupyter_cache import get_cache
    from jupyter_cache.executors import load_executor

    executor = load_executor("local-serial", get_cache(cache))
    result = executor.run_and_cache(filter_pks=[number], timeout=seconds)
    return f"{'executed' if result.succeeded else 'FAILED'}: {Path(path).name}"


def main() -> None:
    """Run what changed on every core that this process may use."""
    book, cache = map(Path, sys.argv[1:])
    settings = yaml.safe_load((book.parent / "_config.yml").read_text(encoding="utf-8"))
    seconds = settings["execute"]["timeout"]  # a cell
    pages = changed_pages(book, cache)
    if not pages:
        return
    use_forks(len(pages))
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as workers:  # they wait for kernels
        jobs = [workers.submit(run, cache, *page, seconds) for page in pages]
        for done, job in enumerate(as_completed(jobs), 1):
            print(f"{job.result()} ({done} of {len(jobs)})", flush=True)


if __name__ == "__main__":
    main()
