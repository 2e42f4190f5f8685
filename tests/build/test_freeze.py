"""Frozen cases: made from the reference, remade when it changes, plain arrays."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from autograder.build.freeze import ensure_frozen
from autograder.config import Assignment
from autograder.expect.frozen import load_frozen, stamp_of
from autograder.judge import JudgeError

Write = Callable[..., Assignment]
SOLUTIONS = "solutions/tiny.py"


def made(assignment: Assignment) -> Path:
    """The frozen file, which must be there."""
    path = ensure_frozen(assignment)
    assert path is not None
    return path


def test_case_is_the_references(tiny: Assignment) -> None:
    """What is kept is what the reference gives."""
    case = load_frozen(made(tiny))["Scale"]
    assert torch.equal(case.output, case.inputs[0].relu() * 2)


def test_kept_while_nothing_changes(tiny: Assignment) -> None:
    """An up-to-date file is not written again."""
    path = made(tiny)
    os.utime(path, (1, 1))
    assert made(tiny).stat().st_mtime == 1


def test_remade_when_the_reference_changes(write_tiny: Write, files: dict[str, str]) -> None:
    """A changed answer gives other cases under another stamp."""
    path = made(write_tiny())
    before = stamp_of(path)
    changed = files[SOLUTIONS].replace("self.multiplied_by)\n", "3 * self.multiplied_by)\n")
    case = load_frozen(made(write_tiny({SOLUTIONS: changed})))["Scale"]
    assert torch.equal(case.output, case.inputs[0].relu() * 6)
    assert stamp_of(path) != before


def test_remade_when_damaged(tiny: Assignment) -> None:
    """A file that cannot be read is made anew."""
    path = made(tiny)
    good = path.read_bytes()
    path.write_bytes(good[: len(good) // 2])
    assert made(tiny).read_bytes() == good


def test_arrays_without_pickle(tiny: Assignment, resnet: Assignment) -> None:
    """Reading the arrays executes nothing."""
    for assignment in (tiny, resnet):
        with np.load(made(assignment), allow_pickle=False) as arrays:
            assert {arrays[name].dtype.kind for name in arrays.files} <= set("fiu")


def test_no_recipe(write_tiny: Write) -> None:
    """An assignment need not have frozen cases."""
    assert ensure_frozen(write_tiny({"checks/freeze.py": None})) is None


def test_recipe_without_cases(write_tiny: Write) -> None:
    """A recipe that defines nothing is named."""
    with pytest.raises(JudgeError, match=r"freeze\.py defines no cases\(oracle, seed\)"):
        ensure_frozen(write_tiny({"checks/freeze.py": "x = 1\n"}))


def test_failing_recipe_leaves_the_file(write_tiny: Write) -> None:
    """What was frozen before stays when a new recipe fails, and nothing half-made is left."""
    path = made(write_tiny())
    before = path.read_bytes()
    recipe = "def cases(oracle, seed):\n    return {'x': 1 / 0}\n"
    with pytest.raises(JudgeError, match=r"freeze\.py, line 2: ZeroDivisionError: "):
        ensure_frozen(write_tiny({"checks/freeze.py": recipe}))
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.glob(".frozen-*")] == []
