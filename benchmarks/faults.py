"""`python -m benchmarks.faults`: is a run that is killed again and again worth what an undisturbed
one is?

A sample class is graded twice. The first run is left alone. Of the second, processes are killed
with SIGKILL at random moments: the runner itself (the same command is then given again), one of its
workers, or a warm process that holds a sandbox. When enough were killed it is let to its end. Both
must have the same records, times apart, and the same grades in the gradebook; nothing that was
decided may have been graded again; and none of their processes may be left.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from autograder.records import SubmissionRecord
from autograder.runner.journal import journal_path, read_journal
from benchmarks.throughput import ENVIRONMENT, make_class

KINDS = {"runner": "", "worker": "spawn_main", "warm process": "sandbox/warm.py"}
"""Which of a run's processes are killed, and what their command lines hold."""
Grades = list[tuple[str, str, float | None, bool]]


def main() -> int:
    """Grade, disturb, compare; 1 when something differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--id", default="resnet")
    parser.add_argument("-n", type=int, default=600, help="size of the class (default 600)")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="faults-") as place:
        quiet, disturbed = Path(place) / "quiet", Path(place) / "disturbed"
        students = make_class(options.id, quiet, options.n)
        shutil.copytree(quiet, disturbed)
        start = time.perf_counter()
        finish(options.id, quiet)
        alone = time.perf_counter() - start
        start = time.perf_counter()
        killed = disturb(options.id, disturbed, options.kills, random.Random(options.seed))
        finish(options.id, disturbed)
        took = time.perf_counter() - start
        told = ", ".join(f"{count} × {kind}" for kind, count in killed.items())
        print(f"killed: {told}; {took:.0f} s against {alone:.0f} s undisturbed", flush=True)
        problems = differences(options.id, quiet, disturbed)
    if sum(killed.values()) < options.kills:
        problems.append(
            f"the class was graded before {options.kills} were killed; take a larger -n"
        )
    print(
        "\n".join(problems) or f"{len(students)} records and their grades are the same, none twice"
    )
    return bool(problems)


def command(id: str, course: Path) -> list[str]:
    """The command that is killed and given again."""
    return [sys.executable, "-m", "autograder.cli", "grade", id, "--course", str(course)]


def environment(place: Path) -> dict[str, str]:
    """The environment of all that grades here: the files of its boxes lie in ``place``."""
    return {**ENVIRONMENT, "TMPDIR": str(place)}


def finish(id: str, course: Path, *options: str) -> None:
    """Give the command until it has nothing left to try again."""
    for _ in range(5):
        done = subprocess.run(
            [*command(id, course), *options],
            env=environment(course.parent), capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode == 0:
            return
    sys.exit(f"grading does not end well:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def disturb(id: str, course: Path, kills: int, chance: random.Random) -> collections.Counter[str]:
    """Kill, start again, kill; how many of each kind. Fewer than ``kills`` if it ends before."""
    killed: collections.Counter[str] = collections.Counter()
    null, env = subprocess.DEVNULL, environment(course.parent)
    while sum(killed.values()) < kills:
        runner = subprocess.Popen(command(id, course), env=env, stdout=null, stderr=null)
        while runner.poll() is None and sum(killed.values()) < kills:
            time.sleep(chance.uniform(0.1, 1.0))
            kind = chance.choice(list(KINDS))
            victims = family(runner.pid, KINDS[kind]) if kind != "runner" else [runner.pid]
            if kind == "warm process" and victims and not boxes(course.parent):
                sys.exit("boxes of this run cannot be told from others': none would be seen left")
            if victims and runner.poll() is None:
                try:
                    os.kill(chance.choice(victims), signal.SIGKILL)
                except ProcessLookupError:
                    continue
                killed[kind] += 1
        if runner.wait() in (0, 1):  # all is graded; 2: its workers were killed at the start
            break
    return killed


def family(pid: int, name: str) -> list[int]:
    """Descendants of a process whose command line holds ``name``."""
    found = []
    with contextlib.suppress(psutil.NoSuchProcess):
        for child in psutil.Process(pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if name in " ".join(child.cmdline()):
                    found.append(child.pid)
    return found


def differences(id: str, quiet: Path, disturbed: Path) -> list[str]:
    """What is other than it would have been without the kills."""
    one, other = records(id, quiet), records(id, disturbed)
    found = [
        f"{student}: another record"
        for student in sorted(one.keys() | other.keys())
        if one.get(student) != other.get(student)
    ]
    if grades(id, quiet) != grades(id, disturbed):
        found.append("the gradebooks differ")
    decided = collections.Counter(
        line["student"]
        for line in map(json.loads, journal_path(disturbed, id).read_text().splitlines())
        if line["status"] != "grader_error"
    )
    found += [f"{student}: decided {n} times" for student, n in decided.items() if n > 1]
    time.sleep(2.0)  # a sandbox ends a moment after its worker
    if left := boxes(quiet.parent) + family(os.getpid(), "autograder"):
        found.append(f"processes are left: {left}")
    return found


def boxes(place: Path) -> list[int]:
    """Processes of boxes whose files lie in ``place``: other runs' are none of our business."""
    found = []
    for pid in family(1, KINDS["warm process"]):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, psutil.NoSuchProcess):
            mounted = Path(f"/proc/{pid}/mountinfo").read_text(encoding="utf-8", errors="replace")
            if place.name in mounted + " ".join(psutil.Process(pid).cmdline()):
                found.append(pid)
    return found


def records(id: str, course: Path) -> dict[str, SubmissionRecord]:
    """Records by student, times apart."""
    return {one.student: one.without_times() for one in read_journal(journal_path(course, id))}


def grades(id: str, course: Path) -> Grades:
    """Every grade in the gradebook."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        return sorted(
            (submission.student.id, grade.cell.name, grade.auto_score, grade.needs_manual_grade)
            for submission in book.assignment_submissions(id)
            for notebook in submission.notebooks
            for grade in notebook.grades
        )


if __name__ == "__main__":
    sys.exit(main())
