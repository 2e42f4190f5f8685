"""The VGG networks: published counts, and what a block computes."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from solutions import vgg
from solutions.counting import count_macs, count_parameters, ledger
from solutions.vgg import VGG, vgg16
from solutions.weights import vgg as mapping

# Parameters and multiply-adds at 224x224, in all and in the convolutions alone, counted on
# torchvision and timm.
PUBLISHED = [
    (11, 132_863_336, 7_609_090_048, 7_485_456_384),
    (13, 133_047_848, 11_308_466_176, 11_184_832_512),
    (16, 138_357_544, 15_470_264_320, 15_346_630_656),
    (19, 143_667_240, 19_632_062_464, 19_508_428_800),
]


def on_meta(depth: int) -> VGG:
    """The network with shapes but without values."""
    with torch.device("meta"):
        model = getattr(vgg, f"vgg{depth}")()
    assert isinstance(model, VGG)
    return model


@pytest.mark.parametrize(("depth", "parameters", "macs", "convolutions"), PUBLISHED)
def test_published_counts(depth: int, parameters: int, macs: int, convolutions: int) -> None:
    """Parameters and multiply-adds of the whole, multiply-adds of the convolutions."""
    model = on_meta(depth)
    assert count_parameters(model) == parameters
    assert count_macs(model, (3, 224, 224)) == macs
    assert count_macs(model.features, (3, 224, 224)) == convolutions


@pytest.mark.parametrize("depth", [11, 13, 16, 19])
def test_named_for_its_layers(depth: int) -> None:
    """The number in the name counts convolutions and linear layers."""
    layers = [m for m in on_meta(depth).modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert len(layers) == depth


def test_where_the_parameters_are() -> None:
    """The first linear layer of VGG-16 holds three quarters of the parameters."""
    model = on_meta(16)
    first = model.classifier[0].weight
    assert first.numel() == 102_760_448
    assert count_parameters(model.features) == 14_714_688
    assert count_parameters(model.classifier) == 123_642_856


def test_stage_shapes() -> None:
    """The maps of VGG-16 after each block and in the head."""
    rows = ledger(on_meta(16), (3, 224, 224)).rows
    pooled = [row.output_shape for row in rows if row.kind == "MaxPool2d"]
    assert pooled == [(64, 112, 112), (128, 56, 56), (256, 28, 28), (512, 14, 14), (512, 7, 7)]
    linear = [row.output_shape for row in rows if row.kind == "Linear"]
    assert linear == [(4096,), (4096,), (1000,)]


def test_activations_of_vgg16() -> None:
    """One number a layer output, input included: 15,237,608 (61 MB in float32)."""
    rows = ledger(on_meta(16), (3, 224, 224)).rows
    pooled = sum(torch.Size(row.output_shape).numel() for row in rows if row.kind == "MaxPool2d")
    kept = sum(row.activations for row in rows)
    assert 3 * 224 * 224 + pooled + kept == 15_237_608


def test_blocks_are_the_features_in_parts() -> None:
    """Five blocks, together the features, sharing their layers."""
    model = vgg16(5, width=2)
    x = torch.randn(1, 3, 64, 32)
    y = x
    for block in model.blocks:
        y = block(y)
    assert len(model.blocks) == 5
    assert torch.equal(y, model.forward_features(x))
    assert model.blocks[0][0] is model.features[0]


def test_a_block_is_its_formula() -> None:
    """Convolution, ReLU, convolution, ReLU, maximum over 2x2."""
    block = nn.Sequential(*vgg.vgg_block(2, 3, 5)).double()
    x = torch.randn(2, 3, 8, 10, dtype=torch.float64)
    y = x
    for conv in (block[0], block[2]):
        y = F.conv2d(y, conv.weight, conv.bias, padding=1).clamp(min=0)
    torch.testing.assert_close(block(x), y.reshape(2, 5, 4, 2, 5, 2).amax(dim=(3, 5)))


def test_slim_networks_take_any_size() -> None:
    """Averaging to 7x7 lets the network take other images; at 224 it does nothing."""
    model = vgg16(5, width=2).eval()
    assert model(torch.randn(2, 3, 64, 96)).shape == (2, 5)
    x = torch.randn(1, 3, 224, 224)
    features = model.forward_features(x)
    assert torch.equal(model.pool(features), features)


def test_every_parameter_learns() -> None:
    """The gradient reaches every parameter."""
    model = vgg.vgg11(5, width=4).eval()
    model(torch.randn(2, 3, 64, 64)).sum().backward()
    assert all(p.grad is not None for p in model.parameters())


def torchvision_shapes(channels: list[int | str]) -> dict[str, tuple[int, ...]]:
    """Keys and shapes of torchvision's weights; ``channels`` is a row of its ``cfgs``."""
    shapes: dict[str, tuple[int, ...]] = {}
    place, before = 0, 3
    for entry in channels:
        if isinstance(entry, int):
            shapes[f"features.{place}.weight"] = (entry, before, 3, 3)
            shapes[f"features.{place}.bias"] = (entry,)
            before = entry
        place += 2 if isinstance(entry, int) else 1
    for place, (out, into) in {0: (4096, 25088), 3: (4096, 4096), 6: (1000, 4096)}.items():
        shapes[f"classifier.{place}.weight"] = (out, into)
        shapes[f"classifier.{place}.bias"] = (out,)
    return shapes


def block(count: int, channels: int) -> list[int | str]:
    """One block of torchvision's ``cfgs``."""
    return [*[channels] * count, "M"]


CFGS = {
    "vgg11": block(1, 64) + block(1, 128) + block(2, 256) + block(2, 512) + block(2, 512),
    "vgg13": block(2, 64) + block(2, 128) + block(2, 256) + block(2, 512) + block(2, 512),
    "vgg16": block(2, 64) + block(2, 128) + block(3, 256) + block(3, 512) + block(3, 512),
    "vgg19": block(2, 64) + block(2, 128) + block(4, 256) + block(4, 512) + block(4, 512),
}


@pytest.mark.parametrize("name", CFGS)
def test_torchvision_weights_fit(name: str) -> None:
    """Every tensor of torchvision's state has one place of its shape in ours."""
    with torch.device("meta"):
        ours = mapping.MODELS[name]().state_dict()
    theirs = torchvision_shapes(CFGS[name])
    assert {mapping.rename(key): shape for key, shape in theirs.items()} == {
        key: tuple(value.shape) for key, value in ours.items()
    }
    assert len(theirs) == len(ours) == 2 * int(name.removeprefix("vgg"))
