"""Which known mistake is it? The comparing checks decide, with the mistake as their oracle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from autograder.expect import Variant
from autograder.judge.signatures import Signature, Signatures
from autograder.records import CheckRecord, CheckStatus, Diagnosis
from autograder.submission import StudentCrash, StudentTimeout, Submission

if TYPE_CHECKING:
    from autograder.judge.judge import CheckInfo, Judge

MAX_NAMED = 2
UNSTARTED = ("this part is not implemented yet", " is not defined")
"""How a failure ends that is no mistake yet: there is nothing to be named."""


class Diagnoser:
    """Names mistakes. Everything about a variant is made when first needed, and kept."""

    def __init__(self, judge: Judge, variants: Sequence[Variant], signatures: Signatures) -> None:
        self._judge = judge
        self._variants = variants
        self._signatures = signatures

    def name(
        self, question: str, submission: Submission, checks: Sequence[CheckRecord]
    ) -> tuple[Diagnosis, ...]:
        """The mistakes that behave as this submission does; at most two, in fixed order.

        A variant fits when every comparing check of the question agrees with it. Where none does,
        one that fails the same checks in the same words may be meant.
        """
        compared = [info for info in self._judge.of_question(question) if info.compares]
        known = [variant for variant in self._variants if variant.question == question]
        if any(check.status is CheckStatus.GRADER_ERROR for check in checks):
            return ()
        if any(check.observed.endswith(UNSTARTED) for check in checks):
            return ()
        failed = {check.id for check in checks if check.status is not CheckStatus.PASSED}
        signature = signature_of(checks)
        made = self._signatures_of(known)
        alike = [variant for variant in known if made[variant.name] == signature]
        if compared and failed & {info.id for info in compared}:
            # Those that fail in the same words first: one of them is nearly always it.
            for variant in sorted(known, key=lambda variant: variant not in alike):
                if self._oracle(variant) is None:
                    continue
                try:
                    fits = self._fits(compared, submission, variant)
                except (StudentCrash, StudentTimeout):
                    return ()
                if fits:
                    return (Diagnosis(misconception=variant.name, says=variant.says),)
        named = alike if len(alike) <= MAX_NAMED else []
        return tuple(
            Diagnosis(misconception=one.name, says=one.says, evidence="same failures")
            for one in named
        )

    def _fits(
        self, compared: Sequence[CheckInfo], submission: Submission, variant: Variant
    ) -> bool:
        for info in compared:
            error = self._judge.ask(info, submission, {variant.question: variant.code}).error
            if isinstance(error, StudentCrash | StudentTimeout):
                raise error
            if error is not None:
                return False
        return True

    def _oracle(self, variant: Variant) -> Submission | None:
        try:
            return self._judge.oracle({variant.question: variant.code})
        except Exception:
            return None  # one that does not even run cannot be compared with

    def _signatures_of(self, known: Sequence[Variant]) -> dict[str, Signature]:
        """How each of these variants of one question fails, by name."""
        found, new = {}, []
        for variant in known:
            full = f"{variant.question}/{variant.name}"
            signature = self._signatures.get(full)
            if signature is None:
                signature = self._failures(variant)
                new.append((full, signature))
            found[variant.name] = signature
        if new:
            self._signatures.put(new)
        return found

    def _failures(self, variant: Variant) -> Signature:
        """How the variant itself fails."""
        other = self._oracle(variant)
        if other is None:
            return ()
        sitting = self._judge.sitting(other)
        records = [
            sitting.run(question, diagnose=False)
            for question in self._judge.needed(variant.question)
        ]
        own = next(record for record in records if record.id == variant.question)
        return signature_of(own.checks)


def signature_of(checks: Sequence[CheckRecord]) -> Signature:
    """The failing checks and their words; numbers that vary by rounding stay out."""
    return tuple(
        (
            check.id,
            check.status,
            check.observed,
            "" if " differ, by up to" in check.got else check.got,
        )
        for check in checks
        if check.status is not CheckStatus.PASSED
    )
