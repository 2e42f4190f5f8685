"""`nbgrader export` of thousands: nbgrader's own CSV, its rows read together.

nbgrader asks its database for each student's submission, then for its score, then for its penalty.
``nbgrader_config.py`` of a released course names this plugin, so the command stays nbgrader's; it
imports nothing else of ours, since each of nbgrader's commands reads that file.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from nbgrader.api import Assignment, Gradebook, MissingEntry, SubmittedAssignment
from nbgrader.plugins import CsvExportPlugin
from sqlalchemy.orm import undefer


class ClassExportPlugin(CsvExportPlugin):
    """nbgrader's CSV of a whole class."""

    def export(self, gradebook: Gradebook) -> None:
        """Write what nbgrader writes."""
        together: Any = Together(gradebook)
        super().export(together)


class Together:
    """As much of a gradebook as an export asks for; each table is read once."""

    def __init__(self, gradebook: Gradebook) -> None:
        self._gradebook = gradebook
        self._name = ""
        self._found: dict[str, Any] = {}

    @property
    def assignments(self) -> Any:
        """All of them."""
        return self._gradebook.assignments

    @cached_property
    def students(self) -> Any:
        """All of them, in nbgrader's order."""
        return self._gradebook.students

    def find_submission(self, assignment: str, student: str) -> Any:
        """One submission.

        Raises:
            MissingEntry: nothing was handed in.
        """
        if assignment != self._name:
            submitted: Any = SubmittedAssignment  # nbgrader adds columns where no type sees it
            query = self._gradebook.db.query(submitted)
            query = query.join(Assignment, Assignment.id == submitted.assignment_id)
            query = query.filter(Assignment.name == assignment)
            rows = query.options(
                undefer(submitted.score), undefer(submitted.late_submission_penalty)
            ).all()
            self._name, self._found = assignment, {row.student_id: row for row in rows}
        if student not in self._found:
            raise MissingEntry(f"No such submission: {assignment} for {student}")
        return self._found[student]
