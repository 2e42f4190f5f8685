"""What is foreseen on the meta device is what torch would say; the rest is left to torch."""

from __future__ import annotations

import itertools

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from autograder.submission.meta import foreseen


def on_meta(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """A tensor without numbers."""
    return torch.empty(shape, dtype=dtype, device="meta")


CONVOLUTIONS = list(
    itertools.product([(2, 8, 9, 12), (1, 8, 5, 5)], [1, 3, (3, 5)], [1, 2, (1, 3)], [0, 1, (2, 0)],
                      [1, 2], [1, 2, 8])
)  # fmt: skip


def test_convolutions_as_torch():
    """Every stride, padding, dilation and grouping has torch's shape, or is left to torch."""
    told = 0
    for shape, kernel, stride, padding, dilation, groups in CONVOLUTIONS:
        layer = nn.Conv2d(
            8, 16, kernel, stride, padding, dilation, groups, bias=groups == 2, device="meta"
        )
        x = on_meta(*shape)
        args = (
            x, layer.weight, layer.bias, layer.stride, layer.padding, layer.dilation, layer.groups
        )  # fmt: skip
        found = foreseen(torch.conv2d, args, {})
        try:
            expected = F.conv2d(*args)
        except RuntimeError:
            assert found is None, (shape, kernel, stride, padding, dilation, groups)
            continue
        told += found is not None
        assert found is not None
        assert (found.shape, found.dtype, found.device.type) == (
            expected.shape, torch.float32, "meta",
        )  # fmt: skip
    assert told > 150


WEIGHT = (6, 4, 3, 3)


@pytest.mark.parametrize(
    ("shape", "weight", "bias", "rest"),
    [
        ((2, 5, 8, 8), on_meta(*WEIGHT), None, ((1, 1), (0, 0), (1, 1), 1)),  # other channels
        ((2, 8, 8, 8), on_meta(5, 4, 3, 3), None, ((1, 1), (0, 0), (1, 1), 2)),  # 5 in 2 groups
        ((2, 4, 8, 8), on_meta(*WEIGHT), on_meta(5), ((1, 1), (0, 0), (1, 1), 1)),  # other bias
        ((2, 4, 2, 2), on_meta(*WEIGHT), None, ((1, 1), (0, 0), (1, 1), 1)),  # too small
        ((2, 4, 8, 8), torch.ones(WEIGHT), None, ((1, 1), (0, 0), (1, 1), 1)),  # not on meta
        ((2, 4, 8, 8), on_meta(*WEIGHT, dtype=torch.float64), None,
         ((1, 1), (0, 0), (1, 1), 1)),
        ((2, 4, 8, 8), on_meta(*WEIGHT), None, ((1, 1), "same", (1, 1), 1)),
        ((2, 4, 8, 8), on_meta(*WEIGHT), None, ((0, 1), (0, 0), (1, 1), 1)),  # stride 0
        ((2, 4, 8, 8), on_meta(*WEIGHT), None, ((1, 1), (-1, 0), (1, 1), 1)),
        ((2, 4, 8, 8), on_meta(*WEIGHT), None, ((1, 1), (0, 0), (1, 1), True)),
        ((4, 8, 8), on_meta(*WEIGHT), None, ((1, 1), (0, 0), (1, 1), 1)),  # one image
    ],
)  # fmt: skip
def test_what_is_left_to_torch(shape, weight, bias, rest):
    """Whatever is not plainly right."""
    assert foreseen(torch.conv2d, (on_meta(*shape), weight, bias, *rest), {}) is None


def test_numbers_are_left_to_torch():
    """A tensor with numbers is computed."""
    assert foreseen(F.relu, (torch.ones(2),), {}) is None
    assert foreseen(F.relu, (), {}) is None
    assert foreseen(F.relu, (on_meta(2, 3),), {}).shape == (2, 3)
