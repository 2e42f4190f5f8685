"""The rows of one record: a grade for every graded cell, a comment for every answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograder.build.notebook import MasterCell, master_cells
from autograder.config import Assignment
from autograder.gradebook.neutral import markdown
from autograder.printable import printable
from autograder.records import (
    CellRecord,
    CellRole,
    QuestionRecord,
    SubmissionRecord,
    SubmissionStatus,
)
from autograder.report.feedback import comment

Row = dict[str, Any]
NO_RESPONSE = "No response."
"""What nbgrader itself writes beside an untouched answer."""


def rows_of(cell: MasterCell) -> tuple[str, ...]:
    """The kinds of rows that nbgrader keeps for a cell."""
    if cell.role is CellRole.SOLUTION:
        return ("SolutionCell",)
    if cell.role is CellRole.CHECK:
        return ("GradeCell",)
    if cell.role is CellRole.WRITTEN:
        return ("SolutionCell", "GradeCell")
    return ()


class Rows:
    """Makes rows; ``cells`` are nbgrader's ids of cells by name and kind."""

    def __init__(self, assignment: Assignment, cells: Mapping[tuple[str, str], str]) -> None:
        self._cells = cells
        self._master = master_cells(assignment)

    def grades(self, record: SubmissionRecord, notebook_id: str) -> list[Row]:
        """Automatic scores; what is graded by hand, or not at all for our fault, has none yet."""
        questions = {question.id: question for question in record.questions}
        written = {cell.grade_id: cell for cell in record.cells}
        rows = []
        for cell in self._master:
            if "GradeCell" not in rows_of(cell):
                continue
            score: float | None
            if record.status is SubmissionStatus.GRADER_ERROR:
                score = None
            elif cell.role is CellRole.CHECK:
                score = questions[cell.question].points
            else:
                score = 0.0 if _untouched(cell, written.get(cell.grade_id)) else None
            rows.append(
                {
                    "notebook_id": notebook_id,
                    "cell_id": self._cells[cell.grade_id, "GradeCell"],
                    "auto_score": score,
                    "needs_manual_grade": score is None,
                    "manual_score": None,
                    "extra_credit": None,
                }
            )
        return rows

    def comments(self, record: SubmissionRecord, notebook_id: str) -> list[Row]:
        """What the student reads beside each answer; nbgrader renders it as Markdown.

        Without what a database refuses: no server takes NUL, none at all half a character.
        """
        questions = {question.id: question for question in record.questions}
        given = {cell.grade_id: cell for cell in record.cells}
        rows = []
        for cell in self._master:
            if "SolutionCell" not in rows_of(cell):
                continue
            said = self._comment(
                record, cell, given.get(cell.grade_id), questions.get(cell.question)
            )
            rows.append(
                {
                    "notebook_id": notebook_id,
                    "cell_id": self._cells[cell.grade_id, "SolutionCell"],
                    "auto_comment": None if said is None else markdown(printable(said)),
                    "manual_comment": None,
                }
            )
        return rows

    @staticmethod
    def _comment(
        record: SubmissionRecord,
        cell: MasterCell,
        given: CellRecord | None,
        question: QuestionRecord | None,
    ) -> str | None:
        if record.status is SubmissionStatus.UNREADABLE:
            return "Not graded: " + "; ".join(fault.message for fault in record.faults)
        if record.status is SubmissionStatus.GRADER_ERROR:
            return "Not graded yet, by our fault and not yours: a person will look at it."
        if _untouched(cell, given):
            return NO_RESPONSE
        return comment(question) if question is not None and not question.manual else None


def _untouched(cell: MasterCell, given: CellRecord | None) -> bool:
    return given is None or given.source.strip() in ("", cell.source.strip())
