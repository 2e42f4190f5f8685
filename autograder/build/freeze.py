"""Frozen cases: what the reference gives under drawn weights, as arrays that students may have.

``checks/<assignment>/freeze.py`` defines ``cases(oracle)``; its result is kept beside it as
``frozen.npz``, remade whenever the checks or the answers changed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import tempfile
from pathlib import Path

from autograder.build.answers import load_answers
from autograder.build.text import TextError
from autograder.config import Assignment


def ensure_frozen(assignment: Assignment) -> Path | None:
    """The up-to-date ``frozen.npz`` of an assignment; None when it has no ``freeze.py``.

    Written beside and renamed, so that another process never sees half of it.

    Raises:
        TextError: ``freeze.py`` defines no ``cases``.
    """
    recipe = assignment.checks / "freeze.py"
    if not recipe.is_file():
        return None
    from autograder.expect.frozen import save_frozen, stamp_of
    from autograder.judge.reference import oracle

    answers = load_answers(assignment)
    text = recipe.read_text(encoding="utf-8") + answers.setup + "".join(answers.cells.values())
    stamp = hashlib.sha256(text.encode()).hexdigest()
    path = assignment.checks / "frozen.npz"
    if stamp_of(path) == stamp:
        return path
    spec = importlib.util.spec_from_file_location(f"_freeze_{assignment.package}", recipe)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not hasattr(module, "cases"):
        raise TextError(f"{recipe} defines no cases(oracle)")
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".frozen-", suffix=".tmp")
    os.close(handle)
    try:
        save_frozen(Path(name), module.cases(oracle(answers)), stamp)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
    return path
