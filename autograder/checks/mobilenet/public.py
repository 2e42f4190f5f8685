"""The public checks of ``assignments/mobilenet``: closed formulas, properties, frozen cases.

They run in a student's own kernel, where the reference is not, and again when a submission is
graded. Sizes are small, odd and unequal on purpose. A check is called ``<question>_<name>``; costs
count only for what is the right function, which a hidden check decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from autograder.expect import (
    Case,
    Unmet,
    check,
    close,
    defined,
    has_shape,
    is_tensor,
    macs,
    number,
    same_function,
)
from autograder.expect.blocks import (
    add_up,
    block_shapes,
    for_each,
    never_negative,
    sample,
)
from autograder.expect.networks import layer_plan, same_path, scores
from autograder.expect.statements import stated
from autograder.submission import ModuleHandle, Submission

Frozen = Mapping[str, Case]

SEPARABLE = (
    "Go through the order once more: depthwise 3×3 (with the stride), batch norm, ReLU, pointwise "
    "1×1, batch norm, ReLU."
)
INVERTED = (
    "Go through the order once more: 1×1, batch norm, ReLU6, depthwise 3×3 (with the stride), "
    "batch norm, ReLU6, 1×1, batch norm; then x is added, where shapes agree, and nothing follows."
)
NETWORK = (
    "If your blocks pass their own checks, go along the table: the first convolution and what "
    "follows it, each row of blocks, what comes before the average, the linear layer."
)
ROWS = "Only the first block of a row has the stride of its row; the others have 1."
LATE = "A convolution with stride=2 computes a quarter; slicing afterwards wastes the rest."

# --- 1 depthwise_conv ----------------------------------------------------------------------------

CONVOLUTIONS = (
    ((2, 3, 7, 6), (3, 3), 1, 0),
    ((1, 4, 8, 5), (3, 2), 2, 1),
    ((3, 1, 5, 9), (1, 5), 1, 2),
    ((2, 5, 6, 7), (2, 3), 3, 0),
)
"""Input, filter, stride, padding."""


def filtered(submission: Submission, x: Tensor, weight: Tensor, stride: int, padding: int) -> Any:
    """What ``depthwise_conv`` makes of ``x``."""
    return submission.call("depthwise_conv", x, weight, stride=stride, padding=padding)


def words(x: Tensor, weight: Tensor, stride: int, padding: int) -> str:
    """One call, as a message names it."""
    return (
        f"depthwise_conv of {tuple(x.shape)} with filters {tuple(weight.shape)}, "
        f"stride={stride}, padding={padding}"
    )


@check("depthwise_conv", points=0.5)
def depthwise_conv_shape(submission: Submission) -> None:
    """It returns C channels, on a map that stride and padding decide."""
    defined(submission, "depthwise_conv", "function")
    for shape, kernel, stride, padding in CONVOLUTIONS:
        x, weight = sample(*shape), sample(shape[1], *kernel)
        size = [
            (length + 2 * padding - reach) // stride + 1
            for length, reach in zip(shape[2:], kernel, strict=True)
        ]
        has_shape(
            filtered(submission, x, weight, stride, padding), (*shape[:2], *size),
            of=words(x, weight, stride, padding),
            hint="Padding counts on both sides, and only whole filters fit.",
        )  # fmt: skip


@check("depthwise_conv", points=0.5, needs="shape")
def depthwise_conv_defaults(submission: Submission) -> None:
    """With ones everywhere each output is the number of weights of one filter."""
    x, weight = torch.ones(2, 3, 5, 4), torch.ones(3, 3, 2)
    close(
        submission.call("depthwise_conv", x, weight), torch.full((2, 3, 3, 3), 6.0),
        of="depthwise_conv of ones (2, 3, 5, 4) with filters of ones (3, 3, 2)",
        hint="6 is one filter of 3×2; 18 would be a sum over the channels as well. Without further "
        "arguments there is no padding and the stride is 1.",
    )  # fmt: skip


@check("depthwise_conv", points=1, needs="shape")
def depthwise_conv_own_channel(submission: Submission) -> None:
    """An output channel depends on its own input channel alone, and on its own filter."""
    x, weight = sample(2, 4, 6, 5), sample(4, 3, 3)
    before = is_tensor(filtered(submission, x, weight, 1, 1), of="the output of depthwise_conv")
    for what in ("input channel", "filter"):
        for channel in range(4):
            other, filters = x.clone(), weight.clone()
            (other[:, channel] if what == "input channel" else filters[channel]).add_(1.0)
            after = has_shape(filtered(submission, other, filters, 1, 1), before.shape,
                              of="the output of depthwise_conv")  # fmt: skip
            changed = [int(c) for c in (after != before).flatten(2).any(2).any(0).nonzero()]
            if changed != [channel]:
                raise Unmet(
                    f"another {what} {channel} changes other output channels than number {channel}",
                    expected=f"output channel {channel} alone",
                    got=f"output channels {', '.join(map(str, changed)) or 'none'}",
                    hint="Channel c of the output is channel c of the input with filter c: no sum "
                    "over channels.",
                )


@check("depthwise_conv", points=1, needs="shape")
def depthwise_conv_impulse(submission: Submission) -> None:
    """A single one in the input shows each filter, turned by 180 degrees."""
    x, weight = torch.zeros(1, 2, 5, 6), sample(2, 3, 2)
    x[:, :, 2, 3] = 1
    expected = torch.zeros(1, 2, 3, 5)
    expected[0, :, 0:3, 2:4] = weight.flip(1, 2)  # y[2 - a, 3 - b] = w[a, b]
    close(
        filtered(submission, x, weight, 1, 0), expected,
        of="depthwise_conv of a one at row 2, column 3 and zeros elsewhere",
        hint="Weight (a, b) meets the input at row s·i + a and column s·j + b: no flip, and rows "
        "stay rows.",
    )  # fmt: skip


@check("depthwise_conv", points=1, needs="shape")
def depthwise_conv_corners(submission: Submission) -> None:
    """At the corners of the map it is the sum of the definition, zeros outside included."""
    for shape, kernel, stride, padding in CONVOLUTIONS:
        x, weight = sample(*shape), sample(shape[1], *kernel)
        of = words(x, weight, stride, padding)
        output = is_tensor(filtered(submission, x, weight, stride, padding), of=of)
        for i in (0, output.shape[2] - 1):
            for j in (0, output.shape[3] - 1):
                expected = torch.zeros(shape[:2])
                for a in range(kernel[0]):
                    for b in range(kernel[1]):
                        row, column = stride * i + a - padding, stride * j + b - padding
                        if 0 <= row < shape[2] and 0 <= column < shape[3]:
                            expected += weight[:, a, b] * x[:, :, row, column]
                close(
                    output[:, :, i, j], expected, rtol=1e-4, atol=1e-5,
                    of=f"row {i}, column {j} of {of}",
                    hint="Outside the image are zeros; output (i, j) begins at row s·i - p.",
                )  # fmt: skip


@check("depthwise_conv", points=0.5, needs="shape")
def depthwise_conv_dtype(submission: Submission) -> None:
    """What comes out has the dtype of what went in."""
    for dtype in (torch.float32, torch.float64):
        x, weight = sample(1, 2, 4, 4).to(dtype), sample(2, 3, 3).to(dtype)
        of = f"the output of depthwise_conv for {dtype}"
        output = is_tensor(filtered(submission, x, weight, 1, 1), of=of)
        if output.dtype != dtype:
            raise Unmet(
                f"{of} has another dtype", expected=str(dtype), got=str(output.dtype),
                hint="New tensors are float32 unless told otherwise: x.new_zeros(...) takes the "
                "dtype of x.",
            )  # fmt: skip


# --- 2 cost_ratio --------------------------------------------------------------------------------


def ratio_is(submission: Submission, out_channels: int, kernel_size: int, expected: float,
             hint: str) -> None:  # fmt: skip
    """One value of ``separable_cost_ratio``."""
    of = f"separable_cost_ratio({out_channels}, {kernel_size})"
    got = number(submission.call("separable_cost_ratio", out_channels, kernel_size), of=of)
    if abs(got - expected) > 1e-9:
        raise Unmet(f"{of} is another number", expected=f"{expected:.6g}", got=f"{got:.6g}",
                    hint=hint)  # fmt: skip


@check("cost_ratio", points=0.5)
def cost_ratio_number(submission: Submission) -> None:
    """`separable_cost_ratio` returns a Python float."""
    defined(submission, "separable_cost_ratio", "function")
    found = submission.call("separable_cost_ratio", 64, 3)
    number(found, of="separable_cost_ratio(64, 3)")
    if not isinstance(found, float):
        raise Unmet("separable_cost_ratio(64, 3) is a whole number", expected="a float",
                    got=repr(found), hint="// rounds down; / does not.")  # fmt: skip


@check("cost_ratio", points=0.5, needs="number")
def cost_ratio_example(submission: Submission) -> None:
    """In the lecture's example it is 672 / 2,160."""
    ratio_is(
        submission, 5, 3, 672 / 2160,
        "432 for the depthwise step and 240 for the pointwise one, over 2,160. Divide both by the "
        "size of the map and by the input's channels: what is left?",
    )  # fmt: skip


