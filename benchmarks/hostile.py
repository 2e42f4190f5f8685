"""`python -m benchmarks.hostile`: the catalogue of attacks at one sandbox level, case by case.

The tests play it at level full. Level reduced is for an ordinary user on a machine without
bubblewrap; what it may lose against full is in the cases themselves (``REDUCED``), and printed.
After each case the machine is looked over: processes of this user's that were not there, files
that were written outside the case's own folder.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import psutil

from autograder.config import REPOSITORY, Assignment, load_assignment
from autograder.preflight import preflight
from autograder.runner.bench import Bench, Setting
from autograder.runner.grade import grade_one
from autograder.sample import catalogue
from autograder.sandbox import Level
from autograder.sandbox.folder import PREFIX
from autograder.sandbox.launch import FIRST_UID

OURS = (".git", ".venv", "__pycache__")
"""Folders of the checkout that the grader's own processes may write to."""
TICK = 0.02
"""File systems tell times no finer than a tick of the kernel's clock."""


def main() -> int:
    """Play the cases; 1 when one ends otherwise than its file says, or leaves something behind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", help="names; all if none")
    parser.add_argument("--level", choices=("full", "reduced"), default="full")
    options = parser.parse_args()
    level = Level(options.level)
    form = catalogue()
    cases = [c for c in form.load_cases() if not options.cases or c.name in options.cases]
    if not cases:
        parser.error(f"no case of the catalogue is called {' or '.join(options.cases)}")
    wrong = weaker = 0
    preflight(load_assignment("resnet"), Setting(level))  # writes what is written once a checkout
    with Bench(impatient(load_assignment("resnet")), Setting(level)) as bench:
        bench.prepare()
        for case in cases:
            problems = list(play(form, case, bench))
            wrong += bool(problems)
            weaker += level is Level.REDUCED and hasattr(case.module, "REDUCED")
            for problem in problems:
                print(f"{case.name}: {problem}", flush=True)
    print(f"level {level.value}: {len(cases) - wrong} of {len(cases)} cases as stated, "
          f"{weaker} of these with a weaker outcome than at level full")  # fmt: skip
    return 1 if wrong else 0


def impatient(assignment: Assignment) -> Assignment:
    """With shorter deadlines: a loop costs three seconds."""
    limits = dataclasses.replace(assignment.limits, cell_seconds=3.0, check_seconds=3.0)
    return dataclasses.replace(assignment, limits=limits)


def play(form: ModuleType, case: Any, bench: Bench) -> Iterator[str]:
    """What went otherwise than the case says, and what it left behind."""
    made = case.submission(bench.assignment, bench.setting.level.value)
    with tempfile.TemporaryDirectory(prefix="hostile-") as place:
        folder = Path(place) / "submitted" / "mallory" / bench.assignment.id
        form.hand_in(made, folder)
        processes, stamp = running(), Path(place) / "stamp"
        stamp.touch()
        time.sleep(TICK)
        started, starts = time.monotonic(), bench.box.starts
        record = grade_one(folder, bench)
        seconds = time.monotonic() - started
        for problem in (form.differs(made, record), form.unfit(bench.assignment, record, made)):
            if problem:
                yield problem
        if seconds > made.seconds:
            yield f"it took {seconds:.0f} s, at most {made.seconds:.0f} s are stated"
        bench.box.fork().kill()
        if bench.box.starts != starts:
            yield "the box itself did not live through it"
        if left := running() - processes:
            yield f"left running: {', '.join(sorted(f'{name} ({pid})' for pid, name in left))}"
        if new := changed_since(stamp, Path(place)):
            yield f"written outside: {', '.join(new[:5])}"


def running() -> set[tuple[int, str]]:
    """Processes of this user's and of its boxes', kernel threads and zombies apart."""
    users = {os.getuid(), FIRST_UID + os.getpid()}
    found = set()
    for process in psutil.process_iter(["pid", "name", "uids", "status", "exe"]):
        about = process.info
        kernels = about["exe"] == ""  # kernel threads run no program, and change their names
        ours = about["uids"] and about["uids"].real in users
        if ours and not kernels and about["status"] != "zombie":
            found.add((about["pid"], about["name"]))
    return found


def changed_since(stamp: Path, place: Path) -> list[str]:
    """What came, changed or lost an entry since ``stamp`` was written, outside of ``place``.

    Everywhere that a process of this user could write. By ``find``, since there are as many files
    as a home and a checkout have, and nearly a hundred cases.
    """
    tops = [Path.home(), Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), REPOSITORY]
    passed_over = [part for name in OURS for part in ("-name", name, "-o")]
    words = ["find", *map(str, tops), "-mindepth", "1", "("]
    words += [*passed_over, "-path", str(place), ")", "-prune", "-o"]
    # At level reduced a box's scratch space lies among temporary files: left as it was, empty.
    words += ["!", "(", "-path", f"*/{PREFIX}*/tmp", "-type", "d", "-empty", ")"]
    words += ["-cnewer", str(stamp), "-print"]
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
    for line in done.stderr.splitlines():  # of files that went meanwhile, and closed folders
        if "No such file" not in line and "Permission denied" not in line:
            raise RuntimeError(f"find cannot look for what was written: {line}")
    return sorted({*done.stdout.splitlines()})


if __name__ == "__main__":
    sys.exit(main())
