"""The students of a sample class and what must come out for each."""

from __future__ import annotations

import importlib.util
import random
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from autograder.build.answers import load_answers
from autograder.build.notebook import master_cells
from autograder.config import REPOSITORY, Assignment
from autograder.expect.variants import Variant, load_alternatives, load_misconceptions
from autograder.sample.broken import broken
from autograder.sample.notebooks import submission

CATALOGUE = REPOSITORY / "tests" / "hostile" / "form.py"
"""The attack catalogue of a checkout, with the function that loads it."""

ANY_LOSS = 0.01
"""Less than any check is worth: 'loses points' as an upper bound."""

WRITTEN = (
    "I would say that it depends on how the signal is scaled. (A sample student wrote this.)",
    "See the paper, section 4.1. (A sample student wrote this.)",
)


@dataclass(frozen=True)
class Student:
    """One made-up student: files to hand in and what must come out.

    ``points`` are exact, ``at_most`` an upper bound; ``named`` is a mistake (question, name) that
    the feedback must name; ``status`` is the record's; ``flags`` are codes of flags or faults that
    must be raised. ``answers`` tells what a mixed student gave to which question.
    """

    id: str
    kind: str
    files: Mapping[str, bytes]
    points: float | None = None
    at_most: float | None = None
    named: tuple[str, str] | None = None
    status: str = "graded"
    flags: tuple[str, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)


def fixed_students(assignment: Assignment) -> list[Student]:
    """Everybody but the mixed ones: reference, blank, variants, broken files, attacks.

    Raises:
        TextError, VariantError: the assignment is not as it should be.
    """
    answers = load_answers(assignment).cells
    full = automatic_points(assignment)
    name = assignment.notebook
    right = submission(assignment, answers)
    students = [
        Student("reference", "reference", {name: right}, points=full),
        Student("blank", "blank", {name: submission(assignment, {})}, points=0.0),
    ]
    for variant in load_alternatives(assignment.checks):
        data = submission(assignment, variant.answers(answers))
        students.append(Student(_id("alt", variant), "alternative", {name: data}, points=full))
    for variant in load_misconceptions(assignment.checks, answers):
        data = submission(assignment, variant.answers(answers))
        students.append(
            Student(
                _id("mis", variant), "misconception", {name: data},
                at_most=full - ANY_LOSS, named=(variant.question, variant.name),
            )
        )  # fmt: skip
    for id, made in broken(assignment, right).items():
        students.append(Student(f"broken-{id}", "broken", **made))
    return students + hostile_students(assignment)


def automatic_points(assignment: Assignment) -> float:
    """The points that checks can give."""
    return sum(question.points for question in assignment.questions if not question.manual)


def _id(prefix: str, variant: Variant) -> str:
    return f"{prefix}-{variant.question}-{variant.name}"


def hostile_students(assignment: Assignment) -> list[Student]:
    """One student for each attack that fits the assignment; none without the catalogue."""
    if not CATALOGUE.is_file():
        return []
    students = []
    for case in catalogue().load_cases():
        if _fits(case.module, assignment):
            made = case.submission(assignment)
            students.append(
                Student(
                    f"hostile-{case.name}", "hostile", made.files,
                    points=made.points, at_most=made.at_most, status=made.status,
                    flags=made.flags, links=made.links,
                )
            )  # fmt: skip
    return students


def left_out(assignment: Assignment) -> tuple[str, ...]:
    """What a sample class of this assignment should have and has not, a sentence each."""
    if not CATALOGUE.is_file():
        return (
            f"No hostile submissions: the attack catalogue {CATALOGUE.parent} is not there "
            "(it is part of a checkout, not of an installed package).",
        )
    cases = catalogue().load_cases()
    left = [case.name for case in cases if not _fits(case.module, assignment)]
    if not left:
        return ()
    return (
        f"{len(left)} of {len(cases)} attacks ask for questions or files that {assignment.id!r} "
        f"has not: {', '.join(left)}.",
    )


def catalogue() -> ModuleType:
    """The module that knows the catalogue; tests are no package, so it is loaded by its path."""
    spec = importlib.util.spec_from_file_location("hostile_form", CATALOGUE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _fits(case: Any, assignment: Assignment) -> bool:
    """Whether a case speaks only of questions and files that the assignment has."""
    asked = {*getattr(case, "ANSWERS", {}), *filter(None, [case.EXPECT.get("loses")])}
    links = getattr(case, "LINKS", {})
    questions = {question.id for question in assignment.questions}
    return asked <= questions and (not links or assignment.notebook in links)


def mixed_students(assignment: Assignment, count: int, seed: int) -> list[Student]:
    """Students who are right in some questions, wrong in others, and left some out.

    A student's answers depend on ``seed`` and their number alone. Questions build on each other, so
    only an upper bound is known: full points less the unanswered, less something for each mistake.

    Raises:
        TextError, VariantError: the assignment is not as it should be.
    """
    reference = load_answers(assignment).cells
    wrong: dict[str, list[Variant]] = {}
    for variant in load_misconceptions(assignment.checks, reference):
        wrong.setdefault(variant.question, []).append(variant)
    other: dict[str, list[Variant]] = {}
    for variant in load_alternatives(assignment.checks):
        if not variant.also:  # its answers to other questions would replace theirs
            other.setdefault(variant.question, []).append(variant)
    master = master_cells(assignment)
    students = []
    for number in range(count):
        chance = random.Random(f"{seed}/{number}")
        skill = chance.betavariate(4, 1.6)
        given: dict[str, str] = {}
        told: dict[str, str] = {}
        at_most = automatic_points(assignment)
        for question in assignment.questions:
            draw = chance.random()
            if question.manual:
                given[question.id] = chance.choice(WRITTEN)
            elif draw < skill:
                right = chance.choice([None, None, *other.get(question.id, [])])
                given[question.id] = right.code if right else reference[question.id]
                told[question.id] = f"alternative {right.name}" if right else "reference"
            elif draw < skill + (1 - skill) * 0.75 and question.id in wrong:
                mistake = chance.choice(wrong[question.id])
                given[question.id] = mistake.code
                told[question.id] = f"misconception {mistake.name}"
                at_most -= ANY_LOSS
            else:
                told[question.id] = "nothing"
                at_most -= question.points
        data = submission(assignment, given, master)
        students.append(
            Student(
                f"student-{number:04d}", "mixed", {assignment.notebook: data},
                at_most=at_most, answers=told,
            )
        )  # fmt: skip
    return students
