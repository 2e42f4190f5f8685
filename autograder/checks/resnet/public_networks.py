"""Public checks of ``assignments/resnet``: ResNets for CIFAR-10 and ImageNet, and the plain twin.

They run in a student's own kernel, where the reference is not, and again when a submission is
graded. A check is called ``<question>_<name>``; costs
count only for what is the right function, which a hidden check decides.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from autograder.expect import Frozen, Unmet, check, defined, macs, same_function
from autograder.expect.blocks import add_up, sample
from autograder.expect.networks import layer_plan, same_wherever_zeros_stand, scores
from autograder.submission import Submission

NETWORK = (
    "If your blocks pass their own checks, go along the table: the stem and what follows its "
    "convolution, each stage, the average, the linear layer, and nothing after it."
)


# --- 4 resnet_cifar ------------------------------------------------------------------------------

STAGES = [(16, 32)] * 7 + [(32, 16)] * 6 + [(64, 8)] * 6 + [(10, 1)]


CIFAR_BIASES = [16, *[16, 32, 64] * 6]


CIFAR_WRONG = {
    2_752: "That is option B: two projections with batch norm have crept in.",
    2_560: "Two projections have crept in: option A has no parameters.",
    -97_216: "Blocks that are one object, repeated, share their weights.",
    -32: "The stem's batch norm is missing.",
    1_920: "The stem is one 3×3 convolution, not 7×7.",
    291_648: "Twice as many blocks: each has two of the 2n layers of its stage.",
    -194_432: "As many as for n = 1.",
}


SMALL_IMAGES = [(2, 3, 16, 16), (3, 3, 4, 6)]


@check("resnet_cifar", points=0.5)
def resnet_cifar_constructs(submission: Submission) -> None:
    """`resnet_cifar` returns a module, for any n and number of classes."""
    defined(submission, "resnet_cifar", "function")
    submission.shared("resnet_cifar", 1)
    submission.shared("resnet_cifar", 2, num_classes=7)


@check("resnet_cifar", points=1, needs="constructs")
def resnet_cifar_output_shape(submission: Submission) -> None:
    """It gives one score a class, for images of any size."""
    net = submission.shared("resnet_cifar", 2, num_classes=7)
    scores(net, 7, SMALL_IMAGES, of="resnet_cifar(2, num_classes=7)")


@check("resnet_cifar", points=1.5, needs="constructs")
def resnet_cifar_parameters(submission: Submission) -> None:
    """`resnet_cifar(3)` has 269,722 parameters, or up to 270,410 with conv biases."""
    net = submission.shared("resnet_cifar", 3)
    add_up(net, 269_722, CIFAR_BIASES, wrong=CIFAR_WRONG, of="resnet_cifar(3)")


@check("resnet_cifar", points=1.5, needs="output_shape")
def resnet_cifar_known_values(submission: Submission, frozen: Frozen) -> None:
    """With given weights and given images it returns the known scores."""
    net = submission.shared("resnet_cifar", 1)
    of = "resnet_cifar(1) with given weights"
    same_wherever_zeros_stand(net, frozen["resnet_cifar"], (16, 32, 64), of=of, hint=NETWORK)


@check("resnet_cifar", points=1, needs=("output_shape", "same_function"))
def resnet_cifar_layers(submission: Submission) -> None:
    """It has 6n + 2 layers, with the widths and maps of the table, and costs what they cost."""
    net, x = submission.shared("resnet_cifar", 3), sample(1, 3, 32, 32)
    hint = "Only the first block of the second and of the third stage has stride 2."
    cost = layer_plan(net, x, STAGES, of="resnet_cifar(3)", hint=hint)
    if cost != 40_551_040:
        of = "resnet_cifar(3) for a 32×32 image costs another number of multiply-adds"
        raise Unmet(of, expected="40,551,040", got=f"{cost:,}", hint=hint)


# --- 5 resnet50 ----------------------------------------------------------------------------------

FULL = 25_557_032


FULL_WRONG = {
    22_780_456 - FULL: "The shortcuts have no parameters at all.",
    40_128_552 - FULL: "Every block has a projection; only four need one.",
    21_797_672 - FULL: "That is ResNet-34: it is made of basic blocks.",
    23_528_522 - FULL: "That is ResNet-50 for 10 classes; the default is 1000.",
    25_549_352 - FULL: "The projections have no batch norm, or the stem is 3×3 instead of 7×7.",
    25_556_904 - FULL: "The stem's batch norm is missing.",
    25_547_624 - FULL: "The stem's convolution is missing or frozen.",
    15_995_176 - FULL: "Two blocks a stage: ResNet-50 has 3, 4, 6 and 3.",
    39_996_456 - FULL: "Every block of a stage strides, so that each needs a projection.",
    31_069_224 - FULL: "The stride comes in a stage's last block, which makes a second projection.",
    2_000_744 - FULL: "width is the narrow width of the first stage, not its output's.",
    1_595_688 - FULL: "The width doubles from stage to stage.",
    44_549_160 - FULL: "That is ResNet-101: the third stage has 6 blocks, not 23.",
}


@check("resnet50", points=0.5)
def resnet50_constructs(submission: Submission) -> None:
    """`resnet50` returns a module, for any number of classes and width."""
    defined(submission, "resnet50", "function")
    submission.shared("resnet50", num_classes=5, width=2)


@check("resnet50", points=1, needs="constructs")
def resnet50_output_shape(submission: Submission) -> None:
    """It gives one score a class, for images of any size."""
    net = submission.shared("resnet50", num_classes=5, width=2)
    scores(net, 5, [(1, 3, 33, 32)], of="resnet50(num_classes=5, width=2)")


@check("resnet50", points=1.5, needs="constructs")
def resnet50_parameters(submission: Submission) -> None:
    """At full width it has 25,557,032 parameters, without conv biases."""
    net = submission.shared("resnet50", device="meta")
    narrow = 64 * 3 + 128 * 4 + 256 * 6 + 512 * 3
    biases = [64, narrow, narrow, 4 * narrow, 4 * (64 + 128 + 256 + 512)]
    add_up(net, FULL, biases, wrong=FULL_WRONG, of="resnet50()")


@check("resnet50", points=1, needs="output_shape")
def resnet50_known_values(submission: Submission, frozen: Frozen) -> None:
    """With given weights and given images it returns the known scores."""
    net = submission.shared("resnet50", num_classes=5, width=2)
    of = "resnet50(num_classes=5, width=2) with given weights"
    same_function(net, frozen["resnet50"], of=of, hint=NETWORK)


@check("resnet50", points=1, needs=("output_shape", "same_function"))
def resnet50_cost(submission: Submission) -> None:
    """For a 224×224 image it costs 4,089,184,256 multiply-adds."""
    net = submission.shared("resnet50", device="meta")
    x = torch.empty(1, 3, 224, 224, device="meta")
    macs(
        net, x, 4_089_184_256, of="resnet50() for a 224×224 image",
        hint="3,857,973,248 is the version with the stride on the first 1×1. About four times too "
        "many: a stride of 2, or the pooling of the stem, is missing.",
    )  # fmt: skip


# --- 8 plain_twin --------------------------------------------------------------------------------


@check("plain_twin", points=0.5)
def plain_twin_output_shape(submission: Submission) -> None:
    """`plain_cifar` returns a module that gives one score a class."""
    defined(submission, "plain_cifar", "function")
    net = submission.shared("plain_cifar", 2, num_classes=7)
    scores(net, 7, SMALL_IMAGES, of="plain_cifar(2, num_classes=7)")


@check("plain_twin", points=0.5, needs="output_shape")
def plain_twin_parameters(submission: Submission) -> None:
    """`plain_cifar(3)` has as many parameters as `resnet_cifar(3)`."""
    net = submission.shared("plain_cifar", 3)
    add_up(net, 269_722, CIFAR_BIASES, wrong=CIFAR_WRONG, of="plain_cifar(3)")


@check("plain_twin", points=1, needs="output_shape")
def plain_twin_known_values(submission: Submission, frozen: Frozen) -> None:
    """With given weights and given images it returns the known scores."""
    case = replace(frozen["plain_cifar"], layers=frozen["resnet_cifar"].layers)
    net = submission.build("plain_cifar", 1)
    hint = "Is a shortcut left? Is each convolution followed by batch norm and ReLU?"
    same_function(net, case, of="plain_cifar(1) with given weights", hint=hint)


@check("plain_twin", points=0.5, needs=("output_shape", "same_function"))
def plain_twin_layers(submission: Submission) -> None:
    """It has the layers of `resnet_cifar`, one for one."""
    net, x = submission.shared("plain_cifar", 3), sample(1, 3, 32, 32)
    hint = "Only the first convolution of the second and of the third stage has stride 2."
    layer_plan(net, x, STAGES, of="plain_cifar(3)", hint=hint)
