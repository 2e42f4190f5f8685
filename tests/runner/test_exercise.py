"""The sizes of convolutions that a box computes before its first fork."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder.config import Assignment
from autograder.runner.bench import Bench
from autograder.runner.exercise import ensure_sizes


@pytest.fixture(scope="module")
def made(resnet: Assignment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of ResNet's sizes, made anew."""
    path = tmp_path_factory.mktemp("sizes") / "convolutions.json"
    with Bench(resnet) as bench:
        told = ensure_sizes(bench, path)
    assert told == json.loads(path.read_text())["sizes"]
    return path


def test_the_reference_is_noted(made: Path) -> None:
    """Projections of stride 2, and the gradients that training asks for."""
    sizes = json.loads(made.read_text())["sizes"]
    assert any(size[1][2:] == [1, 1] and size[3] == [2, 2] for size in sizes)
    assert any(size[7] and size[7][1] for size in sizes)


def test_what_is_known_needs_no_judge(resnet: Assignment, made: Path) -> None:
    """The next worker reads the file."""
    with Bench(resnet) as bench:
        assert ensure_sizes(bench, made) == json.loads(made.read_text())["sizes"]
        assert "judge" not in bench.__dict__


@pytest.mark.parametrize("text", ["", "[]", '{"key": "of yesterday", "sizes": []}', "{}"])
def test_old_or_damaged(resnet: Assignment, made: Path, tmp_path: Path, text: str) -> None:
    """Anything but today's file is replaced."""
    path = tmp_path / "convolutions.json"
    path.write_text(text)
    with Bench(resnet) as bench:
        ensure_sizes(bench, path)
    assert path.read_text() == made.read_text()


def test_nowhere_to_write(resnet: Assignment, made: Path, tmp_path: Path) -> None:
    """A folder that cannot be written costs the time, not the sizes."""
    with Bench(resnet) as bench:
        told = ensure_sizes(bench, tmp_path / "missing" / "convolutions.json")
    assert told == json.loads(made.read_text())["sizes"]
