"""torchvision's EfficientNet checkpoints fit ours, entry by entry."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import nn

from solutions.weights.efficientnet import MODELS, rename

Entry = tuple[str, tuple[int, ...]]

# The layout that torchvision publishes: expansion, kernel, output channels and blocks of each
# stage, stem and head apart.
EXPANSIONS, KERNELS = (1, 6, 6, 6, 6, 6, 6), (3, 3, 5, 3, 5, 5, 3)
LAYOUTS = {
    "efficientnet_b0": (32, (16, 24, 40, 80, 112, 192, 320), (1, 2, 2, 3, 3, 4, 1)),
    "efficientnet_b3": (40, (24, 32, 48, 96, 136, 232, 384), (2, 3, 3, 5, 5, 6, 2)),
    "efficientnet_b7": (64, (32, 48, 80, 160, 224, 384, 640), (4, 7, 7, 10, 10, 13, 4)),
}


def conv_norm(name: str, shape: tuple[int, ...]) -> Iterator[Entry]:
    """A convolution and its batch norm in torchvision's ``Conv2dNormActivation``."""
    yield f"{name}.0.weight", shape
    for entry in ("weight", "bias", "running_mean", "running_var"):
        yield f"{name}.1.{entry}", shape[:1]
    yield f"{name}.1.num_batches_tracked", ()


def torchvision_entries(
    stem: int, channels: tuple[int, ...], blocks: tuple[int, ...]
) -> list[Entry]:
    """Names and shapes of a state_dict of torchvision, in its order."""
    entries = list(conv_norm("features.0", (stem, 3, 3, 3)))
    inputs = stem
    for stage, (outputs, count) in enumerate(zip(channels, blocks, strict=True), start=1):
        expansion, k = EXPANSIONS[stage - 1], KERNELS[stage - 1]
        for block in range(count):
            name, place, hidden = f"features.{stage}.{block}.block", 0, inputs * expansion
            if expansion > 1:
                entries += conv_norm(f"{name}.0", (hidden, inputs, 1, 1))
                place = 1
            entries += conv_norm(f"{name}.{place}", (hidden, 1, k, k))
            squeezed = inputs // 4
            entries += [
                (f"{name}.{place + 1}.fc1.weight", (squeezed, hidden, 1, 1)),
                (f"{name}.{place + 1}.fc1.bias", (squeezed,)),
                (f"{name}.{place + 1}.fc2.weight", (hidden, squeezed, 1, 1)),
                (f"{name}.{place + 1}.fc2.bias", (hidden,)),
            ]
            entries += conv_norm(f"{name}.{place + 2}", (outputs, hidden, 1, 1))
            inputs = outputs
    entries += conv_norm("features.8", (4 * inputs, inputs, 1, 1))
    return [*entries, ("classifier.1.weight", (1000, 4 * inputs)), ("classifier.1.bias", (1000,))]


@pytest.mark.parametrize("name", LAYOUTS)
def test_mapping_is_a_bijection(name: str) -> None:
    """Each entry of torchvision has one of ours, of the same shape, and none is left."""
    with torch.device("meta"):
        ours = {key: tuple(value.shape) for key, value in MODELS[name]().state_dict().items()}
    theirs = torchvision_entries(*LAYOUTS[name])
    assert len(dict(theirs)) == len(theirs)
    assert {rename(key): shape for key, shape in theirs} == ours
    assert len(theirs) == len(ours)


def test_all_eight_are_offered() -> None:
    """Every variant can be asked for by torchvision's name."""
    assert set(MODELS) == {f"efficientnet_b{number}" for number in range(8)}


@pytest.mark.parametrize("key", ["features.9.0.weight", "classifier.0.weight", "avgpool.weight"])
def test_unknown_keys_are_dropped(key: str) -> None:
    """What torchvision's EfficientNet does not have has no name here."""
    assert rename(key) is None


@pytest.mark.parametrize(("name", "eps"), [("efficientnet_b4", 1e-5), ("efficientnet_b5", 1e-3)])
def test_batch_norm_has_torchvision_constants(name: str, eps: float) -> None:
    """B0 to B4 come with PyTorch's epsilon, B5 to B7 with that of the authors."""
    with torch.device("meta"):
        model = MODELS[name]()
    assert {m.eps for m in model.modules() if isinstance(m, nn.BatchNorm2d)} == {eps}
