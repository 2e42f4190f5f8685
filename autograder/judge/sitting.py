"""One submission before the judge, question by question."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from autograder.judge.catalogue import CheckInfo, in_order
from autograder.judge.outcome import outcome_of
from autograder.records import CheckRecord, CheckStatus, QuestionRecord
from autograder.submission import Submission, SubmissionFault
from autograder.submission.surroundings import RandomStates

if TYPE_CHECKING:
    from autograder.judge.judge import Judge


class Sitting:
    """One submission before the judge; remembers results, since checks build on each other."""

    def __init__(self, judge: Judge, submission: Submission) -> None:
        self._judge = judge
        self._submission = submission
        self.results: dict[str, CheckStatus] = {}
        self._raised: set[str] = set()
        self._named_before: list[tuple[str, str]] = []

    def run(self, question: str, *, diagnose: bool = True) -> QuestionRecord:
        """Run every check of ``question`` and, if one failed, name the mistake.

        Random states are put back: where student code lives in this process, they are the
        student's own.
        """
        outside = RandomStates()
        try:
            self._submission.forget_shared()
            record = self._judged(question)
            return self._named(record) if diagnose else record
        finally:
            outside.put_back()

    def keep(self, record: QuestionRecord) -> QuestionRecord:
        """A verdict that still holds, and what is said of it, if an earlier question's changed.

        Its checks are run again only where it followed from a mistake that is no more found.
        """
        outside = RandomStates()
        try:
            self._submission.forget_shared()
            cause = self._cause(record)
        finally:
            outside.put_back()
        if record.follows and not cause:
            return self.run(record.id)
        if cause:
            return replace(record, follows=cause, diagnoses=())
        self._named_before += [(record.id, named.misconception) for named in record.diagnoses]
        return record

    def diagnose(self, record: QuestionRecord) -> QuestionRecord:
        """The record of a question that was run without diagnosing, with its mistake named."""
        outside = RandomStates()
        try:
            self._submission.forget_shared()
            return self._named(record)
        finally:
            outside.put_back()

    def _judged(self, question: str) -> QuestionRecord:
        infos = self._judge.of_question(question)
        done = {info.id: self._run(info) for info in in_order(infos)}
        checks = tuple(done[info.id] for info in infos)
        return QuestionRecord(
            id=question,
            title=self._judge.assignment.question(question).title,
            points=sum(check.points for check in checks),
            max_points=sum(check.max_points for check in checks),
            checks=checks,
        )

    def _named(self, record: QuestionRecord) -> QuestionRecord:
        diagnoser = self._judge._diagnoser
        if diagnoser is None or not any(c.status is CheckStatus.FAILED for c in record.checks):
            return record
        if cause := self._cause(record):
            return replace(record, follows=cause)
        names = diagnoser.name(record.id, self._submission, record.checks, self._raised)
        self._named_before += [(record.id, named.misconception) for named in names]
        return replace(record, diagnoses=names)

    def _cause(self, record: QuestionRecord) -> str:
        """The earlier question whose mistake explains what failed; empty if none does."""
        diagnoser = self._judge._diagnoser
        failed = any(check.status is CheckStatus.FAILED for check in record.checks)
        if diagnoser is None or not failed or not self._named_before:
            return ""
        named = self._named_before
        return diagnoser.follows(record.id, self._submission, record.checks, named)

    def _run(self, info: CheckInfo) -> CheckRecord:
        blocking = [need for need in info.needs if not self._passed(need)]
        common = {
            "id": info.id, "question": info.question, "title": info.title,
            "visibility": info.visibility, "max_points": info.points,
        }  # fmt: skip
        if blocking:
            self.results[info.id] = CheckStatus.BLOCKED
            return CheckRecord(
                **common, status=CheckStatus.BLOCKED, points=0.0, blocked_by=blocking[0]  # type: ignore[arg-type]
            )  # fmt: skip
        ending = self._judge.ask(info, self._submission)
        outcome = outcome_of(ending.error, info.visibility)
        self.results[info.id] = outcome.status
        if isinstance(ending.error, SubmissionFault):
            self._raised.add(info.id)
        passed = outcome.status is CheckStatus.PASSED
        return CheckRecord(
            **common,  # type: ignore[arg-type]
            status=outcome.status,
            points=info.points if passed else 0.0,
            observed=outcome.observed,
            expected=outcome.expected,
            got=outcome.got,
            hint=outcome.hint,
            blame=outcome.blame,
            seconds=ending.seconds,
        )

    def _passed(self, need: str) -> bool:
        """A check that this judge does not have (hidden ones, at home) does not block."""
        known = {info.id for info in self._judge.catalogue}
        return need not in known or self.results.get(need) is CheckStatus.PASSED
