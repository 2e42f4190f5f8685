"""Loading torchvision's tensors into our networks, and what is said of files that do not fit."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from solutions.weights import known_models, load_torchvision
from solutions.weights.resnet import MODELS, rename


@pytest.fixture(scope="module")
def theirs() -> dict[str, Tensor]:
    """A ResNet-18's tensors under torchvision's names."""
    torch.manual_seed(0)
    ours = MODELS["resnet18"]().state_dict()
    return {torchvision_key(key): torch.rand_like(tensor.float()) for key, tensor in ours.items()}


def torchvision_key(key: str) -> str:
    """The name that is ours once renamed."""
    guess = key.replace("shortcut", "downsample").replace("classifier", "fc")
    guess = guess.replace("stem.0", "conv1").replace("stem.1", "bn1")
    for stage in range(4):
        guess = guess.replace(f"stages.{stage}.", f"layer{stage + 1}.")
    assert rename(guess) == key
    return guess


def test_weights_arrive(theirs: dict[str, Tensor]) -> None:
    """Every tensor is where it belongs, and the network is ready to be used."""
    net = load_torchvision("resnet18", theirs)
    assert not net.training
    assert torch.equal(net.state_dict()["classifier.weight"], theirs["fc.weight"])
    assert net(torch.zeros(1, 3, 64, 64)).shape == (1, 1000)


def test_files_without_counters(theirs: dict[str, Tensor]) -> None:
    """The oldest files count no batches: they load all the same."""
    old = {key: value for key, value in theirs.items() if "num_batches" not in key}
    assert isinstance(load_torchvision("resnet18", old), nn.Module)


def test_unknown_network() -> None:
    """A name that is nearly right gets the right one."""
    with pytest.raises(ValueError, match=r"'resnet81'. Did you mean 'resnet18'\? Known: alexnet,"):
        load_torchvision("resnet81", {})


def test_files_that_do_not_fit(theirs: dict[str, Tensor]) -> None:
    """Foreign, misshapen and missing tensors are named, with what may be the matter."""
    with pytest.raises(ValueError, match=r"'features.0.weight' is no tensor of torchvision's"):
        load_torchvision("resnet18", {**theirs, "features.0.weight": torch.zeros(1)})
    with pytest.raises(ValueError, match=r"resnet18 has \(1000,\) there: is the file another"):
        load_torchvision("resnet18", {**theirs, "fc.bias": torch.zeros(10)})
    less = {key: value for key, value in theirs.items() if key != "fc.bias"}
    with pytest.raises(ValueError, match=r"1 tensors of resnet18 .*'classifier.bias'.*cut short"):
        load_torchvision("resnet18", less)


def test_every_published_family_is_known() -> None:
    """All networks of the course for which torchvision has weights, each under one name."""
    assert len(set(known_models())) == len(known_models()) == 1 + 4 + 5 + 1 + 1 + 8
