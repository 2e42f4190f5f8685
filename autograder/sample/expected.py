"""What is expected of each sample student, on disk, and records held against it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.config import Assignment
from autograder.records import SubmissionRecord, SubmissionStatus
from autograder.sample.students import Student

EPSILON = 1e-9


@dataclass(frozen=True)
class Mismatch:
    """An outcome that differs from what was expected of a sample student."""

    student: str
    what: str


def expected_path(course: Path, assignment: Assignment) -> Path:
    """Where the expectations of a course's sample class are kept."""
    return course / ".autograder" / assignment.id / "expected.json"


def read_expected(course: Path, assignment: Assignment) -> dict[str, dict[str, Any]]:
    """The expectations by student; none when there is no sample class."""
    path = expected_path(course, assignment)
    if not path.is_file():
        return {}
    students: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["students"]
    return students


def write_expected(
    course: Path, assignment: Assignment, students: Iterable[Student], notes: Iterable[str]
) -> None:
    """Write down what is expected of everybody."""
    document = {
        "assignment": assignment.id,
        "notes": list(notes),
        "students": {student.id: _expectation(student) for student in students},
    }
    path = expected_path(course, assignment)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _expectation(student: Student) -> dict[str, Any]:
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in vars(student).items()
        if name not in ("id", "files", "links")
    }


def verify(
    course: Path, assignment: Assignment, records: Iterable[SubmissionRecord]
) -> list[Mismatch]:
    """Hold records against what is expected; an empty list when all is as expected.

    Raises:
        FileNotFoundError: there is no sample class of this assignment in ``course``.
    """
    expected = read_expected(course, assignment)
    if not expected:
        raise FileNotFoundError(f"no sample class: no {expected_path(course, assignment)}")
    found = {record.student: record for record in records}
    wrong = []
    for student, wanted in expected.items():
        record = found.get(student)
        problem = "has no record" if record is None else differs(record, wanted)
        if problem:
            wrong.append(Mismatch(student, problem))
    return wrong


def differs(record: SubmissionRecord, wanted: Mapping[str, Any]) -> str:
    """How a record differs from what is expected; empty when it does not."""
    if record.status is SubmissionStatus.GRADER_ERROR:
        said = "; ".join(fault.message for fault in record.faults)
        return f"ended in grader_error: {said}"
    if record.status.value != wanted["status"]:
        return f"status {record.status.value}, expected {wanted['status']}"
    points, at_most = wanted["points"], wanted["at_most"]
    if points is not None and abs(record.points - points) > EPSILON:
        return f"{record.points:g} points, expected {points:g}{_lost(record)}"
    if at_most is not None and record.points > at_most + EPSILON:
        return f"{record.points:g} points, expected at most {at_most:g}"
    if wanted["named"]:
        question, name = wanted["named"]
        named = [d.misconception for q in record.questions if q.id == question for d in q.diagnoses]
        if name not in named:
            got = ", ".join(named) or "none"
            return f"{question}: expected the mistake {name!r} to be named, got {got}"
    raised = {flag.code for flag in record.flags} | {fault.code for fault in record.faults}
    missing = set(wanted["flags"]) - raised
    return f"expected the flags {sorted(missing)}" if missing else ""


def _lost(record: SubmissionRecord) -> str:
    """The questions with lost points, for a message."""
    lost = [q.id for q in record.questions if not q.manual and q.points < q.max_points]
    return f" (lost in {', '.join(lost)})" if lost else ""
