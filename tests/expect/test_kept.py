"""What an oracle answers is measured once for each oracle."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from autograder.expect import kept_all, kept_answers
from autograder.submission import StudentError, Submission
from tests.expect.counting import Counting


def halves(side: Submission, last: int) -> Iterator[float]:
    """What ``half`` gives, one by one."""
    yield from side.call_each("half", [(n,) for n in range(last, 0, -1)])


def test_all_that_is_given_one_by_one() -> None:
    """It is a list, asked for once; another oracle is asked by itself."""
    transport = Counting({"half": lambda n: n / 2})
    oracle = Submission(transport)
    assert kept_all(oracle, halves, 3) == kept_all(oracle, halves, 3) == [1.5, 1.0, 0.5]
    assert transport.asked["call_each"] == 1
    assert kept_all(oracle, halves, 1) == [0.5]
    other = Submission(Counting({"half": lambda n: n}))
    assert kept_all(other, halves, 1) == [1]


def test_answers_for_rows_of_plain_values() -> None:
    """Lists and strings among them; what raises is raised again, and nothing is kept."""
    transport = Counting({"of": lambda rows, word: len(rows) * word, "raising": lambda n: 1 / n})
    oracle = Submission(transport)
    rows = [([("conv", 3)], "a"), ([], "b")]
    assert kept_answers(oracle, "of", rows) == kept_answers(oracle, "of", rows) == ["a", ""]
    assert transport.asked["call_each"] == 1
    for _ in range(2):
        with pytest.raises(StudentError, match="ZeroDivisionError"):
            kept_answers(oracle, "raising", [(1,), (0,)])
    assert transport.asked["call_each"] == 3
