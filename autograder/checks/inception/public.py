"""The public checks of ``assignments/inception``: closed formulas, properties, frozen cases.

They run in a student's own kernel, where the reference is not, and again when a submission is
graded. Sizes are small, odd and unequal on purpose. A check is called ``<question>_<name>``; costs
count only for what is the right function, which a hidden check decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
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
    number,
    parameter_count,
    same_function,
)
from autograder.expect.blocks import for_each, never_negative, sample
from autograder.expect.networks import scores
from autograder.expect.statements import stated
from autograder.submission import ModuleHandle, Submission

Frozen = Mapping[str, Case]

NETWORK = (
    "If your block passes its own checks, go along the table: the stem with its normalisations, "
    "each pooling, which rounds up and has no padding, the average, the linear layer."
)

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
    for sizes in PIXELS:
        x, weight, bias = pixelwise(*sizes)
        has_shape(
            submission.call("conv1x1_as_linear", x, weight, bias),
            (sizes[0], sizes[2], *sizes[3:]),
            of=f"conv1x1_as_linear for x of shape {tuple(x.shape)} and a weight of shape "
            f"{tuple(weight.shape)}",
            hint="Where are the channels at the end? They belong to the second axis.",
        )


@check("conv1x1", points=1, needs="output_shape")
def conv1x1_values(submission: Submission) -> None:
    """Its numbers are those of `F.conv2d`, in float32 and in float64."""
    for sizes in PIXELS:
        for dtype, tolerance in ((torch.float32, 1e-4), (torch.float64, 1e-9)):
            x, weight, bias = (part.to(dtype) for part in pixelwise(*sizes))
            close(
                submission.call("conv1x1_as_linear", x, weight, bias), F.conv2d(x, weight, bias),
                of=f"conv1x1_as_linear for x of shape {tuple(x.shape)} in {dtype}",
                rtol=tolerance, atol=tolerance,
                hint="Try one pixel by hand: weight[:, :, 0, 0] @ x[0, :, i, j] + bias.",
            )  # fmt: skip


@check("conv1x1", points=1, needs="values")
def conv1x1_without_bias(submission: Submission) -> None:
    """Without a bias, or with None, it adds nothing."""
    x, weight, _ = pixelwise(2, 3, 5, 4, 6)
    for arguments in ((x, weight), (x, weight, None)):
        close(
            submission.call("conv1x1_as_linear", *arguments), F.conv2d(x, weight),
            of="conv1x1_as_linear without a bias", rtol=1e-4, atol=1e-4,
            hint="bias=None means that nothing is added.",
        )  # fmt: skip


@check("conv1x1", points=1, needs="output_shape")
def conv1x1_no_convolution(submission: Submission) -> None:
    """It runs no convolution."""
    layer = submission.build("Pixelwise", 3, 5)
    used = [unit.op for unit in layer.trace(sample(2, 3, 4, 6)).units]
    if "conv2d" in used:
        raise Unmet(
            "conv1x1_as_linear runs a convolution",
            expected="a matrix product of each pixel's channels",
            got="a call of conv2d",
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


def merged(submission: Submission, first: Pair, second: Pair) -> Pair:
    """What ``merge_1x1`` returns, if it is a pair of tensors of the right shapes."""
    a, c = first[0].shape[1], second[0].shape[0]
    found = submission.call("merge_1x1", first, second)
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
    for sizes in MERGED:
        merged(submission, *two(*sizes))


@check("merge", points=1.5, needs="pair")
def merge_values(submission: Submission) -> None:
    """One convolution with them gives what the two give in a row."""
    for sizes in MERGED:
        first, second = two(*sizes)
        computes(merged(submission, first, second), first, second, "with both biases")


@check("merge", points=1, needs="pair")
def merge_without_bias(submission: Submission) -> None:
    """It takes convolutions that have no bias, one of them or both."""
    for biases, words in (
        ((True, False), "when the second has no bias"),
        ((False, True), "when the first has no bias"),
        ((False, False), "when neither has a bias"),
    ):
        first, second = two(3, 5, 2, biases=biases)
        computes(merged(submission, first, second), first, second, words)


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
    submission.build("mlpconv", 3, (4, 5, 6), 3).drop()
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
    """It has one k×k and two 1×1 convolutions, each with biases: 60,928 for the first of NiN's."""
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
    block = submission.build("mlpconv", 3, (4, 5, 6), 3)
    cost = 6 * 4 * (9 * 3 * 4 + 4 * 5 + 5 * 6)
    macs(
        block, sample(1, 3, 8, 6), cost, of="mlpconv(3, (4, 5, 6), 3) for an image of 8×6",
        hint="Padding that is cut away afterwards is computed all the same.",
    )  # fmt: skip
    block.drop()


