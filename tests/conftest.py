"""What tests of several rooms share: a checkout in miniature."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from autograder.build.release import release
from autograder.config import Assignment, load_assignment

Write = Callable[..., Assignment]

pytest.register_assert_rewrite("tests.checks.contract")


def _load() -> ModuleType:
    """``tests/build/tiny.py`` (tests are no packages)."""
    path = Path(__file__).parent / "build" / "tiny.py"
    spec = importlib.util.spec_from_file_location("build_tiny", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


tiny_checkout = _load()


LONGEST = (
    "runner/test_kills", "book/test_build", "checks/efficientnet", "runner/test_run",
    "book/test_widgets", "hostile", "runner/test_remote", "checks", "book/test_publication",
    "runner", "book", "cli/test_grade", "preflight", "solutions",
)  # fmt: skip
"""Files that take longest, the longest first. Several workers share the files between them, and
one that begins a long file last would leave the others waiting."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest; within a file nothing moves."""

    def rank(item: pytest.Item) -> int:
        name = item.path.relative_to(Path(__file__).parent).as_posix()
        return next((n for n, part in enumerate(LONGEST) if name.startswith(part)), len(LONGEST))

    items.sort(key=rank)


@pytest.fixture(scope="session")
def files() -> dict[str, str]:
    """The files of the tiny checkout by path."""
    return dict(tiny_checkout.FILES)


@pytest.fixture(scope="session")
def write_tiny_to() -> Write:
    """Write a tiny checkout below a folder: ``write_tiny_to(folder, {path: text or None})``."""
    write: Write = tiny_checkout.write_tiny
    return write


@pytest.fixture(scope="session")
def resnet_course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with the real ResNet assignment, released by real nbgrader; copy before use.

    Released once for all workers, which share the folder that holds their temporary folders.
    """
    place = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        place = place.parent
    done, making = place / "resnet-released", place / "resnet-making"
    with open(place / "resnet.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.is_dir():
            release(load_assignment("resnet"), making / "course")  # which is what it is called, too
            making.rename(done)
    return done / "course"


@pytest.fixture
def write_tiny(tmp_path: Path, write_tiny_to: Write) -> Write:
    """Write a tiny checkout with some files changed: ``write_tiny({path: text or None})``."""

    def write(changes: dict[str, str | None] | None = None) -> Assignment:
        return write_tiny_to(tmp_path / "checkout", changes)

    return write


@pytest.fixture
def tiny(write_tiny: Write) -> Assignment:
    """The tiny assignment as it should be."""
    return write_tiny()
