"""What is made of a run's records: the class report, and grades as CSV."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import typer

from autograder.commands import fail
from autograder.config import Assignment
from autograder.records import SubmissionRecord


def records_of(course: Path, id: str) -> list[SubmissionRecord]:
    """The records of all whose folder is there: the journal keeps those of renamed ones, too."""
    from autograder.runner.journal import DamagedRecord, journal_path, read_journal
    from autograder.runner.run import CourseError, is_there

    submitted = course / "submitted"
    try:
        kept = list(read_journal(journal_path(course, id)))
        records = [record for record in kept if is_there(submitted / record.student / id)]
    except (DamagedRecord, CourseError) as error:
        fail(str(error))
    if gone := len(kept) - len(records):
        are, them = ("records are", "them") if gone > 1 else ("record is", "it")
        typer.echo(
            f"{gone} {are} left out: there is no submitted/<student>/{id} for {them} any more. "
            f"Where a folder was renamed, `autograder grade {id}` grades it under its new name.",
            err=True,
        )
    if not records:
        fail(f"nothing of {id!r} is graded in {course}: autograder grade {id} --course {course}")
    return records


def with_times(
    course: Path, assignment: Assignment, records: Iterable[SubmissionRecord]
) -> list[SubmissionRecord]:
    """Records with the times of handing in of now: the same file may have come again, later."""
    from autograder.runner.intake import handed_in_at

    found = []
    for record in records:
        moment = handed_in_at(course / "submitted" / record.student / assignment.id, assignment)
        found.append(replace(record, submitted_at=moment or record.submitted_at))
    return found


def write_text(path: Path, text: str) -> None:
    """Write a file as a whole or not at all, and say where."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(path.name + ".tmp")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        fail(f"cannot write {path}: {error.strerror}")
    typer.echo(str(path))
