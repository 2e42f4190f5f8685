"""torchvision's ``vgg11``, ``vgg13``, ``vgg16`` and ``vgg19`` weights in ours (not ``_bn``).

Keys from torchvision's ``models/vgg.py``: ``features`` is one ``nn.Sequential`` over all blocks, in
which every convolution is followed by a ReLU and every block by a pooling, and ``classifier`` has a
dropout behind the first two ReLUs. Ours is built in that order, so that the keys are the same.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from solutions import vgg

MODELS: dict[str, Callable[[], nn.Module]] = {
    "vgg11": vgg.vgg11,
    "vgg13": vgg.vgg13,
    "vgg16": vgg.vgg16,
    "vgg19": vgg.vgg19,
}
"""By torchvision's name, the network that computes the same function."""


def rename(key: str) -> str | None:
    """Our name of torchvision's ``key``, which is the same; None for one that is not needed."""
    return key
