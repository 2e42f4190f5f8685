"""A bulk run: find submissions, leave out what is decided, grade the rest, keep every record."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.config import Assignment
from autograder.records import (
    Blame,
    Fault,
    SubmissionRecord,
    SubmissionStatus,
    from_json,
)
from autograder.runner.again import BUSY, Change, Task, change, is_decided, task
from autograder.runner.bench import Setting, verdict_key
from autograder.runner.executors import Slot, cores
from autograder.runner.intake import read_submission
from autograder.runner.journal import Journal
from autograder.runner.kernel import OUT_OF_TIME
from autograder.sandbox import BoxUnavailable
from autograder.submission.printable import printable

Progress = Callable[[SubmissionRecord, int, int], None]
"""Called after each record with it, how many are done and how many there are to do."""


class CourseError(ValueError):
    """The course folder is not one, or has nothing to grade; says what to do."""


@dataclass(frozen=True)
class RunSummary:
    """What a run did. ``records`` are those of all submissions, decided before or now."""

    records: tuple[SubmissionRecord, ...]
    graded: int
    unchanged: int
    errors: int
    seconds: float
    partly: int = 0
    """Of those graded, how many in some questions alone."""
    changes: tuple[Change, ...] = ()
    """Grades that changed though the submissions did not."""


def journal_path(course: Path, assignment_id: str) -> Path:
    """Where the records of an assignment are kept in a course folder."""
    return course / ".autograder" / assignment_id / "journal.jsonl"


def find_submissions(course: Path, assignment: Assignment) -> list[Path]:
    """``submitted/<student>/<assignment>`` of everybody, sorted by student.

    Raises:
        CourseError: there is no such course folder, or nobody handed in.
    """
    submitted = course / "submitted"
    if not submitted.is_dir():
        raise CourseError(
            f"{course} is no course folder with submissions: it has no folder 'submitted'. "
            f"Make one with `autograder release {assignment.id} --course {course}`, then put "
            f"submissions into submitted/<student>/{assignment.id}/ (`autograder collect` does)."
        )
    students = sorted(
        entry.name for entry in os.scandir(submitted) if not entry.name.startswith(".")
    )
    odd = [name for name in students if not _nameable(name)]
    if odd:
        raise CourseError(
            f"{submitted} has folders whose names are no text or hold control characters: "
            f"{', '.join(map(ascii, odd[:5]))}. Neither a gradebook nor a page can name these "
            "students: rename the folders."
        )
    folders = [submitted / name / assignment.id for name in students]
    folders = [folder for folder in folders if os.path.lexists(folder)]
    if not folders:
        raise CourseError(
            f"nobody handed in {assignment.id!r}: there is no submitted/<student>/{assignment.id} "
            f"in {course}. `autograder collect ARCHIVE {assignment.id} --course {course}` sorts in "
            "what an LMS hands out."
        )
    return folders


def _nameable(name: str) -> bool:
    return printable(name) == name and "\n" not in name


def grade(
    assignment: Assignment,
    course: Path,
    *,
    workers: int = 1,
    setting: Setting | None = None,
    progress: Progress | None = None,
    meanwhile: Callable[[], object] = lambda: None,
) -> RunSummary:
    """Grade every submission to ``assignment`` in ``course`` that is not decided yet.

    Each record is on disk before the next begins to matter, so the run may be killed at any moment
    and started again. Records of ``grader_error``, and of time lost on an overloaded machine, are
    never kept as decided: they are tried again alone, once now and once in each later run.
    ``meanwhile`` is called before the first is graded, while workers start.

    Raises:
        CourseError, CourseBusy, BoxUnavailable: as named there.
        Exception: whatever ``meanwhile`` raises; nothing was graded then.
    """
    started = time.perf_counter()
    setting = setting or Setting()
    folders = find_submissions(course, assignment)
    journal = Journal(journal_path(course, assignment.id))
    try:
        key = verdict_key(assignment, setting)
        todo = list(_tasks(folders, assignment, journal, key))
        run = _Run(assignment, setting, journal, progress, len(todo))
        run.all(todo, max(1, min(workers, len(todo))), meanwhile)
        students = {folder.parent.name for folder in folders}
        records = [journal.records[name] for name in sorted(students)]
        errors = sum(r.status is SubmissionStatus.GRADER_ERROR for r in records)
        seconds = time.perf_counter() - started
        unchanged = len(folders) - len(todo)
        partly = sum(task.kept is not None for task in todo)
        changes = tuple(sorted(run.changes, key=lambda change: change.student))
        return RunSummary(
            tuple(records), len(todo), unchanged, errors, seconds, partly, changes
        )  # fmt: skip
    finally:
        journal.close()


def _tasks(
    folders: Iterable[Path], assignment: Assignment, journal: Journal, key: dict[str, str]
) -> Iterator[Task]:
    """What is not decided yet, and how much of it."""
    for folder in folders:
        intake = read_submission(folder, assignment)
        full = {"submission": intake.digest[:16], **key}
        record = journal.records.get(intake.student)
        if not is_decided(record, full):
            yield task(folder, record, full)


class _Run:
    """The submissions of one run on their way through the workers."""

    def __init__(
        self,
        assignment: Assignment,
        setting: Setting,
        journal: Journal,
        progress: Progress | None,
        total: int,
    ) -> None:
        self._assignment = assignment
        self._setting = setting
        self._journal = journal
        self._progress = progress
        self._total = total
        self._done = 0
        self.changes: list[Change] = []

    def all(self, tasks: Iterable[Task], workers: int, meanwhile: Callable[[], object]) -> None:
        """Grade everything on ``workers`` slots, then what is to be tried again, alone."""
        waiting = deque(tasks)
        if not waiting:
            meanwhile()
            return
        available = cores()
        toml = self._assignment.folder / "assignment.toml"
        slots = [
            Slot(toml, self._setting, available[number % len(available)])
            for number in range(workers)
        ]
        try:
            self._prepare(slots, meanwhile)
            again = self._rounds(slots, waiting)
            for one in again:
                self._keep(_while_busy(self._one(slots[0], one)))
        finally:
            for slot in slots:
                slot.close()

    def _prepare(self, slots: list[Slot], meanwhile: Callable[[], object]) -> None:
        starting = [slot.prepare() for slot in slots]
        try:
            meanwhile()
        except BaseException:
            for slot in slots:
                slot.give_up()
            raise
        for ready in starting:
            problem = ready.result()
            if problem:
                raise BoxUnavailable(self._setting.level, problem, "Nothing was graded.")

    def _rounds(self, slots: list[Slot], waiting: deque[Task]) -> list[Task]:
        """Keep every slot busy; the submissions that are to be tried again.

        While there are many, each has one more at hand, so that it need not wait for us. Where a
        worker dies the one that it had at hand is lost with it, and both are tried again.
        """
        again: list[Task] = []
        busy: dict[Future[str], tuple[Slot, Task]] = {}
        load = dict.fromkeys(slots, 0)
        while waiting or busy:
            while waiting:
                slot = min(slots, key=load.__getitem__)
                if load[slot] > (len(waiting) > len(slots)):
                    break
                one = waiting.popleft()
                busy[slot.submit(one)] = (slot, one)
                load[slot] += 1
            finished, _ = wait(busy, return_when=FIRST_COMPLETED)
            for future in finished:
                slot, one = busy.pop(future)
                load[slot] -= 1
                record = self._result(future)
                if record is None or _doubtful(record):
                    again.append(one)
                else:
                    self._keep(record)
        return again

    def _one(self, slot: Slot, task: Task) -> SubmissionRecord:
        """One submission with no other beside it: what it does now is its own doing."""
        record = self._result(slot.submit(task))
        return record if record is not None else self._quarantined(task.folder)

    @staticmethod
    def _result(future: Future[str]) -> SubmissionRecord | None:
        """The record, or None when the worker died over it."""
        try:
            return from_json(future.result())
        except BrokenProcessPool:
            return None

    def _quarantined(self, folder: Path) -> SubmissionRecord:
        intake = read_submission(folder, self._assignment)
        fault = Fault(
            code="worker_died",
            message="the worker died over this submission, alone; grade it by hand or report it",
            blame=Blame.GRADER,
        )
        return SubmissionRecord(
            student=folder.parent.name,
            assignment=self._assignment.id,
            status=SubmissionStatus.GRADER_ERROR,
            key={
                "submission": intake.digest[:16],
                **verdict_key(self._assignment, self._setting),
            },
            sandbox=str(self._setting.level),
            device=self._setting.device,
            submitted_at=intake.submitted_at,
            faults=(fault,),
        )

    def _keep(self, record: SubmissionRecord) -> None:
        changed = change(self._journal.records.get(record.student), record)
        if changed is not None:
            self.changes.append(changed)
        self._journal.add(record)
        self._done += 1
        if self._progress is not None:
            self._progress(record, self._done, self._total)


def _doubtful(record: SubmissionRecord) -> bool:
    """Whether to try again alone: our own errors, and lost time while the machine was loaded."""
    if record.status is SubmissionStatus.GRADER_ERROR:
        return True
    return _overloaded() and any(fault.code == OUT_OF_TIME for fault in record.faults)


def _overloaded() -> bool:
    return os.getloadavg()[0] > 2 * (os.cpu_count() or 1)


def _while_busy(record: SubmissionRecord) -> SubmissionRecord:
    """Said of a second try that lost time, too, while the machine was loaded: try once more.

    The same code must have the same grade, and other programs are no part of it.
    """
    if record.status is SubmissionStatus.GRADER_ERROR or not _doubtful(record):
        return record
    message = (
        f"this machine was busy with something else meanwhile (load {os.getloadavg()[0]:.0f} on "
        f"{os.cpu_count()} cores), so the lost time may not be the submission's fault: the next "
        "`autograder grade` tries it again"
    )
    fault = Fault(code=BUSY, message=message, blame=Blame.GRADER)
    return replace(record, faults=(*record.faults, fault))
