"""The judge of the Inception assignment, started once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest

from autograder.build.answers import Answers, load_answers
from autograder.build.freeze import ensure_frozen
from autograder.config import Assignment, load_assignment
from autograder.expect import load_misconceptions
from autograder.judge import Judge, Sitting
from autograder.judge.reference import oracle

Sit = Callable[[Mapping[str, str]], Sitting]


@pytest.fixture(scope="session")
def assignment() -> Assignment:
    """The assignment under test, its frozen cases made."""
    found = load_assignment("inception")
    ensure_frozen(found)
    return found


@pytest.fixture(scope="session")
def answers(assignment: Assignment) -> Answers:
    """The reference answers."""
    return load_answers(assignment)


@pytest.fixture(scope="session")
def judge(assignment: Assignment, answers: Answers) -> Iterator[Judge]:
    """Public and hidden checks, with all misconceptions to name."""
    variants = load_misconceptions(assignment.checks, answers.cells)
    with Judge(assignment, answers=answers, variants=variants, hidden=True) as judge:
        yield judge


@pytest.fixture(scope="session")
def sit(judge: Judge, answers: Answers) -> Sit:
    """Put the reference before the judge, some of its answers replaced."""
    return lambda replaced: judge.sitting(oracle(answers, replaced))
