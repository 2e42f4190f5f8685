"""`python -m benchmarks.postgres`: the same class in a gradebook file and on a PostgreSQL server.

A small sample class of `resnet` is graded once, and written into two courses that differ in their
``db_url`` alone. Rows, nbgrader's export, its feedback and its formgrader's pages must be the same
for both, also after a score was entered by hand. Then copies of the same records, under other
names, are written into both, and the seconds are compared. Everything lies in a temporary folder,
the server's cluster included.
"""

from __future__ import annotations

import argparse
import dataclasses
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from autograder.config import Assignment, load_assignment
from autograder.records import CheckStatus, SubmissionRecord, from_json
from benchmarks.postgres_server import NoServer, Server, server
from benchmarks.postgres_tools import ID, Formgrader, exported, rows
from benchmarks.throughput import ENVIRONMENT

SOURCES = "nbgrader_config.py"


@dataclasses.dataclass(frozen=True)
class Side:
    """One of the two courses, and the url of its gradebook."""

    name: str
    course: Path
    url: str


def main() -> int:
    """Compare, print what held; 1 where something differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=12, help="size of the sample class (default 12)")
    parser.add_argument("--copies", type=int, default=2000, help="records for the speed of writing")
    options = parser.parse_args()
    try:
        with server() as running, tempfile.TemporaryDirectory(prefix="postgres-course-") as place:
            print(running.version)
            return compare(running, Path(place), options.n, options.copies)
    except NoServer as error:
        sys.exit(str(error))


def compare(running: Server, place: Path, count: int, copies: int) -> int:
    """Both courses, side by side; 1 where they differ."""
    file = Side("file", place / "file", f"sqlite:///{place / 'file' / 'gradebook.db'}")
    served = Side("server", place / "server", running.create("gradebook"))
    assignment = load_assignment(ID)
    print(f"a class of {count} is graded once", flush=True)
    fill(file, served, count)
    records = journal(file.course)
    sides = (file, served)
    for side in sides:
        tool(side.course, "nbgrader", "generate_feedback", ID)
    differing = [
        *hold("rows of grades, comments, submissions", [rows(side.url) for side in sides]),
        *hold("nbgrader export", [exported(side.course) for side in sides]),
        *hold("pages of feedback", [feedback(side.course) for side in sides]),
        *by_hand(sides, place),
    ]
    print(f"\nrows of {copies} submissions{'':12}{'file, s':>10}{'server, s':>10}{'ratio':>8}")
    speed(running, place, sides, assignment, records, copies)
    if differing:
        print(f"\ndiffers: {', '.join(differing)}")
        return 1
    print("\nall of it is the same for both")
    return 0


def fill(file: Side, served: Side, count: int) -> None:
    """Release into both, grade in one, let the other have the verdicts."""
    tool(file.course, "autograder", "release", ID, "--course", file.course, "--no-preflight")
    tool(file.course, "autograder", "sample", ID, "--course", file.course, "-n", count)
    served.course.mkdir()
    configuration = (file.course / SOURCES).read_text(encoding="utf-8")
    configuration += f"c.CourseDirectory.db_url = {served.url!r}\n"
    (served.course / SOURCES).write_text(configuration, encoding="utf-8")
    tool(served.course, "autograder", "release", ID, "--course", served.course, "--no-preflight")
    tool(file.course, "autograder", "grade", ID, "--course", file.course)
    shutil.copytree(file.course / "submitted", served.course / "submitted", symlinks=True)
    shutil.copytree(file.course / ".autograder", served.course / ".autograder", dirs_exist_ok=True)
    print(tool(served.course, "autograder", "grade", ID, "--course", served.course).strip())


def tool(course: Path, *command: object) -> str:
    """Run one command in a course folder; what it printed."""
    course.mkdir(exist_ok=True)
    done = subprocess.run(
        [str(part) for part in command], cwd=course, env=ENVIRONMENT, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout


def journal(course: Path) -> list[SubmissionRecord]:
    """The last record of each student."""
    text = (course / ".autograder" / ID / "journal.jsonl").read_text(encoding="utf-8")
    last = {record.student: record for record in map(from_json, text.splitlines())}
    return list(last.values())


def feedback(course: Path) -> dict[str, str]:
    """The pages for students, by path."""
    return {
        str(path.relative_to(course)): path.read_text(encoding="utf-8")
        for path in sorted(course.glob("feedback/*/*/*.html"))
    }


def hold(what: str, found: Sequence[object]) -> list[str]:
    """Print whether both sides are the same; ``what`` where they are not, or empty."""
    first, second = found
    same = first == second and bool(first)
    size = len(first) if isinstance(first, dict | list) else 1
    print(f"  {'same' if same else 'DIFFERS':8}{what} ({size})", flush=True)
    if isinstance(first, dict) and isinstance(second, dict) and not same:
        odd = sorted(key for key in first | second if first.get(key) != second.get(key))
        one, two = (str(side.get(odd[0])) for side in (first, second))
        at = next((i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), 0)
        at = max(0, at - 60)
        print(f"          {len(odd)}: {', '.join(odd[:5])}\n          {one[at : at + 160]!r}")
        print(f"          {two[at : at + 160]!r}", flush=True)
    return [] if same else [what]


def by_hand(sides: Sequence[Side], place: Path) -> list[str]:
    """The formgrader of both: its pages, a score entered there, and that score after a regrade."""
    pages, entered = [], []
    for side in sides:
        with Formgrader(side.course, place / f"home-{side.name}") as formgrader:
            pages.append(formgrader.pages())
            formgrader.enter()
            tool(side.course, "autograder", "grade", ID, "--course", side.course)
            entered.append(formgrader.scores() | {"rows": rows(side.url)})
    return hold("pages of the formgrader", pages) + hold("rows after grading by hand", entered)


def speed(
    running: Server, place: Path, sides: Sequence[Side], assignment: Assignment,
    records: Sequence[SubmissionRecord], copies: int,
) -> None:  # fmt: skip
    """Seconds for many submissions' rows: new, unchanged, and all of them changed."""
    running.create("speed", template="gradebook")
    for side in sides:
        with (side.course / SOURCES).open("a", encoding="utf-8") as config:
            config.write(f"c.CourseDirectory.db_url = {copy_of(running, place, side)!r}\n")
    graded = [record for record in records if record.questions]
    many = [
        dataclasses.replace(graded[number % len(graded)], student=f"copy{number:05}")
        for number in range(copies)
    ]
    for what, given in (("new", many), ("unchanged", many), ("changed", [*map(worse, many)])):
        seconds = [timed(side.course, assignment, given) for side in sides]
        print(f"  {what:36}{seconds[0]:10.2f}{seconds[1]:10.2f}{seconds[1] / seconds[0]:8.2f}")


