"""`python -m benchmarks.workers`: Dask workers, timed and then killed.

Real workers, each a process with a folder of its own, pinned to a core. First a part of a sample
class is graded by one worker and by two: how much faster two are. Then the whole class is graded
twice: here, left alone, and over there while workers are killed with SIGKILL at random moments, and
another is started for each. Both must have the same records, times apart, and the same grades;
nothing that was decided may have been graded again; and none of their processes may be left.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from autograder.config import REPOSITORY
from benchmarks.faults import command, differences, environment, finish
from benchmarks.throughput import make_class

DASK = [sys.executable, "-m", "dask"]


def main() -> int:
    """Time, kill, compare; 1 when something differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--id", default="resnet")
    parser.add_argument("-n", type=int, default=800, help="size of the sample class (default 800)")
    parser.add_argument("--timed", type=int, default=200, help="submissions that are timed")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    id = options.id
    with tempfile.TemporaryDirectory(prefix="workers-") as place, Cluster(Path(place)) as cluster:
        root = Path(place)
        students = make_class(id, root / "quiet", options.n)
        shutil.copytree(root / "quiet", root / "disturbed")
        part = random.Random(options.seed).sample(students, min(options.timed, len(students)))
        one = timed(id, root, cluster, part, workers=1)
        two = timed(id, root, cluster, part, workers=2)
        print(f"two workers: {one / two:.2f} x one ({len(part)} submissions)", flush=True)
        finish(id, root / "quiet")
        chance = random.Random(options.seed)
        killed = disturb(id, root / "disturbed", cluster, options.kills, chance)
        print(f"killed: {killed} workers while {len(students)} were graded", flush=True)
        finish(id, root / "disturbed", "--scheduler", cluster.address)
        cluster.close()
        problems = differences(id, root / "quiet", root / "disturbed")
    if killed < options.kills:
        problems.append(f"the class was graded before {options.kills} were killed: a larger -n")
    print(
        "\n".join(problems) or f"{len(students)} records and their grades are the same, none twice"
    )
    return bool(problems)


class Cluster:
    """A scheduler, and workers that are started and killed by hand."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._workers: list[subprocess.Popen[bytes]] = []
        self._started = 0

    def __enter__(self) -> Cluster:
        self._scheduler, self.address = self._start(
            "scheduler", ["--port", "0"], r"tcp://127\.0\.0\.1:\d+"
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all of it."""
        for process in (*self._workers, self._scheduler):
            process.kill()
            process.wait()

    def bring_to(self, count: int) -> None:
        """Start workers until there are ``count``, one a core in turn."""
        self._workers = [worker for worker in self._workers if worker.poll() is None]
        while len(self._workers) < count:
            core = self._started % (os.cpu_count() or 1)
            arguments = [self.address, "--nthreads", "1", "--no-nanny", "--death-timeout", "60"]
            worker, _ = self._start("worker", arguments, "Registered to", core)
            self._workers.append(worker)

    def kill_one(self, chance: random.Random) -> None:
        """As a node that fails: no signal that it could see."""
        victim = chance.choice(self._workers)
        victim.kill()
        victim.wait()

    def _start(
        self, kind: str, arguments: list[str], said: str, core: int | None = None
    ) -> tuple[subprocess.Popen[bytes], str]:
        """Start one, in a folder of its own; and what it said when it was up."""
        home = self._root / f"{kind}-{self._started}"
        self._started += kind == "worker"
        home.mkdir()
        pinned = [] if core is None else ["taskset", "-c", str(core)]
        local = ["--local-directory", str(home / "dask")] if kind == "worker" else []
        with (home / "log").open("wb") as out:
            process = subprocess.Popen(
                [*pinned, *DASK, kind, *arguments, *local, "--host", "127.0.0.1", "--no-dashboard"],
                stdout=out, stderr=out, cwd=home,
                env={**environment(self._root), "PYTHONPATH": str(REPOSITORY)},
            )  # fmt: skip
        for _ in range(600):
            if found := re.search(said, (home / "log").read_text()):
                return process, found.group()
            time.sleep(0.1)
        process.kill()
        sys.exit(f"the {kind} does not come up:\n{(home / 'log').read_text()[-2000:]}")


def timed(id: str, root: Path, cluster: Cluster, students: list[str], workers: int) -> float:
    """Seconds in which ``workers`` grade ``students``; their boxes were started before."""
    cluster.bring_to(workers)
    with part_of(root / "quiet", root / "first", students[:workers]) as course:
        finish(id, course, "--scheduler", cluster.address)
    with part_of(root / "quiet", root / "part", students) as course:
        start = time.perf_counter()
        finish(id, course, "--scheduler", cluster.address)
        return time.perf_counter() - start


@contextlib.contextmanager
def part_of(course: Path, copy: Path, students: list[str]) -> Iterator[Path]:
    """The course with some of its students, for a while."""
    shutil.copytree(course, copy, ignore=shutil.ignore_patterns("submitted"))
    for student in students:
        shutil.copytree(course / "submitted" / student, copy / "submitted" / student)
    yield copy
    shutil.rmtree(copy)


def disturb(id: str, course: Path, cluster: Cluster, kills: int, chance: random.Random) -> int:
    """Grade with two workers; kill one now and then, start another. How many were killed."""
    killed = 0
    null = subprocess.DEVNULL
    cluster.bring_to(2)
    runner = subprocess.Popen(
        [*command(id, course), "--scheduler", cluster.address],
        env=environment(course.parent), stdout=null, stderr=null,
    )  # fmt: skip
    time.sleep(5.0)  # until it gives out work
    while killed < kills:
        time.sleep(chance.uniform(1.0, 8.0))
        if runner.poll() is not None:
            break
        cluster.kill_one(chance)
        killed += 1
        cluster.bring_to(2)
    runner.wait()
    return killed


if __name__ == "__main__":
    sys.exit(main())
