"""Public checks of ``assignments/inception``: the block and the auxiliary head.

They run in a student's own kernel, where the reference is not, and again when a submission is
graded. Sizes are small, odd and unequal on purpose. A check is called ``<question>_<name>``; costs
count only for what is the right function, which a hidden check decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from autograder.checks.inception.public_pixels import convolution
from autograder.expect import (
    Frozen,
    Unmet,
    check,
    defined,
    has_shape,
    is_tensor,
    macs,
    parameter_count,
    same_function,
)
from autograder.expect.blocks import for_each, never_negative, passing, sample
from autograder.submission import ModuleHandle, Submission

# --- 5 inception ---------------------------------------------------------------------------------

SMALL: Any = (3, 2, (3, 4), (2, 5), 6)


BRANCHES = ("1×1", "3×3", "5×5", "pool")


BLOCK = (
    "Go through the table: every convolution is followed by a ReLU, the reductions as well; the "
    "1×1 of the pool branch stands behind the pooling."
)


def block_count(a: int, c1: int, c3: tuple[int, int], c5: tuple[int, int], pool: int) -> int:
    """Parameters of an Inception block."""
    reductions = convolution(a, c3[0], 1) + convolution(a, c5[0], 1)
    large = sum(convolution(*pair, k) for pair, k in ((c3, 3), (c5, 5)))
    return convolution(a, c1, 1) + reductions + large + convolution(a, pool, 1)


@check("inception", points=0.5)
def inception_constructs(submission: Submission) -> None:
    """An `Inception` can be made, its arguments given by place or by name."""
    defined(submission, "Inception", "class")
    submission.shared("Inception", *SMALL)
    submission.build("Inception", 3, c1=2, c3=(3, 4), c5=(2, 5), pool_proj=6).drop()


@check("inception", points=1, needs="constructs")
def inception_output_shape(submission: Submission) -> None:
    """Its branches stand one behind the other in the channels; the map keeps its size."""
    cases: list[tuple[Any, tuple[int, int, int]]] = [
        (SMALL, (2, 7, 10)), ((4, 1, (2, 3), (1, 2), 1), (1, 5, 3)), (SMALL, (1, 2, 2)),
        ((4, 2, (2, 2), (2, 2), 2), (3, 8, 8)),
    ]  # fmt: skip
    for args, (n, height, width) in cases:
        block = submission.shared("Inception", *args)
        channels = args[1] + args[2][1] + args[3][1] + args[4]
        has_shape(
            block.forward(sample(n, args[0], height, width)), (n, channels, height, width),
            of=f"the output of Inception{args} for images of {height}×{width}",
            hint="Each branch must keep height and width: a 3×3 needs padding 1, a 5×5 padding 2, "
            "and pooling has a stride of its own. dim=1 are the channels.",
        )  # fmt: skip


@check("inception", points=1.5, needs="constructs")
def inception_parameters(submission: Submission) -> None:
    """Its parameters are those of six convolutions with biases: 163,696 for GoogLeNet's 3a."""
    for args in ((192, 64, (96, 128), (16, 32), 32), (5, 2, (3, 7), (4, 6), 8)):
        a, c1, (r3, n3), (r5, n5), p = args
        right = block_count(*args)
        biases = sum((p, n5, r5, n3, r3, c1))
        wrong = {
            right - biases: "The biases are missing.",
            right + 2 * biases: "There is batch norm in it: the paper is older than that.",
            right + biases: "Batch norm in place of biases: the paper has biases.",
            right - 16 * r5 * n5: "A 3×3 stands where the 5×5 belongs.",
            right - 25 * r5 * n5 + 9 * (r5 * n5 + n5 * n5) + n5: "Two 3×3 are not a 5×5.",
            right - convolution(a, p, 1): "The pool branch has no 1×1 convolution.",
            right - convolution(a, r5, 1): "One of the reductions is missing.",
            right + 8 * a * p: "The convolution behind the pooling is 1×1.",
            block_count(a, c1, (n3, r3), (n5, r5), p):
                "c3 and c5 name the reduced channels first, then the output's.",
            convolution(a, c1, 1) + convolution(a, n3, 3) + convolution(a, n5, 5)
                + convolution(a, p, 1): "That is the naive block, without reductions.",
            0: "PyTorch sees no layers in a plain list or dict: use nn.ModuleList or attributes.",
        }  # fmt: skip
        block = submission.build("Inception", *args)
        parameter_count(block, {right: "with biases"}, known_wrong=wrong, of=f"Inception{args}")
        block.drop()


