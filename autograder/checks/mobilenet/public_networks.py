"""Public checks of ``assignments/mobilenet``: MobileNet and MobileNetV2, their counts and layers.

They run in a student's own kernel, where the reference is not, and again when a submission is
graded. A check is called ``<question>_<name>``; costs
count only for what is the right function, which a hidden check decides.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from autograder.checks.mobilenet.public_blocks import LATE
from autograder.expect import Frozen, Unmet, check, defined
from autograder.expect.blocks import add_up
from autograder.expect.networks import layer_plan, same_network, scores
from autograder.submission import ModuleHandle, Submission

NETWORK = (
    "If your blocks pass their own checks, go along the table: the first convolution and what "
    "follows it, each row of blocks, what comes before the average, the linear layer."
)


ROWS = (
    "Compare the first layer that differs with the table: its channels (are they scaled?), and the "
    "strides before it. Only the first block of a row has its row's stride, the others have 1."
)


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
    wanted = path(v1_plan(0.0625, 34, 5), 34)
    same_network(net, case, wanted, of=f"{of} with given weights", hint=NETWORK, path_hint=ROWS)


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


SLIM = (0.1, 7)
"""The network that nearly all checks look at: to build one takes as long as to run it."""


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
    submission.shared("mobilenet_v2", *SLIM)


@check("mobilenet_v2", points=1, needs="constructs")
def mobilenet_v2_output_shape(submission: Submission) -> None:
    """It gives one score a class, for images of any size."""
    net = submission.shared("mobilenet_v2", *SLIM)
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
        net = submission.build("mobilenet_v2", width_mult=width, num_classes=1000, device="meta")
        v2_parameters(net, width, f"mobilenet_v2({width})")
        net.drop()


@check("mobilenet_v2", points=1, needs="output_shape")
def mobilenet_v2_known_values(submission: Submission, frozen: Frozen) -> None:
    """With given weights and given images it returns the known scores."""
    net = submission.shared("mobilenet_v2", *SLIM)
    of, case = "mobilenet_v2(0.1, 7) with given weights", frozen["mobilenet_v2"]
    wanted = path(v2_plan(0.1, 34, 7), 34)
    same_network(net, case, wanted, of=of, hint=NETWORK, path_hint=ROWS)


@check("mobilenet_v2", points=1, needs=("output_shape", "same_function"))
def mobilenet_v2_layers(submission: Submission) -> None:
    """It has the widths and maps of the table, and costs 300,774,272 multiply-adds."""
    net = submission.shared("mobilenet_v2", device="meta")
    costs(net, v2_plan(), 300_774_272, of="mobilenet_v2()", hint=ROWS)
