"""Records into nbgrader: every row that its tools need in one transaction, then the notebooks.

What an instructor entered by hand (``manual_score``, ``manual_comment``, ``extra_credit``) is never
touched.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from autograder.config import Assignment
from autograder.gradebook.course import settle_timestamp
from autograder.gradebook.database import fitting, opened, place_of, settle
from autograder.gradebook.ledger import Ledger, Listed, Source
from autograder.gradebook.notebooks import autograded, place, rewritten, stage
from autograder.gradebook.tables import Tables, Written
from autograder.records import SubmissionRecord
from autograder.sandbox.folder import HeldFolder

BATCH = 50
"""Records in memory at once: a few hold megabytes of pictures."""


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
    course = course.resolve()
    handed_in = sorted(path.parent.name for path in course.glob(f"submitted/*/{assignment.id}"))
    with opened(course, assignment) as connection:
        fitting(connection, handed_in)
        Tables(connection, course, assignment)


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
    with HeldFolder("written-", _ours(course, assignment)) as staging:
        return _write(course, assignment, source, staging)


def _ours(course: Path, assignment: Assignment) -> Path:
    """What is ours in the course folder, on the file system that the notebooks go to."""
    folder = course / ".autograder" / assignment.id
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write(course: Path, assignment: Assignment, source: Source, staging: Path) -> WriteSummary:
    """Rows and staged notebooks, each record read once; then the notebooks take their places."""
    heads = source.heads

    def folder(step: str, at: int) -> Path:
        """Made when it is asked for: those of a large class take room."""
        return course / step / heads[at].student / assignment.id

    with opened(course, assignment) as connection:
        ledger = Ledger(course, assignment, place_of(connection.engine.url))
        settle(connection, [head.student for head in heads])
        tables = Tables(connection, course, assignment)
        held = tables.held() if ledger.entries else {}
        todo = [at for at, head in enumerate(heads) if not ledger.holds(head, held)]
        times: dict[int, str] = {}  # of those that have one
        new: list[int] = []
        for batch in (todo[start : start + BATCH] for start in range(0, len(todo), BATCH)):
            written: list[Written] = []
            for at in batch:
                record, here = source[at], folder("autograded", at)
                text, moment = settle_timestamp(folder("submitted", at))
                written.append((record, moment, rewritten(here, assignment, record)))
                if stage(staging / str(at), here, assignment, autograded(assignment, record), text):
                    new.append(at)
                if text:
                    times[at] = text
            tables.write(written)
        tables.penalise([head.student for head in heads])
        held = tables.held() if todo else {}
    for at in new:
        place(staging / str(at), folder("autograded", at))
    for at in todo:
        ledger.add(heads[at], times.get(at, ""), held[heads[at].student])
    if todo:
        ledger.save()
    return WriteSummary(len(heads), len(new))