@check("cost_ratio", points=0.5, needs="number")
def cost_ratio_useless_split(submission: Submission) -> None:
    """With one output channel, or with a 1×1 filter, the split costs more than it saves."""
    for out_channels, kernel_size in ((1, 3), (8, 1)):
        expected = 1 / out_channels + 1 / kernel_size**2
        hint = "Two steps, two terms: one for the depthwise and one for the pointwise convolution."
        ratio_is(submission, out_channels, kernel_size, expected, hint)


# --- 3 depthwise_separable -----------------------------------------------------------------------


@check("depthwise_separable", points=0.5)
def depthwise_separable_constructs(submission: Submission) -> None:
    """A `DepthwiseSeparable` can be made, with and without a stride."""
    defined(submission, "DepthwiseSeparable", "class")
    submission.build("DepthwiseSeparable", 4, 4).drop()
    submission.build("DepthwiseSeparable", 4, out_channels=6, stride=2).drop()


@check("depthwise_separable", points=1, needs="constructs")
def depthwise_separable_output_shape(submission: Submission) -> None:
    """Its output has `out_channels` channels, on a map that shrinks by the stride."""
    cases = [((4, 4), (2, 8, 8)), ((3, 8), (1, 7, 10)), ((4, 6, 2), (3, 9, 6)),
             ((6, 3, 2), (1, 8, 5))]  # fmt: skip
    block_shapes(submission, "DepthwiseSeparable", cases)


