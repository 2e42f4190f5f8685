"""Public checks of ``assignments/efficientnet``: what scales, and the variants.

They run in a student's own kernel, where the reference is not, and again when a submission is
graded. A check is called ``<question>_<name>``; costs
count only for what is the right function, which a hidden check decides.
"""

from __future__ import annotations

from typing import Any

import torch

from autograder.expect import Frozen, check, defined, macs, same_function
from autograder.expect.blocks import add_up
from autograder.expect.networks import scores
from autograder.submission import Submission

# --- 5 network -----------------------------------------------------------------------------------

NETWORK = (
    "If MBConv passes its own checks, go along the table: the stem and what follows its "
    "convolution, kernel, stride and channels of each stage, the head, the average, the linear "
    "layer, and nothing after it."
)


FULL = 5_288_548


FULL_WRONG = {
    8_423_848 - FULL: "The squeeze is a quarter of the expanded channels: it is one of the block's "
    "input channels.",
    4_652_008 - FULL: "Squeeze and excitation is missing.",
    4_020_358 - FULL: "That is B0 for 10 classes; the default is 1000.",
    -64: "The stem's batch norm is missing.",
    -2560: "The head's batch norm is missing.",
}


SLIM_WRONG = {
    1_662: "The stem is scaled, too: its channels are round_filters(32, width).",
    50_688: "The head is scaled, too: its channels are round_filters(1280, width).",
    52_350: "Stem and head are scaled as well, by round_filters like all others.",
}


Layout = tuple[tuple[int, ...], tuple[int, ...]]
"""Channels of stem, seven stages and head; blocks of each stage."""


B0: Layout = ((32, 16, 24, 40, 80, 112, 192, 320, 1280), (1, 2, 2, 3, 3, 4, 1))


SLIM: Layout = ((8, 8, 8, 8, 8, 16, 24, 32, 128), (1, 2, 2, 3, 3, 4, 1))


def redundant_biases(layout: Layout) -> list[int]:
    """What the biases in front of batch norms would add, one number a convolution."""
    channels, blocks = layout
    found = [channels[0], channels[-1]]
    a = channels[0]
    for stage, (b, count) in enumerate(zip(channels[1:-1], blocks, strict=True)):
        for _ in range(count):
            found += [b, a] if stage == 0 else [b, 6 * a, 6 * a]
            a = b
    return found


SMALL_IMAGES = [(2, 3, 16, 16), (1, 3, 8, 33)]


DROPPING_NET = (1.0, 0.1, 10, 0.0, 0.95)
"""Slim, no dropout, a high rate of stochastic depth: made once, and looked at by several checks."""


CLASSES = 11
"""A number that no layer inside has: channels are multiples of 8."""


UNDROPPED: dict[str, Any] = {
    "depth": 0.3,
    "width": 0.1,
    "num_classes": CLASSES,
    "dropout": 0.0,
    "drop_rate": 0.0,
}
"""A shallow one in which nothing is left to chance."""


B3: dict[str, Any] = {"num_classes": CLASSES, "slim": 0.05}
"""So slim that its looks are cheap; the table's counts are those of full width."""


@check("network", points=0.5)
def network_constructs(submission: Submission) -> None:
    """`scaled_efficientnet` returns a module, for any depth, width, classes and rates."""
    defined(submission, "scaled_efficientnet", "function")
    submission.shared("scaled_efficientnet", 0.4, 0.05, num_classes=7)
    submission.shared("scaled_efficientnet", **UNDROPPED)


@check("network", points=1, needs="constructs")
def network_output_shape(submission: Submission) -> None:
    """It gives one score a class, for images of any size."""
    net = submission.shared("scaled_efficientnet", 0.4, 0.05, num_classes=7)
    scores(net, 7, SMALL_IMAGES, of="scaled_efficientnet(0.4, 0.05, num_classes=7)")


@check("network", points=1.5, needs="constructs")
def network_parameters(submission: Submission) -> None:
    """B0 has 5,288,548 parameters, and at a tenth of the width with 10 classes 93,960."""
    net = submission.shared("scaled_efficientnet", 1.0, 1.0, device="meta")
    biases = redundant_biases(B0)
    add_up(net, FULL, biases, wrong=FULL_WRONG, of="scaled_efficientnet(1.0, 1.0)")
    net = submission.shared("scaled_efficientnet", *DROPPING_NET)
    biases = redundant_biases(SLIM)
    add_up(net, 93_960, biases, wrong=SLIM_WRONG, of="scaled_efficientnet(1.0, 0.1, 10)")


@check("network", points=1.5, needs="output_shape")
def network_known_values(submission: Submission, frozen: Frozen) -> None:
    """With given weights and given images it returns the known scores."""
    net = submission.shared("scaled_efficientnet", 0.4, 0.05, num_classes=7)
    of = "scaled_efficientnet(0.4, 0.05, num_classes=7) with given weights"
    same_function(net, frozen["scaled_efficientnet(0.4, 0.05, 7)"], of=of, hint=NETWORK)


@check("network", points=0.5, needs=("output_shape", "same_function"))
def network_cost(submission: Submission) -> None:
    """For a 224×224 image B0 costs 385,814,752 multiply-adds."""
    net = submission.shared("scaled_efficientnet", 1.0, 1.0, device="meta")
    x = torch.empty(1, 3, 224, 224, device="meta")
    macs(
        net, x, 385_814_752, of="scaled_efficientnet(1.0, 1.0) for a 224×224 image",
        hint="A convolution with stride=2 computes a quarter; slicing afterwards wastes the rest.",
    )  # fmt: skip


# --- 6 variants ----------------------------------------------------------------------------------

B2: Layout = ((32, 16, 24, 48, 88, 120, 208, 352, 1408), (2, 3, 3, 4, 4, 5, 2))


B2_COUNT = 9_109_994


B2_WRONG = {
    12_255_408: "That is the formula of question 7 with φ = 2: take the row of the table.",
    7_166_444: "Depth is rounded up, not to the nearest.",
    10_934_844: "That is B2 with depth and width exchanged.",
}


@check("variants", points=0.5)
def variants_constructs(submission: Submission) -> None:
    """`efficientnet` returns a module for the name of a variant, a slim one as well."""
    defined(submission, "efficientnet", "function")
    submission.shared("efficientnet", "b3", **B3)


@check("variants", points=0.5, needs="constructs")
def variants_output_shape(submission: Submission) -> None:
    """It gives one score a class."""
    net = submission.shared("efficientnet", "b3", **B3)
    scores(net, CLASSES, [(2, 3, 20, 17)], of='efficientnet("b3", num_classes=11, slim=0.05)')


@check("variants", points=1.5, needs="constructs")
def variants_parameters(submission: Submission) -> None:
    """B2 has the parameters of the table."""
    net = submission.build("efficientnet", "b2", device="meta")
    wrong = {number - B2_COUNT: hint for number, hint in B2_WRONG.items()}
    add_up(net, B2_COUNT, redundant_biases(B2), wrong=wrong, of='efficientnet("b2")')
    net.drop()
