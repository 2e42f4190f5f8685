"""What a machine does to a run: disks, permissions, boxes that cannot be had, hung workers."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from autograder.config import Assignment, known_assignments, load_assignment
from autograder.records import Blame, Fault, SubmissionStatus, from_json
from autograder.runner.again import Task
from autograder.runner.bench import Bench, Setting
from autograder.runner.executors import LocalSlot
from autograder.runner.grade import _stood_still, grade_intake
from autograder.runner.intake import read_submission
from autograder.runner.journal import BUSY, OUT_OF_TIME, journal_path
from autograder.runner.run import CourseError, RunSummary, find_submissions, grade, handed_in
from autograder.sandbox import BoxUnavailable

pytestmark = pytest.mark.box
Hand = Callable[..., Path]


@pytest.fixture(scope="module")
def bench(resnet: Assignment) -> Iterator[Bench]:
    """A judge and a box."""
    with Bench(resnet) as bench:
        yield bench


def test_only_what_was_handed_in(course: Path, hand_in: Hand, resnet: Assignment) -> None:
    """Where no assignment is named, those with submissions are graded; none is a mistake."""
    every = [load_assignment(id) for id in known_assignments()]
    (course / "submitted").mkdir(exist_ok=True)
    with pytest.raises(CourseError, match=r"holds none of classic-networks, .*autograder collect"):
        handed_in(course, every)
    hand_in("ada", b"")
    assert handed_in(course, every) == [resnet]


def test_who_cannot_be_looked_at_has_not_handed_in_nothing(
    course: Path, hand_in: Hand, resnet: Assignment,
    as_nobody: Callable[[], AbstractContextManager[None]],
) -> None:  # fmt: skip
    """Silence would cost a student the grade: the run stops, and names the folder."""
    hand_in("late", b"").parent.chmod(0o700)
    with as_nobody(), pytest.raises(CourseError) as caught:
        find_submissions(course, resnet)
    said = "cannot be looked into (Permission denied), so nobody can tell whether 'late' handed in"
    assert said in str(caught.value)


def test_what_cannot_be_read_is_tried_again(hand_in: Hand, bench: Bench) -> None:
    """It has no low score, and no verdict that would be kept."""
    fault = Fault(code="unread", message="the disk", blame=Blame.GRADER)
    intake = replace(read_submission(hand_in("ada", b""), bench.assignment), faults=(fault,))
    record = grade_intake(intake, bench)
    assert record.status is SubmissionStatus.GRADER_ERROR
    assert record.faults == (fault,)


def test_a_box_that_cannot_be_had_any_more_ends_the_run(
    course: Path, hand_in: Hand, resnet: Assignment, answers: dict[str, str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """With what is the matter; what was decided is kept and written, the others have no record."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    for name in ("ada", "bob", "cyd", "dan"):
        hand_in(name, answers)
    ended: list[RunSummary] = []

    def progress(*_: object) -> None:
        shutil.rmtree(place, ignore_errors=True)
        place.write_text("no folder")
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):  # some end by themselves
                if "sandbox/warm.py" in " ".join(process.cmdline()):
                    process.kill()

    with pytest.raises(BoxUnavailable, match=r"its files cannot be written .*TMPDIR"):
        grade(resnet, course, progress=progress, finish=ended.append)
    (summary,) = ended
    assert 1 <= summary.graded < 4
    assert summary.errors == 0
    assert len(summary.records) == summary.graded
    assert summary.unchanged == 0


def test_a_run_leaves_no_folder(
    course: Path, hand_in: Hand, resnet: Assignment, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Those of its workers' boxes go with the workers."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    hand_in("ada", {})
    seen: list[str] = []
    grade(resnet, course, progress=lambda *_: seen.extend(path.name for path in place.iterdir()))
    assert any(name.startswith("autograder-box-") for name in seen)
    assert list(place.iterdir()) == []


@pytest.mark.slow
def test_a_worker_that_hangs_is_replaced(
    hand_in: Hand, resnet: Assignment, answers: dict[str, str]
) -> None:
    """Stopped, it answers nobody: its submission counts as lost, the next gets another process."""
    slot = LocalSlot(resnet.folder / "assignment.toml", Setting(), patience=2.0)
    assert slot.prepare().result() == ""
    assert slot._process is not None
    os.kill(slot._process.pid or 0, signal.SIGSTOP)
    task = Task(hand_in("ada", answers))
    future = slot.submit(task)
    assert not slot.lost(future)
    time.sleep(2.5)
    assert slot.lost(future)
    again = slot.submit(task)
    assert from_json(again.result()).status is SubmissionStatus.GRADED
    assert not slot.lost(again)
    slot.close()


STAND = """
import sys, time
from autograder.runner.pauses import pauses
found, start = pauses(), time.monotonic()
print("ready", flush=True)
time.sleep(1.5)
longest = round(found.since(start))
time.sleep(1)
print(longest, round(found.since(time.monotonic())), flush=True)
"""


def test_a_pause_is_seen() -> None:
    """Stopped for seven seconds and going on: that time is nobody's; a moment's work is none."""
    for stopped, told in ((0, {"0 0"}), (7, {"7 0", "8 0"})):
        command = [sys.executable, "-c", STAND]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
            assert run.stdout is not None
            assert run.stdout.readline() == "ready\n"
            if stopped:
                run.send_signal(signal.SIGSTOP)
                time.sleep(stopped)
                run.send_signal(signal.SIGCONT)
            said = run.stdout.read()
        assert run.returncode == 0
        assert said.strip() in told


def test_time_lost_to_a_pause_is_tried_again() -> None:
    """Only where time was lost, and only where grading stood still."""
    lost = Fault(code=OUT_OF_TIME, message="", blame=Blame.SUBMISSION)
    (fault,) = _stood_still((lost,), 31.4)
    assert (fault.code, fault.blame) == (BUSY, Blame.GRADER)
    assert fault.message.startswith("grading stood still for 31 s meanwhile")
    assert _stood_still((), 31.4) == _stood_still((lost,), 0.0) == ()


def test_a_run_that_is_told_to_end(
    course: Path, hand_in: Hand, resnet: Assignment, answers: dict[str, str]
) -> None:
    """SIGTERM, as a batch system sends it: no traceback, no waiting, what is decided is kept."""
    for number in range(20):
        hand_in(f"student-{number}", answers)
    command = [sys.executable, "-m", "autograder.cli", "grade", "resnet", "--course", str(course)]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    journal = journal_path(course, resnet.id)
    deadline = time.monotonic() + 60
    while not (journal.is_file() and journal.read_bytes()) and time.monotonic() < deadline:
        time.sleep(0.05)
    start = time.monotonic()
    run.send_signal(signal.SIGTERM)
    said, _ = run.communicate(timeout=60)
    assert run.returncode == 128 + signal.SIGTERM
    assert "Traceback" not in said
    assert time.monotonic() - start < 15
    assert grade(resnet, course).unchanged >= 1
