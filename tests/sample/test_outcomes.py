"""Every kind of sample student, through the real grader, comes out as expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.config import Assignment
from autograder.runner.bench import Bench
from autograder.runner.grade import grade_one
from autograder.sample import fixed_students, sample, verify

pytestmark = pytest.mark.box


def test_everybody_comes_out_as_expected(tiny: Assignment, tmp_path: Path) -> None:
    """A whole class of the tiny assignment, broken and hostile students included."""
    course = tmp_path / "course"
    students = sample(tiny, course, 0)
    with Bench(tiny) as bench:
        records = [
            grade_one(course / "submitted" / student.id / tiny.id, bench) for student in students
        ]
    assert [f"{wrong.student}: {wrong.what}" for wrong in verify(course, tiny, records)] == []


def test_kinds(tiny: Assignment) -> None:
    """There is somebody of every kind."""
    kinds = {student.kind for student in fixed_students(tiny)}
    assert kinds == {"reference", "blank", "alternative", "misconception", "broken", "hostile"}
