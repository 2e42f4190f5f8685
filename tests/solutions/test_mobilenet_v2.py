"""MobileNetV2: published counts, what its blocks compute, and where torchvision keeps the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from solutions.counting import count_macs, count_parameters, ledger
from solutions.mobilenet_v2 import (
    ActivatedResidual,
    InvertedResidual,
    MobileNetV2,
    make_divisible,
    mobilenet_v2,
)
from solutions.weights.mobilenet_v2 import MODELS, rename


def on_meta(width_mult: float = 1.0, num_classes: int = 1000) -> MobileNetV2:
    """The network with shapes but without values: counting needs no more."""
    with torch.device("meta"):
        return mobilenet_v2(width_mult, num_classes)


# Parameters and multiply-adds at 224x224, counted on torchvision's and timm's implementations.
@pytest.mark.parametrize(
    ("width_mult", "parameters", "macs"),
    [
        (1.4, 6_108_776, 582_195_824),
        (1.3, 5_386_792, 509_374_560),
        (1.0, 3_504_872, 300_774_272),
        (0.75, 2_636_424, 209_069_792),
        (0.5, 1_968_680, 97_131_840),
        (0.35, 1_677_128, 59_285_808),
    ],
)
def test_widths(width_mult: float, parameters: int, macs: int) -> None:
    """Every released width has the parameters and multiply-adds of other implementations."""
    model = on_meta(width_mult)
    assert (count_parameters(model), count_macs(model, (3, 224, 224))) == (parameters, macs)


@pytest.mark.parametrize(
    ("size", "macs"),
    [(192, 221_316_608), (160, 154_083_200), (128, 99_074_048), (96, 56_289_152)],
)
def test_resolutions(size: int, macs: int) -> None:
    """A smaller image costs less, with the same parameters."""
    assert count_macs(on_meta(), (3, size, size)) == macs


def test_ten_classes() -> None:
    """Ten classes leave 2,236,682 parameters."""
    assert count_parameters(on_meta(num_classes=10)) == 2_236_682


def test_stages() -> None:
    """The ledger's groups end in the shapes of Table 2."""
    model = on_meta()
    rows = ledger(model, (3, 224, 224)).grouped(*model.parts).rows
    assert [row.output_shape for row in rows] == [
        (32, 112, 112), (16, 112, 112), (24, 56, 56), (32, 28, 28), (64, 14, 14), (96, 14, 14),
        (160, 7, 7), (320, 7, 7), (1280, 7, 7), (1280, 1, 1), (1000,),
    ]  # fmt: skip


def test_blocks_and_skips() -> None:
    """17 blocks (the paper's text says 19), ten of them with a skip."""
    blocks = [m for m in on_meta().modules() if isinstance(m, InvertedResidual)]
    assert (len(blocks), sum(block.has_skip for block in blocks)) == (17, 10)


def test_cost_of_one_block() -> None:
    """14x14x64 to 96 at expansion 6 costs h w d' t (d' + k^2 + d'') (section 3.3)."""
    assert count_macs(InvertedResidual(64, 96, 1, 6), (64, 14, 14)) == 12_719_616


@pytest.mark.parametrize(
    ("value", "expected"),
    [(3, 8), (8, 8), (11.2, 16), (11.9, 16), (12, 16), (18, 24), (17.5, 16), (22.4, 24), (33.6, 32),
     (44.8, 48), (134.4, 136), (1792, 1792), (8.8, 8), (8.9, 16)],
)  # fmt: skip
def test_make_divisible(value: float, expected: int) -> None:
    """Nearest multiple of 8, halves up, 8 at least, and one step more where 10 % would be lost."""
    found = make_divisible(value)
    assert found == expected
    assert type(found) is int


@pytest.mark.parametrize("divisor", [1, 4, 8, 16])
def test_make_divisible_in_general(divisor: int) -> None:
    """Whatever the value: a multiple, at least the divisor, at least 90 %, and near."""
    for tenths in range(1, 2000):
        value = tenths / 10
        found = make_divisible(value, divisor)
        assert found % divisor == 0
        assert found >= max(divisor, 0.9 * value)
        assert found - value <= divisor


