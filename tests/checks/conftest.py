"""Fixtures for tests of checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest
import torch

from autograder.expect.variants import Variant
from autograder.judge import Judge, Sitting
from autograder.records import CheckStatus, QuestionRecord


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    """Small networks are many times faster, and repeatable, on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def judged(
    judge: Judge, sit: Callable[[Mapping[str, str]], Sitting]
) -> Callable[[Variant], QuestionRecord]:
    """The record of a variant's own question.

    Of the questions that it builds on, those that the variant answers are judged before; the
    others are the reference's, which has every point (`test_reference_scores_full`).
    """

    def judged(variant: Variant) -> QuestionRecord:
        changed = variant.answers({})
        sitting = sit(changed)
        for question in judge.needed(variant.question):
            if question == variant.question:
                continue
            if question in changed:
                sitting.run(question, diagnose=False)
            else:
                infos = judge.of_question(question)
                sitting.results.update({info.id: CheckStatus.PASSED for info in infos})
        return sitting.run(variant.question)

    return judged
