"""The recipe of an assignment's cases with given weights, ``freeze.py`` beside its checks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

from autograder.authored import load_file, problem_in
from autograder.config import Assignment
from autograder.expect import Case
from autograder.judge.session import JudgeError
from autograder.submission import Submission

Recipe = Callable[[Submission, int], Mapping[str, Case]]


def recipe_of(assignment: Assignment) -> Path:
    """Where the recipe stands, if there is one."""
    return assignment.checks / "freeze.py"


def load_recipe(assignment: Assignment) -> Recipe:
    """``cases(oracle, seed)`` of the recipe: what students have is of seed 0.

    Raises:
        JudgeError: the recipe fails, now or when its cases are asked for, or it defines none.
    """
    path = recipe_of(assignment)
    module = load_file(path, JudgeError)
    if not hasattr(module, "cases"):
        raise JudgeError(f"{path} defines no cases(oracle, seed)")

    def cases(oracle: Submission, seed: int) -> Mapping[str, Case]:
        try:
            return module.cases(oracle, seed)  # type: ignore[no-any-return]
        except Exception as error:
            raise JudgeError(problem_in(path, error)) from error

    return cases


def drawn(assignment: Assignment, oracle: Submission, salt: str) -> Mapping[str, Case]:
    """Cases of the same names and sizes as those that students have, under other numbers.

    Raises:
        JudgeError: as :func:`load_recipe`.
    """
    if not recipe_of(assignment).is_file():
        return {}
    digest = hashlib.sha256(salt.encode()).digest()
    return load_recipe(assignment)(oracle, 1000 + int.from_bytes(digest[:4], "big"))
