"""How alike a submission and a known mistake fail, as far as words of failed checks can tell."""

from __future__ import annotations

import re
from collections.abc import Sequence

from autograder.judge.signatures import Signature
from autograder.records import CheckRecord, CheckStatus

MAX_TRIED = 3
"""Mistakes that a submission is compared with; one, where numbers differ as no mistake's do."""
DIFFER = " differ, by up to"
"""In what was got, where numbers were compared."""
FAILED = CheckStatus.FAILED
FAR = 3.0
"""Values as many times farther off are of another function; style alone (where padding stands, say)
moves them by less."""
_LINE = re.compile(r" in line \d+")
_NUMBER = re.compile(r"\d+")
_VALUE = re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?")
_FAR_BY = re.compile(re.escape(DIFFER) + r" ([\d.]+(?:e[+-]?\d+)?)(.*)")
"""How far values are off, and what the right ones reach."""


def signature_of(checks: Sequence[CheckRecord]) -> Signature:
    """The failing checks and their words."""
    return tuple(
        (check.id, str(check.status), check.observed, check.got)
        for check in checks
        if check.status is not CheckStatus.PASSED
    )


def same_failures(own: Signature, signatures: dict[str, Signature]) -> str:
    """The one mistake that fails the same checks in the same words and values; empty if none is.

    Line numbers apart.
    """
    ours = _without_lines(own)
    same = [name for name, theirs in signatures.items() if _without_lines(theirs) == ours]
    return same[0] if len(same) == 1 else ""


def by_numbers(own: Signature, comparable: frozenset[str]) -> bool:
    """Whether a comparison failed by numbers.

    Inputs and weights are the same for everybody, so who differs from the reference in as many
    values and by as much, in every comparison, computes the same: no need to compare again.
    """
    return any(check in comparable and DIFFER in got for check, _, _, got in own)


def alike(own: Signature, signatures: dict[str, Signature]) -> list[str]:
    """The mistakes that fail the same checks in the same words."""
    words = in_words(own)
    return [name for name, theirs in signatures.items() if in_words(theirs) == words]


def in_words(signature: Signature) -> Signature:
    """Without what depends on style (line numbers) or on rounding (how far numbers differ)."""
    return tuple(
        (check, status, _LINE.sub("", observed), "" if DIFFER in got else _LINE.sub("", got))
        for check, status, observed, got in signature
    )


def explains(theirs: Signature, own: Signature) -> bool | None:
    """Whether a mistake in an earlier question, which fails this one so, is all that is wrong here.

    None where the same checks fail in other values: style moves them, and so does another mistake.
    """
    ours, others = _without_lines(own), _without_lines(theirs)
    if not own or _without_values(ours) != _without_values(others):
        return False
    return True if ours == others else None


def _without_lines(signature: Signature) -> list[tuple[str, str, str, str]]:
    return [
        (check, status, _LINE.sub("", observed), _LINE.sub("", got))
        for check, status, observed, got in signature
    ]


def _without_values(lines: Sequence[tuple[str, str, str, str]]) -> list[tuple[str, str, str, str]]:
    return [
        (check, status, observed, _VALUE.sub("", got)) for check, status, observed, got in lines
    ]


def ranked(
    own: Signature, signatures: dict[str, Signature], comparable: frozenset[str]
) -> list[str]:
    """The mistakes worth comparing with, the likeliest first; equals in the order of definition.

    Who computes what a mistake computes passes the comparing checks that it passes, and fails those
    that it fails, where neither was kept from running. Their words agree in one check at least.
    """
    if not comparable & {check for check, *_ in own}:
        return []
    words, likeness = in_words(own), dict[str, tuple[int, ...]]()
    for name, signature in signatures.items():
        theirs = in_words(signature)
        same = len(set(words) & set(theirs))
        if not same or not _compatible(own, signature, comparable):
            continue
        if _contradict(own, signature, comparable):
            continue
        exact = len(set(own) & set(signature))
        likeness[name] = (own == signature, words == theirs, same, exact)
    likely = sorted(likeness, key=lambda name: likeness[name], reverse=True)
    compared = {line for line in own if line[0] in comparable and line[1] == FAILED}
    numbered = [name for name in likely if compared <= set(signatures[name])]
    return numbered[:MAX_TRIED] or likely[:1]


def _compatible(own: Signature, signature: Signature, comparable: frozenset[str]) -> bool:
    ours = {check: status for check, status, *_ in own if check in comparable}
    theirs = {check: status for check, status, *_ in signature if check in comparable}
    blocked = {
        check for both in (ours, theirs) for check, status in both.items()
        if status == CheckStatus.BLOCKED
    }  # fmt: skip
    return ours.keys() - blocked == theirs.keys() - blocked


def _contradict(own: Signature, theirs: Signature, comparable: frozenset[str]) -> bool:
    """Whether words alone make it very unlikely that these two compute the same.

    A comparing check takes its steps in one order and stops where the reference is left: who leaves
    it at another step is another function. What was got says less, since style is in it (a list for
    a tuple, branches in another order, shares of what was drawn); only values that are several
    times as far off do, where what they should be is the same.
    """
    failed = {check: words for check, status, *words in theirs if status == FAILED}
    for check, status, *words in own:
        if status != FAILED or check not in failed:
            continue
        (observed, got), (other_observed, other_got) = words, failed[check]
        if _NUMBER.sub("", observed) != _NUMBER.sub("", other_observed):
            if check in comparable:
                return True
        elif (ours := _FAR_BY.search(got)) and (others := _FAR_BY.search(other_got)):
            less, more = sorted((float(ours[1]), float(others[1])))
            if ours[2] == others[2] and more > FAR * less:
                return True
    return False


def undecided(
    own: Signature, name: str, signatures: dict[str, Signature], comparable: frozenset[str]
) -> frozenset[str]:
    """The comparing checks that have to be asked whether this mistake is it.

    Where both agree with the reference they agree with each other. Where no other mistake fails in
    the words of this submission, and this one does, those checks decide that compared them; else
    those as well that neither got to.
    """
    failed = comparable & {check for check, status, *_ in own if status == FAILED}
    if failed and alike(own, signatures) == [name]:
        return failed
    return comparable & {check for check, *_ in (*own, *signatures[name])}
