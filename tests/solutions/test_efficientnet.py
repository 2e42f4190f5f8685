"""EfficientNet: published counts of all eight variants, its scaling rule, and each block."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from solutions import efficientnet as en
from solutions.counting import count_macs, count_parameters, ledger
from solutions.efficientnet import (
    STAGES,
    VARIANTS,
    EfficientNet,
    MBConv,
    SqueezeExcitation,
    StochasticDepth,
    compound_scale,
    cost_factor,
    efficientnet,
    round_filters,
    round_repeats,
)

BUILDERS = {
    "b0": en.efficientnet_b0,
    "b1": en.efficientnet_b1,
    "b2": en.efficientnet_b2,
    "b3": en.efficientnet_b3,
    "b4": en.efficientnet_b4,
    "b5": en.efficientnet_b5,
    "b6": en.efficientnet_b6,
    "b7": en.efficientnet_b7,
}


def on_meta(depth: float, width: float, num_classes: int = 1000) -> EfficientNet:
    """The network with shapes but without values: counting needs no more."""
    with torch.device("meta"):
        return EfficientNet(depth, width, num_classes)


# Parameters and multiply-adds, counted on torchvision, timm and lukemelas/EfficientNet-PyTorch at
# the resolutions of the authors' table; maps of stem, stages and head for one image.
PUBLISHED = {
    "b0": (5_288_548, 385_814_752, (112, 112, 56, 28, 14, 14, 7, 7, 7)),
    "b1": (7_794_184, 686_802_832, (120, 120, 60, 30, 15, 15, 8, 8, 8)),
    "b2": (9_109_994, 993_561_872, (130, 130, 65, 33, 17, 17, 9, 9, 9)),
    "b3": (12_233_232, 1_827_141_392, (150, 150, 75, 38, 19, 19, 10, 10, 10)),
    "b4": (19_341_616, 4_393_771_024, (190, 190, 95, 48, 24, 24, 12, 12, 12)),
    "b5": (30_389_784, 10_266_384_752, (228, 228, 114, 57, 29, 29, 15, 15, 15)),
    "b6": (43_040_704, 19_067_593_536, (264, 264, 132, 66, 33, 33, 17, 17, 17)),
    "b7": (66_347_960, 37_745_884_192, (300, 300, 150, 75, 38, 38, 19, 19, 19)),
}
# Stem, stages, head; blocks of each stage.
LAYOUT = {
    "b0": ((32, 16, 24, 40, 80, 112, 192, 320, 1280), (1, 2, 2, 3, 3, 4, 1)),
    "b1": ((32, 16, 24, 40, 80, 112, 192, 320, 1280), (2, 3, 3, 4, 4, 5, 2)),
    "b2": ((32, 16, 24, 48, 88, 120, 208, 352, 1408), (2, 3, 3, 4, 4, 5, 2)),
    "b3": ((40, 24, 32, 48, 96, 136, 232, 384, 1536), (2, 3, 3, 5, 5, 6, 2)),
    "b4": ((48, 24, 32, 56, 112, 160, 272, 448, 1792), (2, 4, 4, 6, 6, 8, 2)),
    "b5": ((48, 24, 40, 64, 128, 176, 304, 512, 2048), (3, 5, 5, 7, 7, 9, 3)),
    "b6": ((56, 32, 40, 72, 144, 200, 344, 576, 2304), (3, 6, 6, 8, 8, 11, 3)),
    "b7": ((64, 32, 48, 80, 160, 224, 384, 640, 2560), (4, 7, 7, 10, 10, 13, 4)),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_published_counts_and_shapes(variant: str) -> None:
    """Each variant has the parameters, multiply-adds and stage shapes of other implementations."""
    with torch.device("meta"):
        model = BUILDERS[variant]()
    parameters, macs, sizes = PUBLISHED[variant]
    channels, repeats = LAYOUT[variant]
    counted = ledger(model, (3, VARIANTS[variant].resolution, VARIANTS[variant].resolution))
    assert (counted.parameters, counted.macs) == (parameters, macs)
    shapes = [row.output_shape for row in counted.grouped(*model.parts).rows]
    expected = [(c, size, size) for c, size in zip(channels, sizes, strict=True)]
    assert shapes[: len(expected)] == expected
    assert tuple(len(stage) for stage in model.stages) == repeats
    assert shapes[-1] == (1000,)


def test_two_ways_of_counting_agree() -> None:
    """Watching the operations finds the multiply-adds that formulas give."""
    assert count_macs(on_meta(1.0, 1.0), (3, 224, 224)) == PUBLISHED["b0"][1]


@pytest.mark.parametrize("variant", VARIANTS)
def test_layout_by_the_rounding_rules(variant: str) -> None:
    """Channels and repeats of every variant follow from two coefficients and two rules."""
    depth, width = VARIANTS[variant][:2]
    channels = (32, *(stage.channels for stage in STAGES), 1280)
    assert tuple(round_filters(c, width) for c in channels) == LAYOUT[variant][0]
    assert tuple(round_repeats(s.repeats, depth) for s in STAGES) == LAYOUT[variant][1]


def test_rounding_of_filters() -> None:
    """Nearest multiple, halves up, never below the divisor, never a tenth lost."""
    assert [round_filters(c, 1.0) for c in (3, 8, 11, 12, 18, 20, 27, 28)] == [
        8, 8, 16, 16, 24, 24, 32, 32,
    ]  # fmt: skip
    assert round_filters(32, 1.1) == 32  # 35.2: 32 loses 9.1 %
    assert round_filters(12, 1.0, divisor=5) == 15  # 10 would lose a sixth
    assert round_filters(30, 1.1, divisor=4) == 32  # 33


def test_rounding_of_repeats() -> None:
    """Always up: depth is never lost, and a whole number stays."""
    assert [round_repeats(3, depth) for depth in (0.1, 1.0, 1.1, 2.0, 3.1)] == [1, 3, 4, 6, 10]


@pytest.mark.parametrize(
    ("phi", "parameters"),
    [(0, 5_288_548), (1, 9_109_994), (2, 12_255_408), (3, 16_350_296), (4, 25_916_448),
     (5, 33_726_740), (6, 45_464_648), (7, 68_741_810)],
)  # fmt: skip
def test_phi_is_not_the_number_of_the_variant(phi: int, parameters: int) -> None:
    """The formula with phi = 1 gives B2's parameters; larger ones give none of the variants."""
    depth, width, _ = compound_scale(phi)
    assert count_parameters(on_meta(depth, width)) == parameters


