"""The submissions of one run on their way through the workers, here or elsewhere."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from typing import NamedTuple

from autograder.config import Assignment
from autograder.records import Blame, Fault, SubmissionRecord, SubmissionStatus, from_json
from autograder.runner.again import Change, Task, change
from autograder.runner.bench import Setting, verdict_key
from autograder.runner.crew import LOOK_SECONDS, Crew, WorkersGone, answered
from autograder.runner.executors import Slot
from autograder.runner.intake import read_submission
from autograder.runner.journal import BUSY, OUT_OF_TIME, Journal
from autograder.sandbox import BoxUnavailable

Progress = Callable[[SubmissionRecord, int, int], None]
"""Called after each record with it, how many are done and how many there are to do."""


class Waiting(NamedTuple):
    """A submission whose turn has not come: whose it is, and the digest of what was read.

    Of a large class there are thousands of these, so that they hold nothing else.
    """

    student: str
    digest: str


class Rounds:
    """Gives tasks to slots, keeps each record, tries again alone what may have been our fault."""

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
        self.total = total
        self.done = 0
        self.partly = 0
        self.changes: list[Change] = []

    def all(
        self,
        waiting: deque[Waiting],
        make: Callable[[Waiting], Task],
        crew: Crew,
        meanwhile: Callable[[], object],
    ) -> None:
        """Have ``crew`` grade everything that waits, then what is to be tried again, alone.

        ``waiting`` may grow until ``meanwhile`` returns, and is empty in the end. ``make`` is
        called for each when its turn comes: what a task keeps of an old record is not held before.

        Raises:
            BoxUnavailable, WorkersGone: as the crew does.
            Exception: whatever ``meanwhile`` raises; nothing was graded then.
        """
        try:
            crew.prepare(self._setting.level, meanwhile)
            for task in self._rounds(crew, waiting, make):
                self._keep(while_busy(self._alone(crew, task)))
        except BaseException:
            crew.give_up()  # whoever stops a run does not want to wait
            raise
        crew.close()

    def _rounds(
        self, crew: Crew, waiting: deque[Waiting], make: Callable[[Waiting], Task]
    ) -> list[Task]:
        """Keep every slot busy; the submissions that are to be tried again.

        While there are many, each has one more at hand, so that it need not wait for us. Where a
        worker dies the one that it had at hand is lost with it, and both are tried again.
        """
        again: list[Task] = []
        busy: dict[Future[str], tuple[Slot, Task]] = {}
        load: Counter[Slot] = Counter()
        while waiting or busy:
            while waiting:
                living = crew.living()
                slot = min(living, key=load.__getitem__)
                if load[slot] > (len(waiting) > len(living)):
                    break
                task = make(waiting.popleft())
                self.partly += task.kept is not None
                busy[slot.submit(task)] = (slot, task)
                load[slot] += 1
            finished, _ = wait(busy, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
            lost = {future for future, (slot, _) in busy.items() if slot.lost(future)}
            for future in finished | lost:
                slot, task = busy.pop(future)
                load[slot] -= 1
                try:
                    record = _result(future) if future in finished else None
                except BoxUnavailable as error:
                    crew.retire(slot, error)
                    record = None
                if record is None or _doubtful(record):
                    again.append(task)
                else:
                    self._keep(record)
        return again

    def _alone(self, crew: Crew, task: Task) -> SubmissionRecord:
        """One submission with no other beside it: what it does now is its own doing.

        Raises:
            BoxUnavailable, WorkersGone: as the crew does.
        """
        while True:
            slot = crew.living()[0]
            future = slot.submit(task)
            try:
                record = _result(future) if answered(slot, future) else None
                break
            except BoxUnavailable as error:
                crew.retire(slot, error)
        if record is not None:
            return record
        record = self._quarantined(task)
        try:
            crew.living()
        except WorkersGone:
            self._keep(record)  # the next run takes it last: it may be what they died of
            raise
        return record

    def _quarantined(self, task: Task) -> SubmissionRecord:
        intake = read_submission(task.folder, self._assignment)
        fault = Fault(
            code="worker_died",
            message="the worker died over this submission, alone, or was lost; grade it by hand "
            "or report it",
            blame=Blame.GRADER,
        )
        return SubmissionRecord(
            student=task.folder.parent.name,
            assignment=self._assignment.id,
            status=SubmissionStatus.GRADER_ERROR,
            key={
                "submission": intake.digest[:16],
                **verdict_key(self._assignment, self._setting),
            },
            sandbox=str(self._setting.level),
            device=self._setting.device,
            submitted_at=intake.submitted_at,
            file=intake.file,
            faults=(fault,),
        )

    def _keep(self, record: SubmissionRecord) -> None:
        changed = change(self._journal.get(record.student), record)
        if changed is not None:
            self.changes.append(changed)
        self._journal.add(record)
        self.done += 1
        if self._progress is not None:
            self._progress(record, self.done, self.total)


def _result(future: Future[str]) -> SubmissionRecord | None:
    """The record, or None when the worker died over it.

    Raises:
        BoxUnavailable: the worker is well, its box is not.
    """
    try:
        return from_json(future.result())
    except (BrokenProcessPool, CancelledError):
        return None


def _doubtful(record: SubmissionRecord) -> bool:
    """Whether to try again alone: our own errors, and lost time while the machine was loaded.

    A worker elsewhere says of its own machine that it was.
    """
    if record.status is SubmissionStatus.GRADER_ERROR:
        return True
    if any(fault.code == BUSY for fault in record.faults):
        return True
    return _overloaded() and any(fault.code == OUT_OF_TIME for fault in record.faults)


def _overloaded() -> bool:
    return os.getloadavg()[0] > 2 * (os.cpu_count() or 1)


def while_busy(record: SubmissionRecord) -> SubmissionRecord:
    """Said of one that lost time while this machine was loaded: it is to be tried once more.

    The same code must have the same grade, and other programs are no part of it.
    """
    told = any(fault.code == BUSY for fault in record.faults)
    if told or record.status is SubmissionStatus.GRADER_ERROR or not _doubtful(record):
        return record
    message = (
        f"this machine was busy with something else meanwhile (load {os.getloadavg()[0]:.0f} on "
        f"{os.cpu_count()} cores), so the lost time may not be the submission's fault: the next "
        "`autograder grade` tries it again"
    )
    fault = Fault(code=BUSY, message=message, blame=Blame.GRADER)
    return replace(record, faults=(*record.faults, fault))
