"""What a class did, in numbers: pure functions of records."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from autograder.config import Assignment
from autograder.records import CheckStatus, SubmissionRecord, SubmissionStatus, Visibility


@dataclass(frozen=True)
class QuestionStatistics:
    """One question over all graded submissions; shares are of its points, between 0 and 1."""

    id: str
    title: str
    max_points: float
    mean: float
    low: float
    median: float
    high: float
    full: int
    none: int
    discrimination: float | None


@dataclass(frozen=True)
class CheckStatistics:
    """One check over all graded submissions."""

    id: str
    question: str
    title: str
    visibility: Visibility
    passed: int
    failed: int
    blocked: int

    @property
    def rate(self) -> float:
        """The share that passed."""
        return self.passed / max(1, self.passed + self.failed + self.blocked)


@dataclass(frozen=True)
class MistakeStatistics:
    """One named mistake, who made it, and how many later questions of theirs fail with it."""

    question: str
    name: str
    says: str
    students: tuple[str, ...]
    later: int = 0


def graded(records: Sequence[SubmissionRecord]) -> list[SubmissionRecord]:
    """Submissions with a verdict; unreadable ones have one, our own errors have none."""
    return [record for record in records if record.status is not SubmissionStatus.GRADER_ERROR]


def by_question(
    assignment: Assignment, records: Sequence[SubmissionRecord]
) -> list[QuestionStatistics]:
    """Statistics of every automatic question, in the assignment's order."""
    found = []
    totals = [record.points for record in graded(records)]
    for question in assignment.questions:
        if question.manual:
            continue
        scores = [
            one.points / max(one.max_points, 1e-9)
            for record in graded(records)
            for one in record.questions
            if one.id == question.id
        ]
        if not scores:
            continue
        low, median, high = _quartiles(scores)
        rest = [t - s * question.points for t, s in zip(totals, scores, strict=False)]
        found.append(
            QuestionStatistics(
                id=question.id, title=question.title, max_points=question.points,
                mean=statistics.fmean(scores), low=low, median=median, high=high,
                full=sum(score > 0.999 for score in scores),
                none=sum(score == 0 for score in scores),
                discrimination=correlation(scores, rest),
            )
        )  # fmt: skip
    return found


def _quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    if len(values) < 2:
        return values[0], values[0], values[0]
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, median, high


def correlation(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Pearson's correlation; None where one side does not vary."""
    if len(one) < 3 or len(set(one)) < 2 or len(set(other)) < 2:
        return None
    return statistics.correlation(one, other)


def by_check(records: Sequence[SubmissionRecord]) -> list[CheckStatistics]:
    """Statistics of every check, in the order of the records."""
    counts: dict[str, Counter[CheckStatus]] = defaultdict(Counter)
    about = {}
    for record in graded(records):
        for question in record.questions:
            for check in question.checks:
                counts[check.id][check.status] += 1
                about[check.id] = check
    return [
        CheckStatistics(
            id=id, question=check.question, title=check.title, visibility=check.visibility,
            passed=counts[id][CheckStatus.PASSED], failed=counts[id][CheckStatus.FAILED],
            blocked=counts[id][CheckStatus.BLOCKED],
        )
        for id, check in about.items()
    ]  # fmt: skip


def by_mistake(records: Sequence[SubmissionRecord]) -> list[MistakeStatistics]:
    """Named mistakes, the most frequent first."""
    students: dict[tuple[str, str], list[str]] = defaultdict(list)
    later: Counter[tuple[str, str]] = Counter()
    says = {}
    for record in records:
        following = Counter(question.follows for question in record.questions)
        for question in record.questions:
            for diagnosis in question.diagnoses:
                key = (question.id, diagnosis.misconception)
                students[key].append(record.student)
                later[key] += following[question.id]
                says[key] = diagnosis.says
    found = [
        MistakeStatistics(
            question, name, says[question, name], tuple(sorted(who)), later[question, name]
        )
        for (question, name), who in students.items()
    ]
    return sorted(
        found, key=lambda mistake: (-len(mistake.students), mistake.question, mistake.name)
    )


def histogram(records: Sequence[SubmissionRecord], top: float, bins: int = 12) -> list[int]:
    """How many submissions have a score in each of ``bins`` equal parts of 0 to ``top``."""
    counts = [0] * bins
    for record in graded(records):
        counts[min(bins - 1, int(bins * record.points / max(top, 1e-9)))] += 1
    return counts
