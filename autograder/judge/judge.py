"""The judge: the checks of one assignment, ready to be put to any number of submissions."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from types import TracebackType

from autograder.config import Assignment
from autograder.expect import Variant
from autograder.expect.frozen import load_frozen
from autograder.judge.catalogue import CheckInfo, catalogue_of, disagreements, in_order
from autograder.judge.diagnose import Diagnoser
from autograder.judge.outcome import outcome_of
from autograder.judge.plugin import Offer
from autograder.judge.reference import AnswersLike, oracle
from autograder.judge.session import Ending, JudgeError, Session
from autograder.judge.signatures import Signatures, key_of
from autograder.records import (
    CheckRecord,
    CheckStatus,
    QuestionRecord,
)
from autograder.sources import Sources
from autograder.submission import Submission, SubmissionFault
from autograder.submission.surroundings import RandomStates


class Judge:
    """Public checks, and with ``hidden=True`` the hidden ones, which need the reference answers.

    With ``variants`` failed questions are diagnosed. Another :attr:`salt` draws other hidden inputs
    and weights: that is how we try whether a verdict depends on them. Use as a context manager or
    :meth:`close` it.

    Raises:
        JudgeError: the checks cannot be collected, or hidden ones are asked for without answers.
    """

    def __init__(
        self,
        assignment: Assignment,
        *,
        answers: AnswersLike | None = None,
        variants: Sequence[Variant] = (),
        hidden: bool = False,
    ) -> None:
        self.assignment = assignment
        self.salt = ""
        names = ("public.py", "hidden.py") if hidden else ("public.py",)
        files = [assignment.checks / name for name in names]
        if hidden and answers is None:
            raise JudgeError("hidden checks compare with the reference: give the judge its answers")
        self._session = Session(files)
        self.digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
        sources = Sources(files)
        self._digests = {
            check.id: sources.digest(check.path.stem, check.function)
            for check in self._session.checks
        }
        self._frozen = load_frozen(assignment.checks / "frozen.npz")
        self._answers = answers
        self._oracles: dict[tuple[tuple[str, str], ...], Submission] = {}
        self.catalogue = catalogue_of(self._session.checks)
        self._diagnoser = self._new_diagnoser(answers, variants)

    def _new_diagnoser(
        self, answers: AnswersLike | None, variants: Sequence[Variant]
    ) -> Diagnoser | None:
        if answers is None or not variants:
            return None
        checks = [*self._digests.values(), self.digest]
        texts = [*checks, answers.setup, *answers.cells.values(), *(v.code for v in variants)]
        path = self.assignment.checks / "signatures.json"
        return Diagnoser(self, variants, Signatures(path, key_of(*texts)))

    def __enter__(self) -> Judge:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the pytest session."""
        self._session.close()

    def verify(self) -> None:
        """Hold the checks against ``assignment.toml``; for a judge that has the hidden ones, too.

        Raises:
            JudgeError: questions, points or needs do not agree. Grades would be of other points
                than the course promises.
        """
        problems = disagreements(self.catalogue, self.assignment)
        if problems:
            toml = self.assignment.folder / "assignment.toml"
            raise JudgeError.of(f"the checks do not agree with {toml}:", problems)

    def of_question(self, question: str) -> tuple[CheckInfo, ...]:
        """The checks of one question, public before hidden, as defined."""
        return tuple(info for info in self.catalogue if info.question == question)

    def needed(self, question: str) -> tuple[str, ...]:
        """The questions that the checks of ``question`` build on, and itself, as defined."""
        found, waiting = {question}, [question]
        while waiting:
            needs = (need for info in self.of_question(waiting.pop()) for need in info.needs)
            new = {need.partition("/")[0] for need in needs} - found
            found |= new
            waiting += sorted(new)
        return tuple(one.id for one in self.assignment.questions if one.id in found)

    def reached(self, changed: Collection[str]) -> tuple[str, ...]:
        """The questions whose code or checks build on the ``changed`` ones, these, and their needs.

        Whatever stands in the place of the changed answers, the verdict on others is the same.
        """
        names = {question.id: question.defines for question in self.assignment.questions}
        found = set(changed)
        for id, code in (self._answers.cells if self._answers else {}).items():
            # In notebook order: what is used comes before.
            words = set(re.findall(r"\w+", code))
            if found & set(self.needed(id)) or any(words & set(names[one]) for one in found):
                found.add(id)
        found |= {need for id in found for need in self.needed(id)}
        return tuple(one.id for one in self.assignment.questions if one.id in found)

    def seed(self, check_id: str) -> int:
        """The seed of one check: the same for everybody, another after the check changed."""
        text = f"{check_id}:{self._digests[check_id]}{self.salt}".encode()
        return int.from_bytes(hashlib.sha256(text).digest()[:4], "big")

    def ask(
        self, info: CheckInfo, submission: Submission, replaced: Mapping[str, str] | None = None
    ) -> Ending:
        """Run one check; the oracle is the reference with the ``replaced`` answers in it."""
        instead = dict(replaced or {})
        offer = Offer(
            submission,
            oracle=self.oracle(instead),
            oracle_with=lambda more: self.oracle({**more, **instead}),
            seeds=self.seed,
            frozen=self._frozen,
        )
        return self._session.run(info.number, offer)

    def oracle(self, replaced: Mapping[str, str]) -> Submission | None:
        """Our answers, some of them replaced, as a submission; kept for the next time.

        Raises:
            Exception: whatever the replaced answers raise when they are executed.
        """
        if self._answers is None:
            return None
        key = tuple(sorted(replaced.items()))
        if key not in self._oracles:
            self._oracles[key] = oracle(self._answers, replaced)
        return self._oracles[key]

    def learn(self, variant: Variant, checks: Sequence[CheckRecord]) -> None:
        """Keep how a known mistake was seen to fail, so that it is not found out once more."""
        if self._diagnoser is not None:
            self._diagnoser.learn(variant, checks)

    def sitting(self, submission: Submission) -> Sitting:
        """Judge one submission, question by question."""
        return Sitting(self, submission)


class Sitting:
    """One submission before the judge; remembers results, since checks build on each other."""

    def __init__(self, judge: Judge, submission: Submission) -> None:
        self._judge = judge
        self._submission = submission
        self.results: dict[str, CheckStatus] = {}
        self._raised: set[str] = set()

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
        names = diagnoser.name(record.id, self._submission, record.checks, self._raised)
        return dataclasses.replace(record, diagnoses=names)

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