# --- 4 cost --------------------------------------------------------------------------------------


def whole(submission: Submission, name: str, *args: Any, **kwargs: Any) -> int:
    """What a counting function returns, if it is an integer."""
    words = [str(arg) for arg in args] + [f"{key}={value}" for key, value in kwargs.items()]
    of = f"{name}({', '.join(words)})"
    return int(number(submission.call(name, *args, **kwargs), of=of, whole=True))


def costs(submission: Submission, *args: Any) -> tuple[int, int]:
    """What ``inception_cost`` returns, if it is a pair of integers."""
    found = submission.call("inception_cost", *args)
    of = f"inception_cost{args}"
    if not isinstance(found, tuple | list) or len(found) != 2:
        raise Unmet(
            f"{of} does not return a pair",
            expected="(parameters, multiply-adds)",
            got=kind_of(found),
            hint="return one, other makes a pair.",
        )
    first, second = (
        int(number(part, of=f"the {place} entry of {of}", whole=True))
        for place, part in zip(("first", "second"), found, strict=True)
    )
    return first, second


def equals(found: int, wanted: int, *, of: str, hints: Mapping[int, str], hint: str) -> None:
    """A count is the wanted one; ``hints`` are the usual meanings of wrong ones."""
    if found != wanted:
        raise Unmet(
            f"{of} should be another number",
            expected=f"{wanted:,}",
            got=f"{found:,}",
            hint=hints.get(found, hint),
        )


@check("cost", points=0.5)
def cost_direct(submission: Submission) -> None:
    """The lecture's 5×5 convolution costs 120,422,400 multiply-adds."""
    for name in ("branch_cost", "break_even", "inception_cost"):
        defined(submission, name, "function")
    for a, b, k, height, width in ((192, 32, 5, 28, 28), (3, 4, 3, 5, 7)):
        hints = {
            height * width * k * a * b: "A square kernel has k × k weights for each channel.",
            height * width * k * k * b: "Each filter reaches through all channels of the input.",
            height * height * k * k * a * b: "The image need not be square.",
            2 * height * width * k * k * a * b: "A multiply-add counts once.",
            height * width * (k * k * a * b + b): "Biases are additions: they are not counted.",
            k * k * a * b: "These are the weights; each works once at every position.",
            (height - k + 1) * (width - k + 1) * k * k * a * b:
                "The padding keeps height and width: there are as many positions as pixels.",
        }  # fmt: skip
        equals(
            whole(submission, "branch_cost", a, b, k, height, width),
            height * width * k * k * a * b,
            of=f"branch_cost({a}, {b}, {k}, {height}, {width})",
            hints=hints,
            hint="Positions, times numbers in a filter, times filters.",
        )


@check("cost", points=1, needs="direct")
def cost_reduced(submission: Submission) -> None:
    """Through 16 channels it costs 12,443,648."""
    for a, b, k, height, width, r in ((192, 32, 5, 28, 28, 16), (6, 4, 3, 5, 7, 2)):
        first, second = height * width * a * r, height * width * k * k * r * b
        hints = {
            second: "The 1×1 convolution costs something as well.",
            first: "That is the 1×1 convolution alone.",
            first + height * width * k * k * a * b: "The large kernel now sees reduced channels.",
            first * k * k + second: "The reduction is 1×1, whatever the kernel behind it.",
            height * width * k * k * a * b: "reduced is not used.",
        }
        equals(
            whole(submission, "branch_cost", a, b, k, height, width, reduced=r), first + second,
            of=f"branch_cost({a}, {b}, {k}, {height}, {width}, reduced={r})", hints=hints,
            hint="Two convolutions, one after the other: add what they cost.",
        )  # fmt: skip


