"""Grades as CSV for a learning management system."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from autograder.config import Assignment
from autograder.records import SubmissionRecord, SubmissionStatus

FORMULA = tuple("=+-@＝＋－＠")


def export_csv(assignment: Assignment, records: Sequence[SubmissionRecord]) -> str:
    """One row a student: status, automatic points in sum and by question.

    Points of a ``grader_error`` are left empty: they are not known yet.
    """
    automatic = [question.id for question in assignment.questions if not question.manual]
    top = float(sum(assignment.question(id).points for id in automatic))
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    head = ["student", "assignment", "submitted_at", "status", "points", "max_points", *automatic]
    writer.writerow([*head, "flags", "mistakes"])
    for record in sorted(records, key=lambda record: record.student):
        known = record.status is not SubmissionStatus.GRADER_ERROR
        by_id = {question.id: question for question in record.questions}
        scores = [by_id[id].points if known and id in by_id else "" for id in automatic]
        odd = {flag.code for flag in record.flags} | {fault.code for fault in record.faults}
        mistakes = [d.misconception for q in record.questions for d in q.diagnoses]
        writer.writerow(
            [
                harmless(record.student),
                record.assignment,
                record.submitted_at,
                record.status.value,
                record.points if known else "",
                top,
                *scores,
                " ".join(sorted(odd)),
                " ".join(mistakes),
            ]
        )
    return buffer.getvalue()


def harmless(text: str) -> str:
    """Text of one line that no spreadsheet takes for a formula."""
    line = "".join(character if character.isprintable() else " " for character in text)
    return f"'{line}" if line.lstrip().startswith(FORMULA) else line