@check("depthwise_separable", points=1.5, needs="constructs")
def depthwise_separable_parameters(submission: Submission) -> None:
    """It has one 3×3 filter a channel, a 1×1 for all pairs of channels, and two batch norms."""
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


# --- 4 mobilenet_v1 ------------------------------------------------------------------------------

V1_BLOCKS = {64: (1, 1), 128: (2, 2), 256: (2, 2), 512: (6, 2), 1024: (2, 2)}
"""By channels: blocks, stride of the first."""
V1_WIDTHS = {1.0: 4_231_976, 0.75: 2_585_560, 0.25: 470_072}
SHARED = "Blocks that are one object, repeated, share their weights."
V1_WRONG: dict[float, dict[int, str]] = {
    1.0: {
        29_294_088: "Every block is a full 3×3 convolution: is groups missing?",
        3_217_226: "That is MobileNet for 10 classes; the default is 1000.",
        4_231_912: "The batch norm of the first convolution is missing.",
        4_231_241: "The network begins with one full convolution, not with a separable one.",
        3_963_176: "There are six blocks of 512 channels, the first of them strided.",
        3_170_088: "There are two blocks of 1024 channels.",
        3_156_776: SHARED,
    },
    0.75: {
        4_231_144: "The blocks have their full width: is width_mult used for each of them?",
        2_586_264: "The first convolution's channels are multiplied as well.",
        3_402_456: "The last blocks' channels are multiplied as well.",
        2_585_344: "The image's three channels are not multiplied.",
        2_393_310: "The number of classes is not multiplied.",
    },
}


