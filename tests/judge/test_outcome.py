"""What becomes of exceptions that student code raises."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from autograder.judge.outcome import CAUSES, outcome_of
from autograder.records import Visibility
from autograder.submission import LocalTransport, StudentError, Submission


def raised(forward: object) -> StudentError:
    """What comes of calling ``forward``, which raises."""
    with pytest.raises(StudentError) as caught:
        Submission(LocalTransport({"forward": forward})).call("forward")
    return caught.value


@pytest.mark.parametrize(
    ("forward", "hint"),
    [
        (lambda: nn.Conv2d(3, 4, 3)(torch.zeros(1, 1, 8, 8)), "another number of channels"),
        (lambda: torch.zeros(3, 400).reshape(1, 400), "A reshape to fixed numbers"),
        (lambda: nn.Linear(4, 2)(torch.zeros(3, 5)), "another number of features"),
        (lambda: nn.Linear(4, 2, in_features=3), "names and the default values"),
        (lambda: torch.zeros(2, 3, 4) @ torch.zeros(2, 3, 4), "the wrong way round"),
        (lambda: torch.zeros(2) + None, "Something is None"),  # type: ignore[operator]
        (lambda: nn.Linear(4), "names and the default values"),
    ],
)
def test_usual_causes(forward: object, hint: str) -> None:
    """Torch's own messages come with what they usually mean, in public checks."""
    error = raised(forward)
    assert hint in outcome_of(error, Visibility.PUBLIC).hint
    assert hint not in outcome_of(error, Visibility.HIDDEN).hint


def test_causes_end_as_sentences() -> None:
    """They are shown to students."""
    assert all(cause.endswith((".", "?")) for _, cause in CAUSES)
