"""Public checks of ``assignments/mobilenet``: depthwise convolutions.

They run in a student's own kernel, where the reference is not, and again when a submission is
graded. Sizes are small, odd and unequal on purpose. A check is called ``<question>_<name>``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from autograder.expect import Unmet, check, close, defined, has_shape, is_tensor
from autograder.expect.blocks import sample
from autograder.submission import Submission

# --- 1 depthwise_conv ----------------------------------------------------------------------------

CONVOLUTIONS = (
    ((2, 3, 7, 6), (3, 3), 1, 0),
    ((1, 4, 8, 5), (3, 2), 2, 1),
    ((3, 1, 5, 9), (1, 5), 1, 2),
    ((2, 5, 6, 7), (2, 3), 3, 0),
)
"""Input, filter, stride, padding."""


Filtering = tuple[Tensor, Tensor, int, int]
"""Input, filters, stride, padding."""


def filtered(submission: Submission, calls: Sequence[Filtering]) -> Iterator[Any]:
    """What ``depthwise_conv`` makes of each."""
    named = [{"stride": stride, "padding": padding} for _, _, stride, padding in calls]
    return submission.call_each("depthwise_conv", [call[:2] for call in calls], named)


def examples() -> list[Filtering]:
    """:data:`CONVOLUTIONS` of random numbers."""
    return [
        (sample(*shape), sample(shape[1], *kernel), stride, padding)
        for shape, kernel, stride, padding in CONVOLUTIONS
    ]


def words(x: Tensor, weight: Tensor, stride: int, padding: int) -> str:
    """One call, as a message names it."""
    return (
        f"depthwise_conv of {tuple(x.shape)} with filters {tuple(weight.shape)}, "
        f"stride={stride}, padding={padding}"
    )


def filtered_shape(x: Tensor, weight: Tensor, stride: int, padding: int) -> tuple[int, ...]:
    """The shape of what one call returns."""
    size = [
        (length + 2 * padding - reach) // stride + 1
        for length, reach in zip(x.shape[2:], weight.shape[1:], strict=True)
    ]
    return (*x.shape[:2], *size)


@check("depthwise_conv", points=0.5)
def depthwise_conv_shape(submission: Submission) -> None:
    """It returns C channels, on a map that stride and padding decide."""
    defined(submission, "depthwise_conv", "function")
    calls = examples()
    for call, found in zip(calls, filtered(submission, calls), strict=True):
        has_shape(
            found, filtered_shape(*call), of=words(*call),
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
    x, weight, of = sample(2, 4, 6, 5), sample(4, 3, 3), "the output of depthwise_conv"
    changes = [(what, channel) for what in ("input channel", "filter") for channel in range(4)]
    calls = [(x, weight, 1, 1)]
    for what, channel in changes:
        other, filters = x.clone(), weight.clone()
        (other[:, channel] if what == "input channel" else filters[channel]).add_(1.0)
        calls.append((other, filters, 1, 1))
    answers = filtered(submission, calls)
    before = has_shape(next(answers), filtered_shape(*calls[0]), of=of)
    for (what, channel), found in zip(changes, answers, strict=True):
        after = has_shape(found, before.shape, of=of)
        changed = [int(c) for c in (after != before).flatten(2).any(2).any(0).nonzero()]
        if changed != [channel]:
            places = ", ".join(map(str, changed))
            raise Unmet(
                f"changing {what} {channel} does not change output channel {channel} alone",
                expected=f"changes in output channel {channel}, and in no other",
                got=f"changes in output channels {places}" if changed else "no change at all",
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
        next(filtered(submission, [(x, weight, 1, 0)])), expected,
        of="depthwise_conv of a one at row 2, column 3 and zeros elsewhere",
        hint="Weight (a, b) meets the input at row s·i + a and column s·j + b: no flip, and rows "
        "stay rows.",
    )  # fmt: skip


@check("depthwise_conv", points=1, needs="shape")
def depthwise_conv_corners(submission: Submission) -> None:
    """At the corners of the map it is the sum of the definition, zeros outside included."""
    calls = examples()
    for call, found in zip(calls, filtered(submission, calls), strict=True):
        of = words(*call)
        output = has_shape(found, filtered_shape(*call), of=of)  # it may be another each time
        for i in (0, output.shape[2] - 1):
            for j in (0, output.shape[3] - 1):
                close(
                    output[:, :, i, j], summed(*call, i, j), rtol=1e-4, atol=1e-5,
                    of=f"row {i}, column {j} of {of}",
                    hint="Outside the image are zeros; output (i, j) begins at row s·i - p.",
                )  # fmt: skip


def summed(x: Tensor, weight: Tensor, stride: int, padding: int, i: int, j: int) -> Tensor:
    """The definition's sum at row ``i`` and column ``j`` of the output."""
    (height, width), (rows, columns) = x.shape[2:], weight.shape[1:]
    expected = torch.zeros(x.shape[:2])
    for a in range(rows):
        for b in range(columns):
            row, column = stride * i + a - padding, stride * j + b - padding
            if 0 <= row < height and 0 <= column < width:
                expected += weight[:, a, b] * x[:, :, row, column]
    return expected


@check("depthwise_conv", points=0.5, needs="shape")
def depthwise_conv_dtype(submission: Submission) -> None:
    """What comes out has the dtype of what went in."""
    dtypes = (torch.float32, torch.float64)
    calls = [(sample(1, 2, 4, 4).to(dtype), sample(2, 3, 3).to(dtype), 1, 1) for dtype in dtypes]
    for dtype, found in zip(dtypes, filtered(submission, calls), strict=True):
        of = f"the output of depthwise_conv for {dtype}"
        output = is_tensor(found, of=of)
        if output.dtype != dtype:
            raise Unmet(
                f"{of} has another dtype", expected=str(dtype), got=str(output.dtype),
                hint="New tensors are float32 unless told otherwise: x.new_zeros(...) takes the "
                "dtype of x.",
            )  # fmt: skip
