"""Records into nbgrader: every row that its tools need in one transaction, then the notebooks.

What an instructor entered by hand (``manual_score``, ``manual_comment``, ``extra_credit``) is never
touched.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from autograder.config import Assignment
from autograder.gradebook.course import database_url, settle_timestamp
from autograder.gradebook.errors import GradebookError
from autograder.gradebook.notebooks import autograded, place, rewritten
from autograder.gradebook.tables import Tables
from autograder.records import SubmissionRecord

LOCK_SECONDS = 30
INDEXES = (
    "CREATE INDEX IF NOT EXISTS autograder_submitted ON submitted_notebook (assignment_id)",
    "CREATE INDEX IF NOT EXISTS autograder_grade_notebook ON grade (notebook_id)",
    "CREATE INDEX IF NOT EXISTS autograder_grade_cell ON grade (cell_id)",
    "CREATE INDEX IF NOT EXISTS autograder_comment_notebook ON comment (notebook_id)",
)


@dataclass(frozen=True)
class WriteSummary:
    """How many submissions were written, and how many notebooks had changed."""

    submissions: int
    notebooks: int


def check_released(course: Path, assignment: Assignment) -> None:
    """Whether :func:`write` would find this assignment in the gradebook of ``course``.

    Raises:
        GradebookError: it would not, or the database cannot be read.
    """
    with _opened(course.resolve(), assignment) as connection:
        Tables(connection, course.resolve(), assignment)


def write(
    course: Path, assignment: Assignment, records: Iterable[SubmissionRecord]
) -> WriteSummary:
    """Write records into the gradebook of ``course``, then their autograded notebooks beside it.

    Writing the same records again changes nothing. All rows are written in one transaction; where
    that fails, no notebook is written either.

    Raises:
        GradebookError: the assignment was not released here, or the database cannot be written.
    """
    course = course.resolve()
    kept = list(records)
    times = {
        record.student: settle_timestamp(course / "submitted" / record.student / assignment.id)
        for record in kept
    }
    places = {
        record.student: course / "autograded" / record.student / assignment.id for record in kept
    }
    again = {
        record.student: rewritten(places[record.student], assignment, record) for record in kept
    }
    with _opened(course, assignment) as connection:
        tables = Tables(connection, course, assignment)
        if connection.dialect.name == "sqlite":
            for statement in INDEXES:
                connection.execute(text(statement))
        moments = {student: moment for student, (_, moment) in times.items()}
        tables.write(kept, moments, again)
    changed = 0
    for record in kept:
        stamp, _ = times[record.student]
        changed += place(places[record.student], assignment, autograded(assignment, record), stamp)
    return WriteSummary(len(kept), changed)


@contextlib.contextmanager
def _opened(course: Path, assignment: Assignment) -> Iterator[Connection]:
    """One transaction on the gradebook of ``course``.

    Raises:
        GradebookError: there is no gradebook, or it refused what was done inside.
    """
    url = database_url(course)
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).is_file():
        raise GradebookError(
            f"there is no gradebook at {url}; release the assignment first: "
            f"autograder release {assignment.id} --course {course}"
        )
    engine = create_engine(url, connect_args=_arguments(url))
    if url.startswith("sqlite"):
        event.listen(engine, "connect", _configure)
    try:
        with engine.begin() as connection:
            yield connection
    except OperationalError as error:
        raise GradebookError(
            f"the gradebook at {url} cannot be written ({error.orig}); if a formgrader or another "
            "nbgrader command is open on it, close that and run the same command again. "
            "Every record is kept."
        ) from error
    except SQLAlchemyError as error:
        raise GradebookError(f"the gradebook at {url} cannot be written: {error}") from error
    finally:
        engine.dispose()


def _arguments(url: str) -> dict[str, Any]:
    return {"timeout": LOCK_SECONDS} if url.startswith("sqlite") else {}


def _configure(connection: Any, _: Any) -> None:
    """One writer, read by others meanwhile: foreign keys checked."""
    connection.execute("PRAGMA foreign_keys = ON")
