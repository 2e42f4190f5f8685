"""Traces see layers, functions and bare parameters alike, and who follows whom."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from autograder.submission import LocalTransport, StudentError, Submission
from solutions.resnet import resnet50

# ruff: noqa: D102 - the small modules here are described by their class


def trace(module: nn.Module, *inputs: torch.Tensor):
    """The trace of a module."""
    return Submission(LocalTransport({"make": lambda: module})).build("make").trace(*inputs)


IMAGE = torch.zeros(2, 3, 8, 6)


def test_layers_of_a_sequential():
    """Convolution, norm, linear: in order, with indices, shapes, and who made the input."""
    net = nn.Sequential(
        nn.Conv2d(3, 4, 3, stride=2, groups=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(),
        nn.Linear(24, 5),
    )  # fmt: skip
    conv, norm, linear = trace(net, IMAGE).units
    assert (conv.op, conv.weight, conv.bias, conv.stride) == ("conv2d", 0, 1, (2, 2))
    assert (conv.in_shape, conv.out_shape) == ((2, 3, 8, 6), (2, 4, 3, 2))
    assert (norm.op, norm.weight, norm.bias, norm.mean, norm.var) == ("batch_norm", 2, 3, 6, 7)
    assert (norm.source, norm.after) == (0, (0,))
    assert (linear.op, linear.weight, linear.source, linear.after) == ("linear", 4, None, (1,))


class Bare(nn.Module):
    """One operation with one parameter."""

    def __init__(self, shape, operation):
        super().__init__()
        self.w = nn.Parameter(torch.ones(shape))
        self.operation = operation

    def forward(self, x):
        return self.operation(x, self.w)


@pytest.mark.parametrize(
    ("operation", "shape", "op", "layout"),
    [
        (lambda x, w: x @ w, (6, 5), "product", "transposed"),
        (lambda x, w: torch.matmul(x, w.T), (5, 6), "product", "open"),
        (lambda x, w: w @ x, (5, 8), "product", "weight"),
        (lambda x, w: F.linear(x, w), (5, 6), "linear", "weight"),
        (lambda x, w: F.linear(x, w.t()), (6, 5), "linear", "open"),
        (lambda x, w: torch.einsum("nchw,dc->ndhw", x, w), (5, 3), "product", "open"),
        (lambda x, w: torch.tensordot(x, w, dims=([3], [0])), (6, 5), "product", "open"),
        (lambda x, w: F.conv2d(x, w[:, :, None, None]), (5, 3), "conv2d", "weight"),
        (lambda x, w: x * w, (6,), "scale", "weight"),
        (lambda x, w: w / (x + 1), (6,), "scale", "weight"),
        (lambda x, w: x + w, (6,), "add", "weight"),
        (lambda x, w: torch.sub(x, w), (6,), "add", "weight"),
        (lambda x, w: x.clone().add_(w), (6,), "add", "weight"),
        (lambda x, w: F.prelu(x, w), (3,), "other", "weight"),
        (lambda x, w: F.conv1d(x.flatten(2), w), (5, 3, 1), "convolution", "weight"),
        (lambda x, w: F.conv3d(x[:, None], w), (5, 1, 3, 1, 1), "convolution", "weight"),
        (lambda x, w: F.conv_transpose2d(x, w), (3, 5, 1, 1), "convolution", "weight"),
        (lambda x, w: torch.ops.aten.conv2d(x, w), (5, 3, 1, 1), "convolution", "weight"),
    ],
)
def test_bare_parameter(operation, shape, op, layout):
    """However a parameter is used, the use is seen once."""
    (unit,) = trace(Bare(shape, operation), IMAGE).units
    assert (unit.op, unit.layout, unit.used) == (op, layout, (0,))


def test_computed_weight_is_told_by_its_parameter():
    """A masked weight is still that parameter's."""
    net = Bare((4, 3, 3, 3), lambda x, w: F.conv2d(x, w * torch.ones(3, 1), bias=None))
    (unit,) = trace(net, IMAGE).units
    assert (unit.op, unit.weight, unit.weight_shape) == ("conv2d", 0, (4, 3, 3, 3))


def test_weight_out_of_sight():
    """A tensor that is not in the state has no index, but costs."""
    kernel = torch.ones(4, 3, 1, 1)
    found = trace(Bare((1,), lambda x, w: F.conv2d(x, kernel)), IMAGE)
    assert found.units[0].weight is None
    assert found.macs == 2 * 4 * 48 * 3