def copy_of(running: Server, place: Path, side: Side) -> str:
    """The url of a copy of this side's gradebook."""
    if side.name == "server":
        return running.url("speed")
    shutil.copy(side.course / "gradebook.db", place / "speed.db")
    return f"sqlite:///{place / 'speed.db'}"


def worse(record: SubmissionRecord) -> SubmissionRecord:
    """The same record with other points, and so other comments."""
    questions = tuple(
        dataclasses.replace(
            question, points=question.points / 2,
            checks=tuple(
                dataclasses.replace(check, status=CheckStatus.FAILED, observed="it is otherwise")
                for check in question.checks
            ),
        )
        for question in record.questions
    )  # fmt: skip
    return dataclasses.replace(record, questions=questions)


def timed(course: Path, assignment: Assignment, records: list[SubmissionRecord]) -> float:
    """Seconds until the rows are written; notebooks are files for both, and left out."""
    from autograder.gradebook.course import application
    from autograder.gradebook.database import opened, settle
    from autograder.gradebook.tables import Tables
    from autograder.gradebook.writer import BATCH

    application.cache_clear()  # the configuration was changed
    start = time.perf_counter()
    with opened(course, assignment) as connection:
        settle(connection, [record.student for record in records])
        tables = Tables(connection, course, assignment)
        for first in range(0, len(records), BATCH):
            tables.write([(record, None, ()) for record in records[first : first + BATCH]])
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
