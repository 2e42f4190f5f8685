"""Hidden checks of ``assignments/efficientnet``: numbers of functions, and statements.

A check with ``compares=True`` speaks of the oracle alone, never of the reference by itself: the
judge puts known mistakes in the oracle's place to find out which one a submission makes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch

from autograder.expect import Unmet, check, kept_all, kept_answers
from autograder.expect import number as a_number
from autograder.expect.statements import states_alike
from autograder.submission import Submission


def answers_agree(
    submission: Submission, oracle: Submission, name: str, cases: Sequence[Sequence[Any]], hint: str
) -> None:
    """A function of plain values returns the same as the oracle's, for each of ``cases``."""
    rows = [tuple(args) for args in cases]
    mine, theirs = submission.call_each(name, rows), kept_answers(oracle, name, rows)
    for args, one, other in zip(rows, mine, theirs, strict=True):
        if not alike(one, other):
            shown = ", ".join(f"{arg:.4g}" if isinstance(arg, float) else str(arg) for arg in args)
            raise Unmet(
                f"{name}({shown[:90]}) is not what the definition gives",
                expected="the value of the definition",
                got=f"{one!r}"[:80],
                hint=hint,
            )


def alike(mine: Any, theirs: Any) -> bool:
    """Equal ints, nearly equal floats; lists and tuples of these; None."""
    if isinstance(theirs, tuple | list):
        same = isinstance(mine, tuple | list) and len(mine) == len(theirs)
        return same and all(map(alike, mine, theirs))
    if isinstance(theirs, float):
        return isinstance(mine, float | int) and abs(mine - theirs) <= 1e-9 * max(1, abs(theirs))
    return type(mine) is type(theirs) and bool(mine == theirs)


def drawn(seed: int, *ranges: tuple[float, float], rows: int) -> list[list[float]]:
    """``rows`` lists of uniform numbers with two decimals, one from each range."""
    generator = torch.Generator().manual_seed(seed)
    share = torch.rand(rows, len(ranges), generator=generator).tolist()
    return [
        [round(low + (high - low) * one, 2) for one, (low, high) in zip(row, ranges, strict=True)]
        for row in share
    ]


# --- 1 rounding ----------------------------------------------------------------------------------


@check("rounding", points=1.5, needs="whole_numbers", compares=True)
def rounding_same_numbers(submission: Submission, oracle: Submission, seed: int) -> None:
    """For other channels, factors and divisors both rules give the definition's numbers."""
    rows = drawn(seed, (3, 400), (0.05, 3.0), (2, 17), rows=40)
    cases = [(int(channels), width, int(divisor)) for channels, width, divisor in rows]
    cases += [(channels, 1.0, 8) for channels in range(4, 76, 2)]
    hint = "Scale first; then the nearest multiple, the divisor at least; then the tenth."
    answers_agree(submission, oracle, "round_filters", cases, hint)
    repeats = [(int(n), depth) for n, depth in drawn(seed + 1, (1, 9), (0.05, 4.0), rows=30)]
    answers_agree(submission, oracle, "round_repeats", repeats, "Rounded up, always.")


NAMED = [
    {"channels": channels, "width": width}
    for width in (0.35, 1.0, 1.3)
    for channels in (16, 52, 96, 1000)
]


@check("rounding", points=0.5, needs="whole_numbers", compares=True)
def rounding_same_defaults(submission: Submission, oracle: Submission) -> None:
    """Without a divisor, and with arguments by name, the numbers are the definition's."""
    mine, theirs = by_name(submission), kept_all(oracle, by_name)
    for named, one, other in zip(NAMED, mine, theirs, strict=True):
        of = f"round_filters(channels={named['channels']}, width={named['width']})"
        a_number(one, of=of)
        if one != other:
            raise Unmet(
                f"{of} is another number",
                expected="the definition's, with a divisor of 8",
                got=f"{one!r}"[:40],
                hint="divisor is 8 unless given; the rules are those of the public checks.",
            )


