"""Promise 9: an assignment is proved before it is released.

Runs the real grading path, in the box, over our own answers.
"""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.build.answers import load_answers
from autograder.build.kit import side_files
from autograder.build.leakscan import scan
from autograder.build.notebook import master_cells
from autograder.config import Assignment
from autograder.expect.variants import Variant, load_alternatives, load_misconceptions
from autograder.judge import totals
from autograder.records import CheckStatus, SubmissionRecord, SubmissionStatus
from autograder.runner.bench import Bench, Setting
from autograder.runner.grade import grade_one
from autograder.sample import submission


@dataclass(frozen=True)
class PreflightReport:
    """What was proved; ``problems`` are the assignment's faults."""

    assignment: str
    checks: int
    misconceptions: int
    alternatives: int
    named: int
    problems: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether it may be released."""
        return not self.problems

    def as_text(self) -> str:
        """For the terminal."""
        head = (
            f"preflight {self.assignment}: {self.checks} checks, {self.misconceptions} "
            f"misconceptions ({self.named} named), {self.alternatives} alternatives"
        )
        if self.passed:
            return f"{head}: all as promised."
        listed = "\n".join(f"  - {problem}" for problem in self.problems)
        return (
            f"{head}: {len(self.problems)} problem(s), the assignment's fault:\n{listed}\n"
            "Mend the checks, the text or the variants, then run the preflight again."
        )

    def to_json(self) -> str:
        """For programs."""
        return json.dumps({**dataclasses.asdict(self), "passed": self.passed})


def preflight(assignment: Assignment, setting: Setting | None = None) -> PreflightReport:
    """Prove ``assignment``.

    Raises:
        BoxUnavailable, TextError, JudgeError, VariantError: it cannot even be tried.
    """
    answers = load_answers(assignment)
    wrong = load_misconceptions(assignment.checks, answers.cells)
    right = load_alternatives(assignment.checks)
    with (
        tempfile.TemporaryDirectory(prefix="preflight-") as place,
        Bench(assignment, setting) as bench,
    ):
        prover = _Prover(assignment, bench, Path(place), answers.cells)
        problems = [
            *prover.points(),
            *prover.reference(),
            *prover.stub(),
            *prover.alternatives(right),
            *prover.misconceptions(wrong),
            *prover.idle_checks(),
            *prover.leaks(),
        ]
        return PreflightReport(
            assignment=assignment.id,
            checks=len(bench.judge.catalogue),
            misconceptions=len(wrong),
            alternatives=len(right),
            named=prover.named,
            problems=tuple(problems),
        )


class _Prover:
    """Grades our own answers and collects what is not as it should be."""

    def __init__(
        self, assignment: Assignment, bench: Bench, place: Path, answers: dict[str, str]
    ) -> None:
        self._assignment = assignment
        self._bench = bench
        self._place = place
        self._answers = answers
        self._master = master_cells(assignment)
        self._killed: set[str] = set()
        self.named = 0

    def _grade(self, name: str, answers: dict[str, str]) -> SubmissionRecord:
        folder = self._place / name / self._assignment.id
        folder.mkdir(parents=True)
        data = submission(self._assignment, answers, self._master)
        (folder / self._assignment.notebook).write_bytes(data)
        record = grade_one(folder, self._bench)
        if record.status is SubmissionStatus.GRADER_ERROR:
            raise RuntimeError(f"{name}: " + "; ".join(fault.message for fault in record.faults))
        return record

    def points(self) -> Iterator[str]:
        """Each question is worth what its checks are worth together."""
        sums = totals(self._bench.judge.catalogue)
        ids = {info.id for info in self._bench.judge.catalogue}
        for question in self._assignment.questions:
            if not question.manual and sums.get(question.id, 0.0) != question.points:
                yield (
                    f"question {question.id!r} has {question.points:g} points in assignment.toml, "
                    f"its checks {sums.get(question.id, 0.0):g}"
                )
        for info in self._bench.judge.catalogue:
            for need in info.needs:
                if need not in ids:
                    yield f"check {info.id!r} needs {need!r}, which does not exist"

    def reference(self) -> Iterator[str]:
        """The reference earns everything."""
        yield from _lost("the reference", self._grade("reference", self._answers))

    def stub(self) -> Iterator[str]:
        """The untouched notebook earns nothing."""
        for question in self._grade("stub", {}).questions:
            if question.points:
                yield f"the untouched notebook earns {question.points:g} in {question.id!r}"

    def alternatives(self, variants: tuple[Variant, ...]) -> Iterator[str]:
        """Every alternative earns everything."""
        for number, variant in enumerate(variants):
            name = f"alternative {variant.question}/{variant.name}"
            answers = variant.answers(self._answers)
            yield from _lost(name, self._grade(f"alternative-{number}", answers))

    def misconceptions(self, variants: tuple[Variant, ...]) -> Iterator[str]:
        """Every misconception loses points in its question and is named."""
        for number, variant in enumerate(variants):
            name = f"misconception {variant.question}/{variant.name}"
            answers = {**self._answers, variant.question: variant.code}
            record = self._grade(f"misconception-{number}", answers)
            own = next(one for one in record.questions if one.id == variant.question)
            for question in record.questions:
                for check in question.checks:
                    if check.status is CheckStatus.FAILED:
                        self._killed.add(check.id)
            if own.points >= own.max_points:
                yield f"{name} keeps all its points"
            elif variant.name not in [found.misconception for found in own.diagnoses]:
                found = ", ".join(one.misconception for one in own.diagnoses) or "nothing"
                yield f"{name} is not named: the feedback names {found}"
            else:
                self.named += 1

    def idle_checks(self) -> Iterator[str]:
        """Every check catches at least one misconception."""
        for info in self._bench.judge.catalogue:
            if info.id not in self._killed:
                yield f"check {info.id!r} catches no misconception: what is it for?"

    def leaks(self) -> Iterator[str]:
        """What students get besides the notebook holds no secret (a release scans that, too)."""
        folder = self._place / "kit"
        for name, data in side_files(self._assignment).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        (folder / self._assignment.notebook).write_bytes(
            submission(self._assignment, {}, self._master)
        )
        for leak in scan(folder, self._assignment):
            yield f"leak in {leak.file}: {leak.what}"


def _lost(name: str, record: SubmissionRecord) -> Iterator[str]:
    """The checks that something correct does not pass."""
    for question in record.questions:
        for check in question.checks:
            if check.status is CheckStatus.FAILED:
                said = f"{check.observed}; expected {check.expected}; got {check.got}"
                yield f"{name} fails {check.id!r}: {said}"
