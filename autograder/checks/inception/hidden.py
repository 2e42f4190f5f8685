"""What only the grader checks: against the oracle, under fresh weights and inputs; and learning.

A check with ``compares=True`` speaks of the oracle alone, never of the reference by itself: the
judge puts known mistakes in the oracle's place to find out which one a submission makes.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

import torch

from autograder.checks.inception.public_counts import Calls, break_evens, costs, whole
from autograder.checks.inception.public_network import losses
from autograder.checks.inception.public_pixels import Pair, merged
from autograder.expect import (
    Recipe,
    Training,
    Unmet,
    check,
    close,
    digits,
    every_parameter_learns,
    has_shape,
    kept_all,
    random_input,
    reference_case,
    same_function,
    same_module,
)
from autograder.expect.statements import states_alike
from autograder.submission import BadReply, StudentError, Submission

LIKE_PUBLIC = (
    "If a public check of this question fails, too, begin there. If they hold, something is fixed "
    "to their sizes."
)

# --- 1x1 convolutions ----------------------------------------------------------------------------


@check("conv1x1", points=1.5, needs="output_shape", compares=True)
def conv1x1_same_numbers(submission: Submission, oracle: Submission, seed: int) -> None:
    """For fresh images, weights and biases it gives the definition's numbers."""
    mine, theirs = pixelwise(submission, seed), kept_all(oracle, pixelwise, seed)
    for (shape, found), (_, expected) in zip(mine, theirs, strict=True):
        of = f"conv1x1_as_linear for x of shape {shape}"
        close(found, expected, of=of, hint=LIKE_PUBLIC)


def pixelwise(side: Submission, seed: int) -> Iterator[tuple[tuple[int, ...], Any]]:
    """Shapes of random images, and what ``conv1x1_as_linear`` makes of them."""
    rows: list[tuple[Any, ...]] = []
    for step, (n, a, b, height, width) in enumerate(((3, 4, 6, 5, 2), (1, 5, 5, 6, 7))):
        x = random_input((n, a, height, width), seed + step)
        weight, bias = random_input((b, a, 1, 1), seed + 7), random_input((b,), seed + 8)
        rows += [(x, weight, bias), (x, weight)]
    shapes = [tuple(row[0].shape) for row in rows]
    return zip(shapes, side.call_each("conv1x1_as_linear", rows), strict=True)


def fresh_pair(in_channels: int, out_channels: int, seed: int, *, bias: bool) -> Pair:
    """Weight of a 1x1 convolution, and its bias if it has one."""
    weight = random_input((out_channels, in_channels, 1, 1), seed)
    return weight, random_input((out_channels,), seed + 50) if bias else None


@check("merge", points=2, needs="pair", compares=True)
def merge_same_numbers(submission: Submission, oracle: Submission, seed: int) -> None:
    """For fresh weights it gives the definition's weight and bias."""
    mine, theirs = fresh_merged(submission, seed), kept_all(oracle, fresh_merged, seed)
    for (weight, bias), (right_weight, right_bias) in zip(mine, theirs, strict=True):
        close(weight, right_weight, of="the weight of merge_1x1", hint=LIKE_PUBLIC)
        zero = torch.zeros(len(right_weight), dtype=right_weight.dtype)
        close(
            zero if bias is None else bias, zero if right_bias is None else right_bias,
            of="the bias of merge_1x1", hint=LIKE_PUBLIC,
        )  # fmt: skip


def fresh_merged(side: Submission, seed: int) -> Iterator[Pair]:
    """What ``merge_1x1`` makes of fresh weights, with biases and without."""
    cases = []
    for step, sizes in enumerate(((4, 3, 5), (2, 6, 2), (3, 3, 3))):
        for biases in ((True, True), (True, False), (False, True), (False, False)):
            first = fresh_pair(*sizes[:2], seed + step, bias=biases[0])
            second = fresh_pair(*sizes[1:], seed + step + 9, bias=biases[1])
            cases.append((first, second))
    return merged(side, cases)


