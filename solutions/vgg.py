"""The VGG networks: blocks of 3x3 convolutions, and the same head on all of them.

Source: Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image
Recognition", ICLR 2015 (arXiv 1409.1556), Table 1: columns A, B, D and E. Departures: the last maps
are averaged to 7x7 (as torchvision's; at 224x224 they are 7x7 already), and convolutions start from
He's normal distribution, which spares the pre-training on column A.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from solutions.layers import he_initialise

CONVOLUTIONS = {
    11: (1, 1, 2, 2, 2),
    13: (2, 2, 2, 2, 2),
    16: (2, 2, 3, 3, 3),
    19: (2, 2, 4, 4, 4),
}
"""Convolutions in each of the five blocks, by the number of layers. Source: Table 1, A, B, D, E."""
CHANNELS = (1, 2, 4, 8, 8)
"""Channels of each block in units of the first one's 64."""


class VGG(nn.Module):
    """Five blocks of 3x3 convolutions, each closed by a 2x2 max pooling; three linear layers.

    Block ``i`` has ``convolutions[i]`` layers of ``width * CHANNELS[i]`` channels. Input
    ``(N, 3, H, W)``, output ``(N, num_classes)`` logits. Source: section 2.1 and Table 1.
    """

    def __init__(self, convolutions: Sequence[int], num_classes: int, *, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        in_channels, hidden = 3, 64 * width
        for number, times in zip(convolutions, CHANNELS, strict=True):
            layers += vgg_block(number, in_channels, times * width)
            in_channels = times * width
        self.features = nn.Sequential(*layers)
        self.pool = nn.AdaptiveAvgPool2d(7)
        self.classifier = nn.Sequential(
            nn.Linear(in_channels * 7 * 7, hidden), nn.ReLU(), nn.Dropout(),
            nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(),
            nn.Linear(hidden, num_classes),
        )  # fmt: skip
        he_initialise(self)

    @property
    def blocks(self) -> tuple[nn.Sequential, ...]:
        """The features cut behind each pooling; the blocks share their layers with the network."""
        ends = [n + 1 for n, part in enumerate(self.features) if isinstance(part, nn.MaxPool2d)]
        pairs = itertools.pairwise([0, *ends])
        return tuple(nn.Sequential(*self.features[a:b].children()) for a, b in pairs)

    def forward_features(self, x: Tensor) -> Tensor:
        """Map ``(N, 3, H, W)`` to the last block's ``(N, C, H // 32, W // 32)``."""
        return self.features(x)  # type: ignore[no-any-return]  # a module's call is untyped

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, 3, H, W)`` to ``(N, num_classes)`` logits."""
        x = self.pool(self.forward_features(x))  # (N, C, 7, 7)
        return self.classifier(torch.flatten(x, 1))  # type: ignore[no-any-return]


def vgg_block(convolutions: int, in_channels: int, out_channels: int) -> list[nn.Module]:
    """3x3 convolutions, each with ReLU, then 2x2 max pooling: height and width are halved.

    The layers map ``(N, in_channels, H, W)`` to ``(N, out_channels, H // 2, W // 2)``.
    """
    layers: list[nn.Module] = []
    for _ in range(convolutions):
        layers += [nn.Conv2d(in_channels, out_channels, 3, padding=1), nn.ReLU()]
        in_channels = out_channels
    return [*layers, nn.MaxPool2d(2)]


# --- builders ------------------------------------------------------------------------------------


def vgg11(num_classes: int = 1000, *, width: int = 64) -> VGG:
    """VGG-11. Source: Table 1, column A."""
    return VGG(CONVOLUTIONS[11], num_classes, width=width)


def vgg13(num_classes: int = 1000, *, width: int = 64) -> VGG:
    """VGG-13. Source: Table 1, column B."""
    return VGG(CONVOLUTIONS[13], num_classes, width=width)


def vgg16(num_classes: int = 1000, *, width: int = 64) -> VGG:
    """VGG-16. Source: Table 1, column D."""
    return VGG(CONVOLUTIONS[16], num_classes, width=width)


def vgg19(num_classes: int = 1000, *, width: int = 64) -> VGG:
    """VGG-19. Source: Table 1, column E."""
    return VGG(CONVOLUTIONS[19], num_classes, width=width)
