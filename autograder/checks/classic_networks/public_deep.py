"""Public checks of ``assignments/classic-networks``: AlexNet and VGG.

They run in a student's own kernel, where the reference is not, and again when a submission is
graded. A check is called ``<question>_<name>``; costs
count only for what is the right function, which a hidden check decides. Images have the one size
that fits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from autograder.expect import (
    Frozen,
    Unmet,
    check,
    defined,
    has_shape,
    kind_of,
    macs,
    parameter_count,
    same_function,
)
from autograder.expect.blocks import sample
from autograder.submission import ModuleHandle, Submission

# --- 5 alexnet -----------------------------------------------------------------------------------

ALEXNET = (
    "Go through the table once more. In the first two layers: convolution, ReLU, response "
    "normalisation, pooling. Which layers have groups? And a ReLU follows the first two linear "
    "layers."
)


ALEXNET_COST = {1: 1_135_256_096, 2: 724_406_816}


ALEXNET_COUNT = {1: 62_378_344, 2: 60_965_224}


ALEXNET_WRONG = {
    61_100_840: "That is torchvision's AlexNet, the “one weird trick”: 64-192-384-256-256.",
    50_844_008: "6,400 features, 5×5: that is for images of 224×224, or for a second convolution "
    "that pads too little. With 227 the last map is 6×6.",
    56_909_194: "Ten classes? The default is 1000.",
    58_322_314: "Ten classes? The default is 1000.",
    60_522_856: "The third convolution reads all channels: it has no groups.",
    62_071_144: "The fourth and the fifth convolution have groups, too.",
    62_379_048: "Batch norms? Response normalisation has no parameters.",
    201_838_952: "Maps of 13×13 reach the head: a pooling is missing.",
    45_597_032: "A linear layer is missing: there are three.",
    61_272_424: "The second convolution has groups, too.",
}


def slim(submission: Submission, groups: int, **options: Any) -> ModuleHandle:
    """A whole network of a sixteenth of the width, for five classes."""
    return submission.shared("alexnet", groups, num_classes=5, width=6, **options)


@check("alexnet", points=0.5)
def alexnet_constructs(submission: Submission) -> None:
    """`alexnet` returns a module, for one group and two, and any width."""
    defined(submission, "alexnet", "function")
    slim(submission, 2)
    submission.build("alexnet", groups=1, num_classes=3, width=12).drop()


@check("alexnet", points=1, needs="constructs")
def alexnet_output_shape(submission: Submission) -> None:
    """It gives one score a class, for any number of images."""
    for groups, n in ((2, 2), (1, 1)):
        net = slim(submission, groups)
        has_shape(
            net.forward(sample(n, 3, 227, 227)), (n, 5),
            of=f"the output of alexnet({groups}, num_classes=5, width=6) for {n} images",
            hint="The map in front of flatten is 6×6; flatten leaves the batch alone; the last "
            "layer has num_classes outputs.",
        )  # fmt: skip


@check("alexnet", points=1.5, needs="constructs")
def alexnet_parameters(submission: Submission) -> None:
    """At full width it has 60,965,224 parameters with two groups, 62,378,344 with one."""
    for groups, count in ALEXNET_COUNT.items():
        net = submission.shared("alexnet", groups=groups, device="meta")
        other = {ALEXNET_COUNT[3 - groups]: "Does `groups` reach the convolutions that have it?"}
        wrong = {**ALEXNET_WRONG, **other}
        of = f"alexnet(groups={groups})"
        parameter_count(net, {count: "the table"}, known_wrong=wrong, of=of)


@check("alexnet", points=1.5, needs="output_shape")
def alexnet_known_values(submission: Submission, frozen: Frozen) -> None:
    """With given weights and a given image it returns the known scores."""
    of = "alexnet(2, num_classes=5, width=6) with given weights"
    net = slim(submission, 2, dtype="float64")
    same_function(net, frozen["alexnet"], of=of, hint=ALEXNET)


@check("alexnet", points=1, needs=("known_values", "same_function"))
def alexnet_cost(submission: Submission) -> None:
    """It costs 724,406,816 multiply-adds with two groups, 1,135,256,096 with one."""
    for groups, cost in ALEXNET_COST.items():
        net = submission.shared("alexnet", groups=groups, device="meta")
        x = torch.empty(1, 3, 227, 227, device="meta")
        hint = "A grouped convolution costs half as much. Is what is computed also used?"
        macs(net, x, cost, of=f"alexnet(groups={groups})", hint=hint)


# --- 6 vgg ---------------------------------------------------------------------------------------

SMALL: list[int | str] = [3, "M", 4, 5, "M"]


VGG = (
    "Each convolution is followed by its own ReLU, each block by one pooling; then flatten, "
    "linear, ReLU, linear, ReLU, linear."
)


VGG_WRONG = {
    138_365_992: "That is VGG-16 with batch norm, which the paper did not have yet.",
    138_344_128: "The biases are missing.",
    138_353_320: "The convolutions' biases are missing.",
    37_694_248: "The first linear layer reads all 7×7 positions, not their average.",
    121_576_232: "A linear layer is missing: there are three.",
    164_509_480: "The convolutions are 3×3, not 5×5.",
    125_193_832: "Layers that are one object, repeated, share their weights.",
    133_822_440: "In VGG-16 the last three blocks have three convolutions.",
    131_499_560: "The blocks have 64, 128, 256, 512 and 512 channels.",
    134_301_514: "Ten classes? The default is 1000.",
    257_634_600: "The fifth block has 512 channels, as the fourth.",
    133_638_952: "That is configuration C, with 1×1 convolutions.",
    14_714_688: "The linear layers are missing, or not registered.",
}


def configs_of(submission: Submission, *depths: int) -> Iterator[list[Any]]:
    """What ``vgg_config`` returns for each depth."""
    answers = submission.call_each("vgg_config", [(depth,) for depth in depths])
    for depth, found in zip(depths, answers, strict=True):
        if not isinstance(found, list | tuple):
            what = f"vgg_config({depth}) does not return a list"
            raise Unmet(what, expected="a list such as the one in the text", got=kind_of(found))
        yield list(found)


@check("vgg", points=1)
def vgg_configs(submission: Submission) -> None:
    """`vgg_config` gives as many layers as the name says, and a pooling for each block."""
    defined(submission, "vgg_config", "function")
    depths = (11, 13, 16, 19)
    for depth, config in zip(depths, configs_of(submission, *depths), strict=True):
        odd = [e for e in config if e != "M" and (isinstance(e, bool) or not isinstance(e, int))]
        if odd:
            what = f"vgg_config({depth}) has an entry that is neither a whole number nor 'M'"
            raise Unmet(what, expected="512 or 'M'", got=repr(odd[0])[:40])
        layers, poolings = sum(entry != "M" for entry in config), config.count("M")
        if (layers, poolings) != (depth - 3, 5) or config[-1] != "M":
            raise Unmet(
                f"vgg_config({depth}) has another number of entries, or another order",
                expected=f"{depth - 3} convolutions and 5 poolings, the last entry 'M'",
                got=f"{layers} convolutions and {poolings} poolings, the last entry "
                f"{config[-1] if config else None!r}",
                hint="Each convolution has an entry, and each block ends in 'M'. The three linear "
                "layers count in the name, but do not stand in the list.",
            )


@check("vgg", points=0.5)
def vgg_constructs(submission: Submission) -> None:
    """`make_vgg` returns a module, for any configuration."""
    defined(submission, "make_vgg", "function")
    submission.shared("make_vgg", SMALL, num_classes=4, hidden=6)
    submission.build("make_vgg", [2, 2, "M"], hidden=3).drop()


@check("vgg", points=1, needs="constructs")
def vgg_output_shape(submission: Submission) -> None:
    """It gives one score a class, for images that leave maps of 7×7."""
    cases: tuple[tuple[list[int | str], int], ...] = ((SMALL, 28), ([4, 3, "M"], 14))
    for config, size in cases:
        net = submission.shared("make_vgg", config, num_classes=4, hidden=6)
        for n in (2, 1):
            has_shape(
                net.forward(sample(n, 3, size, size)), (n, 4),
                of=f"the output of make_vgg({config}, num_classes=4, hidden=6) for images of shape "
                f"{(n, 3, size, size)}",
                hint="Only poolings make the map smaller; flatten leaves the batch alone; the last "
                "layer has num_classes outputs.",
            )  # fmt: skip


@check("vgg", points=1, needs=("constructs", "configs"))
def vgg_parameters(submission: Submission) -> None:
    """VGG-16 has 138,357,544 parameters."""
    net = submission.shared("make_vgg", next(configs_of(submission, 16)), device="meta")
    of = "make_vgg(vgg_config(16))"
    parameter_count(net, {138_357_544: "VGG-16"}, known_wrong=VGG_WRONG, of=of)


@check("vgg", points=1, needs="output_shape")
def vgg_known_values(submission: Submission, frozen: Frozen) -> None:
    """With given weights and given images it returns the known scores."""
    net = submission.shared("make_vgg", SMALL, num_classes=4, hidden=6, dtype="float64")
    of = f"make_vgg({SMALL}, num_classes=4, hidden=6) with given weights"
    same_function(net, frozen["vgg"], of=of, hint=VGG)


@check("vgg", points=0.5, needs=("parameters", "known_values", "same_function"))
def vgg_cost(submission: Submission) -> None:
    """VGG-16 costs 15,470,264,320 multiply-adds for an image of 224×224."""
    net = submission.shared("make_vgg", next(configs_of(submission, 16)), device="meta")
    x = torch.empty(1, 3, 224, 224, device="meta")
    hint = "Each block works on a map of half the size: the pooling comes at its end."
    macs(net, x, 15_470_264_320, of="make_vgg(vgg_config(16))", hint=hint)
