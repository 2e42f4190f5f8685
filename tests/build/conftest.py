"""The real assignment, released; the tiny checkout is in the folder above."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.build.release import ReleaseSummary
from autograder.config import Assignment, load_assignment


@pytest.fixture(scope="session")
def resnet() -> Assignment:
    """The real assignment."""
    return load_assignment("resnet")


@pytest.fixture(scope="session")
def released(resnet: Assignment, resnet_course: Path) -> ReleaseSummary:
    """Where the real assignment was released by real nbgrader; to be read, not changed."""
    return ReleaseSummary.below(resnet_course, resnet)
