"""A class of records, made by hand so that every figure can be checked by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.config import Assignment, Question
from autograder.records import (
    CheckRecord,
    CheckStatus,
    Diagnosis,
    QuestionRecord,
    SubmissionRecord,
    SubmissionStatus,
    Visibility,
)

Make = Callable[..., SubmissionRecord]


@pytest.fixture(scope="session")
def assignment() -> Assignment:
    """Two automatic questions of four and two points, one for a person."""
    return Assignment(
        id="small",
        title="Small",
        folder=Path("small"),
        questions=(
            Question(id="a", title="Question A", points=4.0),
            Question(id="b", title="Question B", points=2.0),
            Question(id="words", title="In words", points=3.0, manual=True),
        ),
    )


def check(question: str, name: str, status: CheckStatus, top: float, **said: Any) -> CheckRecord:
    """One check."""
    points = top if status is CheckStatus.PASSED else 0.0
    visibility = Visibility.HIDDEN if name == "hidden" else Visibility.PUBLIC
    return CheckRecord(
        id=f"{question}/{name}", question=question, title=f"{question} is {name}",
        visibility=visibility, status=status, points=points, max_points=top, **said,
    )  # fmt: skip


@pytest.fixture(scope="session")
def make() -> Make:
    """A record: ``make("ada", "pf", "b", mistakes={"a": ["sum"]})``.

    The texts give each question's checks in order: p passed, f failed, b blocked, e our error.
    """
    letters = {
        "p": CheckStatus.PASSED, "f": CheckStatus.FAILED, "b": CheckStatus.BLOCKED,
        "e": CheckStatus.GRADER_ERROR,
    }  # fmt: skip
    names = ("shape", "hidden")

    def made(
        student: str,
        a: str = "pp",
        b: str = "p",
        *,
        mistakes: dict[str, list[str]] | None = None,
        status: SubmissionStatus = SubmissionStatus.GRADED,
        **more: Any,
    ) -> SubmissionRecord:
        questions = []
        for id, given in (("a", a), ("b", b)):
            said = {"observed": f"{id} differs", "expected": "1", "got": "2", "hint": "look"}
            checks = tuple(
                check(id, name, letters[letter], 2.0, **({} if letter == "p" else said))
                for name, letter in zip(names, given, strict=False)
            )
            diagnoses = tuple(
                Diagnosis(misconception=name, says=f"It is {name}.")
                for name in (mistakes or {}).get(id, ())
            )
            questions.append(
                QuestionRecord(
                    id=id, title=f"Question {id.upper()}", checks=checks, diagnoses=diagnoses,
                    points=sum(one.points for one in checks), max_points={"a": 4.0, "b": 2.0}[id],
                )
            )  # fmt: skip
        words = QuestionRecord(id="words", title="In words", points=0, max_points=3, manual=True)
        return SubmissionRecord(
            student=student, assignment="small", status=status, key={}, sandbox="full",
            device="cpu", questions=(*questions, words), **more,
        )  # fmt: skip

    return made
