"""A sample class to try things on, made from the project's own code.

Reference, alternatives, misconceptions, mixed students, blanks, broken files and attacks, each with
what is expected of it in ``.autograder/<id>/expected.json``, so that a run over the class can be
held against that (:func:`verify`).
"""

from __future__ import annotations

import datetime
import json
import random
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from autograder.build.answers import Answers, load_answers
from autograder.build.notebook import (
    MasterCell,
    as_bytes,
    master_cells,
    notebook_cell,
    notebook_of,
)
from autograder.config import REPOSITORY, Assignment
from autograder.expect.variants import Variant, load_alternatives, load_misconceptions
from autograder.records import CellRole, SubmissionRecord, SubmissionStatus
from autograder.sample_broken import broken

START = datetime.datetime(2026, 1, 12, 9, 0, tzinfo=datetime.UTC)


@dataclass(frozen=True)
class Student:
    """One made-up student: files to hand in and what must come out.

    ``points`` are exact, ``at_most`` an upper bound; ``named`` is a mistake that the feedback must
    name; ``status`` is the record's.
    """

    id: str
    kind: str
    files: Mapping[str, bytes]
    points: float | None = None
    at_most: float | None = None
    named: tuple[str, str] | None = None
    status: str = "graded"
    flags: tuple[str, ...] = field(default=())
    links: Mapping[str, str] = field(default_factory=dict)


def sample(assignment: Assignment, course: Path, count: int, seed: int = 0) -> list[Student]:
    """Write at least ``count`` submissions into ``course`` and what is expected of each.

    All fixed students come first (references, alternatives, misconceptions, blank, broken,
    hostile), then as many mixed ones as are missing. Earlier samples of the assignment are removed.
    """
    students = [*fixed_students(assignment)]
    students += mixed_students(assignment, max(10, count - len(students)), seed)
    record = course / ".autograder" / assignment.id / "expected.json"
    if record.is_file():
        for student in json.loads(record.read_text(encoding="utf-8"))["students"]:
            shutil.rmtree(course / "submitted" / student / assignment.id, ignore_errors=True)
    for number, student in enumerate(students):
        folder = course / "submitted" / student.id / assignment.id
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, data in student.files.items():
            (folder / name).write_bytes(data)
        for name, target in student.links.items():
            (folder / name).symlink_to(target)
        if "timestamp.txt" not in student.files:
            moment = START + datetime.timedelta(minutes=7 * number)
            stamp = moment.strftime("%Y-%m-%d %H:%M:%S.%f UTC")
            (folder / "timestamp.txt").write_text(stamp, encoding="ascii")
    record.parent.mkdir(parents=True, exist_ok=True)
    listed = {student.id: _expectation(student) for student in students}
    text = json.dumps({"assignment": assignment.id, "students": listed}, indent=1)
    record.write_text(text, encoding="utf-8")
    return students


def _expectation(student: Student) -> dict[str, Any]:
    return {
        name: value
        for name, value in asdict(student).items()
        if name not in ("id", "files", "links")
    }


def submission(
    assignment: Assignment, answers: Mapping[str, str], master: Iterable[MasterCell] | None = None
) -> bytes:
    """A notebook with these answers by question; a question without one keeps its stub."""
    cells = []
    for cell in master or master_cells(assignment):
        editable = cell.role in (CellRole.SOLUTION, CellRole.WRITTEN)
        source = answers.get(cell.question, cell.source) if editable else cell.source
        cells.append(notebook_cell(cell, source, assignment))
    return as_bytes(notebook_of(cells))


def fixed_students(assignment: Assignment) -> list[Student]:
    """Everybody but the mixed ones."""
    answers = load_answers(assignment)
    full = sum(question.points for question in assignment.questions if not question.manual)
    name = assignment.notebook
    right = submission(assignment, answers.cells)
    students = [
        Student("reference", "reference", {name: right}, points=full),
        Student("blank", "blank", {name: submission(assignment, {})}, points=0.0),
    ]
    for variant in load_alternatives(assignment.checks):
        data = submission(assignment, _replaced(answers, variant))
        students.append(Student(_id("alt", variant), "alternative", {name: data}, points=full))
    for variant in load_misconceptions(assignment.checks, answers.cells):
        data = submission(assignment, _replaced(answers, variant))
        students.append(
            Student(
                _id("mis", variant), "misconception", {name: data},
                at_most=full - 0.5, named=(variant.question, variant.name),
            )
        )  # fmt: skip
    for id, made in broken(assignment, answers.cells, right).items():
        students.append(Student(f"broken-{id}", "broken", **made))
    return students + hostile_students(assignment)


