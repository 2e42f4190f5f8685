"""Files that an assignment's author writes: what is wrong with one, and where."""

from __future__ import annotations

import importlib.util
import traceback
from pathlib import Path
from types import ModuleType


def load_file(path: Path, blame: type[Exception]) -> ModuleType:
    """A module made of a file that lies in no package, such as the checks of an assignment.

    Raises:
        blame: there is no such file, or it fails; says in which line.
    """
    spec = importlib.util.spec_from_file_location(f"_{path.stem}_{path.parent.name}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise blame(f"there is no {path}: every assignment keeps one")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise blame(problem_in(path, error)) from error
    return module


def problem_in(path: Path, error: BaseException) -> str:
    """File, line and error of a file that cannot be imported, or whose code fails."""
    line = error.lineno if isinstance(error, SyntaxError) else None
    told = error.msg if isinstance(error, SyntaxError) else str(error)
    if not (isinstance(error, SyntaxError) and error.filename == str(path)):
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame.lineno for frame in frames if frame.filename == str(path)]
        line = own[-1] if own else None
    where = f"{path}, line {line}" if line else str(path)
    return f"{where}: {type(error).__name__}: {told}"


def is_authors(error: BaseException) -> bool:
    """Whether an assignment's files are to blame for an error, and not we.

    What it asks for is imported late: that takes seconds.
    """
    from autograder.build.text import TextError
    from autograder.expect.variants import VariantError
    from autograder.judge import JudgeError

    return isinstance(error, (TextError, VariantError, JudgeError, SyntaxError))
