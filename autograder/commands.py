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
    from autograder.sandbox import Level
    from autograder.sandbox.probe import Finding

GRADED, GRADER_ERRORS, USAGE = 0, 1, 2
UNTRIED = (
    "Note: the authors of this grader have never run --device cuda on a GPU. What does not pass "
    "everything there is graded again on the CPU."
)
FOR_TENSORS = 0.9
"""Of a GPU's memory; the rest is for what each process takes of it before it holds a tensor."""


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


def wall(sandbox: str, device: str = "cpu", *, slots: int = 1, here: bool = True) -> Setting:
    """The setting for a level and a device, tried out first unless it is none or not for here.

    ``slots`` submissions share a GPU's memory. A device that is chosen by us is the CPU: of no
    assignment has it been measured that it gains from a GPU.
    """
    from autograder.runner.bench import Setting
    from autograder.sandbox import Level

    known_device(device)
    try:
        level = Level(sandbox)
    except ValueError:
        fail(f"--sandbox {sandbox!r} is not one of {', '.join(Level)}.")
    setting = Setting(level=level)
    if device == "cuda":
        setting = Setting(level=level, device="cuda", share=FOR_TENSORS / max(1, slots))
    if level is Level.NONE:
        typer.echo("Warning: --sandbox none runs student code as you, unprotected.", err=True)
    elif here:
        _try_level(level)
    if here and device == "cuda":
        from autograder.runner.device import device_problem

        if problem := device_problem(setting):
            fail(f"--device cuda: {problem}.\nNothing was graded. Grade with --device cpu.")
    if device == "cuda":
        typer.echo(UNTRIED, err=True)
    return setting


def device_finding(level: Level, device: str) -> Finding:
    """Whether boxes of a level come to a device, as a finding of ``autograder doctor``."""
    from autograder.runner.bench import Setting
    from autograder.runner.device import device_problem
    from autograder.sandbox.probe import Finding

    problem = device_problem(Setting(level=level, device=device))
    detail = problem or "two steps of training were made there; more of it nobody has tried"
    remedy = "Grade with --device cpu." if problem else ""
    return Finding(f"{level.value}: {device}", not problem, detail, remedy)


def known_device(name: str) -> None:
    """Refuse what is no device."""
    if name not in ("auto", "cpu", "cuda"):
        fail(f"--device {name!r} is not one of auto, cpu, cuda.")


def _try_level(level: Level) -> None:
    """Refuse a level that does not hold on this machine."""
    from autograder.sandbox.probe import probe

    report = probe(level)
    if report.level is not level:
        lines = [f"{f.name}: {f.detail}. {f.remedy}" for f in report.findings if not f.ok]
        fail(
            f"refusing to grade: the sandbox of level {level.value!r} does not hold on this "
            "machine.\n  " + "\n  ".join(lines) + "\n`autograder doctor` tells more."
        )


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
