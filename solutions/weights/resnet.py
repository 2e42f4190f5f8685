"""torchvision's names of ResNet's weights, and ours.

Source of the names: torchvision/models/resnet.py, whose bottleneck is v1.5 as ours is. Inside a
block they are the same but for the projection (``downsample``).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from torch import nn

from solutions import resnet

MODELS: dict[str, Callable[[], nn.Module]] = {
    "resnet18": resnet.resnet18,
    "resnet34": resnet.resnet34,
    "resnet50": resnet.resnet50,
    "resnet101": resnet.resnet101,
    "resnet152": resnet.resnet152,
}
"""By torchvision's name, the network that computes the same function."""

BLOCK = re.compile(r"layer([1-4])\.(\d+)\.(.+)")
OUTER = {"conv1.": "stem.0.", "bn1.": "stem.1.", "fc.": "classifier."}


def rename(key: str) -> str | None:
    """Our name of torchvision's ``key``; None for one that is not needed (there is none).

    Raises:
        KeyError: torchvision's ResNets have no such tensor.
    """
    if found := BLOCK.fullmatch(key):
        stage, position, inside = found.groups()
        return f"stages.{int(stage) - 1}.{position}.{inside.replace('downsample', 'shortcut')}"
    for theirs, ours in OUTER.items():
        if key.startswith(theirs):
            return ours + key.removeprefix(theirs)
    raise KeyError(f"torchvision's ResNets have no {key!r}")