@check("cost", points=1, needs="direct")
def cost_break_even(submission: Submission) -> None:
    """With `break_even` channels the branch still costs less, with one more it does not."""
    for a, b, k in ((192, 32, 5), (4, 4, 1), (7, 3, 3), (1, 1, 1)):
        last = whole(submission, "break_even", a, b, k)
        direct, each = k * k * a * b, a + k * k * b
        if last * each >= direct or (last + 1) * each < direct:
            side = "does not cost less" if last * each >= direct else "leaves room for more"
            raise Unmet(
                f"break_even({a}, {b}, {k}) is not the largest number that saves",
                expected="r channels that cost less a position than none, r + 1 that do not",
                got=f"{last}, which {side}",
                hint="Solve r · in + r · k² · out < k² · in · out for a whole number r.",
            )


@check("cost", points=1.5, needs="direct")
def cost_inception(submission: Submission) -> None:
    """Block 3a has 163,696 parameters and costs 128,049,152 multiply-adds."""
    for args in ((192, 64, (96, 128), (16, 32), 32, 28, 28), (5, 2, (3, 4), (2, 6), 7, 3, 4)):
        a, c1, (r3, n3), (r5, n5), p, height, width = args
        weights = 25 * n5 * r5 + 9 * n3 * r3 + a * (p + r5 + r3 + c1)
        biases = sum((p, n5, r5, n3, r3, c1))
        naive = a * (c1 + 9 * n3 + 25 * n5 + p)
        hints = {
            weights: "Each of the six convolutions has a bias for each of its channels.",
            weights + biases - p * (a + 1): "The 1×1 behind the pooling is missing.",
            weights + c1 + n3 + n5 + p: "The reductions have biases as well.",
            weights - 16 * r5 * n5 + biases: "The third branch has 5×5 kernels.",
            naive + c1 + n3 + n5 + p: "That is the block without its reductions.",
            weights * height * width: "The parameters come first, then the multiply-adds.",
            weights
            + a * (n3 + n5 - r3 - r5)
            + biases: "c3 and c5 name the reduced channels first.",
        }
        wrong = {
            (weights - p * a) * height * width: "The 1×1 behind the pooling is missing.",
            (weights - 16 * r5 * n5) * height * width: "The third branch has 5×5 kernels.",
            (weights + biases) * height * width: "Biases cost no multiply-adds.",
            naive * height * width: "That is the block without its reductions.",
            weights * height * height: "The image need not be square.",
        }
        count, cost = costs(submission, *args)
        of = f"inception_cost{args}"
        hint = "Six convolutions: 1×1; 1×1, 3×3; 1×1, 5×5; 1×1 behind the pooling."
        equals(count, weights + biases, of=f"the parameters of {of}", hints=hints, hint=hint)
        equals(cost, weights * height * width, of=f"the cost of {of}", hints=wrong, hint=hint)


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
    submission.build("Inception", *SMALL).drop()
    submission.build("Inception", 3, c1=2, c3=(3, 4), c5=(2, 5), pool_proj=6).drop()


@check("inception", points=1, needs="constructs")
def inception_output_shape(submission: Submission) -> None:
    """Its branches stand one behind the other in the channels; the map keeps its size."""
    cases: list[tuple[Any, tuple[int, int, int]]] = [
        (SMALL, (2, 7, 10)), ((4, 1, (2, 3), (1, 2), 1), (1, 5, 3)), (SMALL, (1, 2, 2)),
        ((4, 2, (2, 2), (2, 2), 2), (3, 8, 8)),
    ]  # fmt: skip
    for args, (n, height, width) in cases:
        block = submission.build("Inception", *args)
        channels = args[1] + args[2][1] + args[3][1] + args[4]
        has_shape(
            block.forward(sample(n, args[0], height, width)), (n, channels, height, width),
            of=f"the output of Inception{args} for images of {height}×{width}",
            hint="Each branch must keep height and width: a 3×3 needs padding 1, a 5×5 padding 2, "
            "and pooling has a stride of its own. dim=1 are the channels.",
        )  # fmt: skip
        block.drop()


