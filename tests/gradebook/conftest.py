"""A small course released by real nbgrader, and records as grading makes them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from autograder.build.notebook import master_cells
from autograder.build.release import release
from autograder.config import Assignment
from autograder.records import (
    CellRecord,
    CellRole,
    CheckRecord,
    CheckStatus,
    QuestionRecord,
    SubmissionRecord,
    SubmissionStatus,
    Visibility,
)

ON_TIME = "2026-03-01 10:00:00 UTC"
Make = Callable[..., SubmissionRecord]
Open = Callable[[Path], AbstractContextManager[Any]]


@pytest.fixture(scope="session")
def released(
    write_tiny_to: Callable[..., Assignment], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Assignment, Path]:
    """The tiny assignment and its course, released once; copy the course before use."""
    place = tmp_path_factory.mktemp("gradebook")
    assignment = write_tiny_to(place / "checkout")
    release(assignment, place / "course")
    return assignment, place / "course"


@pytest.fixture(scope="session")
def tiny(released: tuple[Assignment, Path]) -> Assignment:
    """The assignment that is released."""
    return released[0]


@pytest.fixture
def course(released: tuple[Assignment, Path], tmp_path: Path) -> Path:
    """A fresh copy of the released course."""
    target = tmp_path / "course"
    shutil.copytree(released[1], target)
    return target


def _question(id: str, title: str, points: float, top: float, manual: bool) -> QuestionRecord:
    passed = points >= top
    check = CheckRecord(
        id=f"{id}/one", question=id, title="It holds", visibility=Visibility.PUBLIC,
        status=CheckStatus.PASSED if passed else CheckStatus.FAILED, points=points,
        max_points=top, observed="" if passed else "it does not hold",
    )  # fmt: skip
    return QuestionRecord(
        id=id, title=title, points=points, max_points=top, manual=manual,
        checks=() if manual else (check,),
    )  # fmt: skip


@pytest.fixture(scope="session")
def make(tiny: Assignment) -> Make:
    """A record of a student: ``make("ada", scale=3, area=2, words="Because.", own=[...])``."""

    def made(
        student: str,
        *,
        words: str = "Because.",
        own: tuple[CellRecord, ...] = (),
        status: SubmissionStatus = SubmissionStatus.GRADED,
        faults: Any = (),
        flags: Any = (),
        **points: float,
    ) -> SubmissionRecord:
        questions = tuple(
            _question(q.id, q.title, points.get(q.id, 0.0), q.points, q.manual)
            for q in tiny.questions
        )
        given = {CellRole.SOLUTION: "answer = 1", CellRole.WRITTEN: words}
        cells = tuple(
            CellRecord(
                grade_id=cell.grade_id, cell_type=cell.cell_type, role=cell.role,
                question=cell.question, source=given.get(cell.role, cell.source),
            )
            for cell in master_cells(tiny)
        )  # fmt: skip
        return SubmissionRecord(
            student=student, assignment="tiny", status=status, key={}, sandbox="full",
            device="cpu", questions=questions, cells=(*own, *cells), faults=faults, flags=flags,
        )  # fmt: skip

    return made


@pytest.fixture(scope="session")
def hand_in() -> Callable[..., Path]:
    """Lay a submission into ``submitted/``: ``hand_in(course, "ada", timestamp)``."""

    def write(course: Path, student: str, moment: str = ON_TIME) -> Path:
        folder = course / "submitted" / student / "tiny"
        folder.mkdir(parents=True, exist_ok=True)
        notebook = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        (folder / "tiny.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
        (folder / "timestamp.txt").write_text(moment, encoding="utf-8")
        return folder

    return write


@pytest.fixture(scope="session")
def book() -> Open:
    """Open a course's gradebook through nbgrader."""

    @contextmanager
    def opened(course: Path) -> Iterator[Any]:
        from nbgrader.api import Gradebook

        with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
            yield gradebook

    return opened
