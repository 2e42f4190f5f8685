"""One notebook, public checks only: ``autograder check``."""

from __future__ import annotations

from pathlib import Path

from autograder.build.freeze import ensure_frozen
from autograder.config import Assignment
from autograder.judge import Judge
from autograder.records import SubmissionRecord
from autograder.runner.bench import Bench, Setting
from autograder.runner.grade import grade_one
from autograder.sandbox.folder import HeldFolder


def check_file(notebook: Path, assignment: Assignment, setting: Setting) -> SubmissionRecord:
    """Run the public checks over one notebook file, in a box of its own."""
    ensure_frozen(assignment)
    with (
        HeldFolder() as place,
        Judge(assignment) as public,
        Bench(assignment, setting) as bench,
    ):
        folder = place / "you" / assignment.id
        folder.mkdir(parents=True)
        (folder / assignment.notebook).write_bytes(notebook.read_bytes())
        bench.__dict__["judge"] = public
        return grade_one(folder, bench)
