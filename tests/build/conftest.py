"""The tiny checkout for tests of the build; the real assignment is under test beside it."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from autograder.build.release import ReleaseSummary, release
from autograder.config import Assignment, load_assignment

Write = Callable[..., Assignment]


def _load(name: str) -> ModuleType:
    """A helper that lies beside this file (tests are no packages)."""
    spec = importlib.util.spec_from_file_location(
        f"build_{name}", Path(__file__).with_name(f"{name}.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


tiny_checkout = _load("tiny")


@pytest.fixture(scope="session")
def files() -> dict[str, str]:
    """The files of the tiny checkout by path."""
    return dict(tiny_checkout.FILES)


@pytest.fixture
def write_tiny(tmp_path: Path) -> Write:
    """Write a tiny checkout with some files changed: ``write_tiny({path: text or None})``."""

    def write(changes: dict[str, str | None] | None = None) -> Assignment:
        made: Assignment = tiny_checkout.write_tiny(tmp_path / "checkout", changes)
        return made

    return write


@pytest.fixture
def tiny(write_tiny: Write) -> Assignment:
    """The tiny assignment as it should be."""
    return write_tiny()


@pytest.fixture(scope="session")
def resnet() -> Assignment:
    """The real assignment."""
    return load_assignment("resnet")


@pytest.fixture(scope="session")
def released(resnet: Assignment, tmp_path_factory: pytest.TempPathFactory) -> ReleaseSummary:
    """The real assignment, released once by real nbgrader; to be read, not changed."""
    return release(resnet, tmp_path_factory.mktemp("released") / "course")