@check("mlpconv", points=1, needs="output_shape", compares=True)
def mlpconv_same_function(submission: Submission, oracle: Submission, seed: int) -> None:
    """It is the function of the definition for fresh weights, in every configuration."""
    for step, (args, padding) in enumerate((((4, (3, 6, 2), 3), 0), ((2, (5, 5, 5), 5), 2))):
        same_module(
            submission, oracle, "mlpconv", *args, padding=padding,
            shape=(2, args[0], 8, 7), seed=seed + step, hint=LIKE_PUBLIC,
        )  # fmt: skip


@check("mlpconv", points=0.5, needs="known_values")
def mlpconv_gradients(submission: Submission) -> None:
    """Every parameter gets a gradient."""
    block = submission.build("mlpconv", 4, (5, 6, 3), 3)
    x, upstream = random_input((2, 4, 6, 5), 1), random_input((2, 3, 4, 3), 2)
    every_parameter_learns(block, x, upstream, of="mlpconv(4, (5, 6, 3), 3)")
    block.drop()


# --- costs ---------------------------------------------------------------------------------------


def same_count(found: int, wanted: int, *, of: str) -> None:
    """Both counts are equal; the right one is not told."""
    if found != wanted:
        raise Unmet(
            f"{of} gives another number than the definition",
            expected="the number that the text's rule gives",
            got=f"{found:,}",
            hint="If the examples of the text come out right, look for a number that is fixed.",
        )


@check("cost", points=0.5, needs="direct", compares=True)
def cost_same_branch(submission: Submission, oracle: Submission, seed: int) -> None:
    """For fresh sizes a branch costs what the definition says, reduced or not."""
    a, b, height, width = 5 + seed % 90, 7 + seed % 50, 3 + seed % 11, 4 + seed % 13
    calls: Calls = {}
    for kernel in (1, 3, 7):
        of = f"branch_cost for a {kernel}×{kernel} kernel"
        calls[of] = (a, b, kernel, height, width), {}
        calls[f"{of} with a reduction"] = (a, b, kernel, height, width), {"reduced": 3 + seed % 8}
    sides = (whole(side, "branch_cost", calls) for side in (submission, oracle))
    for of, *counts in zip(calls, *sides, strict=True):
        same_count(*counts, of=of)


@check("cost", points=0.5, needs="direct", compares=True)
def cost_same_break_even(submission: Submission, oracle: Submission, seed: int) -> None:
    """For fresh sizes the break-even is the definition's."""
    fresh = 5 + seed % 90, 7 + seed % 50, 3
    cases = (fresh, (6, 3, 1), (4, 2, 2), (64, 256, 5), (2, 2, 1))
    sides = (break_evens(side, cases) for side in (submission, oracle))
    for args, *counts in zip(cases, *sides, strict=True):
        same_count(*counts, of=f"break_even for a {args[2]}×{args[2]} kernel")


@check("cost", points=1, needs="direct", compares=True)
def cost_same_block(submission: Submission, oracle: Submission, seed: int) -> None:
    """For fresh sizes a block has the definition's parameters and cost."""
    some = [2 + (seed >> shift) % 37 for shift in range(8)]
    args = (some[0], some[1], (some[2], some[3]), (some[4], some[5]), some[6], some[7], 5)
    found, right = next(costs(submission, [args])), next(costs(oracle, [args]))
    same_count(found[0], right[0], of="inception_cost's first entry")
    same_count(found[1], right[1], of="inception_cost's second entry")


# --- blocks --------------------------------------------------------------------------------------

BLOCKS: tuple[Any, ...] = (
    (4, 3, (2, 5), (3, 2), 1),
    (3, 4, (4, 4), (4, 4), 4),
    (5, 1, (6, 2), (1, 3), 7),
)


