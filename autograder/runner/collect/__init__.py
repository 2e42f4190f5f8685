"""Sorting what a learning management system hands out into ``submitted/``, trusting nothing in it.

Understood are a zip or a folder as Moodle, Canvas, Blackboard, Brightspace and Sakai make them,
nbgrader's own layout, and one folder, notebook or zip a student. Of several tries of a student the
newest is taken. What was collected before is kept unless asked, and put aside when replaced; a
failure leaves no half of it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.config import Assignment
from autograder.runner.collect.choose import Choice, choose
from autograder.runner.collect.exchange import exchange
from autograder.runner.collect.notes import CollectError, Notes, Unwritable, printable
from autograder.runner.collect.unpack import unpack
from autograder.runner.collect.zips import STAMP
from autograder.sandbox.folder import HeldFolder

__all__ = ["CollectError", "CollectSummary", "collect"]


@dataclass(frozen=True)
class CollectSummary:
    """How many students' work was written or kept, in which layouts, and what else was seen.

    Kept is what was there before, unless it was to be replaced and differs.
    """

    collected: int
    kept: int
    notes: tuple[str, ...]
    layouts: tuple[tuple[str, int], ...] = ()


def collect(
    source: Path, assignment: Assignment, course: Path, *, replace: bool = False
) -> CollectSummary:
    """Write each student's notebook to ``course/submitted/<student>/<assignment>/``.

    A ``timestamp.txt`` is written where the LMS states the time of handing in; times of files are
    kept, but cost nobody a late penalty.

    Raises:
        CollectError: ``source`` is neither zip nor folder, cannot be read, holds no notebook, or
            the course folder cannot be written.
    """
    _keep_apart(source, course)
    aside = course / ".autograder" / assignment.id
    try:
        aside.mkdir(parents=True, exist_ok=True)
        held = HeldFolder("collect-", aside)  # what a killed one left goes away with this
    except OSError as error:
        raise CollectError(_unwritable(course, error)) from error
    staging = held.path
    try:
        unpacked = staging / "unpacked"
        unpacked.mkdir()
        download = unpack(source, unpacked)
        choices = choose(download, assignment)
        if not choices:
            raise CollectError(_nothing(source, download.notes))
        collected = _place(choices, assignment, course, staging, replace, download.notes)
    except Unwritable as full:
        raise CollectError(f"{_unwritable(course, full.error)} Nothing was collected.") from full
    finally:
        held.remove()
    layouts = tuple(Counter(choice.origin.layout for choice in choices).most_common())
    kept = len(choices) - collected
    return CollectSummary(collected, kept, download.notes.lines(), layouts)


def _keep_apart(source: Path, course: Path) -> None:
    if os.path.isdir(source) and course.resolve().is_relative_to(source.resolve()):
        raise CollectError(
            f"{source} holds the course folder itself. Give the folder of the download alone."
        )


def _nothing(source: Path, notes: Notes) -> str:
    lines = notes.lines()
    seen = "\n  ".join(["", *lines[:10]]) if lines else " nothing like one."
    return (
        f"found no student's notebook in {source}. Expected a zip or a folder as your LMS hands it "
        "out: one folder, notebook or zip a student, with notebooks that end in .ipynb. "
        f"Found:{seen}"
    )


def _unwritable(course: Path, error: OSError) -> str:
    where = f" ({error.filename})" if error.filename else ""
    return (
        f"cannot write to the course folder {course}: {error.strerror or error}{where}. Mend its "
        "permissions, move what is in the way or free some space, then run the same command again."
    )


def _place(
    choices: Sequence[Choice],
    assignment: Assignment,
    course: Path,
    staging: Path,
    replace: bool,
    notes: Notes,
) -> int:
    """Put the submissions in place, each as a whole; how many were written."""
    aside = staging.parent / "replaced"
    written = changed = replaced = 0
    for number, choice in enumerate(choices):
        target = course / "submitted" / choice.origin.student / assignment.id
        try:
            there = os.path.lexists(target)
            if there and (not replace or _same(target, choice, assignment)):
                changed += not _same(target, choice, assignment)
                continue
            made = staging / f"made-{number}"
            if there:
                _older(target, choice, notes)
            _write(choice, made, assignment)
            _swap(made, target, aside / choice.origin.student)
        except OSError as error:
            raise CollectError(
                f"{_unwritable(course, error)} {written} of {len(choices)} submissions were "
                "written, each of them whole."
            ) from error
        written += 1
        replaced += there
    if changed:
        notes.say(
            f"{changed} of those kept are not what was collected before: --replace takes the new"
        )
    if replaced:
        notes.say(f"{replaced} replaced; what was there before lies in {aside}")
    return written


def _same(target: Path, choice: Choice, assignment: Assignment) -> bool:
    """Whether a submission is what the choice would write, its time of handing in included."""
    notebook, staged = target / assignment.notebook, choice.notebook.staged
    return (
        notebook.is_file()
        and not notebook.is_symlink()
        and notebook.stat().st_size == staged.stat().st_size
        and notebook.read_bytes() == staged.read_bytes()
        and _stamp(target) == choice.stamp
    )


def _stamp(target: Path) -> str:
    stamp = target / STAMP
    if not stamp.is_file() or stamp.is_symlink():
        return ""
    with stamp.open("rb") as file:
        return file.read(200).decode("ascii", "replace").strip()


def _older(target: Path, choice: Choice, notes: Notes) -> None:
    """Say when a download of last week replaces what is of today."""
    was = _stamp(target)
    if choice.stamp < was and choice.stamp.endswith("UTC") and was.endswith("UTC"):
        notes.say(
            f"{printable(choice.origin.student)}: replaced what was handed in later "
            f"({printable(was)}); is this an old download?"
        )


def _write(choice: Choice, folder: Path, assignment: Assignment) -> None:
    folder.mkdir()
    notebook = folder / assignment.notebook
    choice.notebook.staged.rename(notebook)
    if choice.notebook.moment > 0:
        os.utime(notebook, (choice.notebook.moment, choice.notebook.moment))
    if choice.stamp:
        (folder / STAMP).write_text(choice.stamp, encoding="ascii")


def _swap(made: Path, target: Path, aside: Path) -> None:
    """Put a folder in place of what is there, which is kept aside; on failure it is there again."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not os.path.lexists(target):
        made.rename(target)
        return
    aside.mkdir(parents=True, exist_ok=True)
    before = aside / str(1 + max((int(n) for n in os.listdir(aside) if n.isdecimal()), default=0))
    made.rename(before)
    try:
        exchange(before, target)
    except BaseException:  # a signal to stop among them
        before.rename(made)
        raise
