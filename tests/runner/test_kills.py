"""Runs that are killed, and what is left of them."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import psutil
import pytest

from autograder.config import Assignment
from autograder.gradebook import write
from autograder.records import SubmissionRecord
from autograder.runner.journal import journal_path, read_journal
from autograder.runner.run import grade

pytestmark = pytest.mark.box
Hand = Callable[..., Path]
ByStudent = Callable[[Iterable[SubmissionRecord]], dict[str, SubmissionRecord]]


KILLS, STUDENTS = 5, 20
"""More students than killed runs can decide, each of whom answered few questions.

A run costs some eight seconds before it decides anything: it is `python -m benchmarks.faults` that
kills fifty.
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_at_random_moments_it_ends_as_undisturbed(
    course: Path, hand_in: Hand, resnet: Assignment, answers: dict[str, str], by_student: ByStudent
) -> None:
    """Kill -9 and the same command, again and again: same records and gradebook, nothing twice."""
    chance = random.Random(4)
    for number in range(STUDENTS):
        answered = chance.sample(list(answers), 3)
        hand_in(f"student-{number:02d}", {q: answers[q] for q in answered})
    command = [sys.executable, "-m", "autograder.cli", "grade", "resnet", "--course", str(course)]
    path = journal_path(course, resnet.id)
    for _ in range(KILLS):
        workers = ["--workers", chance.choice("1112")]
        run = subprocess.Popen(
            [*command, *workers], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        if chance.random() < 0.7:  # in the middle of grading, else while it starts
            wanted, deadline = lines_of(path) + 1, time.monotonic() + 60
            while lines_of(path) < wanted and time.monotonic() < deadline:
                time.sleep(0.01)
        time.sleep(chance.uniform(0.0, 0.4))
        run.send_signal(signal.SIGKILL)
        assert run.wait() == -signal.SIGKILL
    assert 0 < lines_of(path) < STUDENTS
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    decided = [json.loads(line)["student"] for line in path.read_text().splitlines()]
    assert len(decided) == len(set(decided)) == STUDENTS
    disturbed = by_student(read_journal(path))
    book = gradebook(course)
    path.unlink()
    undisturbed = grade(resnet, course, workers=2)
    write(course, resnet, undisturbed.records)
    assert by_student(undisturbed.records) == disturbed
    assert gradebook(course) == book


def lines_of(path: Path) -> int:
    """How many records a journal holds."""
    return path.read_bytes().count(b"\n") if path.is_file() else 0


def gradebook(course: Path) -> list[tuple[str, str, float | None, bool]]:
    """Every grade in the gradebook."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        return sorted(
            (submission.student.id, grade.cell.name, grade.auto_score, grade.needs_manual_grade)
            for submission in book.assignment_submissions("resnet")
            for notebook in submission.notebooks
            for grade in notebook.grades
        )


def started(course: Path) -> subprocess.Popen[str]:
    """A run that has just begun."""
    return subprocess.Popen(
        [sys.executable, "-m", "autograder.cli", "grade", "resnet", "--course", str(course)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip


def workers_of(run: subprocess.Popen[str]) -> Iterator[int]:
    """Each of its workers as soon as it is there, until it ends."""
    seen = set()
    while run.poll() is None:
        for child in psutil.Process(run.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):
                if child.pid not in seen and "spawn_main" in " ".join(child.cmdline()):
                    seen.add(child.pid)
                    yield child.pid
        time.sleep(0.02)


def test_a_worker_killed_while_it_starts_is_replaced(
    course: Path, hand_in: Hand, resnet: Assignment, answers: dict[str, str]
) -> None:
    """Nobody is graded otherwise, and nothing is said of it."""
    hand_in("ada", answers)
    run = started(course)
    os.kill(next(workers_of(run)), signal.SIGKILL)
    said, _ = run.communicate()
    assert run.returncode == 0, said
    assert "1 graded" in said
    assert "Traceback" not in said
    (record,) = read_journal(journal_path(course, resnet.id))
    assert record.points == sum(q.max_points for q in record.questions if not q.manual)


def test_workers_that_are_always_killed(
    course: Path, hand_in: Hand, answers: dict[str, str]
) -> None:
    """The run ends, says so and graded nothing."""
    hand_in("ada", answers)
    run = started(course)
    for worker in workers_of(run):
        os.kill(worker, signal.SIGKILL)
    said, _ = run.communicate()
    assert run.returncode == 2, said
    assert "killed twice while it started (by the kernel, for want of memory?)" in said
    assert "Nothing was graded" in said
    assert "Traceback" not in said


def test_no_worker_outlives_a_killed_run(
    course: Path, hand_in: Hand, resnet: Assignment, answers: dict[str, str]
) -> None:
    """After kill -9 in the middle of a run its workers, boxes and their folders are gone, too."""
    for number in range(30):
        hand_in(f"student-{number}", answers)
    journal = journal_path(course, resnet.id)
    command = [sys.executable, "-m", "autograder.cli", "grade", "resnet", "--course", str(course)]
    run = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    deadline = time.monotonic() + 60
    while not (journal.is_file() and journal.read_bytes()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _session(run.pid, "bwrap")
    run.send_signal(signal.SIGKILL)
    run.wait()
    deadline = time.monotonic() + 15
    while _session(run.pid, "") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _session(run.pid, "") == []


def _session(leader: int, name: str) -> list[str]:
    """Command names of living processes in a session."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                text = Path(f"/proc/{entry}/stat").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            command, _, rest = text.partition("(")[2].rpartition(")")
            fields = rest.split()
            if int(fields[3]) == leader and fields[0] not in "ZX" and name in command:
                found.append(command)
    return found
