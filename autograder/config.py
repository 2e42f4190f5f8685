"""What an assignment says of itself: ``assignments/<id>/assignment.toml``.

Standard library only. The notebook's text lies beside the file as ``<id>.py`` (jupytext percent
format); the checks lie in ``autograder/checks/<package>``.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
"""The checkout that this package lies in (a kit's own folder in a student kit)."""

ASSIGNMENTS = REPOSITORY / "assignments"
CHECKS = Path(__file__).resolve().parent / "checks"


class ConfigError(ValueError):
    """An assignment is missing or its ``assignment.toml`` is wrong; says what to do."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """One graded question.

    ``defines`` are the names its solution cell must define; ``points`` is the sum of its checks'
    points (the preflight verifies it), or the points to be given by hand.
    """

    id: str
    title: str
    points: float
    defines: tuple[str, ...] = ()
    manual: bool = False


@dataclass(frozen=True, kw_only=True)
class TimeLimits:
    """Wall-clock deadlines in seconds, held outside the box, and the box's memory in MiB.

    ``own_seconds`` is for all cells together that a student added; what they try out must not use
    up the time of what is graded.
    """

    cell_seconds: float = 30.0
    check_seconds: float = 20.0
    own_seconds: float = 30.0
    submission_seconds: float = 180.0
    memory_mib: int = 2048
    restarts: int = 6


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """One assignment; ``id`` names its folder, ``package`` its folder of checks."""

    id: str
    title: str
    questions: tuple[Question, ...]
    folder: Path
    chapter: str = ""
    limits: TimeLimits = field(default_factory=TimeLimits)

    @property
    def package(self) -> str:
        """The folder of its checks below ``autograder/checks``: the id as a Python name."""
        return self.id.replace("-", "_")

    @property
    def notebook(self) -> str:
        """The file name that a submission should have."""
        return f"{self.id}.ipynb"

    @property
    def text(self) -> Path:
        """The notebook as text."""
        return self.folder / f"{self.package}.py"

    @property
    def checks(self) -> Path:
        """The folder of its checks."""
        return CHECKS / self.package

    @property
    def public_checks(self) -> tuple[Path, ...]:
        """The files of checks that students have: ``public.py``, or some ``public_<part>.py``."""
        return self._files("public")

    @property
    def hidden_checks(self) -> tuple[Path, ...]:
        """The files of checks that only the grader has, named in the same way."""
        return self._files("hidden")

    def _files(self, kind: str) -> tuple[Path, ...]:
        found = sorted([*self.checks.glob(f"{kind}.py"), *self.checks.glob(f"{kind}_*.py")])
        return tuple(found) or (self.checks / f"{kind}.py",)

    def question(self, id: str) -> Question:
        """The question of that id.

        Raises:
            ConfigError: there is none; the message lists those there are.
        """
        for question in self.questions:
            if question.id == id:
                return question
        known = ", ".join(question.id for question in self.questions)
        raise ConfigError(f"assignment {self.id!r} has no question {id!r}; it has: {known}")


def known_assignments(root: Path = ASSIGNMENTS) -> tuple[str, ...]:
    """The ids of all assignments below ``root``, sorted."""
    return tuple(sorted(path.parent.name for path in root.glob("*/assignment.toml")))


def load_assignment(id: str, root: Path = ASSIGNMENTS) -> Assignment:
    """Read ``root/<id>/assignment.toml``.

    Raises:
        ConfigError: no such assignment, no TOML, or a missing, unknown or mistyped key.
    """
    path = root / id / "assignment.toml"
    if not path.is_file():
        known = ", ".join(known_assignments(root)) or "none"
        raise ConfigError(f"no assignment {id!r} in {root}; known assignments: {known}")
    return read_assignment(path)


def read_assignment(path: Path) -> Assignment:
    """Read one ``assignment.toml``.

    Raises:
        ConfigError: as :func:`load_assignment`.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from error
    try:
        return _assignment(document, path.parent)
    except (TypeError, KeyError, ValueError) as error:
        raise ConfigError(f"{path}: {error}; see assignments/resnet for a complete one") from error


def _assignment(document: dict[str, Any], folder: Path) -> Assignment:
    questions = tuple(
        Question(**{**entry, "defines": tuple(entry.get("defines", ()))})
        for entry in document.pop("question", [])
    )
    ids = [question.id for question in questions]
    if not ids:
        raise ValueError("needs at least one [[question]]")
    if len(set(ids)) != len(ids):
        raise ValueError(f"question ids repeat: {', '.join(ids)}")
    limits = TimeLimits(**document.pop("limits", {}))
    return Assignment(questions=questions, limits=limits, folder=folder, **document)
