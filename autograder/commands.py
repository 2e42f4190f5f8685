"""What the commands share: what they were asked for, and how they stop."""

from __future__ import annotations

import contextlib
import difflib
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from autograder.authored import is_authors
from autograder.config import Assignment, ConfigError, known_assignments, load_assignment

if TYPE_CHECKING:
    from autograder.runner.bench import Setting

GRADED, GRADER_ERRORS, USAGE = 0, 1, 2


def fail(message: str, code: int = USAGE) -> NoReturn:
    """Say what is wrong and stop."""
    say(message)
    raise typer.Exit(code)


def say(message: str) -> None:
    """Say what is wrong."""
    typer.echo(f"autograder: {message}", err=True)


def assignments(ids: Sequence[str] | None) -> list[Assignment]:
    """The assignments of these ids, or all there are."""
    known = known_assignments()
    for id in ids or ():
        if id not in known:
            near = difflib.get_close_matches(id, known, n=1)
            meant = f" Did you mean {near[0]!r}?" if near else ""
            if Path(id).is_file():
                meant = " That is a file: are two arguments in each other's place?"
            there = ", ".join(known) or "none"
            fail(f"there is no assignment {id!r}.{meant} Known: {there}.")
    try:
        return [load_assignment(id) for id in ids or known]
    except ConfigError as error:
        fail(str(error))


def assignment_of(notebook: Path, id: str) -> Assignment:
    """The assignment of this id, or the one that a notebook is called after."""
    known = known_assignments()
    if not id and notebook.stem not in known:
        again = f"autograder check {shlex.quote(str(notebook))} --assignment ID"
        fail(
            f"there is no assignment {notebook.stem!r}, as the file is called. Name the one it "
            f"is: {again}. Known: {', '.join(known)}."
        )
    (assignment,) = assignments([id or notebook.stem])
    return assignment


def course_folder(course: Path, needs: str = "") -> Path:
    """The course folder; with ``needs`` it must exist and hold that folder."""
    if needs and not (course / needs).is_dir():
        what = "there is no such folder" if not course.exists() else f"it has no folder {needs!r}"
        fail(
            f"{course} is no course folder ({what}). A course folder is what "
            f"`autograder release ID --course {course}` makes: nbgrader's source, release, "
            "submitted, autograded, feedback and gradebook.db."
        )
    if course.exists() and not course.is_dir():
        fail(f"{course} is a file; --course names a folder.")
    return course.resolve()


def wall(sandbox: str, device: str = "cpu", *, here: bool = True) -> Setting:
    """The setting for a level and a device, tried out first unless it is none or not for here."""
    from autograder.runner.bench import Setting
    from autograder.sandbox import Level
    from autograder.sandbox.probe import probe

    if device not in ("auto", "cpu", "cuda"):
        fail(f"--device {device!r} is not one of auto, cpu, cuda.")
    if device == "cuda":
        fail("there is no sandbox profile for CUDA yet; grade with --device cpu.")
    try:
        level = Level(sandbox)
    except ValueError:
        fail(f"--sandbox {sandbox!r} is not one of {', '.join(Level)}.")
    if level is Level.NONE:
        typer.echo("Warning: --sandbox none runs student code as you, unprotected.", err=True)
        return Setting(level=level)
    if not here:
        return Setting(level=level)
    report = probe(level)
    if report.level is not level:
        lines = [f"{f.name}: {f.detail}. {f.remedy}" for f in report.findings if not f.ok]
        fail(
            f"refusing to grade: the sandbox of level {level.value!r} does not hold on this "
            "machine.\n  " + "\n  ".join(lines) + "\n`autograder doctor` tells more."
        )
    return Setting(level=level)


@contextlib.contextmanager
def box_holds() -> Iterator[None]:
    """Where the sandbox was tried out and yet there is none when it is needed, say why, and stop.

    Raises:
        typer.Exit: with 1: that is nothing that was typed.
    """
    from autograder.sandbox import BoxUnavailable

    try:
        yield
    except BoxUnavailable as error:
        fail(str(error), GRADER_ERRORS)


@contextlib.contextmanager
def usable(assignment: Assignment) -> Iterator[None]:
    """Where its checks, answers or known mistakes cannot be used, say what to mend, and stop.

    Raises:
        typer.Exit: with 2, as after every mistake that is the user's to mend.
    """
    try:
        yield
    except Exception as error:
        if not is_authors(error):
            raise
        fail(
            f"the assignment {assignment.id!r} cannot be used as it is: {error}\n"
            "Mend that, then give the same command again. What was decided before is kept."
        )
