"""Public checks of ``assignments/mobilenet``: the blocks made of depthwise convolutions.

They run in a student's own kernel, where the reference is not, and again when a submission is
graded. Sizes are small, odd and unequal on purpose. A check is called ``<question>_<name>``; costs
count only for what is the right function, which a hidden check decides.
"""

from __future__ import annotations

import torch

from autograder.expect import (
    Frozen,
    Unmet,
    check,
    close,
    defined,
    is_tensor,
    macs,
    same_function,
)
from autograder.expect.blocks import add_up, block_shapes, for_each, never_negative, sample
from autograder.submission import Submission

SEPARABLE = (
    "Go through the order once more: depthwise 3×3 (with the stride), batch norm, ReLU, pointwise "
    "1×1, batch norm, ReLU."
)


INVERTED = (
    "Go through the order once more: 1×1, batch norm, ReLU6, depthwise 3×3 (with the stride), "
    "batch norm, ReLU6, 1×1, batch norm; then x is added, where shapes agree, and nothing follows."
)


LATE = "A convolution with stride=2 computes a quarter; slicing afterwards wastes the rest."


# --- 3 depthwise_separable -----------------------------------------------------------------------


@check("depthwise_separable", points=0.5)
def depthwise_separable_constructs(submission: Submission) -> None:
    """A `DepthwiseSeparable` can be made, with and without a stride."""
    defined(submission, "DepthwiseSeparable", "class")
    submission.shared("DepthwiseSeparable", 4, 4)
    submission.build("DepthwiseSeparable", 4, out_channels=6, stride=2).drop()


@check("depthwise_separable", points=1, needs="constructs")
def depthwise_separable_output_shape(submission: Submission) -> None:
    """Its output has `out_channels` channels, on a map that shrinks by the stride."""
    cases = [((4, 4), (2, 8, 8)), ((3, 8), (1, 7, 10)), ((4, 6, 2), (3, 9, 6)),
             ((6, 3, 2), (1, 8, 5))]  # fmt: skip
    block_shapes(submission, "DepthwiseSeparable", cases)


@check("depthwise_separable", points=1.5, needs="constructs")
def depthwise_separable_parameters(submission: Submission) -> None:
    """Its parameters are those of one 3×3 filter a channel, a full 1×1 and two batch norms."""
    for args in ((12, 20), (10, 10, 2)):
        a, b = args[:2]
        wrong = {
            9 * a * a - 9 * a: "That is a full 3×3: with groups it has one filter a channel.",
            9 - 9 * a: "One filter for all channels: each channel has its own.",
            -2 * a: "A batch norm is missing: each convolution has its own.",
            -2 * b: "A batch norm is missing: each convolution has its own.",
            -2 * a - 2 * b: "Both batch norms are missing.",
            -a * b: "The pointwise convolution's parameters are missing.",
            8 * a * b: "The second convolution is a 1×1: it only mixes channels.",
            9 * b - 9 * a + 2 * b - 2 * a: "The depthwise convolution comes first, at in_channels.",
        }
        block = submission.build("DepthwiseSeparable", *args)
        base = 9 * a + 2 * a + a * b + 2 * b
        add_up(block, base, [a, b], wrong=wrong, of=f"DepthwiseSeparable{args}")
        block.drop()


@check("depthwise_separable", points=0.5, needs="output_shape")
def depthwise_separable_relu_last(submission: Submission) -> None:
    """Its output is never negative."""
    hint = "A ReLU follows each of the two batch norms."
    never_negative(submission, "DepthwiseSeparable", [(4, 4), (4, 6, 2)], hint=hint)


@check("depthwise_separable", points=1, needs="output_shape")
def depthwise_separable_known_values(submission: Submission, frozen: Frozen) -> None:
    """With given weights and a given input it returns the known output."""
    for args in ((3, 5), (4, 4, 2)):
        block = submission.build("DepthwiseSeparable", *args)
        of = f"DepthwiseSeparable{args} with given weights"
        same_function(block, frozen[f"DepthwiseSeparable{args}"], of=of, hint=SEPARABLE)
        block.drop()


@check("depthwise_separable", points=0.5, needs=("known_values", "same_function"))
def depthwise_separable_cost(submission: Submission) -> None:
    """At stride 2 both of its convolutions work on the small map."""
    block = submission.build("DepthwiseSeparable", 4, 6, 2)
    macs(
        block, sample(1, 4, 8, 6), 4 * 3 * (9 * 4 + 4 * 6),
        of="DepthwiseSeparable(4, 6, 2) for an image of 8×6", hint=LATE,
    )  # fmt: skip


# --- 6 inverted_residual -------------------------------------------------------------------------


@check("inverted_residual", points=0.5)
def inverted_residual_constructs(submission: Submission) -> None:
    """An `InvertedResidual` can be made, with any stride and expansion."""
    defined(submission, "InvertedResidual", "class")
    submission.shared("InvertedResidual", 4, 4, 1, 6)
    submission.build("InvertedResidual", 4, out_channels=6, stride=2, expansion=1).drop()


@check("inverted_residual", points=1, needs="constructs")
def inverted_residual_output_shape(submission: Submission) -> None:
    """Its output has `out_channels` channels, on a map that shrinks by the stride."""
    cases = [((4, 4, 1, 6), (2, 8, 8)), ((3, 8, 1, 2), (1, 7, 10)), ((4, 6, 2, 3), (3, 9, 6)),
             ((5, 5, 2, 1), (1, 8, 5)), ((6, 3, 1, 1), (1, 3, 5))]  # fmt: skip
    block_shapes(submission, "InvertedResidual", cases)