@check("inception", points=1, needs="output_shape")
def inception_windows(submission: Submission) -> None:
    """Its channels look at 1×1, 3×3, 5×5 and 3×3 pixels, in this order."""
    widths = (SMALL[1], SMALL[2][1], SMALL[3][1], SMALL[4])
    block = submission.build("Inception", *SMALL)
    block.load(for_each(block.state(values=False), _tenths, of=f"Inception{SMALL}"))
    x = sample(1, 3, 9, 9).abs()
    touched = x.clone()
    touched[:, :, 4, 4] += 50
    of = f"the output of Inception{SMALL}"
    before = is_tensor(block.forward(x), of=of)
    changed = has_shape(block.forward(touched), before.shape, of=of) != before
    found = tuple(_window(part) for part in torch.split(changed[0], list(widths)))
    if found != ((1, 1), (3, 3), (5, 5), (3, 3)):
        names = zip(BRANCHES, widths, found, strict=True)
        raise Unmet(
            "when one pixel changes, the channels change in other windows around it",
            expected="1×1 in the first 2 channels, 3×3 in the next 4, 5×5 in 5, 3×3 in the last 6",
            got=", ".join(f"{h}×{w} in {c} ({name})" for name, c, (h, w) in names),
            hint="Which kernel has each branch, and in which order are they concatenated? (All "
            "weights are 0.1 here, so that nothing cancels.)",
        )
    block.drop()


def _window(changed: Tensor) -> tuple[int, int]:
    """Height and width of the smallest window that holds all changes of some channels."""
    places = changed.any(dim=0).nonzero()
    if not len(places):
        return 0, 0
    height, width = (places.amax(dim=0) - places.amin(dim=0) + 1).tolist()
    return height, width


@check("inception", points=0.5, needs="output_shape")
def inception_relu_last(submission: Submission) -> None:
    """Its output is never negative."""
    hint = "A ReLU follows the last convolution of every branch."
    never_negative(submission, "Inception", [SMALL], hint=hint)


@check("inception", points=1.5, needs="output_shape")
def inception_known_values(submission: Submission, frozen: Frozen) -> None:
    """With given weights and a given input it returns the known output."""
    block = submission.shared("Inception", *SMALL, dtype="float64")
    of = f"Inception{SMALL} with given weights"
    same_function(block, frozen["Inception"], of=of, hint=BLOCK)


@check("inception", points=0.5, needs=("known_values", "same_function"))
def inception_cost(submission: Submission) -> None:
    """It costs what its six convolutions cost."""
    block = submission.shared("Inception", *SMALL)
    cost = 8 * 6 * (3 * (2 + 3 + 2 + 6) + 9 * 3 * 4 + 25 * 2 * 5)
    macs(
        block, sample(1, 3, 8, 6), cost, of=f"Inception{SMALL} for an image of 8×6",
        hint="Each convolution runs once, on the map of 8×6 and on no border around it.",
    )  # fmt: skip


# --- 6 head --------------------------------------------------------------------------------------

HEAD_HINT = (
    "Go through the table: average pooling 5×5 of stride 3, 1×1, ReLU, one row, linear, ReLU, "
    "dropout, linear."
)


MAPS = ((2, 14, 14), (1, 14, 15), (3, 16, 15))


@check("head", points=0.5)
def head_constructs(submission: Submission) -> None:
    """`auxiliary_head` returns a module, for any number of channels, classes and width."""
    defined(submission, "auxiliary_head", "function")
    submission.build("auxiliary_head", 24, 5, 2).drop()
    submission.build("auxiliary_head", in_channels=6, num_classes=3, width=4).drop()


@check("head", points=1, needs="constructs")
def head_output_shape(submission: Submission) -> None:
    """It gives one score a class, for maps of 14 to 16 pixels."""
    head = submission.shared("auxiliary_head", 6, num_classes=5, width=2)
    for n, height, width in MAPS:
        has_shape(
            head.forward(sample(n, 6, height, width)), (n, 5),
            of=f"the output of auxiliary_head(6, num_classes=5, width=2) for maps of shape "
            f"{(n, 6, height, width)}",
            hint="5×5 windows that move on by 3 fit four times into 14, 15 and 16. Only the batch "
            "stays when the rest becomes one row.",
        )  # fmt: skip


@check("head", points=1, needs="constructs")
def head_parameters(submission: Submission) -> None:
    """`auxiliary_head(512)` has 3,188,840 parameters."""
    full = 3_188_840
    wrong = {
        full + 2 * 128: "There is batch norm in it: the paper is older than that.",
        full + 128: "Batch norm in place of biases: the paper has biases.",
        full - 128: "The convolution's bias is missing.",
        full - 1024 - 1000: "The linear layers have biases.",
        65_664 + 2048 * 1000 + 1000: "The hidden linear layer is missing.",
        65_664 + 128 * 1024 + 1024 + 1024 * 1000 + 1000:
            "The map is averaged to one number a channel: here all 4×4 numbers are kept.",
        full - 1024 * 990 - 990: "The default is 1000 classes.",
        full + 8 * 512 * 128: "The convolution is 1×1.",
        full - 65_664 + 16 * (512 - 128) * 1024: "The 1×1 convolution is missing.",
    }  # fmt: skip
    head = submission.shared("auxiliary_head", 512, device="meta")
    parameter_count(head, {full: "with biases"}, known_wrong=wrong, of="auxiliary_head(512)")


