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
    """A tensor with numbers is computed, but for convolutions, whose shape is enough."""
    assert foreseen(F.relu, (torch.ones(2),), {}) is None
    assert foreseen(torch.add, (torch.ones(2), 1), {}) is None
    layer = nn.Conv2d(3, 4, 3, stride=2, dtype=torch.float64)
    x = torch.ones(2, 3, 8, 7, dtype=torch.float64)
    rest = (layer.weight, layer.bias, layer.stride, layer.padding, layer.dilation, layer.groups)
    found = foreseen(torch.conv2d, (x, *rest), {})
    assert torch.equal(found, torch.zeros_like(layer(x)))
    assert foreseen(torch.conv2d, (x.float(), *rest), {}) is None  # torch says what is wrong
    assert foreseen(F.relu, (), {}) is None
    assert foreseen(F.relu, (on_meta(2, 3),), {}).shape == (2, 3)


X, NARROW = on_meta(2, 3, 4, 5), on_meta(2, 3, 1, 1)
CALLS = [
    (torch.add, (X, X), {}),
    (torch.Tensor.add, (X, NARROW), {}),
    (torch.Tensor.mul, (NARROW, X), {}),
    (torch.mul, (X, 2), {}),
    (torch.Tensor.mean, (X, (2, 3)), {}),
    (torch.Tensor.mean, (X, [-1, -2], True), {}),
    (torch.mean, (X,), {"dim": (1,), "keepdim": False}),
    (F.adaptive_avg_pool2d, (X, 1), {}),
    (F.adaptive_avg_pool2d, (X, (1, 1)), {}),
    (F.linear, (X, on_meta(7, 5), on_meta(7)), {}),
    (F.linear, (on_meta(5), on_meta(7, 5)), {}),
    (F.relu, (X,), {"inplace": False}),
    (torch.sigmoid, (X,), {}),
]


@pytest.mark.parametrize(("function", "args", "kwargs"), CALLS)
def test_other_functions_as_torch(function, args, kwargs):
    """Sums, products, means, global pooling and linear layers have torch's shape and dtype."""
    found, expected = foreseen(function, args, kwargs), function(*args, **kwargs)
    assert found is not None
    assert (found.shape, found.dtype, found.is_meta) == (expected.shape, expected.dtype, True)


WHOLE = on_meta(2, 3, 4, 5, dtype=torch.int64)
LEFT = [
    (torch.add, (X, on_meta(2, 4, 4, 5)), {}),  # does not fit
    (torch.add, (X, on_meta(2, 3, 4, 5, dtype=torch.float64)), {}),  # another dtype comes out
    (torch.add, (X, X), {"alpha": 2}),
    (torch.Tensor.mul, (WHOLE, 0.5), {}),
    (torch.Tensor.mul, (X, True), {}),
    (torch.Tensor.mul, (X, torch.tensor(2.0)), {}),
    (torch.Tensor.mean, (X,), {}),
    (torch.Tensor.mean, (X, (4,)), {}),
    (torch.Tensor.mean, (X, (1, -3)), {}),
    (torch.Tensor.mean, (X, (1,)), {"dtype": torch.float64}),
    (torch.Tensor.mean, (WHOLE, (1,)), {}),
    (F.adaptive_avg_pool2d, (X, 2), {}),
    (F.adaptive_avg_pool2d, (on_meta(2, 3, 4), 1), {}),
    (F.adaptive_avg_pool2d, (X, (1, None)), {}),
    (F.linear, (X, on_meta(7, 4)), {}),
    (F.linear, (X, on_meta(7, 5), on_meta(6)), {}),
    (F.linear, (X, on_meta(7, 5, dtype=torch.float64)), {}),
]


@pytest.mark.parametrize(("function", "args", "kwargs"), LEFT)
def test_other_calls_are_left_to_torch(function, args, kwargs):
    """What may be refused, or comes out in another dtype, is torch's affair."""
    assert foreseen(function, args, kwargs) is None
