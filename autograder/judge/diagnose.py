"""Which known mistake is it? The comparing checks decide, with the mistake as their oracle.

Comparing costs as much as the check itself, so the likeliest mistakes are tried first, and few: a
submission that behaves as a known mistake fails as that mistake does. Where failures leave one name
only, nothing is compared.
"""

from __future__ import annotations

import os
import random
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from autograder.expect import Variant
from autograder.judge.likeness import (
    alike,
    by_numbers,
    explains,
    ranked,
    same_failures,
    signature_of,
    undecided,
)
from autograder.judge.signatures import Signature, Signatures
from autograder.records import CheckRecord, CheckStatus, Diagnosis
from autograder.submission import StudentCrash, StudentTimeout, Submission

if TYPE_CHECKING:
    from autograder.judge.catalogue import CheckInfo
    from autograder.judge.judge import Judge

MAX_NAMED = 2
"""More mistakes than this that cannot be told apart are not named at all."""
UNSTARTED = ("this part is not implemented yet", " is not defined")
"""How a failure ends that is no mistake yet: there is nothing to be named."""


class Diagnoser:
    """Names mistakes. Everything about a variant is made when first needed, and kept."""

    def __init__(self, judge: Judge, variants: Sequence[Variant], signatures: Signatures) -> None:
        self._judge = judge
        self._variants = variants
        self._signatures = signatures
        self._consequences: dict[str, dict[str, Signature]] = {}
        self._building: dict[str, tuple[str, ...]] = {}

    def name(
        self,
        question: str,
        submission: Submission,
        checks: Sequence[CheckRecord],
        raised: Collection[str] = (),
    ) -> tuple[Diagnosis, ...]:
        """The mistakes that behave as this submission does; at most two, in fixed order.

        A variant fits when every comparing check of the question agrees with it, as far as that is
        not decided by how both fail. Where none does, one that fails the same checks in the same
        words may be meant; where one alone does so, to the last number, nothing is compared: it
        would be named at the end anyway. ``raised`` are the checks in which the submission itself
        broke: with no oracle would it have done better.
        """
        if not _nameable(checks):
            return ()
        signatures = self.prepare(question)
        by_name = {one.name: one for one in self._variants if one.question == question}
        compared = [info for info in self._judge.of_question(question) if info.compares]
        own = signature_of(checks)
        similar = alike(own, signatures)
        if not any(info.id in raised for info in compared):
            comparable = frozenset(info.id for info in compared)
            same = same_failures(own, signatures)
            if same and by_numbers(own, comparable):
                return (_named(by_name[same]),)
            likely = ranked(own, signatures, comparable) if similar != [same] else []
            for name in likely:
                variant, ids = by_name[name], undecided(own, name, signatures, comparable)
                fits = self._fits([one for one in compared if one.id in ids], submission, variant)
                if fits is None:
                    return ()
                if fits:
                    return (_named(variant),)
        if len(similar) > MAX_NAMED:
            return ()
        return tuple(_named(by_name[name], "same failures") for name in similar)

    def follows(
        self,
        question: str,
        submission: Submission,
        checks: Sequence[CheckRecord],
        named: Sequence[tuple[str, str]],
    ) -> str:
        """The earlier question whose mistake explains all that failed in this one, empty if none.

        ``named`` are the mistakes of earlier questions, as (question, misconception). The reference
        with such a mistake in it tells what follows from it in questions that build on that one;
        where only values are other ones, the comparing checks decide, with it as their oracle.
        """
        if not _nameable(checks):
            return ""
        own = signature_of(checks)
        failed = {check.id for check in checks if check.status is CheckStatus.FAILED}
        compared = [one for one in self._judge.of_question(question) if one.compares]
        for variant in self._variants:
            if (variant.question, variant.name) not in named or question not in self._later(
                variant.question
            ):
                continue
            explained = explains(self._after(variant).get(question, ()), own)
            asked = [info for info in compared if info.id in failed]
            if explained is None and asked:
                explained = self._fits(asked, submission, variant)
            if explained:
                return variant.question
        return ""

    def _after(self, variant: Variant) -> dict[str, Signature]:
        """How later questions fail where an earlier one has this mistake and all else is right."""
        name = f"{variant.question}/{variant.name}"
        if name not in self._consequences:
            later = self._later(variant.question)
            keys = {one: f"{name}, then {one}" for one in later}
            if any(self._signatures.get(key) is None for key in keys.values()):
                self._signatures.refresh()
            if any(self._signatures.get(key) is None for key in keys.values()):
                found = self._failures(variant, later)
                self._signatures.put([(keys[one], found.get(one, ())) for one in later])
            self._consequences[name] = {
                one: self._signatures.get(key) or () for one, key in keys.items()
            }
        return self._consequences[name]

    def _later(self, cause: str) -> tuple[str, ...]:
        """The questions behind this one that build on it."""
        if cause not in self._building:
            order = [question.id for question in self._judge.assignment.questions]
            behind = order[order.index(cause) + 1 :]
            reached = self._judge.reached([cause])
            self._building[cause] = tuple(one for one in reached if one in behind)
        return self._building[cause]

    def _fits(
        self, asked: Sequence[CheckInfo], submission: Submission, variant: Variant
    ) -> bool | None:
        """Whether they agree in these checks; None when the submission cannot be asked any more."""
        try:
            self._judge.oracle({variant.question: variant.code})
        except Exception:
            return False  # one that does not even run cannot be compared with
        submission.refused.clear()  # what was refused was held against another oracle
        for info in asked:
            error = self._judge.ask(info, submission, {variant.question: variant.code}).error
            if isinstance(error, StudentCrash | StudentTimeout):
                return None
            if error is not None:
                return False
        return True

    def prepare(self, question: str) -> dict[str, Signature]:
        """How each known mistake in ``question`` fails, by name; found out if it is not known.

        Several workers that need the same ones begin with different ones, and take from each other
        what is done.
        """
        known = [variant for variant in self._variants if variant.question == question]
        names = {f"{question}/{variant.name}": variant for variant in known}
        missing = [name for name in names if self._signatures.get(name) is None]
        random.Random(os.getpid()).shuffle(missing)
        for name in missing:
            self._signatures.refresh()
            if self._signatures.get(name) is None:
                self._signatures.put(
                    [(name, self._failures(names[name], [question]).get(question, ()))]
                )
        return {
            variant.name: signature
            for name, variant in names.items()
            if (signature := self._signatures.get(name)) is not None
        }

    def learn(self, variant: Variant, checks: Sequence[CheckRecord]) -> None:
        """Keep how a mistake was seen to fail; all other questions must have been right."""
        self._signatures.put([(f"{variant.question}/{variant.name}", signature_of(checks))])

    def _failures(self, variant: Variant, questions: Sequence[str]) -> dict[str, Signature]:
        """How these questions fail with the variant in place of one answer, in this order.

        Checks of others count as passed, but for those of its own question, where it is known how
        it fails there. Nothing, where the variant does not even run.
        """
        try:
            other = self._judge.oracle({variant.question: variant.code})
        except Exception:
            return {}
        assert other is not None
        sitting = self._judge.sitting(other)
        sitting.results = {
            info.id: CheckStatus.PASSED
            for info in self._judge.catalogue
            if info.question not in questions
        }
        if variant.question not in questions:
            known = self.prepare(variant.question).get(variant.name, ())
            sitting.results.update({check: CheckStatus(status) for check, status, *_ in known})
        found = {one: signature_of(sitting.run(one, diagnose=False).checks) for one in questions}
        other.forget_shared()
        return found


def _named(variant: Variant, evidence: str = "same function") -> Diagnosis:
    return Diagnosis(misconception=variant.name, says=variant.says, evidence=evidence)


def _nameable(checks: Sequence[CheckRecord]) -> bool:
    """Whether what failed may be a mistake of a kind: no check broke, and there is an answer."""
    broken = any(check.status is CheckStatus.GRADER_ERROR for check in checks)
    return not broken and not any(check.observed.endswith(UNSTARTED) for check in checks)