def test_compound_scale_nearly_doubles() -> None:
    """One step of phi costs 1.92 times as much by the law, which equation 3 calls about 2."""
    assert compound_scale(0) == (1.0, 1.0, 1.0)
    assert cost_factor(*compound_scale(1)) == pytest.approx(1.9203, abs=1e-4)
    assert cost_factor(*compound_scale(7)) == pytest.approx(96.3, abs=0.1)
    assert compound_scale(0.5, 4, 9, 16) == (2, 3, 4)


def test_cost_factor_is_near_what_counts() -> None:
    """Without rounding the law is right: twice the channels, four times the multiply-adds."""
    base = count_macs(on_meta(1.0, 1.0, 10), (3, 224, 224))
    wide = count_macs(on_meta(1.0, 2.0, 10), (3, 224, 224))
    large = count_macs(on_meta(1.0, 1.0, 10), (3, 448, 448))
    deep = count_macs(on_meta(2.0, 1.0, 10), (3, 224, 224))
    assert wide / base == pytest.approx(cost_factor(1, 2, 1), rel=0.08)
    assert large / base == pytest.approx(cost_factor(1, 1, 2), rel=0.01)
    assert deep / base == pytest.approx(cost_factor(2, 1, 1), rel=0.1)


def test_cost_of_the_largest() -> None:
    """B7 costs 97.8 times as much as B0, not two to the seventh."""
    assert PUBLISHED["b7"][1] / PUBLISHED["b0"][1] == pytest.approx(97.8, abs=0.1)


def test_unknown_variant() -> None:
    """A name that is no row lists those that are."""
    with pytest.raises(ValueError, match="no variant 'b8': there are b0, b1, b2, b3, b4, b5, b6"):
        efficientnet("b8")


# --- blocks --------------------------------------------------------------------------------------


def _awake(module: nn.Module) -> nn.Module:
    """Float64, evaluation mode, and batch norms away from their defaults."""
    module = module.double().eval()
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            for values in (part.weight.data, part.running_var):
                nn.init.uniform_(values, 0.5, 1.5)
            for values in (part.bias.data, part.running_mean):
                nn.init.normal_(values)
    return module


def _norm(x: Tensor, bn: nn.BatchNorm2d) -> Tensor:
    """Batch norm at evaluation, written out with the authors' epsilon."""
    mean, var, gamma, beta = (
        v[:, None, None] for v in (bn.running_mean, bn.running_var, bn.weight, bn.bias)
    )
    return gamma * (x - mean) / torch.sqrt(var + 1e-3) + beta


def _silu(x: Tensor) -> Tensor:
    return x / (1 + torch.exp(-x))


def test_squeeze_excitation_is_its_formula() -> None:
    """Two matrices act on the channels' means, and the map is weighted by what they say."""
    block = SqueezeExcitation(6, 2).double()
    x = torch.randn(2, 6, 5, 4, dtype=torch.float64)
    inner = _silu(x.mean((2, 3)) @ block.squeeze.weight[:, :, 0, 0].T + block.squeeze.bias)
    outer = inner @ block.excite.weight[:, :, 0, 0].T + block.excite.bias
    expected = x / (1 + torch.exp(-outer))[:, :, None, None]
    torch.testing.assert_close(block(x), expected)


