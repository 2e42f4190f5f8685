"""A sample class in a course folder."""

from __future__ import annotations

import datetime
import random
import re
import shutil
from collections.abc import Container, Sequence
from pathlib import Path

from autograder.config import Assignment
from autograder.sample.expected import read_expected, write_expected
from autograder.sample.students import Student, fixed_students, left_out, mixed_students

START = datetime.datetime(2026, 1, 12, 9, 0, tzinfo=datetime.UTC)
"""When the first made-up student handed in; the others follow at seven minutes' distance."""

STUDENT_ID = re.compile(r"^[A-Za-z0-9_-]{1,100}$")
"""What nbgrader's exchange, file systems and shells all take as a student's id."""

FEWEST_MIXED = 10


class SampleError(ValueError):
    """A sample class cannot be written there; says what to do."""


def sample(
    assignment: Assignment, course: Path, count: int, seed: int = 0, *, spread: bool = False
) -> list[Student]:
    """Write at least ``count`` submissions into ``course`` and what is expected of each.

    All fixed students come first (reference, alternatives, misconceptions, blank, broken, hostile),
    then as many mixed ones as are missing, at least ten. With ``spread`` there are just ``count``,
    of every kind some. An earlier sample class of the assignment is removed; submissions of anybody
    else are left alone.

    Raises:
        SampleError: somebody else's submission is in the way.
        TextError, VariantError: the assignment is not as it should be.
    """
    students = fixed_students(assignment)
    students += mixed_students(assignment, max(FEWEST_MIXED, count - len(students)), seed)
    if spread:
        students = some_of_each(students, count, seed)
    earlier = read_expected(course, assignment)
    _make_room(students, course, assignment, earlier)
    for name in earlier:
        folder = course / "submitted" / name
        shutil.rmtree(folder / assignment.id, ignore_errors=True)
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    # Written first: whoever stops this half-way can start it again.
    write_expected(course, assignment, students, left_out(assignment))
    for number, student in enumerate(students):
        _write(student, course / "submitted" / student.id / assignment.id, number)
    return students


def some_of_each(students: Sequence[Student], count: int, seed: int) -> list[Student]:
    """``count`` students in their order: one of each kind, the others drawn from the whole class.

    A reference and a blank are always among them.
    """
    chance = random.Random(f"spread/{seed}")
    by_kind: dict[str, list[Student]] = {}
    for student in students:
        by_kind.setdefault(student.kind, []).append(student)
    first = {chance.choice(kind).id for kind in by_kind.values()}
    rest = [student.id for student in students if student.id not in first]
    chosen = first | set(chance.sample(rest, min(len(rest), max(0, count - len(first)))))
    return [student for student in students if student.id in chosen]


def _make_room(
    students: Sequence[Student], course: Path, assignment: Assignment, ours: Container[str]
) -> None:
    """Nobody's real work is overwritten."""
    odd = [student.id for student in students if not STUDENT_ID.match(student.id)]
    if odd:
        raise SampleError(
            f"{odd[0]!r} is no student id that nbgrader takes; rename that variant or case with "
            "letters, digits, - and _"
        )
    taken = [
        student.id
        for student in students
        if student.id not in ours and (course / "submitted" / student.id / assignment.id).exists()
    ]
    if taken:
        raise SampleError(
            f"{course / 'submitted'} has {assignment.id!r} of {', '.join(taken[:3])} already, not "
            "from a sample class. Write the sample class into another folder: --course trial"
        )


def _write(student: Student, folder: Path, number: int) -> None:
    """One submission as nbgrader's collect leaves it."""
    folder.mkdir(parents=True)
    for name, data in student.files.items():
        if name.endswith("/"):
            (folder / name).mkdir()  # an attack: a folder in a notebook's place
        else:
            (folder / name).write_bytes(data)
    for name, target in student.links.items():
        (folder / name).symlink_to(target)
    if "timestamp.txt" not in student.files:
        moment = START + datetime.timedelta(minutes=7 * number)
        stamp = moment.strftime("%Y-%m-%d %H:%M:%S.%f UTC")
        (folder / "timestamp.txt").write_text(stamp, encoding="ascii")