@check("inception", points=2.5, needs="output_shape", compares=True)
def inception_same_function(submission: Submission, oracle: Submission, seed: int) -> None:
    """It is the function of the definition for fresh weights, in every configuration."""
    for step, args in enumerate(BLOCKS):
        case = reference_case(
            oracle, "Inception", args, {}, shape=(2, args[0], 7, 6), seed=seed + step, offset=1.0
        )
        block = submission.build("Inception", *args, dtype="float64")
        same_function(block, case, of=f"Inception{args}", hint=LIKE_PUBLIC)
        block.drop()


@check("inception", points=0.5, needs="known_values")
def inception_gradients(submission: Submission) -> None:
    """Every parameter gets a gradient."""
    args = (4, 3, (2, 5), (3, 2), 6)
    block = submission.build("Inception", *args)
    x, upstream = random_input((2, 4, 6, 5), 1), random_input((2, 16, 6, 5), 2)
    every_parameter_learns(block, x, upstream, of=f"Inception{args}")
    block.drop()


# `make calibrate`: over 100 seeds the best accuracy of a run is 0.91 at least for the reference and
# 0.86 for the alternative with its ReLU at the end (median of both 0.98), and the bar is reached
# after 3 of the 12 chunks on average, 6 at most. Equal weights reach 0.52 at most, parameters
# without gradient 0.49, zero weights 0.28.
TRAININGS = (
    Training(
        "class_net", (),
        functools.partial(digits, held_out=64, classes=4, standardized=True), bar=0.65,
        recipe=Recipe(chunks=12, steps=4, batch_size=32, learning_rate=0.07),
        questions=("inception",),
        cannot_learn=("zero_weights", "equal_weights", "without_gradient"),
    ),
)  # fmt: skip


@check("inception", points=1.5, needs="output_shape")
def inception_learns(submission: Submission, seed: int) -> None:
    """`class_net()`, made of two of your blocks, learns to read digits."""
    TRAININGS[0].check(submission, seed)


@check("head", points=1.5, needs="output_shape", compares=True)
def head_same_function(submission: Submission, oracle: Submission, seed: int) -> None:
    """It is the function of the definition for fresh weights, on maps of every size."""
    for step, (args, height, width) in enumerate((((5, 3, 1), 14, 14), ((4, 6, 2), 16, 15))):
        same_module(
            submission, oracle, "auxiliary_head", *args, shape=(2, args[0], height, width),
            seed=seed + step, hint=LIKE_PUBLIC,
        )  # fmt: skip


@check("head", points=0.5, needs="known_values")
def head_gradients(submission: Submission) -> None:
    """Every parameter gets a gradient."""
    head = submission.build("auxiliary_head", 4, 3, 2)
    x, upstream = random_input((2, 4, 14, 14), 1), random_input((2, 3), 2)
    every_parameter_learns(head, x, upstream, of="auxiliary_head(4, 3, 2)")
    head.drop()


# --- the network ---------------------------------------------------------------------------------


@check("googlenet", points=1.5, needs="output_shape", compares=True)
def googlenet_same_function(submission: Submission, oracle: Submission, seed: int) -> None:
    """Slim and with fresh weights it is the function of the definition, with heads or without."""
    hint = "Go through the table, from the stem to the classifier."
    # With heads the image is large enough for those who run them in evaluation mode, too.
    for heads, shape in (({}, (2, 3, 65, 72)), ({"aux": True}, (1, 3, 223, 224))):
        size: dict[str, Any] = {"num_classes": 5, **heads, "width": 8}
        case = reference_case(oracle, "googlenet", (), size, shape=shape, seed=seed, offset=3.0)
        told = ", ".join(f"{name}={value}" for name, value in size.items())
        net = submission.shared("googlenet", **size)
        same_function(net, case, of=f"googlenet({told})", hint=hint)


_REACHED: WeakKeyDictionary[Submission, list[int]] = WeakKeyDictionary()
"""What the outputs of each oracle depend on: the same for every submission."""


def reached(side: Submission) -> list[int]:
    """How many numbers get a gradient from each of the three outputs in training mode.

    And how many parameters get none at all. All are -1 where training mode does not work, so that
    two networks in which it does not are alike.
    """
    try:
        return _reached(side)
    except StudentError:
        return [-1] * 4


