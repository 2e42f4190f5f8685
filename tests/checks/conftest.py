"""Fixtures for tests of checks: the judge of the folder's assignment, started once a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from autograder.build.answers import Answers, load_answers
from autograder.build.freeze import ensure_frozen
from autograder.config import Assignment, load_assignment
from autograder.expect import load_misconceptions
from autograder.expect.variants import Variant
from autograder.judge import Judge, Sitting
from autograder.judge.reference import oracle
from autograder.records import CheckStatus, QuestionRecord
from tests.checks.contract import Sit


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    """Small networks are many times faster, and repeatable, on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def assignment(request: pytest.FixtureRequest) -> Assignment:
    """The assignment that the test's folder is named after, its frozen cases made."""
    found = load_assignment(request.path.parent.name.replace("_", "-"))
    ensure_frozen(found)
    return found


@pytest.fixture(scope="module")
def answers(assignment: Assignment) -> Answers:
    """The reference answers."""
    return load_answers(assignment)


@pytest.fixture(scope="module")
def mistakes(assignment: Assignment, answers: Answers) -> tuple[Variant, ...]:
    """The known mistakes."""
    return tuple(load_misconceptions(assignment.checks, answers.cells))


@pytest.fixture(scope="module")
def judge(
    assignment: Assignment, answers: Answers, mistakes: tuple[Variant, ...]
) -> Iterator[Judge]:
    """Public and hidden checks, with all misconceptions to name."""
    with Judge(assignment, answers=answers, variants=mistakes, hidden=True) as judge:
        yield judge


@pytest.fixture(scope="module")
def sit(judge: Judge, answers: Answers) -> Sit:
    """Put the reference before the judge, some of its answers replaced."""
    return lambda replaced: judge.sitting(oracle(answers, replaced))


class Marker:
    """Judges known mistakes, each once: how it fails is what it is recognised by, too."""

    def __init__(self, judge: Judge, sit: Sit, mistakes: tuple[Variant, ...]) -> None:
        self._judge, self._sit, self._mistakes = judge, sit, mistakes
        self._records: dict[tuple[str, str], QuestionRecord] = {}

    def __call__(self, variant: Variant) -> QuestionRecord:
        """The record of a mistake's own question, named among all mistakes in it."""
        key = (variant.question, variant.name)
        if key not in self._records:
            self._judge_all_of(variant.question)
        return self._records[key]

    def _judge_all_of(self, question: str) -> None:
        """First how each of them fails, then who is recognised: that takes all the failures."""
        mistakes = [one for one in self._mistakes if one.question == question]
        failed = [self._judged(one) for one in mistakes]
        for one, (_, record) in zip(mistakes, failed, strict=True):
            if not one.also:
                self._judge.learn(one, record.checks)
        for one, (sitting, record) in zip(mistakes, failed, strict=True):
            self._records[question, one.name] = sitting.diagnose(record)

    def _judged(self, variant: Variant) -> tuple[Sitting, QuestionRecord]:
        """Of the questions that it builds on, those that the variant answers are judged before.

        The others are the reference's, which has every point (`test_reference_scores_full`).
        """
        changed = variant.answers({})
        sitting = self._sit(changed)
        for question in self._judge.needed(variant.question):
            if question == variant.question:
                continue
            if question in changed:
                sitting.run(question, diagnose=False)
            else:
                infos = self._judge.of_question(question)
                sitting.results.update({info.id: CheckStatus.PASSED for info in infos})
        return sitting, sitting.run(variant.question, diagnose=False)


@pytest.fixture(scope="module")
def judged(judge: Judge, sit: Sit, mistakes: tuple[Variant, ...]) -> Marker:
    """The record of a known mistake's own question."""
    return Marker(judge, sit, mistakes)
