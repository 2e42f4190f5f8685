"""The public checks of ``assignments/efficientnet``: closed formulas, properties, frozen cases.

They run in a student's own kernel, where the reference is not, and again when a submission is
graded. Sizes are small, odd and unequal on purpose. A check is called ``<question>_<name>``; costs
count only for what is the right function, which a hidden check decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from autograder.expect import (
    Case,
    Unmet,
    check,
    close,
    defined,
    has_shape,
    kind_of,
    macs,
    number,
    parameter_count,
    same_function,
)
from autograder.expect.blocks import add_up, for_each, sample
from autograder.expect.networks import scores
from autograder.expect.statements import stated
from autograder.expect.stochastic import branch_dropping, dropped_by
from autograder.submission import ModuleHandle, Submission

Frozen = Mapping[str, Case]

# --- 1 rounding ----------------------------------------------------------------------------------

CHANNELS = (32, 16, 24, 40, 80, 112, 192, 320, 1280)
WIDTHS = {
    1.0: (32, 16, 24, 40, 80, 112, 192, 320, 1280),
    1.1: (32, 16, 24, 48, 88, 120, 208, 352, 1408),
    1.2: (40, 24, 32, 48, 96, 136, 232, 384, 1536),
    1.4: (48, 24, 32, 56, 112, 160, 272, 448, 1792),
    1.8: (56, 32, 40, 72, 144, 200, 344, 576, 2304),
    2.0: (64, 32, 48, 80, 160, 224, 384, 640, 2560),
}
DEPTHS = {
    1.0: (1, 2, 3, 4),
    1.1: (2, 3, 4, 5),
    1.4: (2, 3, 5, 6),
    2.2: (3, 5, 7, 9),
    3.1: (4, 7, 10, 13),
}


def whole(submission: Submission, name: str, rows: Sequence[tuple[float, ...]]) -> list[int]:
    """What a rounding rule returns for each row of arguments, if these are ints."""
    return [
        int(number(found, of=f"{name}({', '.join(map(str, args))})", whole=True))
        for args, found in zip(rows, submission.call_each(name, rows), strict=True)
    ]


def equal(got: Any, wanted: Any, *, of: str, hint: str) -> None:
    """Both are the same number."""
    if got != wanted:
        raise Unmet(f"{of} is another number", expected=f"{wanted:,}", got=f"{got:,}", hint=hint)


@check("rounding", points=0.5)
def rounding_whole_numbers(submission: Submission) -> None:
    """Both rules return an `int`, a positive one even for tiny factors."""
    for name, usual, tiny in (
        ("round_filters", (32, 1.1), (16, 0.05)), ("round_repeats", (3, 1.1), (1, 0.05))
    ):  # fmt: skip
        defined(submission, name, "function")
        _, found = whole(submission, name, [usual, tiny])
        if found < 1:
            raise Unmet(
                f"{name}{tiny} leaves nothing",
                expected="at least one multiple of the divisor, at least one block",
                got=f"{found}",
                hint="How small may the result become at least?",
            )


@check("rounding", points=1, needs="whole_numbers")
def rounding_filters(submission: Submission) -> None:
    """`round_filters` gives the channels of B0, B2, B3, B4, B6 and B7."""
    rows = [(channels, width) for width in WIDTHS for channels in CHANNELS]
    wanted = [right for numbers in WIDTHS.values() for right in numbers]
    for (channels, width), found, right in zip(
        rows, whole(submission, "round_filters", rows), wanted, strict=True
    ):
        hint = "The nearest multiple of 8, the larger of two that are equally near."
        if right > channels * width > found:
            hint = f"{found} is {found / (channels * width):.0%} of {channels * width:g}."
        equal(found, right, of=f"round_filters({channels}, {width})", hint=hint)


@check("rounding", points=0.5, needs="whole_numbers")
def rounding_repeats(submission: Submission) -> None:
    """`round_repeats` gives the blocks of B0, B1, B3, B5 and B7."""
    hint = "Rounded up: 3.3 blocks become 4, and a whole number stays."
    rows = [(repeats, depth) for depth in DEPTHS for repeats in (1, 2, 3, 4)]
    wanted = [right for numbers in DEPTHS.values() for right in numbers]
    found = whole(submission, "round_repeats", rows)
    for (repeats, depth), one, right in zip(rows, found, wanted, strict=True):
        equal(one, right, of=f"round_repeats({repeats}, {depth})", hint=hint)


EDGES = (
    ((3, 1.0), 8, "The result is never less than the divisor."),
    ((52, 1.0), 56, "48 and 56 are equally near: take the larger. (Python's round() rounds halves "
     "to even numbers.)"),
    ((11, 1.0), 16, "8 would lose more than a tenth of 11."),
    ((100, 0.11), 16, "The tenth is one of the scaled number, 11, and not of 100."),
    ((35, 1.0), 32, "32 is nearest to 35 and loses less than a tenth: up only where it must be."),
    ((20, 1.0, 5), 20, "divisor is an argument."),
    ((33, 1.0, 16), 32, "divisor is an argument."),
    ((6, 1.0, 4), 8, "divisor is an argument, and the least result as well."),
)  # fmt: skip


@check("rounding", points=1, needs="whole_numbers")
def rounding_edges(submission: Submission) -> None:
    """`round_filters` follows its three rules at their edges, for any divisor."""
    found = whole(submission, "round_filters", [args for args, _, _ in EDGES])
    for one, (args, right, hint) in zip(found, EDGES, strict=True):
        equal(one, right, of=f"round_filters{args}", hint=hint)


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
    """It has two linear maps with biases, and no batch norm."""
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
    """It has the layers of the table, and a squeeze of a quarter of its input's channels."""
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


