"""The public checks of ``assignments/resnet``: closed formulas, properties, frozen cases.

They run in a student's own kernel, where the reference is not, and again when a submission is
graded. Sizes are small, odd and unequal on purpose. A check is called ``<question>_<name>``; costs
count only for what is the right function, which a hidden check decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
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
    kind_of,
    macs,
    numbers,
    parameter_count,
    same_function,
)
from autograder.expect.blocks import (
    add_up,
    block_shapes,
    changed_entries,
    for_each,
    holding,
    never_negative,
    sample,
    shortcut_remains,
)
from autograder.expect.networks import layer_plan, same_wherever_zeros_stand, scores
from autograder.expect.statements import stated
from autograder.submission import ModuleHandle, Submission

Frozen = Mapping[str, Case]

BASIC = (
    "Go through the order once more: convolution, batch norm, ReLU, convolution, batch norm; then "
    "the addition; then one last ReLU."
)
BOTTLENECK = (
    "Go through the order once more: 1×1, batch norm, ReLU, 3×3 (with the stride), batch norm, "
    "ReLU, 1×1, batch norm; then the addition; then one last ReLU."
)
NETWORK = (
    "If your blocks pass their own checks, go along the table: the stem and what follows its "
    "convolution, each stage, the average, the linear layer, and nothing after it."
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
    """It has two 3×3 convolutions with batch norm, and a projection only where one is needed."""
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
    block_shapes(submission, "Bottleneck", cases, expansion=4)


@check("bottleneck", points=1, needs="constructs")
def bottleneck_parameters(submission: Submission) -> None:
    """It has 1×1, 3×3 and 1×1 with batch norm, and a projection only where one is needed."""
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
    block_shapes(submission, "PaddedShortcut", cases)


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
            hint="F.pad wants its numbers from the last dimension backwards: W, H, then channels.",
        )
    return whole[:, used]


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


# --- 6 zero_init ---------------------------------------------------------------------------------


@check("zero_init", points=0.5, needs=("basic_block/constructs", "bottleneck/constructs"))
def zero_init_in_place(submission: Submission) -> None:
    """`zero_init_residual` works in place and returns `None`."""
    defined(submission, "zero_init_residual", "function")
    for name, args in (("BasicBlock", (4, 4)), ("Bottleneck", (8, 2))):
        block = submission.build(name, *args)
        result = submission.call("zero_init_residual", block)
        if result is not None:
            got = kind_of(result)
            hint = "Leave out the return: the model itself is changed."
            raise Unmet("zero_init_residual returns something", expected="None", got=got, hint=hint)
        block.drop()


@check("zero_init", points=1, needs="in_place")
def zero_init_one_gamma(submission: Submission) -> None:
    """In a block it zeroes one γ, the last of the residual branch, and nothing else."""
    for name, args, width in (("BasicBlock", (4, 6, 2), 6), ("Bottleneck", (8, 4, 2), 16)):
        block = submission.build(name, *args)
        zeroed(submission, block, [width], of=f"{name}{args}")
        silent(block, args, of=f"{name}{args}")
        block.drop()


def silent(block: ModuleHandle, args: tuple[int, ...], *, of: str) -> None:
    """What a strided block gives depends only on the positions that its shortcut sees."""
    x = sample(2, args[0], 8, 6)
    moved = x.clone()
    moved[:, :, 1::2] += 1
    before = is_tensor(block.forward(x), of=f"the output of {of}")
    after = has_shape(block.forward(moved), before.shape, of=f"the output of {of}")
    differ = int((~torch.isclose(after.double(), before.double(), rtol=1e-5, atol=1e-5)).sum())
    if differ:
        raise Unmet(
            f"after zero_init_residual F(x) of {of} still depends on its input",
            expected="an output that depends on positions 0, 2, 4, ... alone, as S(x) does",
            got=f"{differ} of {before.numel()} values change with the other positions",
            hint="γ is the weight, not the bias; and it is the branch's, not the shortcut's.",
        )


@check("zero_init", points=1, needs=("in_place", "resnet50/constructs"))
def zero_init_any_depth(submission: Submission) -> None:
    """In a whole `resnet50` it zeroes one γ in each of the 16 blocks."""
    net = submission.build("resnet50", num_classes=5, width=1)
    zeroed(submission, net, [4] * 3 + [8] * 4 + [16] * 6 + [32] * 3, of="resnet50(width=1)")
    net.drop()


def zeroed(submission: Submission, model: ModuleHandle, widths: Sequence[int], *, of: str) -> None:
    """As many state entries as ``widths`` become zero, of these lengths, and no other changes."""
    state = model.state(values=False)
    values = for_each(state, lambda shape: 2 + sample(*shape) / 9, of=of, buffers=True)
    model.load(values)
    submission.call("zero_init_residual", model)
    after = model.state()
    changed = [after.entries[index] for index in changed_entries(holding(state, values), after)]
    lengths = sorted(entry.value.numel() for entry in changed if entry.value is not None)
    if lengths != sorted(widths):
        raise Unmet(
            f"in {of} it changes something else than the last γ of each block",
            expected=f"{len(widths)} changed, of length {_or(widths)}",
            got=f"{len(lengths)} changed, of length {_or(lengths)}" if lengths else "none changed",
            hint="Only the last batch norm before the addition; model.modules() visits all blocks.",
        )
    for entry in changed:
        if entry.value is None or bool((entry.value != 0).any()) or not entry.requires_grad:
            raise Unmet(
                f"in {of} a γ becomes something else than a trainable zero",
                expected="zeros, with requires_grad=True",
                got=f"requires_grad={entry.requires_grad}, all zero: {not entry.value.any()}"
                if entry.value is not None else "no values",
            )  # fmt: skip


def _or(lengths: Sequence[int]) -> str:
    return " or ".join(str(length) for length in sorted(set(lengths)))


# --- 7 gradient_profile --------------------------------------------------------------------------

PROBE: list[list[Any]] = [
    ["Conv2d", 3, 4, 3, {"padding": 1}], ["BatchNorm2d", 4], ["ReLU"],
    ["Conv2d", 4, 2, 1], ["Tanh"], ["Flatten"], ["Linear", 40, 3],
]  # fmt: skip
"""A net of ours for images of 5×4 pixels and three classes."""


def profile(submission: Submission, net: ModuleHandle, x: Tensor, y: Tensor) -> Tensor:
    """What ``gradient_profile`` returns, if it is a list of numbers."""
    return numbers(submission.call("gradient_profile", net, x, y), of="the profile")


@check("gradient_profile", points=0.5)
def gradient_profile_list(submission: Submission) -> None:
    """It returns one float for each weight with two or more dimensions."""
    defined(submission, "gradient_profile", "function")
    net = submission.probe_net(PROBE, seed=1)
    found = profile(submission, net, sample(6, 3, 5, 4), torch.arange(6) % 3)
    if len(found) != 3:
        raise Unmet(
            "the profile of a net with two convolutions and one linear layer has another length",
            expected="3",
            got=f"{len(found)}",
            hint="Biases and batch norm's γ and β have one dimension: leave them out.",
        )


@check("gradient_profile", points=1, needs="list")
def gradient_profile_values(submission: Submission) -> None:
    """Each is the norm of a gradient of the mean loss, in the mode that the model is in."""
    x, y = sample(6, 3, 5, 4), torch.arange(6) % 3
    for train in (True, False):
        net = submission.probe_net(PROBE, seed=2)
        net.mode(train=train)
        gradients = net.gradients(x, labels=y, train=train)
        weights = [part for part in gradients if part is not None and part.dim() >= 2]
        norms = torch.tensor([float(weight.norm()) for weight in weights])
        close(
            profile(submission, net, x, y), norms, rtol=1e-3, atol=1e-6,
            of=f"the profile in {'training' if train else 'evaluation'} mode",
            hint="Square root of the sum of squares of the gradient of the mean cross-entropy.",
        )  # fmt: skip


@check("gradient_profile", points=1, needs="list")
def gradient_profile_leaves_no_trace(submission: Submission) -> None:
    """A second call gives the same numbers, and the model is as before."""
    x, y = sample(6, 3, 5, 4), torch.arange(6) % 3
    net = submission.probe_net(PROBE, seed=3)
    net.mode(train=False)
    before = net.state()
    first, second = profile(submission, net, x, y), profile(submission, net, x, y)
    if changed_entries(before, net.state()):
        raise Unmet(
            "gradient_profile changes a model that is in evaluation mode",
            expected="parameters and running statistics as before",
            got="other values after the call",
            hint="Measure only: no optimizer step, and no model.train().",
        )
    hint = "backward() adds to the gradients that are there already."
    close(second, first, of="the profile from a second call", rtol=1e-5, atol=1e-8, hint=hint)


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


# --- 9 degradation -------------------------------------------------------------------------------

OPTIONS = {
    "trains_better_at_38_layers": ("plain", "residual", "no difference"),
    "plain_38_against_plain_8": ("overfits", "fails to train", "as good"),
    "plain_38_gradients_before_training": ("vanish towards the input", "do not vanish"),
}


@check("degradation", points=0.5)
def degradation_stated(submission: Submission) -> None:
    """`conclusion()` returns a dictionary of three statements, each from its list."""
    stated(submission, "conclusion", OPTIONS)
