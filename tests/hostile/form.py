"""The form of the attack catalogue: one file a case, its expected outcome inside.

A case is a module in ``cases/`` with

- a docstring: what is attempted;
- ``EXPECT``: what must come of it. ``points`` is "full", "zero" or a number; ``at_most`` a number;
  ``loses`` a question whose points at least are lost; ``status`` of the record ("graded" unless
  said); ``flags`` that must be raised; ``fails`` the checks that must not have passed; ``died``
  when a cell must have cost its process; ``seconds`` and ``megabytes`` that grading and its record
  may take at most;
- maybe ``REDUCED``: what of that is otherwise at sandbox level reduced, and a comment why;
- either ``ANSWERS`` (source of solution cells by question, on top of ``BASE``: "stub", where
  nothing else is answered, or "reference") or ``files(assignment, right)`` that gives the files
  handed in (``right`` is a notebook with full points; a name that ends in a slash is a folder), or
  ``LINKS`` (name: target).

Whatever a case does, its record must be fit to be kept and shown: :func:`unfit` says what is not.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from autograder.build.answers import load_answers
from autograder.config import Assignment
from autograder.gradebook.notebooks import autograded
from autograder.gradebook.rows import Rows, rows_of
from autograder.records import CellStatus, SubmissionRecord, to_json
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
    fails: tuple[str, ...] = ()
    died: bool = False
    seconds: float = 60.0
    megabytes: float = 64.0


@dataclass(frozen=True)
class Case:
    """One attack, or an honest control."""

    name: str
    module: ModuleType

    @property
    def attempt(self) -> str:
        """What is attempted, in a line."""
        return (self.module.__doc__ or "").strip().splitlines()[0]

    def submission(self, assignment: Assignment, level: str = "full") -> Made:
        """The files to hand in and what must come of them at a sandbox level."""
        answers = load_answers(assignment).cells
        right = submission(assignment, answers)
        full = sum(question.points for question in assignment.questions if not question.manual)
        expect: dict[str, Any] = dict(self.module.EXPECT)
        if level == "reduced":
            expect |= getattr(self.module, "REDUCED", {})
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
            fails=tuple(expect.get("fails", ())),
            died=expect.get("died", False),
            seconds=expect.get("seconds", Made.seconds),
            megabytes=expect.get("megabytes", Made.megabytes),
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


def hand_in(made: Made, folder: Path) -> None:
    """Write a case's files as a submission."""
    folder.mkdir(parents=True)
    for name, data in made.files.items():
        if name.endswith("/"):
            (folder / name).mkdir()
        else:
            (folder / name).write_bytes(data)
    for name, target in made.links.items():
        (folder / name).symlink_to(target)


def misses(record: SubmissionRecord) -> str:
    """What did not go well in a submission: cells that did not run, checks that took points."""
    told = [
        f"cell {c.grade_id}: {c.status.value} {c.error}".strip()
        for c in record.cells
        if c.status in (CellStatus.RAISED, CellStatus.DIED, CellStatus.TIMEOUT)
    ]
    told += [
        f"{c.id}: {c.observed}"
        for q in record.questions
        for c in q.checks
        if c.points < c.max_points and c.observed
    ]
    return "; ".join(told)


def differs(made: Made, record: SubmissionRecord) -> str:
    """How an outcome differs from what was expected; empty when it does not."""
    if record.status.value != made.status:
        return f"status {record.status.value}, expected {made.status}: {record.faults}"
    if made.points is not None and abs(record.points - made.points) > 1e-9:
        return f"{record.points:g} points, expected {made.points:g}: {misses(record)}"
    if made.at_most is not None and record.points > made.at_most + 1e-9:
        return f"{record.points:g} points, expected at most {made.at_most:g}"
    missing = set(made.flags) - {flag.code for flag in record.flags}
    if missing:
        return f"expected the flags {sorted(missing)}"
    passed = {c.id for q in record.questions for c in q.checks if c.points == c.max_points}
    if wrongly := passed & set(made.fails):
        return f"passed {sorted(wrongly)}"
    lost = any(cell.status in (CellStatus.DIED, CellStatus.TIMEOUT) for cell in record.cells)
    return "expected a cell that costs its process" if made.died and not lost else ""


CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
ACTIVE = re.compile(
    r"<script|<svg|<iframe|<style|<img(?! src=\"data:image/png)[^>]* (?:src|onerror)="
    r"|<[^>]* on\w+=|<[^>]*href=\"\s*javascript:|\\(?:href|mmlToken|bbox)",
    re.IGNORECASE,
)
"""What no browser of an instructor may be given."""


def unfit(assignment: Assignment, record: SubmissionRecord, made: Made) -> str:
    """Why a record cannot be kept, printed or shown; empty when it can."""
    try:
        size = len(to_json(record).encode("utf-8"))
    except UnicodeEncodeError as error:
        return f"the record cannot be written: {error.reason}"
    if size > made.megabytes * 2**20:
        return f"the record has {size / 2**20:.0f} MB"
    checks = [check for question in record.questions for check in question.checks]
    told = [part.message for part in (*record.faults, *record.flags)]
    told += [text for c in checks for text in (c.observed, c.expected, c.got, c.hint)]
    steering = [text for text in told if CONTROL.search(text)]
    if steering:
        return f"control characters in {steering[0]!r}"
    found = ACTIVE.search(_shown(assignment, record))
    return f"active content is shown: {found[0]!r}" if found else ""


def _shown(assignment: Assignment, record: SubmissionRecord) -> str:
    """The comments and the Markdown of a record as nbgrader's pages show them."""
    from nbconvert.filters.markdown import markdown2html

    ids = {
        (cell.grade_id, kind): 0 for cell in Rows(assignment, {})._master for kind in rows_of(cell)
    }
    rows = Rows(assignment, ids).comments(record, "notebook")
    texts = [row["auto_comment"] or "" for row in rows]
    cells = autograded(assignment, record)["cells"]
    ours = {cell.grade_id for cell in record.cells if cell.role == "prose"}
    for cell in cells:
        about = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if cell["cell_type"] == "markdown" and about not in ours:
            texts.append(cell["source"][:2_000])
    return "\n".join(markdown2html(text) for text in texts)