def v1_plan(width: float = 1.0, size: int = 224, num_classes: int = 1000) -> list[tuple[int, int]]:
    """Channels and height of each layer with weights, for an image of height ``size``."""
    channels, size = int(32 * width), -(-size // 2)
    plan = [(channels, size)]
    for out_channels, (blocks, stride) in V1_BLOCKS.items():
        size = -(-size // stride)
        for _ in range(blocks):
            plan += [(channels, size), (int(out_channels * width), size)]
            channels = int(out_channels * width)
    return [*plan, (num_classes, 1)]


def v1_parameters(net: ModuleHandle, width: float, of: str) -> None:
    """The parameters of MobileNet at a width, biases in front of batch norms left open."""
    biases = [int(width * channels) for channels, _ in v1_plan()[:-1]]
    base = V1_WIDTHS[width]
    wrong = {count - base: hint for count, hint in V1_WRONG.get(width, {}).items()}
    wrong.setdefault(V1_WIDTHS[1.0] - base, "That is the full width: width_mult has no effect.")
    add_up(net, base, biases, wrong=wrong, of=of)


@check("mobilenet_v1", points=0.5, needs="depthwise_separable/constructs")
def mobilenet_v1_constructs(submission: Submission) -> None:
    """`mobilenet_v1` returns a module, for any width and number of classes."""
    defined(submission, "mobilenet_v1", "function")
    submission.shared("mobilenet_v1", 0.125, 7)
    submission.shared("mobilenet_v1", num_classes=5, width_mult=0.0625)


@check("mobilenet_v1", points=1, needs="constructs")
def mobilenet_v1_output_shape(submission: Submission) -> None:
    """It gives one score a class, for images of any size."""
    net = submission.shared("mobilenet_v1", 0.125, 7)
    scores(net, 7, [(2, 3, 32, 32), (1, 3, 33, 70)], of="mobilenet_v1(0.125, 7)")


@check("mobilenet_v1", points=1, needs="constructs")
def mobilenet_v1_parameters(submission: Submission) -> None:
    """At full width it has 4,231,976 parameters, without conv biases."""
    net = submission.shared("mobilenet_v1", device="meta")
    v1_parameters(net, 1.0, "mobilenet_v1()")


@check("mobilenet_v1", points=1.5, needs=("parameters",))
def mobilenet_v1_widths(submission: Submission) -> None:
    """At 0.75 and 0.25 it has the parameters of the table."""
    for width in (0.75, 0.25):
        net = submission.build("mobilenet_v1", width, device="meta")
        v1_parameters(net, width, f"mobilenet_v1({width})")
        net.drop()


@check("mobilenet_v1", points=1, needs="output_shape")
def mobilenet_v1_known_values(submission: Submission, frozen: Frozen) -> None:
    """With given weights and given images it returns the known scores."""
    net = submission.shared("mobilenet_v1", num_classes=5, width_mult=0.0625)
    of, case = "mobilenet_v1(0.0625, 5)", frozen["mobilenet_v1"]
    same_path(net, case.inputs[0], path(v1_plan(0.0625, 34, 5), 34), of=of, hint=ROWS)
    same_function(net, case, of=f"{of} with given weights", hint=NETWORK)


@check("mobilenet_v1", points=1, needs=("output_shape", "same_function"))
def mobilenet_v1_layers(submission: Submission) -> None:
    """It has the widths and maps of the table, and costs 568,740,352 multiply-adds."""
    net = submission.shared("mobilenet_v1", device="meta")
    costs(net, v1_plan(), 568_740_352, of="mobilenet_v1()", hint=ROWS)


def path(plan: Sequence[tuple[int, int]], size: int) -> list[tuple[int, int]]:
    """``plan`` with the height of each layer's input in place of its output's."""
    heights = [size, *(height for _, height in plan[:-2]), 1]
    return [(channels, height) for (channels, _), height in zip(plan, heights, strict=True)]


def costs(
    net: ModuleHandle, plan: Sequence[tuple[int, int]], expected: int, *, of: str, hint: str
) -> None:
    """The layers of ``plan`` and no multiply-add besides, for an image of 224×224."""
    cost = layer_plan(net, torch.empty(1, 3, 224, 224, device="meta"), plan, of=of, hint=hint)
    if cost != expected:
        what = f"{of} for a 224×224 image costs another number of multiply-adds"
        raise Unmet(what, expected=f"{expected:,}", got=f"{cost:,}", hint=LATE)


# --- 5 make_divisible ----------------------------------------------------------------------------


def rounded_to(submission: Submission, value: float, *divisor: int) -> int:
    """One value of ``make_divisible``, if it is an int."""
    of = f"make_divisible({', '.join(map(str, (value, *divisor)))})"
    return int(number(submission.call("make_divisible", value, *divisor), of=of, whole=True))


@check("make_divisible", points=0.5)
def make_divisible_multiple(submission: Submission) -> None:
    """`make_divisible` returns an int, a multiple of the divisor and never less than that."""
    defined(submission, "make_divisible", "function")
    for value, divisor in ((0.5, 8), (3, 8), (19.2, 8), (100, 16), (41, 4)):
        found = rounded_to(submission, value, divisor)
        if found % divisor or found < divisor:
            raise Unmet(
                f"make_divisible({value}, {divisor}) is no multiple of {divisor}",
                expected=f"{divisor} or a multiple of it", got=str(found),
                hint="Divide by the divisor, round, multiply by it again.",
            )  # fmt: skip


@check("make_divisible", points=1, needs="multiple")
def make_divisible_table(submission: Submission) -> None:
    """It gives the values of the table in the text."""
    for value, expected in ((3, 8), (12, 16), (17.5, 16), (18, 24), (33.6, 32), (44.8, 48),
                            (48, 48)):  # fmt: skip
        found = rounded_to(submission, value)
        if found != expected:
            raise Unmet(
                f"make_divisible({value}) is another multiple of 8", expected=str(expected),
                got=str(found),
                hint="Nearest first, halves up; then the two exceptions. Python's round() takes "
                "halves to the even number.",
            )  # fmt: skip


@check("make_divisible", points=1, needs="multiple")
def make_divisible_near(submission: Submission) -> None:
    """It never takes away more than a tenth, and never adds more than it must."""
    for value in (9, 10.5, 17.6, 17.9, 20, 26.5, 27, 35.2, 35.9, 44, 52, 75, 83.9, 108, 131.9):
        found = rounded_to(submission, value)
        lower = int(value // 8) * 8
        keeps = lower >= 0.9 * value and value - lower < 4
        wanted = lower if keeps else lower + 8 if lower < value else lower
        if found != wanted:
            lost = "loses more than a tenth" if found < 0.9 * value else "is not as near as it may"
            raise Unmet(
                f"make_divisible({value}) {lost}",
                expected=f"{wanted}", got=f"{found}, {found / value:.1%} of {value}",
                hint="Compare the rounded number with 0.9 * value, and only then go one step up.",
            )  # fmt: skip


# --- 6 inverted_residual -------------------------------------------------------------------------


@check("inverted_residual", points=0.5)
def inverted_residual_constructs(submission: Submission) -> None:
    """An `InvertedResidual` can be made, with any stride and expansion."""
    defined(submission, "InvertedResidual", "class")
    submission.build("InvertedResidual", 4, 4, 1, 6).drop()
    submission.build("InvertedResidual", 4, out_channels=6, stride=2, expansion=1).drop()


@check("inverted_residual", points=1, needs="constructs")
def inverted_residual_output_shape(submission: Submission) -> None:
    """Its output has `out_channels` channels, on a map that shrinks by the stride."""
    cases = [((4, 4, 1, 6), (2, 8, 8)), ((3, 8, 1, 2), (1, 7, 10)), ((4, 6, 2, 3), (3, 9, 6)),
             ((5, 5, 2, 1), (1, 8, 5)), ((6, 3, 1, 1), (1, 3, 5))]  # fmt: skip
    block_shapes(submission, "InvertedResidual", cases)


@check("inverted_residual", points=1.5, needs="constructs")
def inverted_residual_parameters(submission: Submission) -> None:
    """It has the three convolutions with batch norm, the first only where it expands."""
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
        block = submission.build("InvertedResidual", *args)
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
        block.drop()


@check("inverted_residual", points=0.5, needs="output_shape")
def inverted_residual_linear(submission: Submission) -> None:
    """It ends linearly: about half of what leaves it is negative."""
    for args in ((4, 6, 1, 3), (4, 4, 1, 3), (4, 6, 2, 1)):
        block = submission.build("InvertedResidual", *args)
        output = is_tensor(block.forward(sample(4, args[0], 6, 6), train=True),
                           of=f"the output of InvertedResidual{args}")  # fmt: skip
        share = float((output < 0).float().mean())
        if share < 0.15:
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
        block = submission.build("InvertedResidual", *args)
        of = f"InvertedResidual{args} with given weights"
        same_function(block, frozen[f"InvertedResidual{args}"], of=of, hint=INVERTED)
        block.drop()


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


# --- 7 mobilenet_v2 ------------------------------------------------------------------------------

V2_BLOCKS = ((1, 1, 1), (6, 2, 2), (6, 3, 2), (6, 4, 2), (6, 3, 1), (6, 3, 2), (6, 1, 1))
"""Expansion, blocks, stride of the first."""
V2_WIDTHS: dict[float, tuple[int, int, tuple[int, ...]]] = {
    1.4: (6_108_776, 1792, (48, 24, 32, 48, 88, 136, 224, 448)),
    1.0: (3_504_872, 1280, (32, 16, 24, 32, 64, 96, 160, 320)),
    0.5: (1_968_680, 1280, (16, 8, 16, 16, 32, 48, 80, 160)),
    0.1: (0, 1280, (8, 8, 8, 8, 8, 16, 16, 32)),
}
"""Parameters, channels of the last 1×1, of the first convolution and of each row of blocks.

The parameters of the slimmest are not looked at.
"""
NARROW = "Below 1 the last 1×1 convolution keeps its 1280 channels."
ROUNDED = "Does every scaled number of channels go through make_divisible?"
V2_WRONG: dict[float, dict[int, str]] = {
    1.0: {
        3_505_960: "The first block has expansion 1: no 1×1 before its depthwise convolution.",
        2_236_682: "That is MobileNetV2 for 10 classes; the default is 1000.",
        2_132_712: "The 1×1 to 1280 channels after the last block is missing.",
        3_502_312: "The batch norm after the last 1×1 is missing.",
        3_504_808: "The batch norm of the first convolution is missing.",
        3_677_416: "That is a network of 19 blocks: the table has 17.",
        2_426_984: "The column n says how many blocks a row has.",
        2_943_208: SHARED,
    },
    1.4: {
        5_366_376: "Above 1 the last 1×1 convolution grows like the rest.",
        6_107_752: "The first convolution's channels are scaled as well.",
    },
    0.5: {
        1_225_000: NARROW,
        1_965_448: ROUNDED,
        3_503_976: "The blocks have their full width: is width_mult used for each of them?",
    },
}


def v2_plan(width: float = 1.0, size: int = 224, num_classes: int = 1000) -> list[tuple[int, int]]:
    """Channels and height of each layer with weights, for an image of height ``size``."""
    _, head, (channels, *rows) = V2_WIDTHS[width]
    size = -(-size // 2)
    plan = [(channels, size)]
    for (expansion, blocks, first_stride), out_channels in zip(V2_BLOCKS, rows, strict=True):
        for index in range(blocks):
            if expansion != 1:
                plan.append((expansion * channels, size))
            size = -(-size // first_stride) if index == 0 else size
            plan += [(expansion * channels, size), (out_channels, size)]
            channels = out_channels
    return [*plan, (head, size), (num_classes, 1)]


def v2_parameters(net: ModuleHandle, width: float, of: str) -> None:
    """The parameters of MobileNetV2 at a width, biases in front of batch norms left open."""
    base = V2_WIDTHS[width][0]
    biases = [channels for channels, _ in v2_plan(width)[:-1]]
    wrong = {count - base: hint for count, hint in V2_WRONG.get(width, {}).items()}
    wrong.setdefault(V2_WIDTHS[1.0][0] - base, "That is the full width: width_mult has no effect.")
    add_up(net, base, biases, wrong=wrong, of=of)


@check("mobilenet_v2", points=0.5, needs="inverted_residual/constructs")
def mobilenet_v2_constructs(submission: Submission) -> None:
    """`mobilenet_v2` returns a module, for any width and number of classes."""
    defined(submission, "mobilenet_v2", "function")
    submission.shared("mobilenet_v2", 0.1, 7)
    submission.shared("mobilenet_v2", num_classes=5, width_mult=0.1)


@check("mobilenet_v2", points=1, needs="constructs")
def mobilenet_v2_output_shape(submission: Submission) -> None:
    """It gives one score a class, for images of any size."""
    net = submission.shared("mobilenet_v2", 0.1, 7)
    scores(net, 7, [(2, 3, 32, 32), (1, 3, 33, 70)], of="mobilenet_v2(0.1, 7)")


@check("mobilenet_v2", points=1, needs="constructs")
def mobilenet_v2_parameters(submission: Submission) -> None:
    """At full width it has 3,504,872 parameters, without conv biases."""
    net = submission.shared("mobilenet_v2", device="meta")
    v2_parameters(net, 1.0, "mobilenet_v2()")


@check("mobilenet_v2", points=1.5, needs="parameters")
def mobilenet_v2_widths(submission: Submission) -> None:
    """At 1.4 and 0.5 it has the parameters of the released networks."""
    for width in (0.5, 1.4):
        net = submission.build("mobilenet_v2", width, device="meta")
        v2_parameters(net, width, f"mobilenet_v2({width})")
        net.drop()


@check("mobilenet_v2", points=1, needs="output_shape")
def mobilenet_v2_known_values(submission: Submission, frozen: Frozen) -> None:
    """With given weights and given images it returns the known scores."""
    net = submission.shared("mobilenet_v2", num_classes=5, width_mult=0.1)
    of, case = "mobilenet_v2(0.1, 5)", frozen["mobilenet_v2"]
    same_path(net, case.inputs[0], path(v2_plan(0.1, 34, 5), 34), of=of, hint=ROWS)
    same_function(net, case, of=f"{of} with given weights", hint=NETWORK)


@check("mobilenet_v2", points=1, needs=("output_shape", "same_function"))
def mobilenet_v2_layers(submission: Submission) -> None:
    """It has the widths and maps of the table, and costs 300,774,272 multiply-adds."""
    net = submission.shared("mobilenet_v2", device="meta")
    costs(net, v2_plan(), 300_774_272, of="mobilenet_v2()", hint=ROWS)


# --- 8 tables ------------------------------------------------------------------------------------

ONE_ROW: tuple[tuple[tuple[Any, ...], int, int], ...] = (
    (("conv", 5, 2), 7, 4 * 4 * 27 * 5),
    (("separable", 4, 1), 6, 6 * 6 * (27 + 12)),
    (("separable", 4, 2), 5, 3 * 3 * (27 + 12)),
    (("pointwise", 8), 3, 3 * 3 * 3 * 8),
    (("linear", 10), 9, 30),
    (("bottleneck", 1, 4, 1, 1), 5, 5 * 5 * (27 + 12)),
    (("bottleneck", 6, 4, 1, 1), 5, 5 * 5 * (3 * 18 + 9 * 18 + 18 * 4)),
    (("bottleneck", 6, 4, 1, 2), 5, 5 * 5 * 3 * 18 + 3 * 3 * (9 * 18 + 18 * 4)),
    (("bottleneck", 2, 4, 2, 2), 4, 4 * 4 * 3 * 6 + 2 * 2 * (54 + 24 + 32 + 72 + 32)),
)  # fmt: skip
"""A row, the image's size, the multiply-adds."""
HALF_WIDTH = [
    ("conv", 16, 2), ("separable", 32, 1), ("separable", 64, 2), ("separable", 64, 1),
    ("separable", 128, 2), ("separable", 128, 1), ("separable", 256, 2),
    *[("separable", 256, 1)] * 5, ("separable", 512, 2), ("separable", 512, 1), ("linear", 1000),
]  # fmt: skip


def counted(submission: Submission, rows: Sequence[tuple[Any, ...]], size: int, of: str) -> int:
    """What ``table_macs`` returns, if it is an int."""
    return int(number(submission.call("table_macs", list(rows), size), of=of, whole=True))


@check("tables", points=0.5)
def tables_whole(submission: Submission) -> None:
    """`table_macs` returns an int, and 0 for a table without rows."""
    defined(submission, "table_macs", "function")
    found = counted(submission, [], 32, "table_macs([], 32)")
    if found:
        raise Unmet("a table without rows costs something", expected="0", got=str(found))


@check("tables", points=1, needs="whole")
def tables_one_row(submission: Submission) -> None:
    """A table of one row costs what its formula says, for each kind of row."""
    for row, size, expected in ONE_ROW:
        of = f"table_macs([{row}], {size})"
        found = counted(submission, [row], size, of)
        if found != expected:
            raise Unmet(
                f"{of} gives another number", got=f"{found:,}", expected=f"{expected:,}",
                hint="A layer costs its weights (no biases, no batch norm) times the positions of "
                "its output. Which map does each layer of this row have?",
            )  # fmt: skip


@check("tables", points=1, needs="whole")
def tables_half_width(submission: Submission) -> None:
    """MobileNet's table at half width costs 149,497,088, as counted in question 4."""
    found = counted(submission, HALF_WIDTH, 224, "table_macs of MobileNet at half width")
    if found != 149_497_088:
        raise Unmet(
            "MobileNet's table at half width costs another number for a 224×224 image",
            expected="149,497,088", got=f"{found:,}",
            hint="Rows hand on two things to the next: the number of channels and the size of the "
            "map.",
        )  # fmt: skip


@check("tables", points=0.5)
def tables_stated(submission: Submission) -> None:
    """`verdict()` returns a dictionary that names one table for each network."""
    options = {"mobilenet_v1": ("printed", "corrected"), "mobilenet_v2": ("A", "B", "C")}
    stated(submission, "verdict", options)


# --- 9 linear_bottleneck -------------------------------------------------------------------------

OPTIONS = {
    "better_with_4_channels": ("linear", "activated", "no difference"),
    "larger_difference_with": ("4 channels", "16 channels"),
    "spiral_comes_back_from": ("2 channels", "30 channels", "both", "neither"),
}


@check("linear_bottleneck", points=0.5)
def linear_bottleneck_stated(submission: Submission) -> None:
    """`conclusion()` returns a dictionary of three statements, each from its list."""
    stated(submission, "conclusion", OPTIONS)
