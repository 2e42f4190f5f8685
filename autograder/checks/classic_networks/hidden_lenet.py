"""Hidden checks of ``assignments/classic-networks``: LeNet-5 and its C3, and learning.

A check with ``compares=True`` speaks of the oracle alone, never of the reference by itself: the
judge puts known mistakes in the oracle's place to find out which one a submission makes.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from dataclasses import replace

import torch.nn.functional as F
from torch import Tensor

from autograder.expect import (
    LearnData,
    Recipe,
    Training,
    Unmet,
    check,
    digits,
    every_parameter_learns,
    has_shape,
    kept_all,
    random_input,
    same_module,
)
from autograder.expect.affine import kernel_of
from autograder.expect.blocks import for_each
from autograder.submission import ModuleHandle, Submission

LIKE_PUBLIC = (
    "If the check with given weights fails, too, begin there. If that one holds, something is "
    "fixed to its sizes."
)


# --- lenet ---------------------------------------------------------------------------------------


def net_learns(net: ModuleHandle, x: Tensor, classes: int, *, of: str) -> None:
    """Every parameter of a network gets a gradient."""
    every_parameter_learns(net, x, random_input((len(x), classes), 2), of=of)
    net.drop()


@check("lenet", points=1.5, needs="output_shape", compares=True)
def lenet_same_function(submission: Submission, oracle: Submission, seed: int) -> None:
    """It is the function of the definition for fresh weights and images."""
    shape = (2, 1, 32, 32)
    same_module(
        submission, oracle, "LeNet5", shape=shape, seed=seed, hint=LIKE_PUBLIC, num_classes=6
    )


@check("lenet", points=0.5, needs="output_shape")
def lenet_gradients(submission: Submission) -> None:
    """Every parameter gets a gradient."""
    net_learns(submission.build("LeNet5"), random_input((2, 1, 32, 32), 1), 10, of="LeNet5()")


@functools.cache
def large_digits() -> LearnData:
    """Four of the digits, enlarged to 32x32; 500 training images, to send less."""
    small = digits(held_out=64, classes=4, standardized=True)
    x, held_out = (
        F.interpolate(part, size=(32, 32), mode="bilinear", align_corners=False)
        for part in (small.x[:500], small.held_out)
    )
    return replace(small, x=x, y=small.y[:500], held_out=held_out)


# `make calibrate`: over 100 seeds of the reference and of each alternative the best accuracy of a
# run is 0.92 at least (median 0.97), and the bar is reached after 1.6 of the 10 chunks on average,
# 5 at most. Frozen parameters reach 0.55 at most, scores detached from the graph 0.38, zero weights
# 0.28.
# A network whose features alone are detached is not among these: its head learns on what random
# features give, so that only the check of gradients tells.
TRAININGS = (
    Training(
        "LeNet5", (), large_digits, bar=0.65,
        recipe=Recipe(chunks=10, steps=4, batch_size=16, learning_rate=0.05),
        questions=("lenet",),
        cannot_learn=("zero_weights", "detached", "frozen"),
    ),
)  # fmt: skip


@check("lenet", points=1, needs="output_shape")
def lenet_learns(submission: Submission, seed: int) -> None:
    """`LeNet5()` learns to read digits."""
    TRAININGS[0].check(submission, seed)


# --- c3 ------------------------------------------------------------------------------------------


@check("c3", points=1.5, needs="table", compares=True)
def c3_stays_wired(submission: Submission, oracle: Submission, seed: int) -> None:
    """After its parameters have changed it still follows the table, in either mode."""
    mine, theirs = wirings(submission, seed), kept_all(oracle, wirings, seed)
    for one, other in zip(mine, theirs, strict=True):
        (found, still_straight, still_shifted), (wanted, straight, shifted) = one, other
        wrong = (found != wanted).any(dim=1)
        if bool(wrong.any()):
            first = int(wrong.nonzero()[0])
            raise Unmet(
                "after its parameters have changed, C3() reads other maps than the table says",
                expected=f"{int(wanted[first].sum())} input maps read by output map {first}",
                got=f"{int(found[first].sum())} (and {int(wrong.sum()) - 1} more maps differ)",
                hint="What training writes into a full weight stays there: what is switched off "
                "has to be switched off in every forward pass.",
            )
        if (straight, shifted) != (still_straight, still_shifted):
            raise Unmet(
                "after its parameters have changed, C3() is no convolution with a bias",
                expected="a convolution with a bias, and nothing more",
                hint="One bias for each output map, no activation, in either mode.",
            )


def wirings(side: Submission, seed: int) -> Iterator[tuple[Tensor, bool, bool]]:
    """What C3 reads once its parameters have changed, whether it is a convolution, with a bias.

    In evaluation mode, then in training mode.
    """
    x = random_input((2, 6, 9, 8), seed)
    for train in (False, True):
        c3 = side.build("C3", dtype="float64")
        shaken(c3, seed)
        kernel = kernel_of(c3, 6, 5, out_channels=16, of="C3()", train=train)
        wired = kernel.apply(x)
        output = has_shape(c3.forward(x, train=train), wired.shape, of="the output of C3()")
        rest = output.double() - wired
        c3.drop()
        yield kernel.wiring, bool(rest.abs().max() < 1e-6), bool(kernel.bias.any())


def shaken(module: ModuleHandle, seed: int) -> None:
    """Fresh random numbers in everything that training changes."""
    state, seeds = module.state(values=False), itertools.count(seed)
    drawn = for_each(state, lambda shape: 1 + random_input(shape, next(seeds)), of="the module")
    module.load({n: value for n, value in drawn.items() if state.entries[n].requires_grad})


@check("c3", points=0.5, needs="output_shape")
def c3_gradients(submission: Submission) -> None:
    """Every parameter gets a gradient."""
    c3 = submission.build("C3")
    upstream = random_input((2, 16, 3, 2), 2)
    every_parameter_learns(c3, random_input((2, 6, 7, 6), 1), upstream, of="C3()")
    c3.drop()
