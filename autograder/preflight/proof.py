"""What is to be graded to prove an assignment, and what must come of it."""

from __future__ import annotations

import ast
import traceback
from collections.abc import Iterator, Mapping, Sequence

from autograder.build.answers import Answers
from autograder.build.notebook import master_cells
from autograder.config import Assignment
from autograder.expect.variants import Variant
from autograder.judge import CheckInfo, totals
from autograder.judge.reference import namespace
from autograder.preflight.report import Problem
from autograder.records import Blame, CheckStatus, SubmissionRecord, SubmissionStatus
from autograder.sample import submission

EPSILON = 1e-9


class DoesNotRun(Exception):
    """The given cells or the reference answers raise; says which cell, and what."""


def runs(answers: Answers) -> None:
    """Run the notebook's own code once, here.

    Raises:
        DoesNotRun: a given cell or a reference answer raises.
    """
    try:
        namespace(answers)
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        cells = [frame for frame in frames if frame.filename.startswith("<")]
        where = f"{cells[-1].filename.strip('<>')}, line {cells[-1].lineno}" if cells else "a cell"
        raise DoesNotRun(
            f"the notebook's own code raises in {where}: {type(error).__name__}: {error}"
        ) from error


class Proof:
    """One assignment with its answers, variants and checks."""

    def __init__(
        self,
        assignment: Assignment,
        answers: Answers,
        catalogue: Sequence[CheckInfo],
        right: Sequence[Variant],
        wrong: Sequence[Variant],
    ) -> None:
        self._assignment = assignment
        self._answers = answers.cells
        self._catalogue = catalogue
        self._right = {f"right-{number:04d}": variant for number, variant in enumerate(right)}
        self._wrong = {f"wrong-{number:04d}": variant for number, variant in enumerate(wrong)}
        self.named = 0

    def work(self) -> dict[str, bytes]:
        """The notebooks to grade, by name."""
        given = {"reference": dict(self._answers), "stub": {}}
        for name, variant in {**self._right, **self._wrong}.items():
            given[name] = variant.answers(self._answers)
        master = master_cells(self._assignment)
        return {name: submission(self._assignment, one, master) for name, one in given.items()}

    def static(self) -> Iterator[Problem]:
        """Points add up, needs exist, answers define what the toml says."""
        sums = dict(totals(self._catalogue))
        ids = {info.id for info in self._catalogue}
        toml = f"assignments/{self._assignment.id}/assignment.toml"
        for question in self._assignment.questions:
            worth = sums.pop(question.id, 0.0) if not question.manual else question.points
            if abs(worth - question.points) > EPSILON:
                yield Problem(
                    f"question {question.id!r} has {question.points:g} points in assignment.toml, "
                    f"its checks have {worth:g} together",
                    f"Change `points` in {toml} or the points of its checks.",
                )
            missing = set(question.defines) - _defined(self._answers.get(question.id, ""))
            if missing:
                yield Problem(
                    f"the reference answer to {question.id!r} does not define "
                    f"{', '.join(sorted(missing))}",
                    f"Change `defines` in {toml} or the stub.",
                )
        for unknown in sums:
            yield Problem(
                f"there are checks of {unknown!r}, which is no question with checks",
                f"Add the question to {toml} or take the checks out.",
            )
        for info in self._catalogue:
            for need in sorted(set(info.needs) - ids):
                yield Problem(
                    f"check {info.id!r} needs {need!r}, which does not exist",
                    "Name a check of the same question, or question/check.",
                )

    def outcomes(self, records: Mapping[str, SubmissionRecord]) -> Iterator[Problem]:
        """Everything that came out otherwise than promised."""
        yield from _full("the reference", records["reference"])
        yield from _broken("the untouched notebook", records["stub"])
        for question in records["stub"].questions:
            if question.points > 0:
                yield Problem(
                    f"the untouched notebook earns {question.points:g} in {question.id!r}",
                    "Let its checks need one that fails while nothing is defined.",
                )
        for name, variant in self._right.items():
            yield from _full(f"the alternative {_name(variant)}", records[name])
        for name, variant in self._wrong.items():
            yield from self._misconception(variant, records[name])
        yield from self._idle(records)

    def _misconception(self, variant: Variant, record: SubmissionRecord) -> Iterator[Problem]:
        """It loses points in its question, and feedback names it."""
        what = f"the misconception {_name(variant)}"
        yield from _broken(what, record)
        own = next(one for one in record.questions if one.id == variant.question)
        named = [found.misconception for found in own.diagnoses]
        if record.status is SubmissionStatus.GRADER_ERROR:
            return
        if own.points >= own.max_points:
            yield Problem(
                f"{what} keeps all its points",
                "Add a check that it fails, or take it out if it is no mistake.",
            )
        elif variant.name not in named:
            yield Problem(
                f"{what} is not named: the feedback names {', '.join(named) or 'nothing'}",
                "Add a check with compares=True whose outcome tells it from the others.",
            )
        else:
            self.named += 1

    def _idle(self, records: Mapping[str, SubmissionRecord]) -> Iterator[Problem]:
        """Every check catches at least one misconception."""
        caught = {
            check.id
            for name in self._wrong
            for question in records[name].questions
            for check in question.checks
            if check.status is CheckStatus.FAILED
        }
        for info in self._catalogue:
            if info.id not in caught:
                yield Problem(
                    f"check {info.id!r} catches no misconception",
                    "Add the mistake that it is there for, or take it out.",
                )


def _name(variant: Variant) -> str:
    return f"{variant.question}/{variant.name}"


def _defined(source: str) -> set[str]:
    """The names that code defines at its top level."""
    names: set[str] = set()
    for node in ast.parse(source).body:
        names.add(getattr(node, "name", ""))
        for target in getattr(node, "targets", [getattr(node, "target", None)]):
            names.add(getattr(target, "id", ""))
    return names


def _broken(what: str, record: SubmissionRecord) -> Iterator[Problem]:
    """Nothing of ours may end in a grader's error; when a check broke, it is the assignment's."""
    if record.status is SubmissionStatus.GRADER_ERROR:
        for fault in record.faults:
            check = fault.code == "check"
            yield Problem(
                f"{what} ends in a grader error: {fault.message}",
                "Mend the check." if check else "Report it; grading it again may help.",
                Blame.ASSIGNMENT if check else Blame.GRADER,
            )


def _full(what: str, record: SubmissionRecord) -> Iterator[Problem]:
    """The checks that something correct does not pass, and cells of it that do not run."""
    yield from _broken(what, record)
    for cell in record.cells:
        if cell.error:
            yield Problem(f"{what} raises in {cell.grade_id!r}: {cell.error}", "Mend that code.")
    for question in record.questions:
        for check in question.checks:
            if check.status is CheckStatus.FAILED:
                told = [check.observed, f"expected {check.expected}", f"got {check.got}"]
                said = "; ".join(part for part in told if part not in ("expected ", "got "))
                yield Problem(
                    f"{what} fails {check.id!r}: {said}",
                    "Mend the check (it asks for more than the text does), or the answer.",
                )
