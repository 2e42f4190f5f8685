"""`python -m benchmarks.scale`: what thousands of submissions in one course folder cost.

A sample class is graded for real; its files and records are then laid out again and again under
other names, until there are as many as asked for (the verdict on a copy is that on the original:
nothing is invented). On that course the commands are run that an instructor runs:

- `autograder grade`, when every record is there but the gradebook is empty (and, before that, the
  gradebook's rows alone);
- `autograder grade` again, when nothing changed at all;
- `nbgrader export`, as the course has it and with nbgrader's own exporter;

and the runner's memory is held against that of a class of 200. With ``--graded A B`` every
submission of classes of A, of B and of A again is graded, and the CPU time of one is compared, that
of the boxes included: what all cores do is counted, so nothing else may run. A large class shares
the start of a run, which might hide that submissions grow dearer; so the wall time of some soon
after the start, by their records, is held against that of copies of the same at the end.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from autograder.config import load_assignment
from autograder.gradebook.database import opened, settle
from autograder.gradebook.tables import Tables
from autograder.gradebook.writer import BATCH
from autograder.records import SubmissionRecord, from_json
from autograder.runner.journal import Journal, journal_path
from benchmarks.throughput import ENVIRONMENT, run

SMALL = 200
IDLE = 5.0
"""Seconds for which the machine is watched before a class is graded."""
STOCK_EXPORT = ("--exporter=nbgrader.plugins.CsvExportPlugin",)
RUN = """
import sys
from pathlib import Path
from autograder.cli import main
try:
    main()
finally:
    status = Path("/proc/self/status").read_text()
    print([line.split()[1] for line in status.splitlines() if "VmHWM" in line][0], file=sys.stderr)