@check("inception", points=1.5, needs="constructs")
def inception_parameters(submission: Submission) -> None:
    """It has six convolutions, all with biases: 163,696 parameters as GoogLeNet's block 3a."""
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
    block = submission.build("Inception", *SMALL)
    of = f"Inception{SMALL} with given weights"
    same_function(block, frozen["Inception"], of=of, hint=BLOCK)
    block.drop()


@check("inception", points=0.5, needs=("known_values", "same_function"))
def inception_cost(submission: Submission) -> None:
    """It costs what its six convolutions cost."""
    block = submission.build("Inception", *SMALL)
    cost = 8 * 6 * (3 * (2 + 3 + 2 + 6) + 9 * 3 * 4 + 25 * 2 * 5)
    macs(
        block, sample(1, 3, 8, 6), cost, of=f"Inception{SMALL} for an image of 8×6",
        hint="Each convolution runs once, on the map of 8×6 and on no border around it.",
    )  # fmt: skip
    block.drop()


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
    head = submission.build("auxiliary_head", 6, num_classes=5, width=2)
    for n, height, width in MAPS:
        has_shape(
            head.forward(sample(n, 6, height, width)), (n, 5),
            of=f"the output of auxiliary_head(6, num_classes=5, width=2) for maps of shape "
            f"{(n, 6, height, width)}",
            hint="5×5 windows that move on by 3 fit four times into 14, 15 and 16. Only the batch "
            "stays when the rest becomes one row.",
        )  # fmt: skip
    head.drop()


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
    head = submission.build("auxiliary_head", 512, device="meta")
    parameter_count(head, {full: "with biases"}, known_wrong=wrong, of="auxiliary_head(512)")
    head.drop()


