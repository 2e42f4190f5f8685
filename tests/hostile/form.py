"""The form of the attack catalogue: one file a case, its expected outcome inside.

A case is a module in ``cases/`` with

- a docstring: what is attempted;
- ``EXPECT``: what must come of it. ``points`` is "full", "zero" or a number; ``at_most`` a number;
  ``loses`` a question whose points at least are lost; ``status`` of the record ("graded" unless
  said); ``flags`` that must be raised; ``died`` when a cell must have cost its process;
- either ``ANSWERS`` (source of solution cells by question, on top of ``BASE``: "stub", where
  nothing else is answered, or "reference") or ``files(assignment, right)`` that gives the files
  handed in (``right`` is a notebook with full points), or ``LINKS`` (name: target).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from autograder.build.answers import load_answers
from autograder.config import Assignment
from autograder.records import CellStatus, SubmissionRecord
from autograder.sample import submission

CASES = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Made:
    """One case as a submission to an assignment, with its outcome in points."""

    files: Mapping[str, bytes]
    links: Mapping[str, str] = field(default_factory=dict)
    points: float | None = None
    at_most: float | None = None
    status: str = "graded"
    flags: tuple[str, ...] = ()
    died: bool = False


@dataclass(frozen=True)
class Case:
    """One attack, or an honest control."""

    name: str
    module: ModuleType

    @property
    def attempt(self) -> str:
        """What is attempted, in a line."""
        return (self.module.__doc__ or "").strip().splitlines()[0]

    def submission(self, assignment: Assignment) -> Made:
        """The files to hand in and what must come of them."""
        answers = load_answers(assignment).cells
        right = submission(assignment, answers)
        full = sum(question.points for question in assignment.questions if not question.manual)
        expect: dict[str, Any] = self.module.EXPECT
        points = {"full": full, "zero": 0.0}.get(expect.get("points"), expect.get("points"))
        at_most = expect.get("at_most")
        if "loses" in expect:
            at_most = full - assignment.question(expect["loses"]).points
        return Made(
            files=self._files(assignment, answers, right),
            links=getattr(self.module, "LINKS", {}),
            points=points,
            at_most=at_most,
            status=expect.get("status", "graded"),
            flags=tuple(expect.get("flags", ())),
            died=expect.get("died", False),
        )

    def _files(
        self, assignment: Assignment, answers: Mapping[str, str], right: bytes
    ) -> Mapping[str, bytes]:
        if hasattr(self.module, "files"):
            made: Mapping[str, bytes] = self.module.files(assignment, right)
            return made
        if hasattr(self.module, "LINKS"):
            return {}
        base = answers if self.module.BASE == "reference" else {}
        given = {**base, **self.module.ANSWERS}
        return {assignment.notebook: submission(assignment, given)}


def load_cases() -> list[Case]:
    """Every case of the catalogue, by name."""
    cases = []
    for path in sorted(CASES.glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"hostile_case_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        cases.append(Case(path.stem, module))
    return cases


def differs(made: Made, record: SubmissionRecord) -> str:
    """How an outcome differs from what was expected; empty when it does not."""
    if record.status.value != made.status:
        return f"status {record.status.value}, expected {made.status}: {record.faults}"
    if made.points is not None and abs(record.points - made.points) > 1e-9:
        return f"{record.points:g} points, expected {made.points:g}"
    if made.at_most is not None and record.points > made.at_most + 1e-9:
        return f"{record.points:g} points, expected at most {made.at_most:g}"
    missing = set(made.flags) - {flag.code for flag in record.flags}
    if missing:
        return f"expected the flags {sorted(missing)}"
    lost = any(cell.status in (CellStatus.DIED, CellStatus.TIMEOUT) for cell in record.cells)
    return "expected a cell that costs its process" if made.died and not lost else ""