"""
"""The command line, which at its end tells the most memory that its own process had, in KiB."""


@dataclass(frozen=True)
class Cost:
    """What one command took: wall seconds, CPU seconds of all cores, its own process's memory.

    What a box takes is told to nobody who waits for it, hence all cores.
    """

    seconds: float
    cpu: float
    mib: float


def main() -> int:
    """Lay out, run, print; 1 when a command says something else than it should."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=10_000, help="submissions (default 10,000)")
    parser.add_argument("--id", default="resnet", help="assignment (default: the largest)")
    parser.add_argument("--first", type=int, default=40, help="how many of them are graded first")
    parser.add_argument("--graded", type=int, nargs=2, metavar=("A", "B"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="scale-") as place:
        root = Path(place)
        print(f"grading {options.first} submissions to {options.id} ...", flush=True)
        first = graded_class(options.id, root / "first", options.first)
        costs = {
            count: unchanged(options.id, first, root / str(count), count)
            for count in (SMALL, options.n)
        }
        for what, small, large in zip(
            ("writes", "finds nothing new"), costs[SMALL], costs[options.n], strict=True
        ):
            ratio = large.mib / small.mib
            print(f"memory of a runner that {what}, against {SMALL} submissions: {ratio:.2f}")
        if options.graded:
            few, many = options.graded
            different = len(list((first / "submitted").iterdir()))
            before, each, after = (
                flat(options.id, first, root / "flat", count, different)
                for count in (few, many, few)
            )
            print(
                f"CPU time of one of {many} submissions, against one of {few} before and after: "
                f"{2 * each / (before + after):.3f} ({each / before:.3f} and {each / after:.3f})"
            )
    return 0


def graded_class(id: str, course: Path, count: int) -> Path:
    """A released course with a class, graded; what is hostile to the grader's time is left out."""
    run("autograder", "release", id, "--course", course, "--no-preflight")
    run("autograder", "sample", id, "--course", course, "-n", str(count))
    for folder in (course / "submitted").iterdir():
        if folder.name.startswith(("hostile", "broken")):
            shutil.rmtree(folder)
    command("grade", id, "--course", course, "--workers", str(os.cpu_count()))
    return course


def lay_out(id: str, first: Path, course: Path, count: int, *, records: bool) -> None:
    """The class again and again under other names, with its records or without."""
    run("autograder", "release", id, "--course", course, "--no-preflight")
    journal = Path(".autograder") / id / "journal.jsonl"
    with (first / journal).open(encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    (course / journal).parent.mkdir(parents=True, exist_ok=True)
    with (course / journal).open("w", encoding="utf-8") as file:
        for number in range(count):
            record = lines[number % len(lines)]
            student = f"s{number:05d}-{record['student']}"
            shutil.copytree(first / "submitted" / record["student"], course / "submitted" / student)
            if records:
                copy = json.dumps({**record, "student": student}, separators=(",", ":"))
                file.write(copy + "\n")


def unchanged(id: str, first: Path, course: Path, count: int) -> tuple[Cost, Cost]:
    """The commands on ``count`` decided submissions: what writing cost, and finding nothing new."""
    lay_out(id, first, course, count, records=True)
    alone = seconds_of_rows(id, course)
    written, _ = command("grade", id, "--course", course)
    again, said = command("grade", id, "--course", course)
    if f"{count} unchanged" not in said or " 0 notebooks written" not in said:
        sys.exit(f"not what was expected: {said}")
    exported, one_by_one = seconds_of_export(course), seconds_of_export(course, *STOCK_EXPORT)
    rows = len((course / "grades.csv").read_text(encoding="utf-8").splitlines()) - 1
    if rows != count:
        sys.exit(f"nbgrader exported {rows} grades of {count}")
    print(
        f"{count:>6}: gradebook alone written {alone:5.1f} s, "
        f"with notebooks {written.seconds:6.1f} s ({written.mib:.0f} MiB), "
        f"unchanged {again.seconds:5.1f} s ({count / again.seconds:5.0f} a second, "
        f"{again.mib:.0f} MiB), nbgrader export {exported:5.1f} s, "
        f"with nbgrader's own exporter {one_by_one:5.1f} s, "
        f"database {(course / 'gradebook.db').stat().st_size / 2**20:.0f} MiB",
        flush=True,
    )
    shutil.rmtree(course)
    return written, again


def seconds_of_export(course: Path, *options: str) -> float:
    """`nbgrader export`, as the course is configured or otherwise."""
    start = time.perf_counter()
    target = ["--to", course / "grades.csv"]
    run("nbgrader", "export", f"--CourseDirectory.root={course}", *target, *options)
    return time.perf_counter() - start


def seconds_of_rows(id: str, course: Path) -> float:
    """How long the gradebook itself takes: its rows, late penalties, the end of the transaction.

    Not that records are read and notebooks made. It is as before afterwards.
    """
    assignment, database = load_assignment(id), course / "gradebook.db"
    shutil.copy(database, course / "gradebook.before")
    journal = Journal(journal_path(course, id))
    records = journal.select(sorted(journal.heads))
    journal.close()
    taken = 0.0
    with opened(course, assignment) as connection:
        settle(connection, [head.student for head in records.heads])
        tables = Tables(connection, course, assignment)
        for start in range(0, len(records), BATCH):
            batch = [(record, None, ()) for record in records[start : start + BATCH]]
            began = time.perf_counter()
            tables.write(batch)
            taken += time.perf_counter() - began
        began = time.perf_counter()
        tables.penalise([head.student for head in records.heads])
    taken += time.perf_counter() - began
    shutil.move(course / "gradebook.before", database)
    return taken


def flat(id: str, first: Path, course: Path, count: int, different: int) -> float:
    """CPU seconds a submission in a class of ``count`` that is graded as a whole."""
    lay_out(id, first, course, count, records=False)
    os.sync()
    idle = -busy_seconds()
    time.sleep(IDLE)
    idle += busy_seconds()
    cost, said = command("grade", id, "--course", course, "--workers", str(os.cpu_count()))
    if f"{count} graded" not in said:
        sys.exit(f"not what was expected: {said}")
    some = different * max(1, count // 10 // different)
    took = [record.seconds.get("total", 0.0) for record in in_order(journal_path(course, id))]
    drift = sum(took[-some:]) / sum(took[some : 2 * some]) if count >= 3 * some else math.nan
    print(
        f"{count:>6} graded: {cost.cpu / count:.3f} s of CPU time each (idle before: "
        f"{idle / IDLE:.3f} cores), runner {cost.mib:.0f} MiB; wall time of the last {some} "
        f"against the {some} after the first {some}: {drift:.2f}",
        flush=True,
    )
    shutil.rmtree(course)
    return cost.cpu / count


def in_order(journal: Path) -> Iterator[SubmissionRecord]:
    """The records of a journal in the order in which they were decided."""
    with journal.open(encoding="utf-8") as file:
        yield from map(from_json, file)


def busy_seconds() -> float:
    """What all cores of this machine did since it started, in seconds."""
    cores = psutil.cpu_times()
    return cores.user + cores.nice + cores.system + cores.irq + cores.softirq


def command(*arguments: str | Path) -> tuple[Cost, str]:
    """Run `autograder`; what it cost and what it said."""
    words: Sequence[str] = [str(argument) for argument in arguments]
    start, before = time.perf_counter(), busy_seconds()
    done = subprocess.run(
        [sys.executable, "-c", RUN, *words],
        env=ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    cpu = busy_seconds() - before
    if done.returncode:
        sys.exit(f"autograder {' '.join(words)}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    mib = int(done.stderr.split()[-1]) / 1024
    return Cost(time.perf_counter() - start, cpu, mib), done.stdout


if __name__ == "__main__":
    sys.exit(main())
