"""The judge: the checks of one assignment, ready to be put to any number of submissions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from types import TracebackType

from autograder.config import Assignment
from autograder.expect import Case, Variant
from autograder.expect.frozen import load_frozen
from autograder.judge.catalogue import CheckInfo, catalogue_of, disagreements
from autograder.judge.diagnose import Diagnoser
from autograder.judge.recipe import drawn, recipe_of
from autograder.judge.reference import AnswersLike, oracle
from autograder.judge.session import Ending, JudgeError, Offer, Session
from autograder.judge.signatures import Signatures, key_of
from autograder.judge.sitting import Sitting
from autograder.records import (
    CheckRecord,
)
from autograder.sources import Sources
from autograder.submission import Submission


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
        files = [*assignment.public_checks, *(assignment.hidden_checks if hidden else ())]
        if hidden and answers is None:
            raise JudgeError("hidden checks compare with the reference: give the judge its answers")
        self._session = Session(files)
        self.digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
        sources = Sources(files)
        self._digests = {
            check.id: sources.digest(check.path.stem, check.function)
            for check in self._session.checks
        }
        self._drawn: dict[str, tuple[Submission, Mapping[str, Case]]] = {}
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
        recipe = recipe_of(self.assignment)
        if recipe.is_file():
            checks.append(recipe.read_text(encoding="utf-8"))
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
        """Nothing is asked any more."""
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
        side = self.oracle(instead)
        if side is not None:
            side.refused.clear()  # it may have been a known mistake under examination before
        offer = Offer(
            submission,
            oracle=side,
            oracle_with=lambda more: self.oracle({**more, **instead}),
            seeds=self.seed,
            frozen=lambda: self._cases,
        )
        return self._session.run(info.number, offer)

    @property
    def _cases(self) -> Mapping[str, Case]:
        """The cases with given weights: at home those that students have, here others of the kind.

        So nobody's outputs are of any use who knows them by heart.
        """
        if self._answers is None:
            return self._frozen
        if self.salt not in self._drawn:
            side = oracle(self._answers)  # which the cases ask again, so it is kept
            self._drawn = {self.salt: (side, drawn(self.assignment, side, f"again{self.salt}"))}
        return self._drawn[self.salt][1]

    @cached_property
    def _frozen(self) -> Mapping[str, Case]:
        return load_frozen(self.assignment.checks / "frozen.npz")

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
