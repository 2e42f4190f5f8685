"""What is still to be done: nothing, some questions of a submission, or all of it.

A record that is out of date in the checks of some questions alone keeps its other verdicts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.records import CheckStatus, QuestionRecord, SubmissionRecord, SubmissionStatus
from autograder.runner.bench import QUESTION
from autograder.runner.journal import Head


@dataclass(frozen=True)
class Kept:
    """Verdicts that still hold under ``key``, by question; the others are to be found."""

    questions: Mapping[str, QuestionRecord]
    key: Mapping[str, str]

    def under(self, key: Mapping[str, str]) -> Kept:
        """Itself, or nothing kept where a worker's key is another: files changed meanwhile."""
        return self if self.key == key else NOTHING

    @property
    def seconds(self) -> float:
        """What the checks of these questions took when they ran."""
        return sum(check.seconds for q in self.questions.values() for check in q.checks)

    def results(self) -> dict[str, CheckStatus]:
        """How the checks of these questions ended."""
        return {check.id: check.status for q in self.questions.values() for check in q.checks}


NOTHING = Kept({}, {})


@dataclass(frozen=True)
class Task:
    """One submission that is to be graded, and what of its last record still holds."""

    folder: Path
    kept: Kept | None = None


@dataclass(frozen=True)
class Change:
    """A grade that is another one than in the last run, for the same submission."""

    student: str
    before: float
    after: float
    questions: tuple[tuple[str, float, float], ...]
    """Which questions' points changed: id, before, after."""


def is_decided(head: Head | None, submission: str, key: Mapping[str, str]) -> bool:
    """Whether this is the record of ``submission`` under ``key``, and not one to be tried again."""
    if head is None or head.status == SubmissionStatus.GRADER_ERROR or head.busy:
        return False
    return head.submission == submission and head.has(key)


def task(folder: Path, record: SubmissionRecord | None, key: Mapping[str, str]) -> Task:
    """What is to be done for the submission in ``folder``, whose last record is ``record``.

    Verdicts are kept if nothing but the checks of other questions changed, and if nothing went
    wrong the last time: where a process died or time ran out, one question may have cost another.
    """
    if record is None or record.status is not SubmissionStatus.GRADED or record.faults:
        return Task(folder)
    if record.key.keys() != key.keys():
        return Task(folder)
    stale = {name for name in key if record.key[name] != key[name]}
    if not stale or any(not name.startswith(QUESTION) for name in stale):
        return Task(folder)
    holds = {q.id: q for q in record.questions if QUESTION + q.id not in stale}
    return Task(folder, Kept(holds, dict(key)))


def change(before: SubmissionRecord | None, after: SubmissionRecord) -> Change | None:
    """How the grade of an unchanged submission changed; None if it did not, or cannot be said."""
    errors = SubmissionStatus.GRADER_ERROR
    if before is None or before.key.get("submission") != after.key.get("submission"):
        return None
    if errors in (before.status, after.status):
        return None
    old = {question.id: question.points for question in before.questions}
    moved = tuple(
        (question.id, old.get(question.id, 0.0), question.points)
        for question in after.questions
        if question.points != old.get(question.id, 0.0)
    )
    return Change(after.student, before.points, after.points, moved) if moved else None
