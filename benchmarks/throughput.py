"""`make bench`: this grader against stock nbgrader, on the same class, in one run.

Both sides get the same submissions (the honest ones of a sample class: the hostile would stop stock
nbgrader), the same checks, the same cores and one thread per process. Whole processes are timed,
start-up, gradebook and files included; what is made once a checkout (known values, signatures of
known mistakes) is made before, by a preflight and by grading one submission with each side.

Stock nbgrader takes seconds a submission, so it gets a random part of the class, and one of them
alone before. The difference is what each further one costs, the rest is its start; both sides start
once a class, so the time of a whole class is reckoned from the two.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.records import SubmissionRecord, SubmissionStatus, from_json

HONEST = ("reference", "alternative", "misconception", "mixed")
PROGRAMS = Path(sys.executable).parent
ENVIRONMENT = {
    **os.environ,
    "OMP_NUM_THREADS": "1",
    "PATH": os.pathsep.join([str(PROGRAMS), os.environ.get("PATH", "")]),
}


@dataclass(frozen=True)
class Timing:
    """One side of the comparison: ``submissions`` graded in ``seconds`` of wall time."""

    name: str
    submissions: int
    seconds: float

    @property
    def each(self) -> float:
        """Seconds of wall time a submission."""
        return self.seconds / self.submissions


@dataclass(frozen=True)
class Comparison:
    """Both sides on one class: ours with one and two workers, stock with one and two processes.

    ``checks`` and ``inside`` are seconds of the run with one worker; where ``one`` was left out, of
    that with two.
    """

    id: str
    one: Timing | None
    two: Timing
    stock_one: Timing
    stock_two: Timing
    checks: float
    inside: float


def main() -> int:
    """Run both sides, print the ratios; 1 when the scores differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ids", nargs="*", default=["resnet"], help="assignments (default resnet)")
    parser.add_argument("-n", type=int, default=200, help="size of each sample class (default 200)")
    parser.add_argument(
        "--stock", type=int, default=8, help="submissions for stock nbgrader (>= 2)"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--no-preflight", action="store_true", help="`autograder preflight` was run here just now"
    )
    parser.add_argument(
        "--two-workers",
        action="store_true",
        help="leave out the run with one worker: half the time",
    )
    options = parser.parse_args()
    if options.stock < 2:
        parser.error("--stock: at least 2, since its start is told from the second")
    code, found = 0, []
    for id in options.ids:
        if not options.no_preflight:  # untimed, as what is made once a checkout
            run("autograder", "preflight", id)
        comparison, differ = compare(
            id, options.n, options.stock, options.seed, alone=not options.two_workers
        )
        found.append(comparison)
        code = max(code, differ)
    if len(found) > 1:
        print(f"\nall {len(found)} assignments, one submission to each:")
        ratios(found)
    return code


def compare(
    id: str, count: int, stock_count: int, seed: int, *, alone: bool
) -> tuple[Comparison, int]:
    """Measure one assignment and print what came out; 1 when scores differ."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        root = Path(folder)
        course = root / "class"
        students = make_class(id, course, count)
        chosen = random.Random(seed).sample(students, min(stock_count, len(students)))
        warm_up(id, course, root / "first", students[0])
        one = None
        if alone:
            one, of_one = ours(id, course, students, workers=1)
        two, of_two = ours(id, course, students, workers=2)
        records = of_one if alone else of_two
        first, _ = stock(id, course, root / "stock-first", [chosen[:1]])
        part_one, scores = stock(id, course, root / "stock-1", [chosen])
        part_two, _ = stock(id, course, root / "stock-2", [chosen[0::2], chosen[1::2]])
    start = max(0.0, (len(chosen) * first.seconds - part_one.seconds) / (len(chosen) - 1))
    print(f"\nstock nbgrader starts in {start:.1f} s; reckoned from {len(chosen)} submissions")
    stock_one = whole(part_one, start, len(students))
    stock_two = whole(part_two, start, len(students))
    checks = sum(c.seconds for r in records for q in r.questions for c in q.checks)
    inside = sum(record.seconds.get("total", 0.0) for record in records)
    comparison = Comparison(id, one, two, stock_one, stock_two, checks, inside)
    print(f"\n{id:32}{'submissions':>12}{'s each':>10}")
    for timing in filter(None, (one, two, stock_one, stock_two)):
        print(f"{timing.name:32}{timing.submissions:>12}{timing.each:>10.3f}")
    ratios([comparison])
    return comparison, compare_scores({r.student: r.points for r in records}, scores)


def whole(part: Timing, start: float, count: int) -> Timing:
    """A class of ``count`` as a part of it says, of which ``start`` seconds are paid once."""
    further = (part.seconds - start) / part.submissions
    return Timing(part.name, count, start + count * further)


def run(*command: str | Path) -> None:
    """Run one command; its output is shown only when it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")