@check("inverted_residual", points=1.5, needs="constructs")
def inverted_residual_parameters(submission: Submission) -> None:
    """Its parameters are those of three convolutions with batch norm, two where nothing expands."""
    for args in ((8, 12, 1, 3), (8, 8, 2, 3), (10, 6, 1, 1)):
        a, b, _, t = args
        hidden = t * a
        expand = a * hidden + 2 * hidden if t > 1 else 0
        base = expand + 9 * hidden + 2 * hidden + hidden * b + 2 * b
        wrong = {
            9 * hidden * (hidden - 1): "The 3×3 is a full convolution: groups is missing.",
            9 - 9 * hidden: "One filter for all channels: each channel has its own.",
            -2 * hidden: "A batch norm is missing: each convolution has its own.",
            -2 * b: "A batch norm is missing: each convolution, the projection's as well.",
            -2 * a: "The batch norms are not as wide as what they normalise.",
            a * b + 2 * b: "A projection for the shortcut? There is none in this block.",
            a * b: "A projection for the shortcut? There is none in this block.",
        }
        if t == 1:
            wrong[a * a + 2 * a] = "With expansion=1 there is no first 1×1, nor its batch norm."
            wrong[a * a] = "With expansion=1 there is no first 1×1."
        else:
            other = t * b
            swapped = a * other + 2 * other + 11 * other + other * b + 2 * b
            wrong[swapped - base] = "Inside there are expansion * in_channels channels."
        block = submission.build("InvertedResidual", *args)
        biases = [hidden, b] + ([hidden] if t > 1 else [])
        add_up(block, base, biases, wrong=wrong, of=f"InvertedResidual{args}")
        block.drop()


@check("inverted_residual", points=1, needs="output_shape")
def inverted_residual_skip(submission: Submission) -> None:
    """With all its parameters zero, x is left where shapes agree, and nothing elsewhere."""
    for args in ((4, 4, 1, 3), (4, 4, 1, 1), (4, 6, 1, 2), (4, 4, 2, 2), (6, 4, 2, 1)):
        block = submission.shared("InvertedResidual", *args)
        zeros = for_each(block.state(values=False), torch.zeros, of=f"InvertedResidual{args}")
        x = sample(2, args[0], 5, 4)
        skips = args[0] == args[1] and args[2] == 1
        left = x if skips else torch.zeros(2, args[1], -(-5 // args[2]), -(-4 // args[2]))
        close(
            block.forward(x, values=zeros), left,
            of=f"the output of InvertedResidual{args} with all its parameters set to zero",
            hint="What the convolutions give is zero then. x itself is left, negative values as "
            "well, if stride is 1 and in_channels == out_channels; otherwise zeros.",
        )  # fmt: skip


@check("inverted_residual", points=0.5, needs="output_shape")
def inverted_residual_linear(submission: Submission) -> None:
    """It ends linearly: about half of what leaves it is negative."""
    for args in ((4, 6, 1, 3), (4, 4, 1, 3), (4, 6, 2, 1)):
        block = submission.build("InvertedResidual", *args)
        output = is_tensor(block.forward(sample(4, args[0], 6, 6), train=True),
                           of=f"the output of InvertedResidual{args}")  # fmt: skip
        share = float((output < 0).float().mean())
        if share < 0.15 and bool(output.any()):  # a last batch norm may start with γ = 0
            raise Unmet(
                f"hardly any output of InvertedResidual{args} is negative",
                expected="about half of the values negative, in training mode with fresh weights",
                got=f"{share:.0%}",
                hint="The last batch norm, and the addition where there is one, is followed by "
                "nothing: the bottleneck is linear.",
            )
        block.drop()


@check("inverted_residual", points=0.5, needs="output_shape")
def inverted_residual_clipped(submission: Submission) -> None:
    """However large its input, inside a block nothing exceeds 6."""
    for args in ((4, 6, 1, 3), (4, 6, 2, 1)):
        block = submission.build("InvertedResidual", *args)
        output = is_tensor(block.forward(1e6 * sample(2, args[0], 6, 6)),
                           of=f"the output of InvertedResidual{args}")  # fmt: skip
        largest = float(output.abs().max())
        if largest > 1e3:
            raise Unmet(
                f"InvertedResidual{args} passes on numbers as large as its input's",
                expected="moderate numbers for an input of a million, since ReLU6 stops at 6",
                got=f"values up to {largest:.2g}",
                hint="The activations in this block are ReLU6: F.relu6 or nn.ReLU6.",
            )
        block.drop()


@check("inverted_residual", points=1, needs="output_shape")
def inverted_residual_known_values(submission: Submission, frozen: Frozen) -> None:
    """With given weights and a given input it returns the known output."""
    for args in ((4, 4, 1, 3), (3, 5, 2, 2), (4, 6, 1, 1)):
        block = submission.shared("InvertedResidual", *args, dtype="float64")
        of = f"InvertedResidual{args} with given weights"
        same_function(block, frozen[f"InvertedResidual{args}"], of=of, hint=INVERTED)


@check("inverted_residual", points=0.5, needs=("known_values", "same_function"))
def inverted_residual_cost(submission: Submission) -> None:
    """At stride 2 the expansion works on the large map, the rest on the small one."""
    block = submission.build("InvertedResidual", 4, 5, 2, 3)
    macs(
        block, sample(1, 4, 8, 6), 8 * 6 * 4 * 12 + 4 * 3 * (9 * 12 + 12 * 5),
        of="InvertedResidual(4, 5, 2, 3) for an image of 8×6",
        hint="The stride belongs to the depthwise convolution: later is dearer, and slicing "
        "afterwards dearer still.",
    )  # fmt: skip
