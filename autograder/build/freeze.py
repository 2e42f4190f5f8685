"""Frozen cases: what the reference gives under drawn weights, as arrays that students may have.

``checks/<assignment>/freeze.py`` defines ``cases(oracle, seed)``; its result for
seed 0 is kept beside it as ``frozen.npz``, remade whenever the recipe, the answers or the form of
cases changed.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from autograder.build.answers import Answers, load_answers
from autograder.config import Assignment

FORM = ("expect/cases.py", "expect/groups.py", "expect/frozen.py")
"""What decides how a case is drawn and kept, below the package."""


def ensure_frozen(assignment: Assignment) -> Path | None:
    """The up-to-date ``frozen.npz`` of an assignment; None when it has no ``freeze.py``.

    Written beside and renamed, so that another process never sees half of it.

    Raises:
        TextError: the answers cannot be loaded.
        JudgeError: ``freeze.py`` defines no ``cases``.
    """
    from autograder.judge.recipe import load_recipe, recipe_of

    recipe = recipe_of(assignment)
    if not recipe.is_file():
        return None
    from autograder.expect.frozen import save_frozen, stamp_of
    from autograder.judge.reference import oracle

    answers = load_answers(assignment)
    stamp = _stamp(recipe, answers)
    path = assignment.checks / "frozen.npz"
    if stamp_of(path) == stamp:
        return path
    made = load_recipe(assignment)(oracle(answers), 0)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".frozen-", suffix=".tmp")
    os.close(handle)
    try:
        save_frozen(Path(name), made, stamp)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return path


def _stamp(recipe: Path, answers: Answers) -> str:
    """A digest of all that the cases are made from."""
    package = Path(__file__).resolve().parent.parent
    hashed = hashlib.sha256(recipe.read_bytes())
    for text in (answers.setup, *answers.cells.values()):
        hashed.update(text.encode() + b"\0")
    for name in FORM:
        hashed.update((package / name).read_bytes())
    return hashed.hexdigest()
