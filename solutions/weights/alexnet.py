"""torchvision's ``alexnet`` weights in our :func:`~solutions.alexnet.alexnet_owt`.

Keys from torchvision's ``models/alexnet.py``: two ``nn.Sequential`` whose layers have numbers.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from solutions.alexnet import alexnet_owt

MODELS: dict[str, Callable[[], nn.Module]] = {"alexnet": alexnet_owt}
"""By torchvision's name, the network that computes the same function."""

LAYERS = {
    "features.0": "features.conv1",
    "features.3": "features.conv2",
    "features.6": "features.conv3",
    "features.8": "features.conv4",
    "features.10": "features.conv5",
    "classifier.1": "classifier.fc6",
    "classifier.4": "classifier.fc7",
    "classifier.6": "classifier.fc8",
}


def rename(key: str) -> str | None:
    """Our name of torchvision's ``key``; None for one that is not needed (there is none)."""
    layer, _, tensor = key.rpartition(".")
    return f"{LAYERS[layer]}.{tensor}"
