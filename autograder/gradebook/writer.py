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
from autograder.gradebook.ledger import Ledger, Listed, Rows, Source
from autograder.gradebook.notebooks import autograded, place, rewritten
from autograder.gradebook.tables import Tables
from autograder.records import SubmissionRecord

LOCK_SECONDS = 30
BATCH = 500
"""Records in memory at once."""
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
    course: Path, assignment: Assignment, records: Iterable[SubmissionRecord] | Source
) -> WriteSummary:
    """Write records into the gradebook of ``course``, then their autograded notebooks beside it.

    Writing the same records again changes nothing; what is there already is not looked at twice.
    All rows are written in one transaction; where that fails, no notebook is written either.

    Raises:
        GradebookError: the assignment was not released here, or the database cannot be written.
    """
    course = course.resolve()
    source = records if isinstance(records, Source) else Listed(records)
    heads = source.heads
    ledger = Ledger(course, assignment, database_url(course))
    with _opened(course, assignment) as connection:
        tables = Tables(connection, course, assignment)
        if connection.dialect.name == "sqlite":
            for statement in INDEXES:
                connection.execute(text(statement))
        rows = tables.rows() if ledger.entries else {}
        todo = [at for at, head in enumerate(heads) if not ledger.holds(head, rows)]
        folders = {at: course / "autograded" / heads[at].student / assignment.id for at in todo}
        moments = {}
        for batch in (todo[start : start + BATCH] for start in range(0, len(todo), BATCH)):
            kept = {at: source[at] for at in batch}
            again = {at: rewritten(folders[at], assignment, kept[at]) for at in batch}
            for at in batch:
                moments[at] = settle_timestamp(
                    course / "submitted" / heads[at].student / assignment.id
                )
            tables.write([(kept[at], moments[at][1], again[at]) for at in batch])
        tables.penalise([head.student for head in heads])
        rows = tables.rows() if todo else {}
    changed = 0
    for at in todo:
        stamp, _ = moments[at]
        notebook = autograded(assignment, source[at])
        changed += place(folders[at], assignment, notebook, stamp)
        ledger.add(heads[at], stamp, rows.get(heads[at].student, Rows()))
    if todo:
        ledger.save()
    return WriteSummary(len(heads), changed)


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
