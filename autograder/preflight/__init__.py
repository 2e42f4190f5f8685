"""Promise 9: an assignment is proved before it is released.

Runs the real grading path, in the box, over our own answers: whatever students are promised is
tried out first on work whose outcome is known.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from autograder.build.answers import load_answers
from autograder.build.kit import side_files
from autograder.build.leakscan import scan
from autograder.build.notebook import as_bytes, released_notebook
from autograder.build.text import TextError
from autograder.build.windows import load_secrets
from autograder.config import Assignment
from autograder.expect.variants import VariantError, load_alternatives, load_misconceptions
from autograder.judge import JudgeError
from autograder.preflight.proof import DoesNotRun, Proof, runs
from autograder.preflight.report import PreflightReport, Problem
from autograder.records import SubmissionRecord
from autograder.runner.bench import Bench, Setting
from autograder.runner.cores import available
from autograder.runner.grade import grade_one
from autograder.runner.rounds import Progress
from autograder.runner.run import grade
from autograder.sandbox.folder import HeldFolder

__all__ = ["PreflightReport", "Problem", "preflight"]


def preflight(
    assignment: Assignment,
    setting: Setting | None = None,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> PreflightReport:
    """Prove ``assignment``, on as many workers as there are cores unless told otherwise.

    ``progress`` is called after each notebook, as by :func:`autograder.runner.run.grade`.

    Raises:
        BoxUnavailable: this machine cannot hold a box of the asked level.
    """
    setting = setting or Setting()
    empty = PreflightReport(assignment.id, str(setting.level))
    try:
        answers = load_answers(assignment)
        runs(answers)
        wrong = load_misconceptions(assignment.checks, answers.cells)
        right = load_alternatives(assignment.checks)
        with Bench(assignment, setting) as bench:
            catalogue = bench.judge.catalogue
            proof = Proof(assignment, answers, catalogue, right, wrong)
            problems = [*proof.static(), *_leaks(assignment)]
            records = _grade(proof.work(), bench, workers or len(available()), progress)
            problems += proof.outcomes(records)
    except (TextError, VariantError, JudgeError, DoesNotRun) as error:
        mend = "Mend it first: nothing else was tried."
        return dataclasses.replace(empty, problems=(Problem(str(error), mend),))
    return dataclasses.replace(
        empty, checks=len(catalogue), misconceptions=len(wrong), alternatives=len(right),
        named=proof.named, problems=tuple(problems),
    )  # fmt: skip


def _grade(
    work: Mapping[str, bytes], bench: Bench, workers: int, progress: Progress | None
) -> dict[str, SubmissionRecord]:
    """The records of some notebooks by name; in this process when there is one worker."""
    assignment = bench.assignment
    with HeldFolder() as place:
        folders = {name: place / "submitted" / name / assignment.id for name in work}
        for name, folder in folders.items():
            folder.mkdir(parents=True)
            (folder / assignment.notebook).write_bytes(work[name])
        if workers == 1:
            records = {}
            for done, (name, folder) in enumerate(folders.items(), 1):
                records[name] = grade_one(folder, bench)
                if progress is not None:
                    progress(records[name], done, len(folders))
            return records
        summary = grade(
            assignment, place, workers=workers, setting=bench.setting, progress=progress
        )
        return {record.student: record for record in summary.records}


def _leaks(assignment: Assignment) -> Iterator[Problem]:
    """What students get holds no secret. (A release looks again at what nbgrader made of it.)"""
    notebook = as_bytes(released_notebook(assignment))
    with HeldFolder() as place:
        given = place / "given"
        for name, data in {**side_files(assignment), assignment.notebook: notebook}.items():
            path = given / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        for leak in scan(given, load_secrets(assignment)):
            yield Problem(f"leak in {leak}", "Take it out of what students get.")