@check("head", points=1, needs="output_shape")
def head_known_values(submission: Submission, frozen: Frozen) -> None:
    """With given weights and a given map it returns the known scores."""
    head = submission.build("auxiliary_head", 6, num_classes=5, width=2)
    of = "auxiliary_head(6, num_classes=5, width=2) with given weights"
    same_function(head, frozen["head"], of=of, hint=HEAD_HINT)
    head.drop()


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
            return _passing(shape) if last else torch.zeros(shape)
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
        raise Unmet(
            f"{of} drops another share of the features in front of its last layer in training mode",
            expected=f"about {share:.0%} dropped, the others times {1 / (1 - share):.2f}",
            got=f"some dropped, the others times {factor:.2f}" if lost else _elsewhere(net, x, of),
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


def _passing(shape: Sequence[int]) -> Tensor:
    """A weight that passes features on one by one, whichever axis are the outputs."""
    passing = torch.eye(shape[0], shape[1])
    if passing.numel() != torch.Size(shape).numel():
        return torch.zeros(tuple(shape))
    return passing.reshape(tuple(shape))


@check("head", points=0.5, needs=("known_values", "same_function"))
def head_cost(submission: Submission) -> None:
    """The heads on 4a and 4d cost 8,372,224 multiply-adds together."""
    for channels in (512, 528):
        head = submission.build("auxiliary_head", channels, device="meta")
        x = torch.empty(1, channels, 14, 14, device="meta")
        cost = 16 * channels * 128 + 2048 * 1024 + 1024 * 1000
        macs(
            head, x, cost, of=f"auxiliary_head({channels}) for a map of 14×14",
            hint="The pooling comes first: the 1×1 then has 4×4 positions instead of 14×14.",
        )  # fmt: skip
        head.drop()


# --- 7 googlenet ---------------------------------------------------------------------------------

FULL, HEADS = 6_998_552, 6_379_728
FULL_WRONG = {
    7_005_832: "There is batch norm instead of biases: the paper is older than that.",
    7_013_112: "There is batch norm as well as biases: the paper is older than that.",
    6_624_904: "That is the version with batch norm and without any 5×5.",
    5_983_802: "That is GoogLeNet for 10 classes; the default is 1000.",
    FULL - 7_280: "The convolutions' biases are missing.",
    FULL - 4_160: "The 1×1 convolution of the stem is missing.",
    1_149_416: "The blocks are not registered. PyTorch sees no modules in a plain list or dict.",
    FULL + HEADS: "There are auxiliary heads, which nobody asked for: aux=False is the default.",
}
AUX_WRONG = {
    FULL + HEADS + 38_912: "One head is made for 832 channels: does it hang on 4e?",
    FULL: "There are no auxiliary heads.",
    FULL + 3_188_840: "There is one head only, or one object serves as both: 4a and 4d have one.",
    FULL + 2 * 3_188_840: "Both heads are made for 512 channels; 4d has 528.",
    FULL + 2 * 3_190_888: "Both heads are made for 528 channels; 4a has 512.",
}


@check("googlenet", points=0.5)
def googlenet_constructs(submission: Submission) -> None:
    """`googlenet` returns a module, for any number of classes and width, with heads or without."""
    defined(submission, "googlenet", "function")
    submission.shared("googlenet", num_classes=5, width=8)
    submission.shared("googlenet", num_classes=5, aux=True, width=8)


@check("googlenet", points=1, needs="constructs")
def googlenet_output_shape(submission: Submission) -> None:
    """In evaluation mode it gives one score a class, for images of any size."""
    images = [(2, 3, 32, 32), (1, 3, 33, 40)]
    net = submission.shared("googlenet", num_classes=5, width=8)
    scores(net, 5, images, of="googlenet(num_classes=5, width=8)")
    net = submission.shared("googlenet", num_classes=5, aux=True, width=8)
    scores(net, 5, images, of="googlenet(num_classes=5, aux=True, width=8)")


@check("googlenet", points=1.5, needs="constructs")
def googlenet_parameters(submission: Submission) -> None:
    """At full width it has 6,998,552 parameters, and 13,378,280 with its heads."""
    net = submission.shared("googlenet", device="meta")
    parameter_count(net, {FULL: "without heads"}, known_wrong=FULL_WRONG, of="googlenet()")
    net = submission.shared("googlenet", aux=True, device="meta")
    of = "googlenet(aux=True)"
    parameter_count(net, {FULL + HEADS: "with heads"}, known_wrong=AUX_WRONG, of=of)


@check("googlenet", points=1, needs="output_shape")
def googlenet_known_values(submission: Submission, frozen: Frozen) -> None:
    """With given weights and given images it returns the known scores."""
    net = submission.shared("googlenet", num_classes=5, width=8)
    of = "googlenet(num_classes=5, width=8) with given weights"
    same_function(net, frozen["googlenet"], of=of, hint=NETWORK)


@check("googlenet", points=1, needs="output_shape")
def googlenet_training_outputs(submission: Submission) -> None:
    """In training mode it returns three times scores with heads, and once without."""
    net = submission.shared("googlenet", num_classes=5, aux=True, width=8)
    found = net.forward(sample(2, 3, 224, 224), train=True)
    of = "googlenet(num_classes=5, aux=True, width=8) in training mode"
    if not isinstance(found, tuple | list) or len(found) != 3:
        got = f"{len(found)} things" if isinstance(found, tuple | list) else kind_of(found)
        hint = "self.training tells the mode: return a tuple in training, one tensor else."
        what = f"{of} does not return three outputs"
        raise Unmet(what, expected="(scores, scores of 4a's head, of 4d's)", got=got, hint=hint)
    for place, output in zip(("first", "second", "third"), found, strict=True):
        has_shape(output, (2, 5), of=f"the {place} output of {of}")
    net = submission.shared("googlenet", num_classes=5, width=8)
    of = "the output of googlenet(num_classes=5, width=8) in training mode"
    hint = "Without heads there is nothing to return beside the network's own scores."
    has_shape(net.forward(sample(2, 3, 32, 40), train=True), (2, 5), of=of, hint=hint)


@check("googlenet", points=0.5, needs="output_shape")
def googlenet_dropout(submission: Submission) -> None:
    """In training mode 40 % of the averaged features are dropped, in evaluation mode none."""
    net = submission.build("googlenet", num_classes=100, width=8)
    dropped(net, sample(2, 3, 32, 40), 100, 0.4, of="googlenet(num_classes=100, width=8)")
    net.drop()


@check("googlenet", points=1, needs=("output_shape", "same_function"))
def googlenet_cost(submission: Submission) -> None:
    """For a 224×224 image it costs 1,582,671,872 multiply-adds, its heads nothing."""
    x = torch.empty(1, 3, 224, 224, device="meta")
    for aux in (False, True):
        net = submission.shared("googlenet", aux=aux, device="meta")
        macs(
            net, x, 1_582_671_872, of=f"googlenet(aux={aux}) for a 224×224 image, evaluated,",
            hint="1,591,044,096: the heads run, though nobody uses them. Other numbers: compare "
            "the maps with the table; which pooling or stride is missing?",
        )  # fmt: skip


# --- 8 loss --------------------------------------------------------------------------------------


def loss_of(submission: Submission, outputs: Any, y: Tensor, *, of: str) -> Tensor:
    """What ``googlenet_loss`` returns, if it is a tensor with one number."""
    said = submission.call("googlenet_loss", outputs, y)
    if isinstance(said, float):
        raise Unmet(
            f"the loss of {of} is a Python number",
            expected="a tensor with one number",
            got=kind_of(said),
            hint="No gradient flows through a Python number: leave out .item() and float().",
        )
    found = is_tensor(said, of=f"the loss of {of}")
    if found.numel() != 1:
        raise Unmet(
            f"the loss of {of} is not one number",
            expected="the mean over the batch",
            got=f"a tensor of shape {tuple(found.shape)}",
            hint="F.cross_entropy averages over the batch unless it is told otherwise.",
        )
    return found.reshape(())


@check("loss", points=0.5)
def loss_of_one(submission: Submission) -> None:
    """For one tensor of scores it is the cross-entropy."""
    defined(submission, "googlenet_loss", "function")
    for shape in ((4, 5), (3, 7), (2, 2)):
        logits, y = sample(*shape), torch.arange(shape[0]) % shape[1]
        close(
            loss_of(submission, logits, y, of="one tensor"), F.cross_entropy(logits, y),
            of="googlenet_loss for one tensor", rtol=1e-5, atol=1e-6,
            hint="Without heads nothing is added. (A tensor of three rows is no tuple of three.)",
        )  # fmt: skip


@check("loss", points=1, needs="of_one")
def loss_of_three(submission: Submission) -> None:
    """For three outputs it is the first one's plus 0.3 times the others'."""
    y = torch.tensor([0, 3, 2, 4])
    outputs = [factor * part for factor, part in zip((1, 2, 3), sample(3, 4, 5), strict=True)]
    main, first, second = (float(F.cross_entropy(part, y)) for part in outputs)
    found = float(loss_of(submission, tuple(outputs), y, of="three outputs"))
    hints = {
        main: "The heads are left out.",
        main + first + second: "The heads count 0.3 each.",
        0.3 * (main + first + second): "The network's own loss counts in full.",
        0.3 * main + first + second: "The network's own scores come first in the tuple.",
        main + 0.3 * first: "There are two heads.",
        main + 0.3 * second: "There are two heads.",
        main + 0.15 * (first + second): "0.3 for each head: they are not averaged.",
        (main + 0.3 * first + 0.3 * second) / 3: "The losses are added, not averaged.",
        first + 0.3 * (main + second): "The network's own scores come first in the tuple.",
        second + 0.3 * (main + first): "The network's own scores come first in the tuple.",
    }
    wanted = main + 0.3 * first + 0.3 * second
    if abs(found - wanted) > 1e-4:
        meaning = [said for value, said in hints.items() if abs(found - value) < 1e-4]
        raise Unmet(
            "googlenet_loss of three outputs should be another number",
            expected=f"{wanted:.4f} = {main:.4f} + 0.3 · {first:.4f} + 0.3 · {second:.4f}",
            got=f"{found:.4f}",
            hint=meaning[0] if meaning else "Softmax and logarithm are in F.cross_entropy already.",
        )


# --- 9 ablation ----------------------------------------------------------------------------------

OPTIONS = {
    "best_single_branch": ("1x1", "3x3", "5x5", "pool"),
    "all_four_against_the_best_single": ("better", "as good", "worse"),
    "why_1x1_fails": ("too few channels", "overfitting", "no pixel meets its neighbours"),
}


@check("ablation", points=0.5)
def ablation_stated(submission: Submission) -> None:
    """`conclusion()` returns a dictionary of three statements, each from its list."""
    stated(submission, "conclusion", OPTIONS)