class Branches(nn.Module):
    """Two branches that meet."""

    def __init__(self, join):
        super().__init__()
        self.left, self.right = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)
        self.last = nn.Conv2d(3, 3, 1)
        self.join = join

    def forward(self, x):
        return self.last(self.join(self.left(x), self.right(x)))


def _preallocated(a, b):
    out = torch.empty_like(a)
    out[:, :1] = a[:, :1]
    out[:, 1:].copy_(b[:, 1:])
    return out


def _chunks(a, b):
    first, *rest = torch.cat([a, b], 1).chunk(6, 1)
    return torch.cat([first, *rest[1:3]], 1) + b


@pytest.mark.parametrize(
    "join",
    [torch.add, lambda a, b: a.relu_().add_(b), lambda a, b: torch.stack([a, b]).sum(0),
     lambda a, b: torch.cat([a, b], 1)[:, ::2], _preallocated, _chunks],
    ids=["add", "in place", "stack", "cat", "preallocated", "chunks"],
)  # fmt: skip
def test_flow_through_joins(join):
    """The unit behind a join comes after both branches, in whatever way they meet."""
    assert trace(Branches(join), IMAGE).units[2].after == (0, 1)


def test_activation_in_place_ends_the_source():
    """A norm behind an in-place ReLU is not directly behind the convolution."""
    net = nn.Sequential(nn.Conv2d(3, 3, 1), nn.ReLU(inplace=True), nn.BatchNorm2d(3))
    assert trace(net, IMAGE).units[1].source is None


def test_running_statistics_are_no_unit():
    """Bringing buffers up to date is no part of the function."""

    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("mean", torch.zeros(3))

        def forward(self, x):
            self.mean.mul_(0.9).add_(x.mean((0, 2, 3)), alpha=0.1)
            return x

    assert trace(Counting(), IMAGE).units == ()


def test_shared_layer_is_used_twice():
    """Every use is a unit."""
    layer = nn.Conv2d(3, 3, 1)
    assert [unit.weight for unit in trace(nn.Sequential(layer, layer), IMAGE).units] == [0, 0]


@pytest.mark.parametrize(
    ("net", "cost"),
    [
        (nn.Conv2d(3, 4, 3, padding=1), 2 * 48 * 4 * 27),
        (nn.Conv2d(3, 6, 3, padding=1, groups=3), 2 * 48 * 6 * 9),
        (nn.Sequential(nn.Flatten(), nn.Linear(144, 5)), 2 * 144 * 5),
        (Bare((6, 5), lambda x, w: x @ w), 2 * 24 * 6 * 5),
        (Bare((5, 8), lambda x, w: w @ x), 2 * 3 * 6 * 8 * 5),
        (Bare((5, 3), lambda x, w: torch.einsum("nchw,dc->ndhw", x, w)), 2 * 48 * 15),
        (Bare((3, 5), lambda x, w: torch.einsum("nchw,cd->ndhw", x, w)), 2 * 48 * 15),
        (Bare((4, 27), lambda x, w: w @ F.unfold(x, 3, padding=1)), 2 * 48 * 4 * 27),
        (nn.BatchNorm2d(3), 0),
    ],
)
def test_multiply_adds(net, cost):
    """A convolution costs the same however it is written."""
    assert trace(net, IMAGE).macs == cost


def test_resnet50_on_meta():
    """Counts of a whole network need no numbers: 25,557,032 parameters, 4.09 billion MACs."""
    handle = Submission(LocalTransport({"resnet50": resnet50})).build("resnet50", device="meta")
    found = handle.trace(torch.zeros(1, 3, 224, 224))
    assert found.state.count == 25_557_032
    assert found.macs == 4_089_184_256
    assert found.output_shape == (1, 1000)


class NormByKeywords(nn.BatchNorm2d):
    """A batch norm that names what it passes on."""

    def forward(self, x):
        state = {"running_mean": self.running_mean, "running_var": self.running_var}
        return F.batch_norm(x, **state, weight=self.weight, bias=self.bias)


@pytest.mark.parametrize("norm", [nn.BatchNorm2d, NormByKeywords])
def test_what_fails_on_numbers_fails_on_meta(norm):
    """A batch norm for another number of channels has no trace: the shortcut on meta is none."""

    def broken():
        return nn.Sequential(nn.Conv2d(3, 8, 3), norm(4))

    handle = Submission(LocalTransport({"net": broken})).build("net", device="meta")
    with pytest.raises(StudentError, match="should contain 8 elements not 4"):
        handle.trace(torch.zeros(1, 3, 8, 8))
