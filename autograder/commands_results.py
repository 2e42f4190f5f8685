"""What is made of a run's records: the class report, and grades as CSV."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from autograder.commands import fail
from autograder.records import SubmissionRecord


def records_of(course: Path, id: str) -> list[SubmissionRecord]:
    """The records of all whose folder is there: the journal keeps those of renamed ones, too."""
    from autograder.runner.journal import DamagedRecord, journal_path, read_journal

    try:
        kept = list(read_journal(journal_path(course, id)))
    except DamagedRecord as error:
        fail(str(error))
    # As `grade` finds submissions: a broken link is one that cannot be read.
    records = [
        record for record in kept if os.path.lexists(course / "submitted" / record.student / id)
    ]
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
