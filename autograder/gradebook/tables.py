"""nbgrader's tables of one course: the rows of one assignment, read and written in bulk."""

from __future__ import annotations

import datetime
import hashlib
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, Table, cast, func, insert, select, update
from sqlalchemy import bindparam as bind

from autograder.build.notebook import master_cells
from autograder.config import Assignment
from autograder.gradebook.course import LatePenalties
from autograder.gradebook.errors import GradebookError
from autograder.gradebook.rows import Row, Rows, rows_of
from autograder.records import SubmissionRecord

Written = tuple[SubmissionRecord, datetime.datetime | None, Collection[str]]

FETCHED = 200
"""Rows fetched at a time of what has one for each student: of thousands, few are held at once."""


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

    def write(self, batch: Sequence[Written]) -> None:
        """Insert what is new, update what changed, of some submissions.

        Each is a record, its time, and the cells whose answers a person has to read again.
        """
        moments = {record.student: moment for record, moment, _ in batch}
        notebooks = self._notebooks(self._submissions(moments))
        rows = Rows(self._assignment, self.cells)
        grades: list[Row] = []
        comments: list[Row] = []
        again: set[tuple[str, str]] = set()
        for record, _, rewritten in batch:
            notebook = notebooks[record.student]
            grades += rows.grades(record, notebook)
            comments += rows.comments(record, notebook)
            again |= {(notebook, self.cells[cell, "GradeCell"]) for cell in rewritten}
        self._upsert("grade", grades, ("auto_score", "needs_manual_grade"), again)
        self._upsert("comment", comments, ("auto_comment",))

    def _ids(
        self, table: Table, column: str, among: Iterable[str], *ours: ColumnElement[bool]
    ) -> dict[str, str]:
        """The ids of rows that are there, by their ``column``, which is one of ``among``.

        ``ours`` says which rows are of this assignment. They are looked up for each batch anew:
        those of a large class take room.
        """
        key = table.c[column]
        found = self._connection.execute(select(key, table.c.id).where(key.in_(among), *ours))
        return {row[0]: row[1] for row in found}

    def _submissions(self, moments: Mapping[str, datetime.datetime | None]) -> dict[str, str]:
        """The submitted assignment of each student, with its time."""
        known = self._ids(self._tables["student"], "id", moments)  # of all assignments
        strangers = [{"id": student} for student in moments if student not in known]
        if strangers:
            self._connection.execute(insert(self._tables["student"]), strangers)
        table = self._tables["submission"]
        ours = table.c.assignment_id == self.assignment_id
        ids = self._ids(table, "student_id", moments, ours)
        made = [
            {"id": _new_id(), "assignment_id": self.assignment_id, "student_id": student}
            for student in moments if student not in ids
        ]  # fmt: skip
        if made:
            self._connection.execute(insert(table), made)
            ids.update({row["student_id"]: row["id"] for row in made})
        self._connection.execute(
            update(table).where(table.c.id == bind("key")).values(timestamp=bind("moment")),
            [{"key": ids[student], "moment": moment} for student, moment in moments.items()],
        )
        return ids

    def _notebooks(self, submissions: Mapping[str, str]) -> dict[str, str]:
        """The submitted notebook of each student."""
        table = self._tables["submitted_notebook"]
        ours = table.c.notebook_id == self.notebook_id
        ids = self._ids(table, "assignment_id", submissions.values(), ours)
        made = [
            {
                "id": _new_id(), "assignment_id": submission, "notebook_id": self.notebook_id,
                "flagged": False,
            }
            for submission in submissions.values() if submission not in ids
        ]  # fmt: skip
        if made:
            self._connection.execute(insert(table), made)
            ids.update({row["assignment_id"]: row["id"] for row in made})
        return {student: ids[submission] for student, submission in submissions.items()}

    def held(self) -> dict[str, str]:
        """A digest of what the gradebook holds of each student: time, scores, comments."""
        notebook = self._tables["submitted_notebook"]
        said: dict[str, str] = {}
        for name, column in (("grade", "auto_score"), ("comment", "auto_comment")):
            table = self._tables[name]
            value = "=" + cast(table.c[column], String)
            rows = (
                select(
                    table.c.notebook_id, (table.c.cell_id + func.coalesce(value, "")).label("row")
                )
                .join(notebook, notebook.c.id == table.c.notebook_id)
                .where(notebook.c.notebook_id == self.notebook_id)
                .order_by(table.c.notebook_id, table.c.cell_id)
                .subquery()
            )
            # One text a student, put together by the database: a row for each cell would be slow.
            texts = func.aggregate_strings(rows.c.row, "\n")
            for owner, text in self._connection.execute(
                select(rows.c.notebook_id, texts).group_by(rows.c.notebook_id),
                execution_options={"yield_per": FETCHED},
            ):
                said[owner] = _digest(f"{said.get(owner, '')}\0{text}")
        submission = self._tables["submission"]
        found = self._connection.execute(
            select(submission.c.student_id, submission.c.timestamp, notebook.c.id)
            .join(notebook, notebook.c.assignment_id == submission.c.id)
            .where(notebook.c.notebook_id == self.notebook_id),
            execution_options={"yield_per": FETCHED},
        )
        return {student: f"{moment} {said.pop(owner, '')}" for student, moment, owner in found}

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
            select(table).where(
                table.c.notebook_id.in_({row["notebook_id"] for row in rows}),
                table.c.cell_id.in_(set(self.cells.values())),
            )
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

    def penalise(self, students: Iterable[str]) -> None:
        """Late penalties by nbgrader's plugin, as nbgrader would have assigned them.

        Of all, since a due date, an extension, a grade by hand may have changed.
        """
        notebook, submission = self._tables["submitted_notebook"], self._tables["submission"]
        wanted = set(students)
        late = LatePenalties(self._course) if self.duedate is not None else None
        scores = self._scores() if late is not None else {}
        changes = []
        for row in self._connection.execute(
            select(
                submission.c.student_id, submission.c.timestamp, submission.c.extension,
                notebook.c.id, notebook.c.late_submission_penalty,
            )
            .join(notebook, notebook.c.assignment_id == submission.c.id)
            .where(notebook.c.notebook_id == self.notebook_id)
        ):  # fmt: skip
            if row.student_id not in wanted:
                continue
            penalty = None
            if late is not None and self.duedate is not None and row.timestamp is not None:
                due = self.duedate + (row.extension or datetime.timedelta())
                seconds = (row.timestamp - due).total_seconds()
                penalty = late.penalty(row.student_id, scores.get(row.id, 0.0), seconds)
            if penalty != row.late_submission_penalty:
                changes.append({"key": row.id, "penalty": penalty})
        if changes:
            self._connection.execute(
                update(notebook).where(notebook.c.id == bind("key"))
                .values(late_submission_penalty=bind("penalty")),
                changes,
            )  # fmt: skip

    def _scores(self) -> dict[str, float]:
        """What each notebook has now: a manual score where there is one, plus extra credit."""
        grade, notebook = self._tables["grade"], self._tables["submitted_notebook"]
        score = func.coalesce(grade.c.manual_score, grade.c.auto_score, 0.0)
        total = func.sum(score + func.coalesce(grade.c.extra_credit, 0.0))
        found = self._connection.execute(
            select(grade.c.notebook_id, total)
            .join(notebook, notebook.c.id == grade.c.notebook_id)
            .where(notebook.c.notebook_id == self.notebook_id)
            .group_by(grade.c.notebook_id)
        )
        return {row[0]: float(row[1]) for row in found}


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _new_id() -> str:
    return uuid.uuid4().hex
