"""nbgrader's tables of one course: the rows of one assignment, read and written in bulk."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update
from sqlalchemy import bindparam as bind

from autograder.build.notebook import master_cells
from autograder.config import Assignment
from autograder.gradebook.course import LatePenalties
from autograder.gradebook.errors import GradebookError
from autograder.gradebook.rows import Row, Rows, rows_of
from autograder.records import SubmissionRecord


class Tables:
    """The tables of one course, and the ids of one assignment in them."""

    def __init__(self, connection: Connection, course: Path, assignment: Assignment) -> None:
        from nbgrader import api

        self._connection = connection
        self._course = course
        self._assignment = assignment
        self._tables: dict[str, Table] = {
            name: model.__table__
            for name, model in {
                "assignment": api.Assignment, "notebook": api.Notebook, "cell": api.BaseCell,
                "student": api.Student, "submission": api.SubmittedAssignment,
                "submitted_notebook": api.SubmittedNotebook, "grade": api.Grade,
                "comment": api.Comment,
            }.items()
        }  # fmt: skip
        self._find()

    def _find(self) -> None:
        """The assignment, its notebook and its cells, as nbgrader stored them at release.

        Raises:
            GradebookError: they are not there, or of an older release.
        """
        tables, connection, id = self._tables, self._connection, self._assignment.id
        found = connection.execute(
            select(tables["assignment"]).where(tables["assignment"].c.name == id)
        ).first()
        remedy = f"release it: autograder release {id} --course {self._course}"
        if found is None:
            raise GradebookError(f"the gradebook does not know the assignment {id!r}; {remedy}")
        self.assignment_id, self.duedate = found.id, found.duedate
        notebook = connection.execute(
            select(tables["notebook"].c.id).where(
                tables["notebook"].c.assignment_id == found.id, tables["notebook"].c.name == id
            )
        ).first()
        if notebook is None:
            raise GradebookError(f"the gradebook has no notebook of {id!r}; {remedy}")
        self.notebook_id = notebook.id
        cells = connection.execute(
            select(tables["cell"].c.name, tables["cell"].c.type, tables["cell"].c.id).where(
                tables["cell"].c.notebook_id == notebook.id
            )
        )
        self.cells = {(cell.name, cell.type): cell.id for cell in cells}
        for master in master_cells(self._assignment):
            wanted = rows_of(master)
            for kind in wanted:
                if (master.grade_id, kind) not in self.cells:
                    raise GradebookError(
                        f"the gradebook's copy of {id!r} has no {kind} {master.grade_id!r}: the "
                        f"assignment changed since it was released; {remedy}"
                    )

    def write(
        self,
        records: list[SubmissionRecord],
        moments: Mapping[str, datetime.datetime | None],
        rewritten: Mapping[str, Collection[str]],
    ) -> None:
        """Insert what is new, update what changed.

        ``rewritten`` are the cells, by student, whose answers a person has to read again.
        """
        students = [record.student for record in records]
        self._insert_missing("student", "id", [{"id": student} for student in students])
        submissions = self._submissions(students, moments)
        notebooks = self._notebooks(submissions)
        rows = Rows(self._assignment, self.cells)
        grades: list[Row] = []
        comments: list[Row] = []
        for record in records:
            grades += rows.grades(record, notebooks[record.student])
            comments += rows.comments(record, notebooks[record.student])
        again = {
            (notebooks[student], self.cells[cell, "GradeCell"])
            for student, cells in rewritten.items()
            for cell in cells
        }
        self._upsert("grade", grades, ("auto_score", "needs_manual_grade"), again)
        self._upsert("comment", comments, ("auto_comment",))
        self._penalise(notebooks, moments)

    def _insert_missing(self, table: str, key: str, rows: list[Row]) -> None:
        column = self._tables[table].c[key]
        there = set(self._connection.execute(select(column)).scalars())
        missing = [row for row in rows if row[key] not in there]
        if missing:
            self._connection.execute(insert(self._tables[table]), missing)

    def _submissions(
        self, students: list[str], moments: Mapping[str, datetime.datetime | None]
    ) -> dict[str, str]:
        """The submitted assignment of each student, with its time."""
        table = self._tables["submission"]
        found = self._connection.execute(
            select(table.c.student_id, table.c.id).where(
                table.c.assignment_id == self.assignment_id
            )
        )
        ids = {row.student_id: row.id for row in found}
        new = [student for student in students if student not in ids]
        made = [
            {"id": _new_id(), "assignment_id": self.assignment_id, "student_id": student}
            for student in new
        ]
        if made:
            self._connection.execute(insert(table), made)
        ids |= {row["student_id"]: row["id"] for row in made}
        self._connection.execute(
            update(table).where(table.c.id == bind("key")).values(timestamp=bind("moment")),
            [{"key": ids[student], "moment": moments[student]} for student in students],
        )
        return {student: ids[student] for student in students}

    def _notebooks(self, submissions: Mapping[str, str]) -> dict[str, str]:
        """The submitted notebook of each student."""
        table = self._tables["submitted_notebook"]
        found = self._connection.execute(
            select(table.c.assignment_id, table.c.id).where(table.c.notebook_id == self.notebook_id)
        )
        ids = {row.assignment_id: row.id for row in found}
        made = [
            {
                "id": _new_id(), "assignment_id": submission, "notebook_id": self.notebook_id,
                "flagged": False,
            }
            for submission in submissions.values() if submission not in ids
        ]  # fmt: skip
        if made:
            self._connection.execute(insert(table), made)
        ids |= {row["assignment_id"]: row["id"] for row in made}
        return {student: ids[submission] for student, submission in submissions.items()}

    def _upsert(
        self,
        name: str,
        rows: list[Row],
        columns: tuple[str, ...],
        again: Collection[tuple[str, str]] = (),
    ) -> None:
        """Insert rows that are new, update those whose automatic part differs, or in ``again``."""
        table = self._tables[name]
        wanted = {(row["notebook_id"], row["cell_id"]): row for row in rows}
        found = self._connection.execute(
            select(table).where(table.c.cell_id.in_(set(self.cells.values())))
        )
        changes = []
        for old in found.mappings():
            key = (old["notebook_id"], old["cell_id"])
            row = wanted.pop(key, None)
            if row is None or (old[columns[0]] == row[columns[0]] and key not in again):
                continue
            change = {f"new_{column}": row[column] for column in columns}
            if name == "grade" and old["manual_score"] is not None:
                change["new_needs_manual_grade"] = True  # as nbgrader: look at it again
            changes.append({"key": old["id"], **change})
        if changes:
            values: dict[str, Any] = {column: bind(f"new_{column}") for column in columns}
            self._connection.execute(
                update(table).where(table.c.id == bind("key")).values(**values), changes
            )
        if wanted:
            self._connection.execute(
                insert(table), [{"id": _new_id(), **row} for row in wanted.values()]
            )

    def _penalise(
        self, notebooks: Mapping[str, str], moments: Mapping[str, datetime.datetime | None]
    ) -> None:
        """Late penalties by nbgrader's plugin, as nbgrader would have assigned them."""
        table, submission = self._tables["submitted_notebook"], self._tables["submission"]
        penalties: dict[str, float | None] = dict.fromkeys(notebooks.values())
        if self.duedate is not None:
            late = LatePenalties(self._course)
            scores = self._scores()
            found = self._connection.execute(
                select(submission.c.student_id, submission.c.extension).where(
                    submission.c.assignment_id == self.assignment_id
                )
            )
            extensions = {row.student_id: row.extension for row in found}
            for student, notebook in notebooks.items():
                moment = moments[student]
                if moment is not None:
                    due = self.duedate + (extensions.get(student) or datetime.timedelta())
                    seconds = (moment - due).total_seconds()
                    score = scores.get(notebook, 0.0)
                    penalties[notebook] = late.penalty(student, score, seconds)
        if penalties:
            self._connection.execute(
                update(table).where(table.c.id == bind("key"))
                .values(late_submission_penalty=bind("penalty")),
                [{"key": key, "penalty": penalty} for key, penalty in penalties.items()],
            )  # fmt: skip

    def _scores(self) -> dict[str, float]:
        """What each notebook has now: a manual score where there is one, plus extra credit."""
        grade = self._tables["grade"]
        scores: dict[str, float] = {}
        for row in self._connection.execute(select(grade)):
            score = row.manual_score if row.manual_score is not None else row.auto_score
            total = (score or 0.0) + (row.extra_credit or 0.0)
            scores[row.notebook_id] = scores.get(row.notebook_id, 0.0) + total
        return scores


def _new_id() -> str:
    return uuid.uuid4().hex
