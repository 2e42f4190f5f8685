"""Hidden checks of ``assignments/classic-networks``: numbers of functions, and conclusions.

A check with ``compares=True`` speaks of the oracle alone, never of the reference by itself: the
judge puts known mistakes in the oracle's place to find out which one a submission makes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autograder.expect import Unmet, check, kept, kept_answers, kind_of
from autograder.submission import Submission

# --- arithmetic ----------------------------------------------------------------------------------

Calls = Mapping[str, Sequence[tuple[Any, ...]]]

SIZES: Calls = {
    "without stride and padding": [(9, 3), (31, 7), (5, 5)],
    "with padding": [(9, 3, 1, 1), (12, 4, 1, 2), (13, 1, 1, 3)],
    "with a stride": [(11, 3, 2), (19, 5, 7), (56, 2, 2)],
    "with a stride that leaves pixels over": [(10, 3, 2), (20, 5, 4), (33, 8, 3), (23, 2, 3)],
    "with stride and padding": [(10, 3, 2, 1), (33, 7, 2, 3), (17, 5, 3, 2)],
}
COSTS: Calls = {
    "without stride and padding": [(5, 7, 3, 11), (2, 9, 5, 8)],
    "with stride and padding": [(3, 8, 7, 30, 2, 3), (4, 6, 3, 9, 2, 1)],
    "with groups": [(12, 8, 3, 10, 1, 1, 4), (6, 18, 5, 9, 1, 0, 3), (8, 8, 3, 7, 2, 1, 8)],
}
FIELDS: Calls = {
    "without strides": [([(5, 1), (1, 1), (7, 1)],), ([(2, 1)] * 4,)],
    "of one strided layer": [([(4, 3)],), ([(7, 2)],)],
    "with a stride before other layers": [([(2, 3), (3, 1), (5, 1)],), ([(3, 2), (3, 2), (3, 2)],)],
    "of whole networks": [
        ([(11, 4), (3, 2), (5, 1), (3, 2), (3, 1), (3, 1), (3, 1), (3, 2)],),
        ([(7, 2), (3, 2), *[(3, 1)] * 3, (3, 2), (3, 1), (2, 2)],),
    ],
}


def numbers_agree(submission: Submission, oracle: Submission, name: str, groups: Calls) -> None:
    """A function of numbers gives the oracle's, of the same type."""
    for kind, calls in groups.items():
        theirs = kept_answers(oracle, name, calls)
        answers = zip(calls, theirs, submission.call_each(name, calls), strict=True)
        for args, expected, found in answers:
            if _plain(found) != _plain(expected):
                raise Unmet(
                    f"{name}({', '.join(map(str, args))}) is another number ({kind})",
                    expected="what the definition gives",
                    got=_shown(found),
                    hint="Try it with small numbers of this kind that you can count on paper.",
                )


def _plain(found: Any) -> str:
    """Numbers as they are written: 3 and 3.0 differ, a tuple and a list do not."""
    return repr(list(found) if isinstance(found, tuple) else found)


def _shown(found: Any) -> str:
    """Numbers as they are written, anything else by its kind."""
    parts = found if isinstance(found, list | tuple) else [found]
    plain = all(isinstance(one, int | float) for one in parts)
    return repr(found)[:60] if plain else kind_of(found)


@check("arithmetic", points=1, compares=True)
def arithmetic_same_sizes(submission: Submission, oracle: Submission) -> None:
    """`conv_output_size` gives the definition's numbers, whatever kernel, stride and padding."""
    numbers_agree(submission, oracle, "conv_output_size", SIZES)


@check("arithmetic", points=1, compares=True)
def arithmetic_same_costs(submission: Submission, oracle: Submission) -> None:
    """`conv_cost` gives the definition's numbers, whatever stride, padding and groups."""
    numbers_agree(submission, oracle, "conv_cost", COSTS)


@check("receptive_field", points=1.5, compares=True)
def receptive_field_same_numbers(submission: Submission, oracle: Submission) -> None:
    """It gives the definition's numbers for other stacks of layers."""
    numbers_agree(submission, oracle, "receptive_field", FIELDS)


# --- conclusions ---------------------------------------------------------------------------------


def conclusion_of(side: Submission, key: str) -> Any:
    """One statement; None when there is none."""
    found = side.call("conclusion")
    return found.get(key) if isinstance(found, dict) else None


def statements_agree(submission: Submission, oracle: Submission, key: str, look: str) -> None:
    """Both state the same."""
    mine = conclusion_of(submission, key)
    if mine != kept(oracle, conclusion_of, key):
        raise Unmet(
            f"the statement {key!r} is not what the experiment shows",
            expected="what its printed numbers show",
            got=f"{mine!r}"[:60],
            hint=look,
        )


@check("additivity", points=1, needs="stated", compares=True)
def additivity_accuracy(submission: Submission, oracle: Submission) -> None:
    """How good the network without activations is, is stated as the experiment shows it."""
    look = "Read the share of new digits in the lines that begin with “without tanh”."
    statements_agree(submission, oracle, "accuracy_without_tanh", look)


@check("additivity", points=0.5, needs="stated", compares=True)
def additivity_gap(submission: Submission, oracle: Submission) -> None:
    """How large its gap is, is stated as the experiment shows it."""
    look = "float32 has about seven digits: what would rounding alone leave, as a share of 1?"
    statements_agree(submission, oracle, "gap_without_tanh", look)


@check("additivity", points=1, needs="stated", compares=True)
def additivity_tells(submission: Submission, oracle: Submission) -> None:
    """Which number tells the two apart is stated as the experiment shows it."""
    look = "Which number is nowhere near the same in the two halves of the output?"
    statements_agree(submission, oracle, "what_tells_them_apart", look)
