"""The tensors of torchvision's GoogLeNet find their places in ours, with equal shapes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from solutions.inception import googlenet_bn
from solutions.weights.inception import MODELS, rename

Shape = tuple[int, ...]

# torchvision's models/googlenet.py: in_channels, 1x1, 3x3 reduction and 3x3, "5x5" reduction and
# "5x5" (a 3x3 there), pool projection.
INCEPTION = {
    "3a": (192, 64, 96, 128, 16, 32, 32),
    "3b": (256, 128, 128, 192, 32, 96, 64),
    "4a": (480, 192, 96, 208, 16, 48, 64),
    "4b": (512, 160, 112, 224, 24, 64, 64),
    "4c": (512, 128, 128, 256, 24, 64, 64),
    "4d": (512, 112, 144, 288, 32, 64, 64),
    "4e": (528, 256, 160, 320, 32, 128, 128),
    "5a": (832, 256, 160, 320, 32, 128, 128),
    "5b": (832, 384, 192, 384, 48, 128, 128),
}


def unit(name: str, in_channels: int, out_channels: int, size: int) -> Iterator[tuple[str, Shape]]:
    """A convolution without bias and its batch norm."""
    yield f"{name}.conv.weight", (out_channels, in_channels, size, size)
    for part in ("weight", "bias", "running_mean", "running_var"):
        yield f"{name}.bn.{part}", (out_channels,)
    yield f"{name}.bn.num_batches_tracked", ()


def linear(name: str, in_features: int, out_features: int) -> Iterator[tuple[str, Shape]]:
    """A linear layer."""
    yield f"{name}.weight", (out_features, in_features)
    yield f"{name}.bias", (out_features,)


def torchvision_layout() -> Iterator[tuple[str, Shape]]:
    """Every key of the released state, in its order."""
    yield from unit("conv1", 3, 64, 7)
    yield from unit("conv2", 64, 64, 1)
    yield from unit("conv3", 64, 192, 3)
    for name, (inputs, c1, r3, c3, r5, c5, pool) in INCEPTION.items():
        block = f"inception{name}"
        yield from unit(f"{block}.branch1", inputs, c1, 1)
        yield from unit(f"{block}.branch2.0", inputs, r3, 1)
        yield from unit(f"{block}.branch2.1", r3, c3, 3)
        yield from unit(f"{block}.branch3.0", inputs, r5, 1)
        yield from unit(f"{block}.branch3.1", r5, c5, 3)
        yield from unit(f"{block}.branch4.1", inputs, pool, 1)
    for head, inputs in (("aux1", 512), ("aux2", 528)):
        yield from unit(f"{head}.conv", inputs, 128, 1)
        yield from linear(f"{head}.fc1", 2048, 1024)
        yield from linear(f"{head}.fc2", 1024, 1000)
    yield from linear("fc", 1024, 1000)


@pytest.mark.parametrize("aux", [False, True])
def test_every_tensor_has_its_place(aux: bool) -> None:
    """The mapping is a bijection onto our state, with equal shapes; heads are left out unasked."""
    with torch.device("meta"):
        model = googlenet_bn(aux=aux)
    ours = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    renamed = [(rename(key, aux=aux), shape) for key, shape in torchvision_layout()]
    kept = [(name, shape) for name, shape in renamed if name is not None]
    assert len(dict(kept)) == len(kept)
    assert dict(kept) == ours
    assert len(renamed) - len(kept) == (0 if aux else 20)


def test_kinds_stay() -> None:
    """A weight stays a weight, a running mean a running mean."""
    for key, _ in torchvision_layout():
        name = rename(key, aux=True)
        assert name is not None
        assert name.rpartition(".")[2] == key.rpartition(".")[2]


def test_branches_keep_their_meaning() -> None:
    """Their branch 2 is our 3x3, their branch 3 our 5x5, their aux2 our head on 4d."""
    assert rename("inception4c.branch2.1.conv.weight") == "to_4d.4c.branch3.1.0.weight"
    assert rename("inception4c.branch3.1.conv.weight") == "to_4d.4c.branch5.1.0.weight"
    assert rename("aux2.fc1.bias", aux=True) == "heads.4d.3.bias"
    assert rename("aux2.fc1.bias") is None


def test_unknown_key_is_told() -> None:
    """A tensor of another net is refused by name."""
    with pytest.raises(KeyError, match=r"layer1\.0\.conv1\.weight: no tensor of"):
        rename("layer1.0.conv1.weight")


def test_models_fit() -> None:
    """The released name makes the net that the keys are for."""
    with torch.device("meta"):
        assert len(MODELS["googlenet"]().state_dict()) == 344
