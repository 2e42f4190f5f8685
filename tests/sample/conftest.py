"""The tiny checkout of tests/build, for sample classes."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from autograder.config import Assignment

TINY = Path(__file__).parent.parent / "build" / "tiny.py"


@pytest.fixture
def tiny(tmp_path: Path) -> Assignment:
    """The tiny assignment in a checkout of its own."""
    spec = importlib.util.spec_from_file_location("build_tiny", TINY)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    made: Assignment = module.write_tiny(tmp_path / "checkout")
    return made
