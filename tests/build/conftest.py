"""The real assignment, released; the tiny checkout is in the folder above."""

from __future__ import annotations

import pytest

from autograder.build.release import ReleaseSummary, release
from autograder.config import Assignment, load_assignment


@pytest.fixture(scope="session")
def resnet() -> Assignment:
    """The real assignment."""
    return load_assignment("resnet")


@pytest.fixture(scope="session")
def released(resnet: Assignment, tmp_path_factory: pytest.TempPathFactory) -> ReleaseSummary:
    """The real assignment, released once by real nbgrader; to be read, not changed."""
    return release(resnet, tmp_path_factory.mktemp("released") / "course")
