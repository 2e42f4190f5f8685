"""Network in network: the 1x1 convolution, the mlpconv block, and the authors' CIFAR-10 net."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from solutions.counting import count_macs, count_parameters, ledger
from solutions.nin import conv1x1_as_linear, merge_1x1, mlpconv, nin


def _random(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


def test_cifar_counts() -> None:
    """Counted on the authors' definition, mavenlin/cuda-convnet NIN/cifar-10_def."""
    with torch.device("meta"):
        model = nin()
    assert (count_parameters(model), count_macs(model, (3, 32, 32))) == (966_986, 222_486_528)


def test_cifar_shapes() -> None:
    """The maps of the authors' net, layer by layer."""
    with torch.device("meta"):
        rows = ledger(nin(), (3, 32, 32)).rows
    convolutions = [row.output_shape for row in rows if row.kind == "Conv2d"]
    assert convolutions == [
        (192, 32, 32), (160, 32, 32), (96, 32, 32),
        (192, 16, 16), (192, 16, 16), (192, 16, 16),
        (192, 8, 8), (192, 8, 8), (10, 8, 8),
    ]  # fmt: skip
    pools = [row.output_shape for row in rows if "Pool" in row.kind]
    assert pools == [(96, 16, 16), (192, 8, 8), (10, 1, 1)]


def test_a_relu_after_every_convolution() -> None:
    """Also after the last 1x1, so that scores are never negative."""
    layers = [m for m in nin().modules() if isinstance(m, nn.Conv2d | nn.ReLU)]
    kinds = [type(layer) for layer in layers]
    assert kinds == [nn.Conv2d, nn.ReLU] * 9
    assert bool((nin().eval()(torch.randn(2, 3, 16, 20)) >= 0).all())


@pytest.mark.parametrize("bias", [True, False])
def test_1x1_is_a_linear_map_of_each_pixel(bias: bool) -> None:
    """A permuted matrix product gives what the convolution gives."""
    x, weight = _random(2, 3, 4, 5), _random(6, 3, 1, 1)
    shift = _random(6) if bias else None
    torch.testing.assert_close(conv1x1_as_linear(x, weight, shift), F.conv2d(x, weight, shift))


@pytest.mark.parametrize("biases", [(True, True), (True, False), (False, True), (False, False)])
def test_two_1x1_are_one(biases: tuple[bool, bool]) -> None:
    """Without an activation between them, one convolution does the work of two."""
    x = _random(2, 3, 4, 5)
    first = _random(6, 3, 1, 1), _random(6) if biases[0] else None
    second = _random(2, 6, 1, 1), _random(2) if biases[1] else None
    weight, bias = merge_1x1(first, second)
    assert weight.shape == (2, 3, 1, 1)
    assert (bias is None) == (biases == (False, False))
    two = F.conv2d(F.conv2d(x, *first), *second)
    torch.testing.assert_close(F.conv2d(x, weight, bias), two)


def test_mlpconv_is_its_formula() -> None:
    """First k x k, ReLU, then 1x1, ReLU, 1x1, ReLU; only the first convolution is padded."""
    block = mlpconv(3, (4, 5, 6), 5, padding=1).double()
    convolutions = [layer for layer in block if isinstance(layer, nn.Conv2d)]
    assert [layer.kernel_size[0] for layer in convolutions] == [5, 1, 1]
    assert all(one.out_channels == two.in_channels for one, two in pairwise(convolutions))
    x = _random(2, 3, 8, 9)
    expected = F.conv2d(x, convolutions[0].weight, convolutions[0].bias, padding=1).relu()
    for layer in convolutions[1:]:
        expected = F.conv2d(expected, layer.weight, layer.bias).relu()
    assert expected.shape == (2, 6, 6, 7)
    torch.testing.assert_close(block(x), expected)


def test_net_on_another_size() -> None:
    """Pooling over all positions lets the net take images that are not 32x32."""
    assert nin(7).eval()(torch.randn(1, 3, 9, 12)).shape == (1, 7)