def by_name(side: Submission) -> Iterator[Any]:
    """What ``round_filters`` returns for arguments by name."""
    return side.call_each("round_filters", [()] * len(NAMED), NAMED)


# --- 7 compound ----------------------------------------------------------------------------------


@check("compound", points=1.5, needs=("three_numbers", "cost"), compares=True)
def compound_same_numbers(submission: Submission, oracle: Submission, seed: int) -> None:
    """For other coefficients, bases and factors both functions give the definition's numbers."""
    cases = drawn(seed, (-1, 8), (1, 2), (1, 2), (1, 2), rows=12)
    cases += [[phi] for phi in (0.5, 3.0, 7.0)]
    hint = "Each base to the power of φ, nothing rounded."
    answers_agree(submission, oracle, "compound_scale", cases, hint)
    cases = drawn(seed + 1, (0.5, 4), (0.5, 3), (0.5, 3), rows=8)
    answers_agree(submission, oracle, "cost_factor", cases, "Depth once, the others twice.")


# --- 8 budget ------------------------------------------------------------------------------------


@check("budget", points=1.5, needs="b0", compares=True)
def budget_same_counts(submission: Submission, oracle: Submission, seed: int) -> None:
    """For other depths, widths, resolutions and classes the counts are the definition's."""
    rows = drawn(seed, (0.2, 3.5), (0.05, 2.5), (17, 640), (2, 1200), rows=40)
    cases = [(d, w, int(r), int(classes)) for d, w, r, classes in rows]
    hint = "Odd maps round up under a stride; the squeeze is at least 1; channels are rounded."
    answers_agree(submission, oracle, "efficientnet_macs", cases, hint)


@check("budget", points=1.5, needs=("best", "same_counts"), compares=True)
def budget_same_choice(submission: Submission, oracle: Submission, seed: int) -> None:
    """For other runs and budgets the choice is the definition's, and the list stays as it was."""
    rows = drawn(seed, (0.7, 1.6), (0.8, 1.3), (160, 260), (0.1, 0.9), rows=30)
    runs = [(d, w, int(r), accuracy) for d, w, r, accuracy in rows]
    budgets = [int(10**exponent) for (exponent,) in drawn(seed + 1, (8.0, 9.2), rows=15)]
    cases = [(budget, runs[start : start + 12]) for start, budget in enumerate(budgets)]
    hint = "By exact count, at most the budget; the highest accuracy; then the cheapest."
    answers_agree(submission, oracle, "best_under_budget", cases, hint)


# --- 9 race --------------------------------------------------------------------------------------


def race(submission: Submission, oracle: Submission, key: str, look: str) -> None:
    """Both state the same."""
    told = "what the race shows"
    states_alike(submission, oracle, "conclusion", key, expected=told, hint=look)


@check("race", points=1, needs="stated", compares=True)
def race_pays(submission: Submission, oracle: Submission) -> None:
    """Which ways to spend the budget pay is stated as the race shows it."""
    race(submission, oracle, "what_pays", "Compare each contestant's results with the base's.")


@check("race", points=1, needs="stated", compares=True)
def race_lacks(submission: Submission, oracle: Submission) -> None:
    """What the base lacks is stated as the race shows it."""
    look = "It is what the contestants that succeed have more of, and the others have not."
    race(submission, oracle, "what_the_base_lacks", look)


@check("race", points=1, needs="stated", compares=True)
def race_compound(submission: Submission, oracle: Submission) -> None:
    """What made the compound network good is stated as the race shows it."""
    look = "Compare it with its twin at 32 pixels, which differs in one thing alone."
    race(submission, oracle, "what_made_compound_good", look)


@check("race", points=0.5, needs="stated", compares=True)
def race_law(submission: Submission, oracle: Submission) -> None:
    """How far the law is from the count is stated as the race shows it."""
    look = "Divide the two costs printed for each contestant: how far from 1 do they come?"
    race(submission, oracle, "law_against_count", look)
