"""Public checks of ``assignments/inception``: 1x1 convolutions, merging them, mlpconv.

They run in a student's own kernel, where the reference is not, and again when a submission is
graded. Sizes are small, odd and unequal on purpose. A check is called ``<question>_<name>``; costs
count only for what is the right function, which a hidden check decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.expect import (
    Frozen,
    Unmet,
    check,
    close,
    defined,
    has_shape,
    kind_of,
    macs,
    parameter_count,
    same_function,
)
from autograder.expect.blocks import never_negative, sample
from autograder.submission import Submission

# --- 1 conv1x1 -----------------------------------------------------------------------------------

PIXELS = ((2, 3, 5, 4, 6), (1, 4, 4, 5, 3), (3, 5, 2, 1, 7))
"""Images, channels in, channels out, height, width."""


def pixelwise(n: int, a: int, b: int, height: int, width: int) -> tuple[Tensor, Tensor, Tensor]:
    """An image batch, a weight and a bias."""
    return sample(n, a, height, width), sample(b, a, 1, 1), sample(b)


@check("conv1x1", points=0.5)
def conv1x1_output_shape(submission: Submission) -> None:
    """It gives `C_out` channels at every pixel, for images of any size."""
    defined(submission, "conv1x1_as_linear", "function")
    rows = [pixelwise(*sizes) for sizes in PIXELS]
    answers = submission.call_each("conv1x1_as_linear", rows)
    for sizes, (x, weight, _), found in zip(PIXELS, rows, answers, strict=True):
        has_shape(
            found,
            (sizes[0], sizes[2], *sizes[3:]),
            of=f"conv1x1_as_linear for x of shape {tuple(x.shape)} and a weight of shape "
            f"{tuple(weight.shape)}",
            hint="Where are the channels at the end? They belong to the second axis.",
        )


@check("conv1x1", points=1, needs="output_shape")
def conv1x1_values(submission: Submission) -> None:
    """Its numbers are those of `F.conv2d`, in float32 and in float64."""
    tolerances = {torch.float32: 1e-4, torch.float64: 1e-9}
    rows = [
        [part.to(dtype) for part in pixelwise(*sizes)] for sizes in PIXELS for dtype in tolerances
    ]
    answers = submission.call_each("conv1x1_as_linear", rows)
    for (x, weight, bias), found in zip(rows, answers, strict=True):
        dtype, shape = x.dtype, tuple(x.shape)
        close(
            found, F.conv2d(x, weight, bias),
            of=f"conv1x1_as_linear for x of shape {shape} in {dtype}",
            rtol=tolerances[dtype], atol=tolerances[dtype],
            hint="Try one pixel by hand: weight[:, :, 0, 0] @ x[0, :, i, j] + bias.",
        )  # fmt: skip


@check("conv1x1", points=1, needs="values")
def conv1x1_without_bias(submission: Submission) -> None:
    """Without a bias, or with None, it adds nothing."""
    x, weight, _ = pixelwise(2, 3, 5, 4, 6)
    for found in submission.call_each("conv1x1_as_linear", [(x, weight), (x, weight, None)]):
        close(
            found, F.conv2d(x, weight),
            of="conv1x1_as_linear without a bias", rtol=1e-4, atol=1e-4,
            hint="bias=None means that nothing is added.",
        )  # fmt: skip


@check("conv1x1", points=1, needs="output_shape")
def conv1x1_no_convolution(submission: Submission) -> None:
    """It runs no convolution."""
    layer = submission.build("Pixelwise", 3, 5)
    used = [unit.op for unit in layer.trace(sample(2, 3, 4, 6)).units]
    if "conv2d" in used or "convolution" in used:
        raise Unmet(
            "conv1x1_as_linear runs a convolution",
            expected="a matrix product of each pixel's channels",
            got="a call of conv2d" if "conv2d" in used else "a call of another convolution",
            hint="permute can put the channels last, where a matrix product wants them.",
        )
    layer.drop()


# --- 2 merge -------------------------------------------------------------------------------------

Pair = tuple[Tensor, Tensor | None]


MERGED = ((3, 5, 2), (4, 2, 6), (3, 3, 3), (1, 4, 1))
"""Channels at the input, in between, at the output."""


def two(a: int, b: int, c: int, *, biases: tuple[bool, bool] = (True, True)) -> tuple[Pair, Pair]:
    """Two 1x1 convolutions, with or without biases, in float64."""
    numbers = iter(torch.split(sample(b * a + c * b + b + c).double(), [b * a, c * b, b, c]))
    weight1, weight2 = next(numbers).reshape(b, a, 1, 1), next(numbers).reshape(c, b, 1, 1)
    bias1, bias2 = numbers
    first, second = bias1 if biases[0] else None, bias2 if biases[1] else None
    return (weight1, first), (weight2, second)


def merged(submission: Submission, cases: Sequence[tuple[Pair, Pair]]) -> Iterator[Pair]:
    """What ``merge_1x1`` returns for each case, if it is a pair of tensors of the right shapes."""
    for (first, second), found in zip(cases, submission.call_each("merge_1x1", cases), strict=True):
        yield pair_in(found, first, second)


def pair_in(found: Any, first: Pair, second: Pair) -> Pair:
    """``found``, if it can be what ``first`` and ``second`` are merged to."""
    a, c = first[0].shape[1], second[0].shape[0]
    if not isinstance(found, tuple | list) or len(found) != 2:
        got = f"{len(found)} things" if isinstance(found, tuple | list) else kind_of(found)
        raise Unmet("merge_1x1 does not return a pair", expected="(weight, bias)", got=got)
    weight, bias = found
    sizes = f"for {a} channels in, {first[0].shape[0]} between and {c} out"
    hint = "The channels in between are summed over: they are gone from the result."
    has_shape(weight, (c, a, 1, 1), of=f"the weight of merge_1x1 {sizes}", hint=hint)
    if bias is not None:
        has_shape(bias, (c,), of=f"the bias of merge_1x1 {sizes}", hint="One number an output.")
    return weight, bias


@check("merge", points=0.5)
def merge_pair(submission: Submission) -> None:
    """It returns a weight `(C_out, C_in, 1, 1)` and a bias `(C_out,)`."""
    defined(submission, "merge_1x1", "function")
    for _ in merged(submission, [two(*sizes) for sizes in MERGED]):
        pass  # that it is given is what is checked


@check("merge", points=1.5, needs="pair")
def merge_values(submission: Submission) -> None:
    """One convolution with them gives what the two give in a row."""
    cases = [two(*sizes) for sizes in MERGED]
    for (first, second), pair in zip(cases, merged(submission, cases), strict=True):
        computes(pair, first, second, "with both biases")


@check("merge", points=1, needs="pair")
def merge_without_bias(submission: Submission) -> None:
    """It takes convolutions that have no bias, one of them or both."""
    told = {
        (True, False): "when the second has no bias",
        (False, True): "when the first has no bias",
        (False, False): "when neither has a bias",
    }
    cases = [two(3, 5, 2, biases=biases) for biases in told]
    answers = merged(submission, cases)
    for words, (first, second), pair in zip(told.values(), cases, answers, strict=True):
        computes(pair, first, second, words)


def computes(pair: Pair, first: Pair, second: Pair, words: str) -> None:
    """A convolution with ``pair`` gives what ``first`` and ``second`` give in a row."""
    weight, bias = pair
    x = sample(2, first[0].shape[1], 3, 4).double()
    if weight.dtype != x.dtype or (bias is not None and bias.dtype != x.dtype):
        raise Unmet(
            "merge_1x1 changes the dtype",
            expected=str(x.dtype),
            got=str(weight.dtype if weight.dtype != x.dtype else bias.dtype),  # type: ignore[union-attr]
            hint="Keep the dtype of what came in: no .float(), no new tensors of the default.",
        )
    at_zero = F.conv2d(F.conv2d(0 * x, *first), *second)
    close(
        F.conv2d(x, weight), F.conv2d(F.conv2d(x, *first), *second) - at_zero,
        of=f"what the merged weight computes, {words},",
        hint="In a product of matrices, where does the one stand that is applied first?",
    )  # fmt: skip
    close(
        F.conv2d(0 * x, weight, bias), at_zero,
        of=f"what the merged bias adds, {words},",
        hint="Multiply out W2 (W1 x + b1) + b2: what becomes of b1, and of b2?",
    )  # fmt: skip


# --- 3 mlpconv -----------------------------------------------------------------------------------

MLPCONV = (
    "Go through the order once more: k×k, ReLU, 1×1, ReLU, 1×1, ReLU. Only the k×k has padding."
)


def convolution(in_channels: int, out_channels: int, kernel_size: int) -> int:
    """Parameters of a convolution with biases."""
    return kernel_size**2 * in_channels * out_channels + out_channels


@check("mlpconv", points=0.5)
def mlpconv_constructs(submission: Submission) -> None:
    """`mlpconv` returns a module, with and without a padding."""
    defined(submission, "mlpconv", "function")
    submission.shared("mlpconv", 3, (4, 5, 6), 3)
    submission.build("mlpconv", 3, channels=(4, 5, 6), kernel_size=5, padding=2).drop()


@check("mlpconv", points=1, needs="constructs")
def mlpconv_output_shape(submission: Submission) -> None:
    """Its output has `channels[2]` channels, on the map of its first convolution."""
    for (n, height, width), kernel, padding in (
        ((2, 8, 9), 5, 2), ((1, 6, 10), 3, 0), ((3, 7, 5), 1, 0), ((1, 9, 8), 5, 1),
    ):  # fmt: skip
        block = submission.build("mlpconv", 3, (4, 5, 6), kernel, padding=padding)
        shrink = 2 * padding - kernel + 1
        has_shape(
            block.forward(sample(n, 3, height, width)), (n, 6, height + shrink, width + shrink),
            of=f"the output of mlpconv(3, (4, 5, 6), {kernel}, padding={padding}) for images of "
            f"{height}×{width}",
            hint="The padding is that of the first convolution. A 1×1 needs none.",
        )  # fmt: skip
        block.drop()


@check("mlpconv", points=1, needs="constructs")
def mlpconv_parameters(submission: Submission) -> None:
    """Its parameters are those of k×k, 1×1 and 1×1, with biases: 60,928 for the first of NiN's."""
    for kernel, (b, c, d), a in ((5, (192, 160, 96), 3), (3, (6, 5, 7), 4)):
        right = convolution(a, b, kernel) + convolution(b, c, 1) + convolution(c, d, 1)
        wrong = {
            right - b - c - d: "The biases are missing.",
            right + 2 * (b + c + d): "There is batch norm in it: the paper is older than that.",
            convolution(a, b, kernel) + convolution(b, c, kernel) + convolution(c, d, kernel):
                "Only the first convolution is k×k.",
            convolution(a, b, kernel) + convolution(b, d, 1): "Two 1×1 follow the k×k, not one.",
            convolution(a, b, kernel): "Are the 1×1 registered? PyTorch sees none in a plain list.",
            0: "PyTorch sees no layers in a plain list: use nn.Sequential or nn.ModuleList.",
        }  # fmt: skip
        block = submission.build("mlpconv", a, (b, c, d), kernel)
        of = f"mlpconv({a}, {(b, c, d)}, {kernel})"
        parameter_count(block, {right: "with biases"}, known_wrong=wrong, of=of)
        block.drop()


