"""What ``autograder grade`` does beyond grading: progress, the gradebook, the summary."""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from autograder.commands import GRADED, GRADER_ERRORS, USAGE, fail, say, usable
from autograder.config import Assignment
from autograder.printable import printable
from autograder.progress import ProgressBar
from autograder.records import Blame, SubmissionRecord, SubmissionStatus, to_json
from autograder.runner.bench import Setting
from autograder.runner.crew import WorkersGone
from autograder.runner.journal import CourseBusy, DamagedRecord
from autograder.runner.remote import NoCluster
from autograder.runner.run import CourseError, RunSummary, grade
from autograder.runner.run import handed_in as there
from autograder.sandbox import BoxUnavailable

if TYPE_CHECKING:
    from autograder.gradebook import WriteSummary


def handed_in(known: Sequence[Assignment], course: Path) -> list[Assignment]:
    """The assignments to grade where none is named: those that anybody handed in."""
    try:
        found = there(course, known)
    except CourseError as error:
        fail(str(error))
    if left := [assignment.id for assignment in known if assignment not in found]:
        typer.echo(f"nobody handed in: {', '.join(left)}", err=True)
    return found


def processes(workers: int) -> int:
    """How many there will be where ``workers`` were asked for."""
    return workers if workers > 0 else len(os.sched_getaffinity(0))


def grade_assignments(
    assignments: Sequence[Assignment],
    course: Path,
    workers: int,
    setting: Setting,
    *,
    as_json: bool,
    scheduler: str = "",
) -> int:
    """Grade, write the gradebook, print a summary (or the records as JSON); the exit code.

    What is wrong with one assignment does not keep the next from being graded; what is wrong with
    this machine, its boxes or its cluster does.
    """
    slots = processes(workers)
    worst = GRADED
    for assignment in assignments:
        written: list[WriteSummary] = []
        try:
            with usable(assignment), ProgressBar(assignment.id) as progress:
                came = _graded(assignment, course, slots, setting, progress, scheduler, written)
        except typer.Exit as ended:  # it cannot be used, as was said
            worst = max(worst, ended.exit_code)
            continue
        if isinstance(came, RunSummary):
            worst = max(worst, GRADER_ERRORS if came.errors else GRADED)
            _show(assignment, came, written, as_json=as_json)
        elif came.everywhere:
            fail(came.message, came.code)
        else:
            say(came.message)
            worst = max(worst, came.code)
    return worst


class _Refused(NamedTuple):
    """Why an assignment was not graded; ``everywhere`` if no other could be either."""

    message: str
    code: int
    everywhere: bool


def _graded(
    assignment: Assignment,
    course: Path,
    slots: int,
    setting: Setting,
    progress: ProgressBar,
    scheduler: str,
    written: list[WriteSummary],
) -> RunSummary | _Refused:
    try:
        return grade(
            assignment, course, workers=slots, setting=setting, progress=progress.show,
            meanwhile=functools.partial(_check_released, course, assignment),
            scheduler=scheduler, finish=functools.partial(_write, course, assignment, written),
        )  # fmt: skip
    except (CourseError, CourseBusy, DamagedRecord) as error:
        return _Refused(str(error), USAGE, everywhere=False)
    except (BoxUnavailable, NoCluster) as error:
        return _Refused(str(error), USAGE, everywhere=True)
    except WorkersGone as error:
        return _Refused(str(error), GRADER_ERRORS, everywhere=True)
    except OSError as error:
        return _Refused(
            f"cannot write to {course}: {error.strerror}. What was decided before is kept; free "
            "some space or mend the permissions, and run the same command again.",
            GRADER_ERRORS,
            everywhere=True,
        )


def _show(
    assignment: Assignment, summary: RunSummary, written: Sequence[WriteSummary], *, as_json: bool
) -> None:
    """What came of one assignment."""
    for reason in summary.left_out:
        typer.echo(f"a worker got no work: {printable(reason)}", err=True)
    if as_json:
        for record in summary.records:
            typer.echo(to_json(record))
    else:
        _summarise(assignment, summary, written[0].notebooks)


# Whatever imports nbgrader is imported late: that takes seconds, and workers start meanwhile. What
# it raises comes as a CourseError, so that no message waits for that import.


def _check_released(course: Path, assignment: Assignment) -> None:
    """Now, not after an evening of grading."""
    from autograder.gradebook import GradebookError, check_released

    try:
        check_released(course, assignment)
    except GradebookError as error:
        raise CourseError(str(error)) from error


def _write(
    course: Path, assignment: Assignment, written: list[WriteSummary], done: RunSummary
) -> None:
    """Into the gradebook, before another run can begin; ``written`` gets what came of it."""
    from autograder.gradebook import GradebookError, write

    try:
        written.append(write(course, assignment, done.records))
    except GradebookError as error:
        raise CourseError(str(error)) from error


def _summarise(assignment: Assignment, summary: RunSummary, notebooks: int) -> None:
    rate = summary.seconds / summary.graded if summary.graded else 0.0
    typer.echo(
        f"{assignment.id}: {summary.graded} graded in {summary.seconds:.1f} s"
        + (f" ({rate:.2f} s each)" if summary.graded else "")
        + f", {summary.unchanged} unchanged, {summary.unreadable} unreadable, "
        f"{summary.errors} grader errors; {notebooks} notebooks written."
    )
    _tell_changes(summary)
    for number, head in enumerate(summary.records.heads):
        if head.status == SubmissionStatus.GRADER_ERROR:
            record = summary.records[number]
            typer.echo(f"  grader error: {record.student}: {printable(_why(record))}")


def _why(record: SubmissionRecord) -> str:
    """What went wrong on our side, in a line; the student's own faults may stand before it."""
    ours = [fault for fault in record.faults if fault.blame is Blame.GRADER]
    faults = ours or record.faults
    return faults[0].message.splitlines()[0][:160] if faults else "unknown"


SHOWN = 40
"""Changed grades that are printed; the journal and the gradebook have all."""


def _tell_changes(summary: RunSummary) -> None:
    """Who has another grade than after the last run, though nobody handed in anew."""
    if summary.partly:
        typer.echo(
            f"  of {summary.partly} only the questions were checked again whose checks changed; "
            "their other verdicts were kept."
        )
    if not summary.changes:
        return
    changed = f"{len(summary.changes)} of {len(summary.records)}"
    typer.echo(f"  grades of the same submissions that changed since the last run: {changed}")
    for change in summary.changes[:SHOWN]:
        questions = ", ".join(f"{id} {old:g} → {new:g}" for id, old, new in change.questions)
        student = printable(change.student)
        typer.echo(f"    {student}: {change.before:g} → {change.after:g} ({questions})")
    if len(summary.changes) > SHOWN:
        typer.echo(f"    ... and {len(summary.changes) - SHOWN} more")
