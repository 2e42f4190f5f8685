"""Public checks of ``assignments/efficientnet``: squeeze and excitation, stochastic depth, MBConv.

They run in a student's own kernel, where the reference is not, and again when a submission is
graded. Sizes are small, odd and unequal on purpose. A check is called ``<question>_<name>``; costs
count only for what is the right function, which a hidden check decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

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
from autograder.expect.blocks import add_up, for_each, sample
from autograder.expect.stochastic import branch_dropping, dropped_by
from autograder.submission import ModuleHandle, Submission

# --- 2 squeeze_excitation ------------------------------------------------------------------------

SQUEEZE = (
    "Go through the order once more: mean over height and width, linear map, SiLU, linear map, "
    "sigmoid; then the input times that."
)


@check("squeeze_excitation", points=0.5)
def squeeze_excitation_output_shape(submission: Submission) -> None:
    """A `SqueezeExcitation` can be made, and keeps the shape of its input."""
    defined(submission, "SqueezeExcitation", "class")
    for args, shape in (((6, 2), (2, 6, 5, 4)), ((8, 1), (1, 8, 3, 7)), ((5, 3), (3, 5, 1, 1))):
        block = submission.build("SqueezeExcitation", *args)
        has_shape(
            block.forward(sample(*shape)), shape,
            of=f"the output of SqueezeExcitation{args} for an input of shape {shape}",
            hint="One number a channel, shaped (N, C, 1, 1), multiplies a map of (N, C, H, W).",
        )  # fmt: skip
        block.drop()


@check("squeeze_excitation", points=1, needs="output_shape")
def squeeze_excitation_parameters(submission: Submission) -> None:
    """Its parameters are those of two linear maps with biases, without batch norm."""
    for a, b in ((96, 4), (10, 3)):
        right = 2 * a * b + a + b
        wrong = {
            right - a - b: "The biases are missing.",
            right - a: "The second map has no bias.",
            right - b: "The first map has no bias.",
            right + 2 * a + 2 * b: "Batch norm? There is none in squeeze and excitation.",
            right + 2 * b: "Batch norm? There is none in squeeze and excitation.",
            a * a + a: "One map from channels to channels? There are two, through a narrow middle.",
            0: "PyTorch sees no parameter: is a layer in a plain list?",
        }
        block = submission.build("SqueezeExcitation", a, b)
        of = f"SqueezeExcitation({a}, {b})"
        parameter_count(block, {right: "two maps, two biases"}, known_wrong=wrong, of=of)
        block.drop()


@check("squeeze_excitation", points=0.5, needs="output_shape")
def squeeze_excitation_gate(submission: Submission) -> None:
    """It multiplies each channel by one number between 0 and 1, the same at all positions."""
    block = submission.build("SqueezeExcitation", 6, 3)
    x = 1 + sample(3, 6, 5, 4).abs()
    state, of = block.state(values=False), "SqueezeExcitation(6, 3)"
    block.load(for_each(state, lambda shape: 2 * sample(*shape), of=of))
    of = f"the output of {of}"
    weights = has_shape(block.forward(x), x.shape, of=of) / x
    spread = float((weights.amax((2, 3)) - weights.amin((2, 3))).max())
    if spread > 1e-4:
        raise Unmet(
            "positions of one channel are multiplied by different numbers",
            expected="one number for each image and channel",
            got=f"numbers that differ by up to {spread:.2g} within a channel",
            hint="The mean over height and width leaves one number a channel. The input is "
            "multiplied by what becomes of it.",
        )
    low, high = float(weights.min()), float(weights.max())
    if low < 0 or high > 1:
        raise Unmet(
            "channels are multiplied by numbers outside 0 to 1",
            expected="numbers from 0 to 1",
            got=f"numbers from {low:.2g} to {high:.2g}",
            hint="What comes last before the multiplication?",
        )


@check("squeeze_excitation", points=1, needs="output_shape")
def squeeze_excitation_known_values(submission: Submission, frozen: Frozen) -> None:
    """With given weights and a given input it returns the known output."""
    block = submission.build("SqueezeExcitation", 6, 2)
    of = "SqueezeExcitation(6, 2) with given weights"
    same_function(block, frozen["SqueezeExcitation(6, 2)"], of=of, hint=SQUEEZE)


@check("squeeze_excitation", points=0.5, needs=("known_values", "same_function"))
def squeeze_excitation_cost(submission: Submission) -> None:
    """It costs the same for every size of the map: it averages first."""
    block = submission.build("SqueezeExcitation", 8, 3)
    for size in (1, 5):
        macs(
            block, sample(1, 8, size, size), 48,
            of=f"SqueezeExcitation(8, 3) for a map of {size}×{size}",
            hint="Average first: then the linear maps see one position.",
        )  # fmt: skip


# --- 3 stochastic_depth --------------------------------------------------------------------------

HOW = {
    "channels": "One decision for a whole example: a mask of shape (N, 1, 1, 1).",
    "values": "One decision for a whole example, not for each value: a mask of shape (N, 1, 1, 1).",
    "nothing": "Nothing was dropped in 600 examples. Does it look at self.training?",
    "the batch": "All 600 examples were dropped at once: decide for each example.",
    "something else": "What survives is divided by one number, 1 - drop_rate, and nothing else.",
}


def rate_layer(submission: Submission, rate: float) -> ModuleHandle:
    """A ``StochasticDepth``."""
    return submission.build("StochasticDepth", rate)


@check("stochastic_depth", points=1)
def stochastic_depth_evaluation(submission: Submission) -> None:
    """In evaluation mode, and at rate 0, a `StochasticDepth` returns its input unchanged."""
    defined(submission, "StochasticDepth", "class")
    x = sample(6, 3, 2, 4)
    for rate, train in ((0.4, False), (0.0, True), (0.0, False)):
        layer = rate_layer(submission, rate)
        mode = "training" if train else "evaluation"
        of = f"the output of StochasticDepth({rate}) in {mode} mode"
        close(layer.forward(x, train=train), x, of=of, hint="self.training tells the mode.")
        layer.drop()


@check("stochastic_depth", points=1, needs="evaluation")
def stochastic_depth_examples(submission: Submission) -> None:
    """In training mode each example is dropped as a whole or stays as a whole."""
    found = dropped_by(rate_layer(submission, 0.4), of="StochasticDepth(0.4)")
    if found.unit != "examples":
        raise Unmet(
            "StochasticDepth(0.4) in training mode does not drop whole examples",
            expected="some examples zero everywhere, the others scaled by one number",
            got=found.in_words(),
            hint=HOW[found.unit],
        )


@check("stochastic_depth", points=1, needs="examples")
def stochastic_depth_scale(submission: Submission) -> None:
    """What survives is divided by `1 - drop_rate`."""
    for rate in (0.2, 0.5):
        found = dropped_by(rate_layer(submission, rate), of=f"StochasticDepth({rate})")
        if abs(found.factor * (1 - rate) - 1) > 1e-4:
            raise Unmet(
                f"StochasticDepth({rate}) multiplies the examples that survive by another number",
                expected=f"1 / (1 - {rate}) = {1 / (1 - rate):.4g}",
                got=f"{found.factor:.4g}",
                hint="So that the mean over many decisions is the input: rate 0.2 leaves 0.8.",
            )


@check("stochastic_depth", points=0.5, needs="examples")
def stochastic_depth_rate(submission: Submission) -> None:
    """It drops the share of examples that the rate says."""
    for rate in (0.1, 0.5, 0.7):
        found = dropped_by(rate_layer(submission, rate), of=f"StochasticDepth({rate})", seed=3)
        if abs(found.share - rate) > 0.12:
            raise Unmet(
                f"StochasticDepth({rate}) drops another share of 600 examples",
                expected=f"{rate:.0%}, but for chance",
                got=f"{found.share:.0%}",
                hint="drop_rate is the probability to be dropped; what survives is the rest.",
            )


@check("stochastic_depth", points=0.5, needs="evaluation")
def stochastic_depth_dtype(submission: Submission) -> None:
    """It keeps the shape and the dtype of its input, for a batch of one as well."""
    layer = rate_layer(submission, 0.3)
    for x in (sample(1, 2, 3, 4).double(), sample(4, 2, 1, 1)):
        output = has_shape(
            layer.forward(x, train=True), tuple(x.shape),
            of=f"the output of StochasticDepth(0.3) for an input of shape {tuple(x.shape)}",
        )  # fmt: skip
        if output.dtype != x.dtype:
            raise Unmet(
                "the output of StochasticDepth(0.3) has another dtype than its input",
                expected=str(x.dtype),
                got=str(output.dtype),
                hint="Make the mask in the dtype of x: torch.rand(..., dtype=x.dtype), or x.new_*.",
            )


# --- 4 mbconv ------------------------------------------------------------------------------------

MBCONV = (
    "Go through the table once more: expansion, batch norm, SiLU; depthwise, batch norm, SiLU; "
    "squeeze and excitation; projection, batch norm; then the addition, and nothing after it."
)


BLOCKS = ((4, 4, 3, 1, 6), (8, 5, 5, 2, 3), (6, 6, 5, 1, 1))


def block_parameters(args: Sequence[int]) -> tuple[int, list[int]]:
    """Parameters of an ``MBConv`` without redundant biases, and what each of these would add."""
    a, b, k, _, t = args
    hidden, squeezed = t * a, max(1, a // 4)
    base = (k * k + 2) * hidden + 2 * hidden * squeezed + squeezed + hidden + (hidden + 2) * b
    return (base, [hidden, b]) if t == 1 else (base + (a + 2) * hidden, [hidden, hidden, b])


@check("mbconv", points=0.5)
def mbconv_constructs(submission: Submission) -> None:
    """An `MBConv` can be made, with and without a rate."""
    defined(submission, "MBConv", "class")
    submission.shared("MBConv", 4, 4, 3, 1, 6)
    named: dict[str, Any] = {"out_channels": 6, "kernel_size": 5, "stride": 2, "expansion": 1}
    submission.build("MBConv", 4, drop_rate=0.1, **named).drop()


@check("mbconv", points=1, needs="constructs")
def mbconv_output_shape(submission: Submission) -> None:
    """Its output has `out_channels` channels, on a map that shrinks by the stride."""
    cases = (
        ((4, 4, 3, 1, 6), (2, 8, 8)), ((4, 6, 3, 1, 6), (1, 7, 10)), ((3, 5, 5, 2, 2), (3, 9, 6)),
        ((4, 4, 5, 2, 1), (1, 8, 5)),
    )  # fmt: skip
    for args, (n, height, width) in cases:
        block = submission.shared("MBConv", *args)
        shape, stride = (n, args[0], height, width), args[3]
        has_shape(
            block.forward(sample(*shape)), (n, args[1], -(-height // stride), -(-width // stride)),
            of=f"the output of MBConv{args} for an input of shape {shape}",
            hint="The depthwise convolution alone has the stride, and pads with kernel_size // 2; "
            "the projection alone makes the output's channels.",
        )  # fmt: skip


@check("mbconv", points=1, needs="constructs")
def mbconv_parameters(submission: Submission) -> None:
    """Its parameters are those of the table: the squeeze is a quarter of the input's channels."""
    for args in ((16, 24, 3, 2, 6), (32, 16, 3, 1, 1), (16, 16, 5, 1, 6), (3, 8, 3, 2, 4)):
        a, b, k, _, t = args
        hidden, squeezed = t * a, max(1, a // 4)
        right, biases = block_parameters(args)
        wide = max(1, hidden // 4)
        wrong = {
            (wide - squeezed) * (2 * hidden + 1): "A quarter of hidden? The squeeze is a quarter "
            "of the block's input channels.",
            (max(1, b // 4) - squeezed) * (2 * hidden + 1): "A quarter of the output channels? The "
            "squeeze is a quarter of the block's input channels.",
            -(2 * hidden * squeezed + squeezed + hidden): "Squeeze and excitation is missing.",
            k * k * hidden * (hidden - 1): "The middle convolution is not depthwise: groups=hidden "
            "gives each channel one filter of its own.",
            -2 * hidden: "A batch norm of the wide channels is missing.",
            -2 * b: "The batch norm after the projection is missing.",
            a * b + 2 * b: "A projection in the shortcut? MBConv has none: where shapes differ "
            "there is no shortcut.",
            (9 - k * k) * hidden: "kernel_size is that of the depthwise convolution.",
        }
        if a < 4:
            wrong[-2 * hidden - 1] = "The squeeze is at least 1, for less than 4 channels as well."
        if t == 1:
            wrong[a * a + 2 * a] = "With expansion 1 there is no first convolution."
        block = submission.build("MBConv", *args)
        add_up(block, right, biases, wrong=wrong, of=f"MBConv{args}")
        block.drop()


@check("mbconv", points=1, needs="output_shape")
def mbconv_shortcut(submission: Submission) -> None:
    """With all its parameters zero it returns its input where shapes agree, zeros elsewhere."""
    for args in ((4, 4, 3, 1, 6), (4, 6, 3, 1, 6), (4, 4, 3, 2, 6)):
        block = submission.shared("MBConv", *args)
        zeros = for_each(block.state(values=False), torch.zeros, of=f"MBConv{args}")
        x = sample(2, 4, 6, 5)
        size = (6, 5) if args[3] == 1 else (3, 3)
        right = x if args == (4, 4, 3, 1, 6) else torch.zeros(2, args[1], *size)
        close(
            block.forward(x, values=zeros), right,
            of=f"the output of MBConv{args} with all its parameters set to zero",
            hint="F(x) is zero then. What is left is x where stride is 1 and channels agree, and "
            "nothing elsewhere.",
        )  # fmt: skip


@check("mbconv", points=1, needs="output_shape")
def mbconv_known_values(submission: Submission, frozen: Frozen) -> None:
    """With given weights and a given input it returns the known output."""
    for args in BLOCKS:
        block = submission.shared("MBConv", *args)
        of = f"MBConv{args} with given weights"
        same_function(block, frozen[f"MBConv{args}"], of=of, hint=MBCONV)


@check("mbconv", points=1, needs="shortcut")
def mbconv_drops_the_branch(submission: Submission) -> None:
    """In training it drops F(x) of whole examples, only where x is added."""
    x = sample(200, 4, 3, 2).double()
    found = branch_dropping(submission, "MBConv", (4, 4, 3, 1, 2), 0.4, x, shortcut=True)
    if found.unit != "examples" or abs(found.share - 0.4) > 0.2:
        raise Unmet(
            "MBConv(4, 4, 3, 1, 2, 0.4) does not drop F(x) for some of the examples",
            expected="examples whose output is their input, about 40%",
            got=found.in_words(),
            hint="x + StochasticDepth(F(x)), with the block's rate: only F(x) goes through it.",
        )
    for args in ((4, 6, 3, 1, 2), (4, 4, 3, 2, 2)):
        found = branch_dropping(submission, "MBConv", args, 0.4, x[:30], shortcut=False)
        if (found.unit, round(found.factor, 4)) != ("nothing", 1.0):
            raise Unmet(
                f"MBConv{(*args, 0.4)} has no shortcut, but training drops or scales its output",
                expected="the output as without a rate",
                got=found.in_words(),
                hint="Without a shortcut nothing would be left of a dropped example.",
            )


@check("mbconv", points=0.5, needs=("known_values", "same_function"))
def mbconv_cost(submission: Submission) -> None:
    """It costs what its convolutions cost: those behind the stride see fewer positions."""
    block = submission.build("MBConv", 8, 6, 5, 2, 3)
    cost = 8 * 6 * 8 * 24 + 4 * 3 * (25 * 24 + 24 * 6) + 2 * 24 * 2
    macs(
        block, sample(1, 8, 8, 6), cost, of="MBConv(8, 6, 5, 2, 3) for an image of 8×6",
        hint="A convolution with stride=2 computes a quarter; slicing afterwards wastes the rest.",
    )  # fmt: skip