# --- 7 compound ----------------------------------------------------------------------------------


def called(name: str, *args: Any) -> str:
    """A call as a student writes it."""
    return f"{name}({', '.join(map(str, args))})"


def factors(submission: Submission, *args: float) -> list[float]:
    """What ``compound_scale`` returns, if those are three numbers."""
    found = submission.call("compound_scale", *args)
    if not isinstance(found, tuple | list) or len(found) != 3:
        raise Unmet(
            "compound_scale does not return three numbers",
            expected="a tuple (d, w, r)",
            got=f"a {type(found).__name__} of {len(found)}"
            if isinstance(found, tuple | list) else kind_of(found),
        )  # fmt: skip
    names = ("d", "w", "r")
    pairs = zip(names, found, strict=True)
    return [
        number(value, of=f"{name} of {called('compound_scale', *args)}") for name, value in pairs
    ]


def near(found: float, right: float, *, of: str, hint: str) -> None:
    """Both numbers are equal, but for rounding of floats."""
    if abs(found - right) > 1e-9 * max(1.0, abs(right)):
        raise Unmet(f"{of} is {found:.6g}", expected=f"{right:.6g}", got=f"{found:.6g}", hint=hint)


@check("compound", points=0.5)
def compound_three_numbers(submission: Submission) -> None:
    """`compound_scale` returns three factors, all 1 for φ = 0."""
    defined(submission, "compound_scale", "function")
    for name, value in zip(("d", "w", "r"), factors(submission, 0), strict=True):
        hint = "At φ = 0 nothing changes: factors are relative to B0, neither pixels nor 0."
        near(value, 1.0, of=f"{name} for φ = 0", hint=hint)


@check("compound", points=0.5, needs="three_numbers")
def compound_values(submission: Submission) -> None:
    """It gives α, β, γ to the power of φ, for other bases as well, in the order d, w, r."""
    hint = "The base to the power of φ; depth goes with α, width with β, resolution with γ."
    for args, right in (
        ((1,), (1.2, 1.1, 1.15)),
        ((2,), (1.44, 1.21, 1.3225)),
        ((0.5, 4.0, 9.0, 16.0), (2.0, 3.0, 4.0)),
    ):
        found = factors(submission, *args)
        for name, value, wanted in zip(("d", "w", "r"), found, right, strict=True):
            near(value, wanted, of=f"{name} of {called('compound_scale', *args)}", hint=hint)


@check("compound", points=0.5)
def compound_cost(submission: Submission) -> None:
    """`cost_factor` follows the law: linear in depth, quadratic in width and in resolution."""
    defined(submission, "cost_factor", "function")
    for args, right in (
        ((2, 1, 1), 2.0), ((1, 2, 1), 4.0), ((1, 1, 2), 4.0), ((1.2, 1.1, 1.15), 1.92027),
    ):  # fmt: skip
        found = number(submission.call("cost_factor", *args), of=f"cost_factor{args}")
        hint = "What does twice the depth, twice the width, twice the resolution cost?"
        near(found, right, of=f"cost_factor{args}", hint=hint)


# --- 8 budget ------------------------------------------------------------------------------------

PUBLISHED = (
    ((1.0, 1.0, 224), 385_814_752), ((1.1, 1.0, 240), 686_802_832), ((1.2, 1.1, 260), 993_561_872),
    ((1.4, 1.2, 300), 1_827_141_392), ((1.8, 1.4, 380), 4_393_771_024),
    ((2.2, 1.6, 456), 10_266_384_752), ((2.6, 1.8, 528), 19_067_593_536),
    ((3.1, 2.0, 600), 37_745_884_192),
)  # fmt: skip
B0_WRONG = {
    771_629_504: "Twice too many: a multiply-add is one, not two.",
    384_534_752: "The linear layer is missing.",
    385_815_752: "A bias is an addition, not a multiply-add.",
    386_394_912: "Batch norm is not counted.",
    374_976_736: "The stem is missing.",
    365_744_352: "The head's 1×1 convolution is missing.",
    385_187_552: "Squeeze and excitation is missing: its two maps count, too.",
    385_501_152: "Squeeze and excitation has two maps, there and back.",
    388_948_192: "The squeeze is a quarter of what? See question 4.",
    455_057_632: "On how many positions does squeeze and excitation work?",
    346_526_944: "Which map does the expansion see, the one before or behind the stride?",
    406_150_144: "Each weight counts once for every position of the output: behind the stride.",
    78_613_456: "Only the first block of a stage has its stride.",
    398_659_808: "There is no expansion where expansion is 1.",
    372_041_440: "Not every depthwise convolution is 3×3.",
    15_332_130_304: "Depthwise: each filter sees one channel.",
}