def make_class(id: str, course: Path, count: int) -> list[str]:
    """Release the assignment and write a sample class; only the honest students stay."""
    run("autograder", "release", id, "--course", course, "--no-preflight")
    run("autograder", "sample", id, "--course", course, "-n", str(count))
    manifest = json.loads((course / ".autograder" / id / "expected.json").read_text())
    students = []
    for student, expected in sorted(manifest["students"].items()):
        if expected["kind"] in HONEST:
            students.append(student)
        else:
            shutil.rmtree(course / "submitted" / student)
    return students


def warm_up(id: str, course: Path, folder: Path, student: str) -> None:
    """Untimed: grade one submission with each side."""
    shutil.copytree(course, folder, ignore=shutil.ignore_patterns("submitted"))
    shutil.copytree(course / "submitted" / student, folder / "submitted" / student)
    run("autograder", "grade", id, "--course", folder)
    stock(id, folder, folder / "stock", [[student]])


def ours(
    id: str, course: Path, students: Sequence[str], workers: int
) -> tuple[Timing, list[SubmissionRecord]]:
    """Grade a fresh copy of the class with this grader."""
    copy = course.with_name(f"ours-{workers}")
    shutil.copytree(course, copy)
    start = time.perf_counter()
    run("autograder", "grade", id, "--course", copy, "--workers", str(workers))
    seconds = time.perf_counter() - start
    journal = (copy / ".autograder" / id / "journal.jsonl").read_text(encoding="utf-8")
    records = [from_json(line) for line in journal.splitlines()]
    graded = [record for record in records if record.status is SubmissionStatus.GRADED]
    if {record.student for record in graded} != set(students):
        sys.exit("this grader did not grade every honest submission; see its output above")
    return Timing(f"this grader, {workers} worker(s)", len(graded), seconds), graded


def stock(
    id: str, course: Path, folder: Path, groups: Sequence[Sequence[str]]
) -> tuple[Timing, dict[str, float]]:
    """Grade one group a process with ``nbgrader autograde``, all processes at once."""
    copies = []
    for number, group in enumerate(groups):
        copy = folder / str(number)
        shutil.copytree(course, copy, ignore=shutil.ignore_patterns("submitted", ".autograder"))
        for student in group:
            shutil.copytree(course / "submitted" / student, copy / "submitted" / student)
        copies.append(copy)
    start = time.perf_counter()
    processes = [
        subprocess.Popen(
            ["nbgrader", "autograde", id, "--create", "--course-dir", str(copy)],
            env=ENVIRONMENT, cwd=copy, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )
        for copy in copies
    ]  # fmt: skip
    for process in processes:
        _, errors = process.communicate()
        if process.returncode:
            sys.exit(f"nbgrader autograde failed:\n{errors[-4000:]}")
    seconds = time.perf_counter() - start
    scores = {
        student: score for copy in copies for student, score in stock_scores(id, copy).items()
    }
    count = sum(len(group) for group in groups)
    return Timing(f"stock nbgrader, {len(groups)} process(es)", count, seconds), scores


def stock_scores(id: str, course: Path) -> dict[str, float]:
    """What stock nbgrader wrote: automatic points by student."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        return {
            submission.student.id: sum(
                grade.auto_score or 0.0
                for notebook in submission.notebooks
                for grade in notebook.grades
            )
            for submission in gradebook.assignment_submissions(id)
        }


def ratios(found: Sequence[Comparison]) -> None:
    """Print ratios against named baselines, and where our time goes."""

    def each(side: str) -> float:
        return sum(getattr(comparison, side).each for comparison in found)

    two, stock_one, stock_two = map(each, ("two", "stock_one", "stock_two"))
    checks = sum(c.checks / c.two.submissions for c in found)
    inside = sum(c.inside / c.two.submissions for c in found)
    with_one = all(comparison.one for comparison in found)
    one = each("one") if with_one else 2 * two
    print(f"the same two cores:    {stock_one / two:6.1f} x stock nbgrader (which uses one)")
    if with_one:
        print(f"one core each:         {stock_one / one:6.1f} x stock nbgrader")
    print(f"two processes each:    {stock_two / two:6.1f} x two stock processes side by side")
    if with_one:
        print(f"two workers:           {one / two:6.2f} x one worker")
    working = "one" if with_one else "two"
    print(f"checks alone:          {checks:6.3f} s a submission, {working} at work")
    print(f"inside a submission:   {inside / checks - 1:6.1%} over the checks alone")
    print(f"the whole run:         {one / checks - 1:6.1%} over them, by cores at work")


def compare_scores(ours: dict[str, float], theirs: dict[str, float]) -> int:
    """The same honest submissions must have the same automatic points on both sides."""
    different = [student for student in theirs if abs(ours[student] - theirs[student]) > 1e-9]
    for student in different:
        print(f"scores differ: {student}: ours {ours[student]}, stock {theirs[student]}")
    if not different:
        print(f"scores: equal for all {len(theirs)} submissions that both sides graded")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
