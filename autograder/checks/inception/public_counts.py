"""Public checks of ``assignments/inception``: what a block costs, with reductions and without.

They run in a student's own kernel, where the reference is not, and again when a submission is
graded. A check is called ``<question>_<name>``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autograder.expect import Unmet, check, defined, kind_of, number
from autograder.submission import Submission

# --- 4 cost --------------------------------------------------------------------------------------


Calls = dict[str, tuple[Sequence[Any], dict[str, Any]]]
"""Arguments, by the words that a message names the call by."""


def whole(submission: Submission, name: str, calls: Calls) -> Iterator[int]:
    """What a counting function returns for each call, if it is an integer."""
    rows, named = zip(*calls.values(), strict=True)
    for of, found in zip(calls, submission.call_each(name, rows, named), strict=True):
        yield int(number(found, of=of, whole=True))


def break_evens(submission: Submission, rows: Sequence[tuple[int, ...]]) -> Iterator[int]:
    """What ``break_even`` returns for each row, one by one: a search for it may never end."""
    for args in rows:
        found = submission.call("break_even", *args)
        yield int(number(found, of=f"break_even{args}", whole=True))


def costs(submission: Submission, rows: Sequence[tuple[Any, ...]]) -> Iterator[tuple[int, int]]:
    """What ``inception_cost`` returns for each row of arguments, if it is a pair of integers."""
    for args, found in zip(rows, submission.call_each("inception_cost", rows), strict=True):
        yield two_numbers(found, of=f"inception_cost{args}")


def two_numbers(found: Any, *, of: str) -> tuple[int, int]:
    """``found``, if it is a pair of integers."""
    if not isinstance(found, tuple | list) or len(found) != 2:
        raise Unmet(
            f"{of} does not return a pair",
            expected="(parameters, multiply-adds)",
            got=kind_of(found),
            hint="return one, other makes a pair.",
        )
    first, second = (
        int(number(part, of=f"the {place} entry of {of}", whole=True))
        for place, part in zip(("first", "second"), found, strict=True)
    )
    return first, second


def equals(found: int, wanted: int, *, of: str, hints: Mapping[int, str], hint: str) -> None:
    """A count is the wanted one; ``hints`` are the usual meanings of wrong ones."""
    if found != wanted:
        raise Unmet(
            f"{of} should be another number",
            expected=f"{wanted:,}",
            got=f"{found:,}",
            hint=hints.get(found, hint),
        )


@check("cost", points=0.5)
def cost_direct(submission: Submission) -> None:
    """The lecture's 5×5 convolution costs 120,422,400 multiply-adds."""
    for name in ("branch_cost", "break_even", "inception_cost"):
        defined(submission, name, "function")
    cases = ((192, 32, 5, 28, 28), (3, 4, 3, 5, 7))
    asked: Calls = {f"branch_cost({', '.join(map(str, args))})": (args, {}) for args in cases}
    found = whole(submission, "branch_cost", asked)
    for (a, b, k, height, width), of, one in zip(cases, asked, found, strict=True):
        hints = {
            height * width * k * a * b: "A square kernel has k × k weights for each channel.",
            height * width * k * k * b: "Each filter reaches through all channels of the input.",
            height * height * k * k * a * b: "The image need not be square.",
            2 * height * width * k * k * a * b: "A multiply-add counts once.",
            height * width * (k * k * a * b + b): "Biases are additions: they are not counted.",
            k * k * a * b: "These are the weights; each works once at every position.",
            (height - k + 1) * (width - k + 1) * k * k * a * b:
                "The padding keeps height and width: there are as many positions as pixels.",
        }  # fmt: skip
        hint = "Positions, times numbers in a filter, times filters."
        equals(one, height * width * k * k * a * b, of=of, hints=hints, hint=hint)