def _id(prefix: str, variant: Variant) -> str:
    return f"{prefix}-{variant.question}-{variant.name}"


def _replaced(answers: Answers, variant: Variant) -> dict[str, str]:
    return variant.answers(answers.cells)


def hostile_students(assignment: Assignment) -> list[Student]:
    """The attack catalogue of a checkout, ``tests/hostile``; none where it is not there."""
    form = REPOSITORY / "tests" / "hostile" / "form.py"
    if not form.is_file():
        return []
    import importlib.util
    import sys

    spec = importlib.util.spec_from_file_location("hostile_form", form)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    students = []
    for case in module.load_cases():
        made = case.submission(assignment)
        students.append(
            Student(
                f"hostile-{case.name}", "hostile", made.files,
                points=made.points, at_most=made.at_most, status=made.status,
                flags=made.flags, links=made.links,
            )
        )  # fmt: skip
    return students


def mixed_students(assignment: Assignment, count: int, seed: int) -> list[Student]:
    """Students who are right in some questions, wrong in others, and left some out."""
    answers = load_answers(assignment)
    wrong: dict[str, list[str]] = {}
    for variant in load_misconceptions(assignment.checks, answers.cells):
        wrong.setdefault(variant.question, []).append(variant.code)
    other: dict[str, list[str]] = {}
    for variant in load_alternatives(assignment.checks):
        other.setdefault(variant.question, []).append(variant.code)
    students = []
    for number in range(count):
        chance = random.Random(f"{seed}/{number}")
        skill = chance.betavariate(4, 1.6)
        given = {}
        for question, right in answers.cells.items():
            draw = chance.random()
            if draw < skill:
                given[question] = chance.choice([right, *other.get(question, [])])
            elif draw < skill + (1 - skill) * 0.75 and question in wrong:
                given[question] = chance.choice(wrong[question])
        data = submission(assignment, given)
        students.append(Student(f"student-{number:04d}", "mixed", {assignment.notebook: data}))
    return students


@dataclass(frozen=True)
class Mismatch:
    """An outcome that differs from what was expected of a sample student."""

    student: str
    what: str


def verify(
    course: Path, assignment: Assignment, records: Iterable[SubmissionRecord]
) -> list[Mismatch]:
    """Hold records against ``expected.json``; an empty list when all is as expected.

    Raises:
        FileNotFoundError: there is no sample class of this assignment in ``course``.
    """
    path = course / ".autograder" / assignment.id / "expected.json"
    expected = json.loads(path.read_text(encoding="utf-8"))["students"]
    found = {record.student: record for record in records}
    wrong = []
    for student, wanted in expected.items():
        record = found.get(student)
        problem = "has no record" if record is None else _differs(record, wanted)
        if problem:
            wrong.append(Mismatch(student, problem))
    return wrong


def _differs(record: SubmissionRecord, wanted: Mapping[str, Any]) -> str:
    if record.status.value != wanted["status"]:
        return f"status {record.status.value}, expected {wanted['status']}"
    if record.status is SubmissionStatus.GRADER_ERROR:
        return "ended in grader_error"
    if wanted["points"] is not None and abs(record.points - wanted["points"]) > 1e-9:
        return f"{record.points:g} points, expected {wanted['points']:g}"
    if wanted["at_most"] is not None and record.points > wanted["at_most"] + 1e-9:
        return f"{record.points:g} points, expected at most {wanted['at_most']:g}"
    if wanted["named"]:
        question, name = wanted["named"]
        named = [d.misconception for q in record.questions if q.id == question for d in q.diagnoses]
        if name not in named:
            return f"{question}: expected the mistake {name!r} to be named, got {named or 'none'}"
    missing = set(wanted["flags"]) - {flag.code for flag in record.flags}
    return f"expected the flags {sorted(missing)}" if missing else ""