@check("mlpconv", points=0.5, needs="output_shape")
def mlpconv_relu_last(submission: Submission) -> None:
    """Its output is never negative."""
    hint = "A ReLU follows each of the three convolutions, the last one as well."
    block: list[Any] = [(3, (4, 5, 6), 3)]
    never_negative(submission, "mlpconv", block, hint=hint)


@check("mlpconv", points=1, needs="output_shape")
def mlpconv_known_values(submission: Submission, frozen: Frozen) -> None:
    """With given weights and a given input it returns the known output."""
    block = submission.build("mlpconv", 3, (4, 5, 6), 3, padding=1)
    of = "mlpconv(3, (4, 5, 6), 3, padding=1) with given weights"
    same_function(block, frozen["mlpconv"], of=of, hint=MLPCONV)
    block.drop()


@check("mlpconv", points=0.5, needs=("known_values", "same_function"))
def mlpconv_cost(submission: Submission) -> None:
    """It costs what its convolutions cost on the map of the first."""
    block = submission.shared("mlpconv", 3, (4, 5, 6), 3)
    cost = 6 * 4 * (9 * 3 * 4 + 4 * 5 + 5 * 6)
    macs(
        block, sample(1, 3, 8, 6), cost, of="mlpconv(3, (4, 5, 6), 3) for an image of 8×6",
        hint="Padding that is cut away afterwards is computed all the same.",
    )  # fmt: skip