@check("cost", points=1, needs="direct")
def cost_reduced(submission: Submission) -> None:
    """Through 16 channels it costs 12,443,648."""
    cases = ((192, 32, 5, 28, 28, 16), (6, 4, 3, 5, 7, 2))
    asked: Calls = {
        f"branch_cost({', '.join(map(str, args))}, reduced={r})": (args, {"reduced": r})
        for *args, r in cases
    }
    found = whole(submission, "branch_cost", asked)
    for (a, b, k, height, width, r), of, one in zip(cases, asked, found, strict=True):
        first, second = height * width * a * r, height * width * k * k * r * b
        hints = {
            second: "The 1×1 convolution costs something as well.",
            first: "That is the 1×1 convolution alone.",
            first + height * width * k * k * a * b: "The large kernel now sees reduced channels.",
            first * k * k + second: "The reduction is 1×1, whatever the kernel behind it.",
            height * width * k * k * a * b: "reduced is not used.",
        }
        hint = "Two convolutions, one after the other: add what they cost."
        equals(one, first + second, of=of, hints=hints, hint=hint)


@check("cost", points=1, needs="direct")
def cost_break_even(submission: Submission) -> None:
    """With `break_even` channels the branch still costs less, with one more it does not."""
    cases = ((192, 32, 5), (4, 4, 1), (7, 3, 3), (1, 1, 1))
    for (a, b, k), last in zip(cases, break_evens(submission, cases), strict=True):
        direct, each = k * k * a * b, a + k * k * b
        if last * each >= direct or (last + 1) * each < direct:
            side = "does not cost less" if last * each >= direct else "leaves room for more"
            raise Unmet(
                f"break_even({a}, {b}, {k}) is not the largest number that saves",
                expected="with r channels it costs less than without a reduction, with r + 1 it "
                "does not",
                got=f"{last}, which {side}",
                hint="Write down what a position costs with r reduced channels, and what it costs "
                "without: for which r is the first smaller?",
            )


@check("cost", points=1.5, needs="direct")
def cost_inception(submission: Submission) -> None:
    """Block 3a has 163,696 parameters and costs 128,049,152 multiply-adds."""
    cases = ((192, 64, (96, 128), (16, 32), 32, 28, 28), (5, 2, (3, 4), (2, 6), 7, 3, 4))
    for args, (count, cost) in zip(cases, costs(submission, cases), strict=True):
        a, c1, (r3, n3), (r5, n5), p, height, width = args
        weights = 25 * n5 * r5 + 9 * n3 * r3 + a * (p + r5 + r3 + c1)
        biases = sum((p, n5, r5, n3, r3, c1))
        naive = a * (c1 + 9 * n3 + 25 * n5 + p)
        hints = {
            weights: "Each of the six convolutions has a bias for each of its channels.",
            weights + biases - p * (a + 1): "The 1×1 behind the pooling is missing.",
            weights + c1 + n3 + n5 + p: "The reductions have biases as well.",
            weights - 16 * r5 * n5 + biases: "The third branch has 5×5 kernels.",
            naive + c1 + n3 + n5 + p: "That is the block without its reductions.",
            weights * height * width: "The parameters come first, then the multiply-adds.",
            weights
            + a * (n3 + n5 - r3 - r5)
            + biases: "c3 and c5 name the reduced channels first.",
        }
        wrong = {
            (weights - p * a) * height * width: "The 1×1 behind the pooling is missing.",
            (weights - 16 * r5 * n5) * height * width: "The third branch has 5×5 kernels.",
            (weights + biases) * height * width: "Biases cost no multiply-adds.",
            naive * height * width: "That is the block without its reductions.",
            weights * height * height: "The image need not be square.",
        }
        of = f"inception_cost{args}"
        hint = "Six convolutions: 1×1; 1×1, 3×3; 1×1, 5×5; 1×1 behind the pooling."
        equals(count, weights + biases, of=f"the parameters of {of}", hints=hints, hint=hint)
        equals(cost, weights * height * width, of=f"the cost of {of}", hints=wrong, hint=hint)