def test_mbconv_is_its_formula() -> None:
    """Expansion, depthwise, squeeze and excitation, projection, addition, in functional form."""
    block = _awake(MBConv(8, 8, 5, 1, 3))
    assert isinstance(block, MBConv)
    x = torch.randn(2, 8, 7, 10, dtype=torch.float64)
    expand, depthwise, project = block.expand, block.depthwise, block.project
    y = _silu(_norm(F.conv2d(x, expand[0].weight), expand[1]))
    y = _silu(_norm(F.conv2d(y, depthwise[0].weight, padding=2, groups=24), depthwise[1]))
    y = block.squeeze_excitation(y)
    y = _norm(F.conv2d(y, project[0].weight), project[1])
    torch.testing.assert_close(block(x), x + y)


@pytest.mark.parametrize(("stride", "expansion", "kernel_size"), [(1, 1, 3), (2, 6, 5), (2, 1, 3)])
@pytest.mark.parametrize("size", [(8, 10), (7, 9)])
def test_mbconv_shape(stride: int, expansion: int, kernel_size: int, size: tuple[int, int]) -> None:
    """Channels follow the arguments; height and width are divided by the stride, rounded up."""
    height, width = size
    out = MBConv(3, 5, kernel_size, stride, expansion)(torch.randn(2, 3, height, width))
    assert out.shape == (2, 5, -(-height // stride), -(-width // stride))


def test_squeeze_is_a_quarter_of_the_input() -> None:
    """The squeeze counts the block's input channels, not the expanded ones, and never none."""
    assert MBConv(16, 24, 3, 2, 6).squeeze_excitation.squeeze.out_channels == 4
    assert MBConv(3, 24, 3, 2, 6).squeeze_excitation.squeeze.out_channels == 1


def test_no_expansion_at_one() -> None:
    """With expansion 1 there is no first convolution at all."""
    block = MBConv(32, 16, 3, 1, 1)
    assert isinstance(block.expand, nn.Identity)
    assert count_parameters(block) == 32 * 9 + 64 + (32 * 8 + 8 + 8 * 32 + 32) + 32 * 16 + 32


def test_batch_norm_has_the_authors_constants() -> None:
    """Epsilon 1e-3 and momentum 0.01 everywhere."""
    norms = [m for m in EfficientNet(1.0, 0.25).modules() if isinstance(m, nn.BatchNorm2d)]
    assert len(norms) == 49
    assert {(m.eps, m.momentum) for m in norms} == {(1e-3, 0.01)}


def test_stochastic_depth_values() -> None:
    """In training each example is zero or scaled as a whole, at the given rate."""
    layer = StochasticDepth(0.2)
    x = torch.randn(4000, 2, 1, 3).abs() + 1
    out = layer(x)
    dropped = (out == 0).flatten(1).all(1)
    torch.testing.assert_close(out[~dropped], x[~dropped] / 0.8)
    assert not out[dropped].any()
    assert float(dropped.float().mean()) == pytest.approx(0.2, abs=4 * math.sqrt(0.16 / 4000))


@pytest.mark.parametrize(("rate", "train"), [(0.5, False), (0.0, True)])
def test_stochastic_depth_is_the_identity(rate: float, train: bool) -> None:
    """In evaluation mode and at rate zero nothing changes."""
    x = torch.randn(8, 3)
    assert torch.equal(StochasticDepth(rate).train(train)(x), x)


def test_stochastic_depth_acts_on_the_branch() -> None:
    """A dropped example leaves the block as it came in; without a shortcut nothing is dropped."""
    x = torch.randn(64, 4, 5, 5)
    kept = MBConv(4, 4, 3, 1, 2, drop_rate=0.5)(x)
    same = sum(torch.equal(before, after) for before, after in zip(x, kept, strict=True))
    assert 10 < same < 54
    strided = MBConv(4, 4, 3, 2, 2, drop_rate=0.5)
    assert torch.equal(strided(x), strided(x))


def test_drop_rates_grow_linearly() -> None:
    """Block i of n has i / n of the network's rate, the first none."""
    model = EfficientNet(1.0, 0.25, drop_rate=0.32)
    rates = [m.drop_rate for m in model.modules() if isinstance(m, StochasticDepth)]
    assert rates == pytest.approx([0.02 * i for i in range(16)])


def test_dropout_of_the_variants() -> None:
    """The larger the variant, the more dropout. Source: the authors' table."""
    with torch.device("meta"):
        rates = [efficientnet(variant).dropout.p for variant in VARIANTS]
    assert rates == [0.2, 0.2, 0.3, 0.3, 0.4, 0.4, 0.5, 0.5]


def test_input_is_left_alone() -> None:
    """No in-place operation reaches the caller's tensor."""
    x = torch.randn(2, 4, 6, 8)
    kept = x.clone()
    MBConv(4, 4, 3, 1, 2, 0.5)(x)
    assert torch.equal(x, kept)


def test_every_parameter_learns() -> None:
    """The gradient reaches every parameter of a slim network, on an image that is not square."""
    model = EfficientNet(1.0, 0.1, 3, drop_rate=0.0)
    F.cross_entropy(model(torch.randn(4, 3, 64, 70)), torch.tensor([0, 1, 2, 0])).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())
