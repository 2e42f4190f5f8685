"""Public checks of ``assignments/resnet``: the two blocks and the padded shortcut.

They run in a student's own kernel, where the reference is not, and again when a submission is
graded. Sizes are small, odd and unequal on purpose. A check is called ``<question>_<name>``; costs
count only for what is the right function, which a hidden check decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from autograder.expect import (
    Frozen,
    Unmet,
    check,
    close,
    defined,
    has_shape,
    macs,
    parameter_count,
    same_function,
)
from autograder.expect.blocks import add_up, block_shapes, never_negative, sample, shortcut_remains
from autograder.submission import Submission

BASIC = (
    "Go through the order once more: convolution, batch norm, ReLU, convolution, batch norm; then "
    "the addition; then one last ReLU."
)


BOTTLENECK = (
    "Go through the order once more: 1×1, batch norm, ReLU, 3×3 (with the stride), batch norm, "
    "ReLU, 1×1, batch norm; then the addition; then one last ReLU."
)


NO_PROJECTION = "The projection's are missing. Is there one? PyTorch sees none in a plain list."


NORM = "A batch norm is missing: each convolution, the projection's as well, has its own."


NEEDLESS = "A projection? None is needed where the shapes of F(x) and x agree."


# --- 1 basic_block -------------------------------------------------------------------------------


@check("basic_block", points=0.5)
def basic_block_constructs(submission: Submission) -> None:
    """A `BasicBlock` can be made, with and without a stride."""
    defined(submission, "BasicBlock", "class")
    submission.shared("BasicBlock", 4, 4)
    submission.build("BasicBlock", 4, out_channels=6, stride=2).drop()


@check("basic_block", points=1, needs="constructs")
def basic_block_output_shape(submission: Submission) -> None:
    """Its output has `out_channels` channels, on a map that shrinks by the stride."""
    strided = [((12, 12, 2), (1, 8, 5)), ((12, 20, 2), (3, 9, 6))]
    cases = [((12, 12), (2, 8, 8)), *strided, ((12, 20), (1, 7, 10))]
    block_shapes(submission, "BasicBlock", cases)


@check("basic_block", points=1.5, needs="constructs")
def basic_block_parameters(submission: Submission) -> None:
    """Its parameters are those of two 3×3, both with batch norm, and a projection if needed."""
    for args in ((12, 12), (12, 20), (12, 20, 2), (12, 12, 2)):
        a, b = args[:2]
        branch, projection = 9 * a * b + 9 * b * b + 4 * b, a * b + 2 * b
        wrong = {projection: NEEDLESS, -2 * b: NORM}
        biases = [b, b]
        if args != (12, 12):
            branch += projection
            biases.append(b)
            wrong = {
                -projection: NO_PROJECTION,
                -2 * b: NORM,
                9 * (a * a - b * b) - 2 * (b - a): "Both 3×3 make out_channels, the first already.",
                -b: "The projection ends in a batch norm, not only in a bias.",
                8 * a * b: "The projection is a 1×1 convolution, not 3×3.",
            }
        block = submission.shared("BasicBlock", *args)
        add_up(block, branch, biases, wrong=wrong, of=f"BasicBlock{args}")


@check("basic_block", points=1, needs="output_shape")
def basic_block_shortcut(submission: Submission) -> None:
    """With all its parameters zero it returns the ReLU of its input."""
    shortcut_remains(submission, "BasicBlock", (4, 4))


@check("basic_block", points=1, needs="output_shape")
def basic_block_relu_last(submission: Submission) -> None:
    """Its output is never negative."""
    never_negative(submission, "BasicBlock", [(12, 12), (12, 20, 2)])


@check("basic_block", points=1.5, needs="output_shape")
def basic_block_known_values(submission: Submission, frozen: Frozen) -> None:
    """With given weights and a given input it returns the known output."""
    for args in ((4, 4), (3, 5, 2)):
        block = submission.shared("BasicBlock", *args)
        of = f"BasicBlock{args} with given weights"
        same_function(block, frozen[f"BasicBlock{args}"], of=of, hint=BASIC)


@check("basic_block", points=0.5, needs=("known_values", "same_function"))
def basic_block_cost(submission: Submission) -> None:
    """It costs what its convolutions cost: the strided ones skip positions."""
    block = submission.shared("BasicBlock", 12, 20, 2)
    cost = 4 * 3 * (9 * 12 * 20 + 9 * 20 * 20 + 12 * 20)
    macs(
        block, sample(1, 12, 8, 6), cost, of="BasicBlock(12, 20, 2) for a map of 8×6",
        hint="A convolution with stride=2 computes a quarter; slicing afterwards wastes the rest.",
    )  # fmt: skip


# --- 2 bottleneck --------------------------------------------------------------------------------


@check("bottleneck", points=0.5)
def bottleneck_constructs(submission: Submission) -> None:
    """A `Bottleneck` can be made, with and without a stride."""
    defined(submission, "Bottleneck", "class")
    submission.shared("Bottleneck", 16, 4)
    submission.build("Bottleneck", 8, bottleneck_channels=4, stride=2).drop()


@check("bottleneck", points=1, needs="constructs")
def bottleneck_output_shape(submission: Submission) -> None:
    """Its output has `4 * bottleneck_channels` channels, on a map that shrinks by the stride."""
    cases = [
        ((16, 4), (2, 8, 8)),
        ((16, 8), (1, 7, 10)),
        ((16, 4, 2), (3, 9, 6)),
        ((3, 2), (1, 3, 5)),
    ]
    block_shapes(
        submission, "Bottleneck", cases, expansion=4,
        channels_hint="The second argument is the narrow width: the output has four times as many "
        "channels.",
    )  # fmt: skip


@check("bottleneck", points=1, needs="constructs")
def bottleneck_parameters(submission: Submission) -> None:
    """Its parameters are those of 1×1, 3×3, 1×1 with batch norm, and a projection if needed."""
    for args in ((16, 4), (16, 8), (16, 4, 2)):
        a, b = args[:2]
        branch, projection = a * b + 13 * b * b + 12 * b, 4 * a * b + 8 * b
        wrong = {projection: NEEDLESS}
        biases = [b, b, 4 * b]
        if args != (16, 4):
            branch += projection
            biases.append(4 * b)
            wrong = {
                -projection: NO_PROJECTION,
                -8 * b: NORM,
            }
        block = submission.shared("Bottleneck", *args)
        add_up(block, branch, biases, wrong=wrong, of=f"Bottleneck{args}")


@check("bottleneck", points=0.5, needs="output_shape")
def bottleneck_shortcut(submission: Submission) -> None:
    """With all its parameters zero it returns the ReLU of its input."""
    shortcut_remains(submission, "Bottleneck", (8, 2))


@check("bottleneck", points=0.5, needs="output_shape")
def bottleneck_relu_last(submission: Submission) -> None:
    """Its output is never negative."""
    never_negative(submission, "Bottleneck", [(16, 4), (16, 4, 2)])


@check("bottleneck", points=1.5, needs="output_shape")
def bottleneck_known_values(submission: Submission, frozen: Frozen) -> None:
    """With given weights and a given input it returns the known output."""
    for args in ((8, 2), (5, 2, 2)):
        block = submission.shared("Bottleneck", *args)
        of = f"Bottleneck{args} with given weights"
        same_function(block, frozen[f"Bottleneck{args}"], of=of, hint=BOTTLENECK)


@check("bottleneck", points=0.5, needs=("known_values", "same_function"))
def bottleneck_cost(submission: Submission) -> None:
    """It costs what its convolutions cost: the first 1×1 sees every position, the 3×3 a quarter."""
    block = submission.shared("Bottleneck", 16, 4, 2)
    cost = 8 * 6 * 16 * 4 + 4 * 3 * (9 * 4 * 4 + 4 * 16 + 16 * 16)
    macs(
        block, sample(1, 16, 8, 6), cost, of="Bottleneck(16, 4, 2) for a map of 8×6",
        hint="A convolution with stride=2 computes a quarter; slicing afterwards wastes the rest.",
    )  # fmt: skip


# --- 3 padded_shortcut ---------------------------------------------------------------------------


@check("padded_shortcut", points=0.5)
def padded_shortcut_constructs(submission: Submission) -> None:
    """A `PaddedShortcut` can be made, with and without a stride."""
    defined(submission, "PaddedShortcut", "class")
    submission.build("PaddedShortcut", 4, 4).drop()
    submission.build("PaddedShortcut", 4, out_channels=8, stride=2).drop()


@check("padded_shortcut", points=1, needs="constructs")
def padded_shortcut_output_shape(submission: Submission) -> None:
    """Its output has `out_channels` channels, on a map that shrinks by the stride."""
    cases = [
        ((4, 4), (2, 8, 8)),
        ((2, 5), (1, 7, 10)),
        ((3, 8, 2), (3, 9, 6)),
        ((2, 2, 2), (1, 8, 5)),
    ]
    block_shapes(
        submission, "PaddedShortcut", cases,
        hint="In both directions every stride-th position stays. F.pad wants its numbers from the "
        "last dimension backwards: W, H, then channels.",
        channels_hint="F.pad wants its numbers from the last dimension backwards: W, H, then "
        "channels. An odd number of missing channels has no two equal halves.",
    )  # fmt: skip


@check("padded_shortcut", points=0.5, needs="constructs")
def padded_shortcut_no_parameters(submission: Submission) -> None:
    """It has no parameters."""
    wrong = {48: "That is option B, a projection with batch norm.", 32: "That is a projection."}
    shortcut = submission.shared("PaddedShortcut", 4, 8, 2)
    parameter_count(
        shortcut, {0: "nothing to learn"}, known_wrong=wrong, of="PaddedShortcut(4, 8, 2)"
    )


@check("padded_shortcut", points=1.5, needs="output_shape")
def padded_shortcut_copies(submission: Submission) -> None:
    """Its output holds every stride-th position of the input, unchanged, and zeros."""
    for args in ((4, 4, 1), (2, 5, 1), (3, 8, 2)):
        x = sample(2, args[0], 7, 6)
        shortcut = submission.shared("PaddedShortcut", *args)
        of = f"PaddedShortcut{args}"
        kept = in_use(shortcut.forward(x), args, of)
        close(
            kept, x[:, :, :: args[2], :: args[2]], of=f"what {of} keeps of its input",
            hint="x[:, :, ::s, ::s] keeps positions 0, s, 2s, ... and computes nothing.",
        )  # fmt: skip


def in_use(output: Any, args: Sequence[int], of: str) -> Tensor:
    """The channels that are not all zero: as many as the input has, side by side."""
    height, width = -(-7 // args[2]), -(-6 // args[2])
    whole = has_shape(output, (2, args[1], height, width), of=f"the output of {of}")
    used = [int(index) for index in whole.double().abs().amax(dim=(0, 2, 3)).nonzero()]
    if len(used) != args[0] or used != list(range(used[0], used[0] + args[0])):
        raise Unmet(
            f"{of} does not give the input's channels, side by side, and channels of zeros",
            expected=f"{args[0]} of {args[1]} channels not zero, side by side",
            got=f"{len(used)} not zero: {', '.join(map(str, used[:12])) or 'none'}",
            hint="The input's channels appear once, unchanged and side by side; all that is added "
            "is zeros.",
        )
    return whole[:, used]