@check("head", points=1, needs="output_shape")
def head_known_values(submission: Submission, frozen: Frozen) -> None:
    """With given weights and a given map it returns the known scores."""
    head = submission.shared("auxiliary_head", 6, num_classes=5, width=2, dtype="float64")
    of = "auxiliary_head(6, num_classes=5, width=2) with given weights"
    same_function(head, frozen["head"], of=of, hint=HEAD_HINT)


@check("head", points=1, needs="output_shape")
def head_dropout(submission: Submission) -> None:
    """In training mode 70 % of the hidden features are dropped, in evaluation mode none."""
    head = submission.build("auxiliary_head", 3, num_classes=100, width=8)
    dropped(head, sample(2, 3, 14, 14), 100, 0.7, of="auxiliary_head(3, num_classes=100, width=8)")
    head.drop()


def dropped(net: ModuleHandle, x: Tensor, classes: int, share: float, *, of: str) -> None:
    """Of the features in front of the last linear layer ``share`` are dropped in training.

    All weights become zero and all biases one, so that every feature is one; the last layer passes
    each feature on to a score of its own. What a score is then shows what dropout did to it.
    """

    def shown(shape: Sequence[int]) -> Tensor:
        last = classes in shape
        if len(shape) > 1:
            return passing(shape) if last else torch.zeros(shape)
        return torch.zeros(shape) if last else torch.ones(shape)

    values = for_each(net.state(values=False), shown, of=of)
    calm = has_shape(net.forward(x, values=values), (len(x), classes), of=f"the output of {of}")
    if bool((calm == 0).any()):
        lost = float((calm == 0).double().mean())
        hint = "nn.Dropout knows the mode; F.dropout must be told: training=self.training."
        what = f"{of} drops features in evaluation mode"
        raise Unmet(what, expected="none dropped", got=f"{lost:.0%} dropped", hint=hint)
    output = has_shape(net.forward(x, train=True), calm.shape, of=f"the output of {of}")
    lost = float((output == 0).double().mean())
    kept = output[output != 0] / calm[output != 0]
    factor = float(kept.mean()) if len(kept) else 0.0
    if abs(lost - share) > 0.15 or abs(factor - 1 / (1 - share)) > 0.01:
        told = 1 - 1 / max(factor, 1)  # as much is lost, unless the others' factor does not fit
        some = f"about {told:.0%}" if told > 0.01 and abs(lost - told) < 0.15 else "some"
        raise Unmet(
            f"{of} drops another share of the features in front of its last layer in training mode",
            expected=f"about {share:.0%} dropped, the others times {1 / (1 - share):.2f}",
            got=f"{some} dropped, the others times {factor:.2f}"
            if lost else _elsewhere(net, x, of),
            hint="p of nn.Dropout is the share that is dropped, not the one that stays."
            if lost else "Dropout stands right in front of the last linear layer.",
        )  # fmt: skip


def _tenths(shape: Sequence[int]) -> Tensor:
    return torch.full(tuple(shape), 0.1)


def _elsewhere(net: ModuleHandle, x: Tensor, of: str) -> str:
    """Where nothing is dropped in front of the last layer: is anything, anywhere?"""
    net.load(for_each(net.state(values=False), _tenths, of=of))
    once, again = (
        is_tensor(net.forward(x.abs(), train=True, seed=seed), of=f"the output of {of}")
        for seed in (1, 2)
    )
    return "none dropped" if torch.equal(once, again) else "none dropped there, but elsewhere"


@check("head", points=0.5, needs=("known_values", "same_function"))
def head_cost(submission: Submission) -> None:
    """The heads on 4a and 4d cost 8,372,224 multiply-adds together."""
    for channels in (512, 528):
        head = submission.shared("auxiliary_head", channels, device="meta")
        x = torch.empty(1, channels, 14, 14, device="meta")
        cost = 16 * channels * 128 + 2048 * 1024 + 1024 * 1000
        macs(
            head, x, cost, of=f"auxiliary_head({channels}) for a map of 14×14",
            hint="The pooling comes first: the 1×1 then has 4×4 positions instead of 14×14.",
        )  # fmt: skip
