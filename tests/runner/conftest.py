"""A course folder with a small class in it, graded for real."""

import dataclasses
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from autograder.build.answers import load_answers
from autograder.config import Assignment, load_assignment
from autograder.records import SubmissionRecord
from autograder.sample import submission

Hand = Callable[..., Path]
ByStudent = Callable[[Iterable[SubmissionRecord]], dict[str, SubmissionRecord]]


@pytest.fixture(scope="session")
def by_student() -> ByStudent:
    """Records of a run by student, without their times: what two equal runs have in common."""
    return lambda records: {record.student: record.without_times() for record in records}


@pytest.fixture(scope="session")
def resnet() -> Assignment:
    """The real assignment."""
    return load_assignment("resnet")


@pytest.fixture(scope="session")
def answers(resnet: Assignment) -> dict[str, str]:
    """Its reference answers."""
    return load_answers(resnet).cells


@pytest.fixture
def course(resnet_course: Path, tmp_path: Path) -> Path:
    """A fresh copy of the released course."""
    target = tmp_path / "course"
    shutil.copytree(resnet_course, target)
    return target


@pytest.fixture
def hand_in(course: Path, resnet: Assignment) -> Hand:
    """Hand in answers (or raw bytes) for a student."""

    def write(student: str, given: dict[str, str] | bytes) -> Path:
        folder = course / "submitted" / student / resnet.id
        folder.mkdir(parents=True, exist_ok=True)
        data = given if isinstance(given, bytes) else submission(resnet, given)
        (folder / resnet.notebook).write_bytes(data)
        (folder / "timestamp.txt").write_text("2026-01-02 03:04:05 UTC", encoding="ascii")
        return folder

    return write


def quick(assignment: Assignment) -> Assignment:
    """The same assignment with little patience."""
    limits = dataclasses.replace(assignment.limits, cell_seconds=2.0, check_seconds=2.0)
    return dataclasses.replace(assignment, limits=limits)


@pytest.fixture
def as_nobody(tmp_path: Path) -> Callable[[], AbstractContextManager[None]]:
    """Be somebody for a while whom permissions stop; root is not. Folders above stay open."""

    @contextmanager
    def other() -> Iterator[None]:
        if os.geteuid() != 0:
            pytest.skip("only root can be somebody else for a while; CI is")
        for place in (tmp_path, *tmp_path.parents[:-2]):
            place.chmod(place.stat().st_mode | 0o011)
        os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(0)

    return other