BLOCKS = (InvertedResidual, ActivatedResidual)


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("expansion", [1, 6])
@pytest.mark.parametrize("size", [(8, 10), (7, 9)])
def test_block_shape(
    block: type[InvertedResidual], stride: int, expansion: int, size: tuple[int, int]
) -> None:
    """Channels follow the arguments; height and width are divided by the stride, rounded up."""
    height, width = size
    out = block(3, 5, stride, expansion)(torch.randn(2, 3, height, width))
    assert out.shape == (2, 5, -(-height // stride), -(-width // stride))


def test_no_expansion_at_one() -> None:
    """The generic block would have a 1x1 and a batch norm more: 1,088 parameters at 32 channels."""
    without = count_parameters(InvertedResidual(32, 16, 1, 1))
    assert without == 9 * 32 + 2 * 32 + 32 * 16 + 2 * 16
    assert count_parameters(nn.Conv2d(32, 32, 1, bias=False)) + 2 * 32 == 1_088


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
    """Batch norm at evaluation, written out as its formula."""
    mean, var, gamma, beta = (
        v[:, None, None] for v in (bn.running_mean, bn.running_var, bn.weight, bn.bias)
    )
    return gamma * (x - mean) / torch.sqrt(var + bn.eps) + beta


@pytest.mark.parametrize(("out_channels", "stride"), [(3, 1), (5, 1), (3, 2)])
def test_block_is_its_formula(out_channels: int, stride: int) -> None:
    """Expand, filter, project without activation; x is added at stride 1 and equal channels."""
    block = _awake(InvertedResidual(3, out_channels, stride, 4))
    x = 5 * torch.randn(2, 3, 8, 10, dtype=torch.float64)
    (conv1, bn1, _), (conv2, bn2, _), (conv3, bn3) = block.expand, block.filter, block.project
    y = _norm(torch.einsum("nchw,oc->nohw", x, conv1.weight[:, :, 0, 0]), bn1).clamp(0, 6)
    y = torch.cat(
        [F.conv2d(y[:, [c]], conv2.weight[[c]], stride=stride, padding=1) for c in range(12)], dim=1
    )
    y = _norm(y, bn2).clamp(0, 6)
    y = _norm(torch.einsum("nchw,oc->nohw", y, conv3.weight[:, :, 0, 0]), bn3)
    expected = x + y if (out_channels, stride) == (3, 1) else y
    torch.testing.assert_close(block(x), expected)


def test_activated_block_ends_in_relu6() -> None:
    """The variant of figure 6a clips what the linear bottleneck would pass on."""
    torch.manual_seed(0)
    linear, activated = InvertedResidual(3, 3, 1, 2).eval(), ActivatedResidual(3, 3, 1, 2).eval()
    activated.load_state_dict(linear.state_dict())
    x = 5 * torch.randn(2, 3, 8, 10)
    assert (linear(x) < 0).any()
    torch.testing.assert_close(activated(x), linear(x).clamp(0, 6))


@pytest.mark.parametrize("block", BLOCKS)
def test_blocks_leave_their_input_alone(block: type[InvertedResidual]) -> None:
    """No in-place operation reaches the caller's tensor."""
    x = torch.randn(2, 4, 6, 8)
    kept = x.clone()
    block(4, 4, 1, 1)(x)
    assert torch.equal(x, kept)


def test_every_parameter_learns() -> None:
    """The gradient reaches every parameter, whatever the block."""
    model = mobilenet_v2(0.1, 4, block=ActivatedResidual)
    F.cross_entropy(model(torch.randn(4, 3, 40, 40)), torch.tensor([0, 1, 2, 3])).backward()
    assert all(p.grad is not None for p in model.parameters())


def torchvision_layout() -> Iterator[tuple[str, tuple[int, ...]]]:
    """Keys and shapes of torchvision's ``mobilenet_v2().state_dict()``, from its published code.

    ``features`` is a row of Conv-BN-ReLU6 triples and blocks; a block is a row of such triples
    (expansion, if any, and depthwise), a bare convolution and a batch norm.
    """

    def conv(name: str, out: int, into: int, k: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        yield f"{name}.weight", (out, into, k, k)

    def norm(name: str, channels: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        for field in ("weight", "bias", "running_mean", "running_var"):
            yield f"{name}.{field}", (channels,)
        yield f"{name}.num_batches_tracked", ()

    def triple(name: str, out: int, into: int, k: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        yield from conv(f"{name}.0", out, into, k)
        yield from norm(f"{name}.1", out)

    yield from triple("features.0", 32, 3, 3)
    number, inputs = 1, 32
    for t, c, n in ((1, 16, 1), (6, 24, 2), (6, 32, 3), (6, 64, 4), (6, 96, 3), (6, 160, 3),
                    (6, 320, 1)):  # fmt: skip
        for _ in range(n):
            place, part = f"features.{number}.conv", 0
            if t != 1:
                yield from triple(f"{place}.0", inputs * t, inputs, 1)
                part = 1
            yield from triple(f"{place}.{part}", inputs * t, 1, 3)
            yield from conv(f"{place}.{part + 1}", c, inputs * t, 1)
            yield from norm(f"{place}.{part + 2}", c)
            number, inputs = number + 1, c
    yield from triple(f"features.{number}", 1280, 320, 1)
    yield "classifier.1.weight", (1000, 1280)
    yield "classifier.1.bias", (1000,)


def test_torchvision_keys_map_one_to_one() -> None:
    """Each of torchvision's entries has a place of its shape in our network, and none is left."""
    theirs = dict(torchvision_layout())
    with torch.device("meta"):
        ours = {
            key: tuple(value.shape) for key, value in MODELS["mobilenet_v2"]().state_dict().items()
        }
    mapped = {rename(key): shape for key, shape in theirs.items()}
    assert len(mapped) == len(theirs) == 314
    assert mapped == ours


@pytest.mark.parametrize(
    "key", ["features.19.0.weight", "features.1.conv.3.weight", "classifier.0.weight", "fc.weight"]
)
def test_unknown_key_is_refused(key: str) -> None:
    """A key of another network is named in the error."""
    with pytest.raises(KeyError, match=f"torchvision's MobileNetV2 has no '{key}'"):
        rename(key)