def _reached(side: Submission) -> list[int]:
    net = side.shared("googlenet", num_classes=5, aux=True, width=8)
    x, upstream = random_input((1, 3, 224, 224), 3).float(), torch.ones(1, 5)
    sizes = [math.prod(part.shape) for part in net.state(values=False).parameters]
    rows = net.reached(x, upstream=upstream, outputs=3)
    if any(len(row) != len(sizes) for row in rows):
        raise BadReply("outputs that depend on other parameters than there are")
    found = [sum(itertools.compress(sizes, row)) for row in rows]
    return [*found, sum(not any(column) for column in zip(*rows, strict=True))]


@check("googlenet", points=1, needs="training_outputs", compares=True)
def googlenet_reach(submission: Submission, oracle: Submission) -> None:
    """In training mode each output depends on what lies before it, and on nothing behind it."""
    if oracle not in _REACHED:
        _REACHED[oracle] = reached(oracle)
    found, wanted = reached(submission), _REACHED[oracle]
    names = ("the first output", "the second output", "the third output")
    for name, one, other in zip(names, found[:3], wanted[:3], strict=True):
        if one != other:
            raise Unmet(
                f"{name} of googlenet(num_classes=5, aux=True, width=8) in training mode depends "
                f"on {'more' if one > other else 'fewer'} parameters than it should",
                expected="the network's own scores, those of a head on 4a, those of one on 4d",
                got=f"a gradient for {one:,} numbers instead of {other:,}",
                hint="Which output is which, behind which block does each head hang, and is "
                "anything detached?",
            )
    if found[3] != wanted[3]:
        raise Unmet(
            "some parameters of googlenet(num_classes=5, aux=True, width=8) get no gradient",
            expected="one for each, from one of the three outputs at least",
            got=f"none for {found[3]} of them",
            hint="A layer that is made but not used.",
        )


# --- loss and conclusions ------------------------------------------------------------------------


@check("loss", points=1.5, needs="of_one", compares=True)
def loss_same_number(submission: Submission, oracle: Submission, seed: int) -> None:
    """For fresh scores, of one output or of three, it is the definition's number."""
    outputs = 3 * random_input((3, 6, 4), seed)
    y = torch.arange(6) % 4
    rows: list[tuple[Any, torch.Tensor]] = [(outputs[0], y), (tuple(outputs), y)]
    sides = (losses(side, rows) for side in (submission, oracle))
    for words, *numbers in zip(("one tensor", "three outputs"), *sides, strict=True):
        close(
            has_shape(numbers[0], (), of="the loss"), numbers[1], of=f"the loss of {words}",
            hint="The network's own scores count in full, each head's 0.3 times.",
        )  # fmt: skip


NUMBERS = "what its printed numbers show"


@check("ablation", points=0.5, needs="stated", compares=True)
def ablation_best(submission: Submission, oracle: Submission) -> None:
    """Which branch is best alone is stated as the experiment shows it."""
    look = "Compare the means over the three seeds on new images, of the four that are alone."
    states_alike(
        submission, oracle, "conclusion", "best_single_branch", expected=NUMBERS, hint=look
    )


@check("ablation", points=1, needs="stated", compares=True)
def ablation_together(submission: Submission, oracle: Submission) -> None:
    """How all four compare with the best alone is stated as the experiment shows it."""
    look = "Compare the means over the three seeds on new images, with all four and the best alone."
    key = "all_four_against_the_best_single"
    states_alike(submission, oracle, "conclusion", key, expected=NUMBERS, hint=look)


@check("ablation", points=1, needs="stated", compares=True)
def ablation_reason(submission: Submission, oracle: Submission) -> None:
    """Why the 1×1 branch fails alone is stated as the experiment shows it."""
    look = (
        "Overfitting means many right among the training images. Does the wide one do better? And "
        "what would change for it if you shuffled the pixels?"
    )
    key = "why_1x1_fails"
    states_alike(submission, oracle, "conclusion", key, expected=NUMBERS, hint=look)