def counted(submission: Submission, *args: Any) -> int:
    """What ``efficientnet_macs`` returns, if that is an int."""
    found = submission.call("efficientnet_macs", *args)
    return int(number(found, of=f"efficientnet_macs{args}", whole=True))


@check("budget", points=0.5, needs=("rounding/filters", "rounding/repeats"))
def budget_b0(submission: Submission) -> None:
    """`efficientnet_macs` gives 385,814,752 for B0."""
    defined(submission, "efficientnet_macs", "function")
    found = counted(submission, 1.0, 1.0, 224)
    hint = B0_WRONG.get(
        found, "Layer by layer: how many weights, and how large is its output's map?"
    )
    equal(found, 385_814_752, of="efficientnet_macs(1.0, 1.0, 224)", hint=hint)


@check("budget", points=1, needs="b0")
def budget_published(submission: Submission) -> None:
    """It gives the multiply-adds of B1 to B7."""
    hint = "B0 is right: what changes with depth and width? And at odd sizes a stride rounds up."
    for args, right in PUBLISHED:
        equal(counted(submission, *args), right, of=f"efficientnet_macs{args}", hint=hint)


@check("budget", points=0.5, needs=("b0", "network/output_shape"))
def budget_agrees_with_the_network(submission: Submission) -> None:
    """It agrees with what your own slim network really costs, on an odd size."""
    net = submission.shared("scaled_efficientnet", 0.2, 0.05, num_classes=7)
    args = (0.2, 0.05, 37, 7)  # maps of 19, 10, 5, 3 and 2: odd ones and even ones
    runs = net.trace(sample(1, 3, 37, 37)).macs
    hint = "Your network costs what is expected here. Mind num_classes, and maps of odd size."
    equal(counted(submission, *args), runs, of=f"efficientnet_macs{args}", hint=hint)


Run = tuple[float, float, int, float]
RUNS: list[Run] = [
    (1.0, 1.0, 224, 0.77), (1.1, 1.0, 240, 0.79), (1.2, 1.1, 260, 0.80), (1.4, 1.2, 300, 0.81),
    (1.0, 1.0, 192, 0.79),
]  # fmt: skip


def best(submission: Submission, budget: int, runs: Sequence[Run], wanted: Any, hint: str) -> None:
    """``best_under_budget`` picks ``wanted``."""
    found = submission.call("best_under_budget", budget, list(runs))
    same = tuple(found) == wanted if isinstance(found, tuple | list) else found is wanted
    if not same:
        raise Unmet(
            f"best_under_budget({budget:_}, {list(runs)}) picks another run",
            expected=f"{wanted}",
            got=f"{tuple(found)}" if isinstance(found, tuple | list) else kind_of(found),
            hint=hint,
        )


@check("budget", points=0.5, needs="b0")
def budget_best(submission: Submission) -> None:
    """`best_under_budget` picks the most accurate run that costs at most the budget."""
    defined(submission, "best_under_budget", "function")
    told = "The most accurate that costs at most the budget, as (depth, width, resolution)."
    best(submission, 1_000_000_000, RUNS, (1.2, 1.1, 260), told)
    best(
        submission, 993_561_872, RUNS[::-1], (1.2, 1.1, 260), f"{told} Exactly at it is paid, too."
    )
    best(submission, 993_561_871, RUNS[:4], (1.1, 1.0, 240), told)
    best(submission, 700_000_000, RUNS, (1.0, 1.0, 192), "Equally accurate? Then the cheapest.")


@check("budget", points=0.5, needs="best")
def budget_nothing(submission: Submission) -> None:
    """It returns `None` when no run can be paid, or when there are none."""
    for budget, runs in ((100_000_000, RUNS), (100_000_000, [])):
        best(submission, budget, runs, None, "Look first at what can be paid: maybe nothing.")


# --- 9 race --------------------------------------------------------------------------------------

OPTIONS = {
    "what_pays": ("depth and width", "resolution and compound", "all four", "none"),
    "what_the_base_lacks": ("layers", "channels", "pixels"),
    "what_made_compound_good": ("depth", "width", "resolution", "all three together"),
    "law_against_count": ("equal", "off by up to a half", "off by ten times"),
}


@check("race", points=0.5)
def race_stated(submission: Submission) -> None:
    """`conclusion()` returns a dictionary of four statements, each from its list."""
    stated(submission, "conclusion", OPTIONS)
