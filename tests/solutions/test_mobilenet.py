"""MobileNet: published counts at every width and resolution, and what its blocks compute."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from solutions.counting import count_macs, count_parameters, ledger
from solutions.layers import conv_macs
from solutions.mobilenet import (
    DepthwiseSeparable,
    FullConvolution,
    MobileNetV1,
    conv_mobilenet,
    mobilenet_v1,
    separable_cost_ratio,
    shallow_mobilenet_v1,
)


def on_meta(width_mult: float = 1.0, num_classes: int = 1000) -> MobileNetV1:
    """The network with shapes but without values: counting needs no more."""
    with torch.device("meta"):
        return mobilenet_v1(width_mult, num_classes)


# Parameters and multiply-adds at 224x224, counted on timm's implementation; the paper's Tables 6
# and 7 round them.
@pytest.mark.parametrize(
    ("width_mult", "parameters", "macs"),
    [
        (1.0, 4_231_976, 568_740_352),
        (0.75, 2_585_560, 325_400_448),
        (0.5, 1_331_592, 149_497_088),
        (0.25, 470_072, 41_030_272),
    ],
)
def test_widths(width_mult: float, parameters: int, macs: int) -> None:
    """Every published width has the parameters and multiply-adds of another implementation."""
    model = on_meta(width_mult)
    assert (count_parameters(model), count_macs(model, (3, 224, 224))) == (parameters, macs)


@pytest.mark.parametrize(
    ("width_mult", "size", "macs"),
    [
        (1.0, 192, 418_121_728),
        (1.0, 160, 290_675_200),
        (1.0, 128, 186_400_768),
        (0.25, 192, 30_212_608),
    ],
)
def test_resolutions(width_mult: float, size: int, macs: int) -> None:
    """A smaller image costs what Table 7 rounds, with the same parameters."""
    assert count_macs(on_meta(width_mult), (3, size, size)) == macs


def test_ten_classes() -> None:
    """With ten classes it has the parameters of a well-known version for CIFAR-10."""
    assert count_parameters(on_meta(num_classes=10)) == 3_217_226


def test_full_convolutions() -> None:
    """The "Conv MobileNet" of Table 4: 29.3 million parameters, 4866 million without the head."""
    with torch.device("meta"):
        model = conv_mobilenet()
    assert count_parameters(model) == 29_294_088
    assert count_macs(model, (3, 224, 224)) - 1_024_000 == 4_866_269_184


def test_shallow_net() -> None:
    """Table 5: five layers of 14x14x512 fewer leave 2.9 million and 307 million."""
    with torch.device("meta"):
        model = shallow_mobilenet_v1()
    assert round(count_parameters(model) / 1e6, 1) == 2.9
    assert round(count_macs(model, (3, 224, 224)) / 1e6) == 307


def test_stages() -> None:
    """The ledger's groups end in the shapes of Table 1."""
    model = on_meta()
    rows = ledger(model, (3, 224, 224)).grouped(*model.parts).rows
    assert [row.output_shape for row in rows] == [
        (32, 112, 112), (64, 112, 112), (128, 56, 56), (256, 28, 28), (512, 14, 14), (1024, 7, 7),
        (1024, 1, 1), (1000,),
    ]  # fmt: skip


def test_depth() -> None:
    """28 layers with weights: depthwise and pointwise counted apart (section 3.2)."""
    layers = [m for m in on_meta().modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert len(layers) == 28


def test_where_the_multiply_adds_are() -> None:
    """Table 2: 95 % in 1x1 convolutions, 3 % in depthwise ones; the stem has 1.9 %, not 1.19."""
    rows = ledger(on_meta(), (3, 224, 224)).rows
    share = {
        kind: sum(row.macs for row in rows if kind in row.name) / 568_740_352
        for kind in ("pointwise", "depthwise", "stem", "classifier")
    }
    assert {kind: f"{value:.2%}" for kind, value in share.items()} == {
        "pointwise": "94.86%", "depthwise": "3.06%", "stem": "1.91%", "classifier": "0.18%"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("channels", "size", "macs"),
    [(512, 14, 52_283_392), (384, 14, 29_578_752), (384, 10, 15_091_200)],
)
def test_one_layer_of_table_3(channels: int, size: int, macs: int) -> None:
    """One separable layer at alpha 1 and 0.75, and at rho 0.714."""
    assert count_macs(DepthwiseSeparable(channels, channels), (channels, size, size)) == macs


@pytest.mark.parametrize(("out_channels", "kernel_size"), [(5, 3), (512, 3), (64, 5)])
def test_cost_ratio(out_channels: int, kernel_size: int) -> None:
    """The formula is the quotient of the two costs, for any input and map."""
    in_channels, size = 7, (4, 6)
    separable = conv_macs(in_channels, in_channels, kernel_size, size, groups=in_channels)
    separable += conv_macs(in_channels, out_channels, 1, size)
    full = conv_macs(in_channels, out_channels, kernel_size, size)
    assert separable_cost_ratio(out_channels, kernel_size) == pytest.approx(separable / full)


def test_cost_ratio_of_the_small_example() -> None:
    """6x6x3 to 4x4x5: 432 + 240 = 672 multiplications in place of 2,160."""
    assert separable_cost_ratio(5, 3) == pytest.approx(672 / 2160)


@pytest.mark.parametrize("block", [DepthwiseSeparable, FullConvolution])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [(8, 10), (7, 9)])
def test_block_shape(block: type[DepthwiseSeparable], stride: int, size: tuple[int, int]) -> None:
    """Channels follow the arguments; height and width are divided by the stride, rounded up."""
    height, width = size
    out = block(3, 5, stride)(torch.randn(2, 3, height, width))
    assert out.shape == (2, 5, -(-height // stride), -(-width // stride))


def test_another_size() -> None:
    """Pooling over all positions lets the net take images that are not square, or small."""
    assert mobilenet_v1(0.125, 7)(torch.randn(2, 3, 33, 40)).shape == (2, 7)


def _norm(x: Tensor, bn: nn.BatchNorm2d) -> Tensor:
    """Batch norm at evaluation, written out as its formula."""
    mean, var, gamma, beta = (
        v[:, None, None] for v in (bn.running_mean, bn.running_var, bn.weight, bn.bias)
    )
    return gamma * (x - mean) / torch.sqrt(var + bn.eps) + beta


def test_block_is_its_formula() -> None:
    """Each channel with its own filter, then a matrix at each position; ReLU after both norms."""
    block = DepthwiseSeparable(3, 5, 2).double().eval()
    for part in (block.bn1, block.bn2):
        for values in (part.weight.data, part.running_var):
            nn.init.uniform_(values, 0.5, 1.5)
        for values in (part.bias.data, part.running_mean):
            nn.init.normal_(values)
    x = torch.randn(2, 3, 8, 10, dtype=torch.float64)
    filtered = torch.cat(
        [F.conv2d(x[:, [c]], block.depthwise.weight[[c]], stride=2, padding=1) for c in range(3)],
        dim=1,
    )
    filtered = _norm(filtered, block.bn1).clamp(min=0)
    mixed = torch.einsum("nchw,oc->nohw", filtered, block.pointwise.weight[:, :, 0, 0])
    torch.testing.assert_close(block(x), _norm(mixed, block.bn2).clamp(min=0))


def test_every_parameter_learns() -> None:
    """The gradient reaches every parameter."""
    model = mobilenet_v1(0.125, 4)
    F.cross_entropy(model(torch.randn(4, 3, 40, 40)), torch.tensor([0, 1, 2, 3])).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())
