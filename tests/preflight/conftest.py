"""The tiny checkout of tests/build, some of its files changed."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from autograder.config import Assignment

TINY = Path(__file__).parent.parent / "build" / "tiny.py"


def _load() -> ModuleType:
    """The helper of another folder of tests (tests are no packages)."""
    spec = importlib.util.spec_from_file_location("build_tiny", TINY)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def files() -> dict[str, str]:
    """The files of the tiny checkout by path."""
    return dict(_load().FILES)


@pytest.fixture
def write_tiny(tmp_path: Path) -> Callable[..., Assignment]:
    """Write a tiny checkout with some files changed: ``write_tiny({path: text or None})``."""

    def write(changes: dict[str, str | None] | None = None) -> Assignment:
        made: Assignment = _load().write_tiny(tmp_path / "checkout", changes)
        return made

    return write
