"""AlexNet: three networks of that name, and local response normalisation."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from solutions.alexnet import AlexNet, alexnet, alexnet_owt, local_response_norm
from solutions.counting import count_macs, count_parameters, ledger
from solutions.weights import alexnet as mapping

# Parameters and multiply-adds, counted on Caffe's bvlc_alexnet (with and without groups) and on
# torchvision's alexnet.
PUBLISHED = [
    (lambda: alexnet(groups=2), 227, 60_965_224, 724_406_816),
    (lambda: alexnet(groups=1), 227, 62_378_344, 1_135_256_096),
    (lambda: alexnet_owt(), 224, 61_100_840, 714_188_480),
]
SHAPES_2012 = {
    "conv1": (96, 55, 55), "pool1": (96, 27, 27), "conv2": (256, 27, 27), "pool2": (256, 13, 13),
    "conv3": (384, 13, 13), "conv4": (384, 13, 13), "conv5": (256, 13, 13), "pool5": (256, 6, 6),
    "fc6": (4096,), "fc7": (4096,), "fc8": (1000,),
}  # fmt: skip
SHAPES_2014 = {
    "conv1": (64, 55, 55), "pool1": (64, 27, 27), "conv2": (192, 27, 27), "pool2": (192, 13, 13),
    "conv3": (384, 13, 13), "conv4": (256, 13, 13), "conv5": (256, 13, 13), "pool5": (256, 6, 6),
    "average": (256, 6, 6), "fc6": (4096,), "fc7": (4096,), "fc8": (1000,),
}  # fmt: skip


def on_meta(build: Callable[[], AlexNet]) -> AlexNet:
    """The network with shapes but without values."""
    with torch.device("meta"):
        return build()


@pytest.mark.parametrize(("build", "size", "parameters", "macs"), PUBLISHED)
def test_published_counts(
    build: Callable[[], AlexNet], size: int, parameters: int, macs: int
) -> None:
    """Parameters and multiply-adds of the three networks."""
    model = on_meta(build)
    assert count_parameters(model) == parameters
    assert count_macs(model, (3, size, size)) == macs


@pytest.mark.parametrize(
    ("build", "size", "shapes"), [(alexnet, 227, SHAPES_2012), (alexnet_owt, 224, SHAPES_2014)]
)
def test_stage_shapes(
    build: Callable[[], AlexNet], size: int, shapes: dict[str, tuple[int, ...]]
) -> None:
    """The maps of figure 2, where they have that name."""
    rows = ledger(on_meta(build), (3, size, size)).rows
    found = {row.name.partition(".")[2]: row.output_shape for row in rows}
    assert {name: found[name] for name in shapes} == shapes


@pytest.mark.parametrize("channels", [1, 3, 9])
def test_lrn_is_its_formula(channels: int) -> None:
    """Section 3.3, channel by channel, with the window cut off at both ends."""
    x = torch.randn(2, channels, 3, 4, dtype=torch.float64) * 20
    out = local_response_norm(x)
    for i in range(channels):
        window = x[:, max(0, i - 2) : min(channels - 1, i + 2) + 1]
        wanted = x[:, i] / (2 + 1e-4 * window.square().sum(1)) ** 0.75
        torch.testing.assert_close(out[:, i], wanted)


def test_lrn_in_torch_divides_alpha() -> None:
    """The layer of torch with alpha times the window's size, and k = 2, is the paper's."""
    x = torch.randn(2, 8, 3, 4, dtype=torch.float64) * 20
    torch_layer = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2)
    torch.testing.assert_close(local_response_norm(x), torch_layer(x))


def test_groups_are_a_block_diagonal_convolution() -> None:
    """The second convolution on two GPUs is a full one whose foreign weights are zero."""
    conv = alexnet(5, groups=2, width=6).features.conv2
    assert isinstance(conv, nn.Conv2d)
    full = torch.zeros(16, 6, 5, 5)
    full[:8, :3], full[8:, 3:] = conv.weight[:8], conv.weight[8:]
    x = torch.randn(2, 6, 9, 9)
    torch.testing.assert_close(conv(x), F.conv2d(x, full, conv.bias, padding=2))


def test_slim_networks_keep_the_proportions() -> None:
    """At a small width the whole network runs in milliseconds."""
    model = alexnet(5, width=6).eval()
    assert model(torch.randn(2, 3, 227, 227)).shape == (2, 5)
    assert model.classifier.fc6.weight.shape == (256, 16 * 36)
    assert alexnet_owt(5, width=2).eval()(torch.randn(1, 3, 224, 224)).shape == (1, 5)


def test_alexnet_owt_is_its_listing() -> None:
    """The 2014 network written with functional calls."""
    model = alexnet_owt(5, width=2).double().eval()
    x = torch.randn(2, 3, 224, 224, dtype=torch.float64)

    def conv(x: Tensor, name: str, **kwargs: int) -> Tensor:
        layer = getattr(model.features, name)
        return F.conv2d(x, layer.weight, layer.bias, **kwargs).clamp(min=0)

    y = F.max_pool2d(conv(x, "conv1", stride=4, padding=2), 3, 2)
    y = F.max_pool2d(conv(y, "conv2", padding=2), 3, 2)
    y = conv(conv(conv(y, "conv3", padding=1), "conv4", padding=1), "conv5", padding=1)
    y = F.max_pool2d(y, 3, 2).reshape(2, -1)
    for name in ("fc6", "fc7"):
        layer = getattr(model.classifier, name)
        y = (y @ layer.weight.T + layer.bias).clamp(min=0)
    wanted = y @ model.classifier.fc8.weight.T + model.classifier.fc8.bias
    torch.testing.assert_close(model(x), wanted)


def test_every_parameter_learns() -> None:
    """The gradient reaches every parameter."""
    model = alexnet(5, width=6).eval()
    model(torch.randn(2, 3, 227, 227)).sum().backward()
    assert all(p.grad is not None for p in model.parameters())


def torchvision_shapes() -> dict[str, tuple[int, ...]]:
    """Keys and shapes of torchvision's ``alexnet`` weights, from its published layout."""
    shapes: dict[str, tuple[int, ...]] = {}
    for layer, weight in {
        "features.0": (64, 3, 11, 11), "features.3": (192, 64, 5, 5),
        "features.6": (384, 192, 3, 3), "features.8": (256, 384, 3, 3),
        "features.10": (256, 256, 3, 3), "classifier.1": (4096, 9216),
        "classifier.4": (4096, 4096), "classifier.6": (1000, 4096),
    }.items():  # fmt: skip
        shapes |= {f"{layer}.weight": weight, f"{layer}.bias": weight[:1]}
    return shapes


def test_torchvision_weights_fit() -> None:
    """Every tensor of torchvision's state has one place of its shape in ours."""
    with torch.device("meta"):
        ours = mapping.MODELS["alexnet"]().state_dict()
    theirs = torchvision_shapes()
    assert {mapping.rename(key): shape for key, shape in theirs.items()} == {
        key: tuple(value.shape) for key, value in ours.items()
    }
    assert len(theirs) == len(ours) == 16
