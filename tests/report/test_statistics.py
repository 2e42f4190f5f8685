"""Figures about a class, held against what can be counted by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from autograder.config import Assignment
from autograder.records import SubmissionRecord, SubmissionStatus, Visibility
from autograder.report.statistics import by_check, by_mistake, by_question, correlation, histogram

Make = Callable[..., SubmissionRecord]


@pytest.fixture
def class_of_five(make: Make) -> list[SubmissionRecord]:
    """Shares of question A: 0, 0, 1/2, 1, 1; of B: 0, 0, 0, 1, 1; and one of our errors."""
    wrong = {"a": ["sum"]}
    return [
        make("ada", "ff", "f", mistakes=wrong),
        make("bob", "fb", "f", mistakes={"a": ["flat"], "b": ["late"]}),
        make("cyn", "pf", "f", mistakes=wrong),
        make("dan", "pp", "p"),
        make("eve", "pp", "p"),
        make("kim", "pe", "p", status=SubmissionStatus.GRADER_ERROR),
    ]


def test_questions(assignment: Assignment, class_of_five: list[SubmissionRecord]) -> None:
    """Mean and quartiles are shares; full and zero are counted; manual questions are left out."""
    a, b = by_question(assignment, class_of_five)
    assert (a.mean, a.low, a.median, a.high) == (0.5, 0.0, 0.5, 1.0)
    assert (a.full, a.none, a.max_points) == (2, 2, 4.0)
    assert (b.mean, b.low, b.median, b.high, b.full, b.none) == (0.4, 0.0, 0.0, 1.0, 2, 3)


def test_discrimination(assignment: Assignment, class_of_five: list[SubmissionRecord]) -> None:
    """A question's correlation with the rest: here of (0, 0, .5, 1, 1) with (0, 0, 0, 2, 2)."""
    a, b = by_question(assignment, class_of_five)
    assert a.discrimination == pytest.approx(0.9129, abs=1e-4)
    assert b.discrimination == pytest.approx(a.discrimination)


def test_discrimination_of_a_question_that_misleads(assignment: Assignment, make: Make) -> None:
    """Who knows the rest fails it: below zero."""
    records = [make("x", "pp", "f"), make("y", "pf", "p"), make("z", "ff", "p")]
    assert all((one.discrimination or 0) < -0.8 for one in by_question(assignment, records))


@pytest.mark.parametrize(
    ("one", "other"), [([1.0, 0.0], [1.0, 0.0]), ([1.0] * 3, [0.0, 1.0, 2.0]), ([], [])]
)
def test_no_correlation_without_variation(one: list[float], other: list[float]) -> None:
    """Two students, or a question that all answer alike, tell nothing."""
    assert correlation(one, other) is None


@pytest.mark.parametrize("size", [0, 1, 2])
def test_small_classes(assignment: Assignment, make: Make, size: int) -> None:
    """Nobody, one and two students have figures, too."""
    found = by_question(assignment, [make(f"s{number}", "pf") for number in range(size)])
    assert [(one.low, one.median, one.high) for one in found] == (
        [(0.5, 0.5, 0.5), (1.0, 1.0, 1.0)] if size else []
    )


def test_checks(class_of_five: list[SubmissionRecord]) -> None:
    """Passed, failed and blocked, of those who have a verdict."""
    found = {check.id: check for check in by_check(class_of_five)}
    hidden = found["a/hidden"]
    assert (hidden.passed, hidden.failed, hidden.blocked) == (2, 2, 1)
    assert (hidden.rate, hidden.visibility) == (0.4, Visibility.HIDDEN)
    assert found["a/shape"].rate == 0.6


def test_mistakes(class_of_five: list[SubmissionRecord]) -> None:
    """The most frequent first, equals by name; with who made them."""
    found = [(mistake.name, mistake.students) for mistake in by_mistake(class_of_five)]
    assert found == [("sum", ("ada", "cyn")), ("flat", ("bob",)), ("late", ("bob",))]


def test_later_questions_of_a_mistake(make: Make) -> None:
    """What follows from a mistake counts with it, and is no mistake of its own."""

    def following(student: str) -> SubmissionRecord:
        a, b, words = make(student, "ff", "f", mistakes={"a": ["sum"]}).questions
        return replace(make(student), questions=(a, replace(b, follows="a"), words))

    both = [following("ada"), following("bob"), make("cyn", "ff", mistakes={"a": ["sum"]})]
    (mistake,) = by_mistake(both)
    assert (mistake.name, mistake.students, mistake.later) == ("sum", ("ada", "bob", "cyn"), 2)


def test_histogram(class_of_five: list[SubmissionRecord], make: Make) -> None:
    """Points 0, 0, 2, 6 and 6 of 6 in three bins; our own errors are in none."""
    assert histogram(class_of_five, 6.0, 3) == [2, 1, 2]
    assert histogram([], 6.0, 3) == [0, 0, 0]
    assert histogram([make("x")], 0.0, 3) == [0, 0, 1]
