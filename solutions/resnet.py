"""Residual networks.

Source: He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition", CVPR 2016
(arXiv 1512.03385). Departure: :class:`Bottleneck` strides in its 3x3 convolution ("v1.5", what
every framework ships today) where the authors' released models stride in the first 1x1.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

# --- shortcuts and blocks ------------------------------------------------------------------------


class PaddedShortcut(nn.Module):
    """Option A: the identity, subsampled and padded with zero channels; no parameters.

    Input ``(N, in_channels, H, W)``, output ``(N, out_channels, ceil(H/stride), ceil(W/stride))``.
    Source: section 3.3 (A) and section 4.2; new channels are appended behind the old ones.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.stride = stride
        self.extra_channels = out_channels - in_channels

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, in_channels, H, W)`` to ``(N, out_channels, H', W')``."""
        x = x[:, :, :: self.stride, :: self.stride]
        return F.pad(x, (0, 0, 0, 0, 0, self.extra_channels))  # W, H, then C: (before, after)


class BasicBlock(nn.Module):
    """``ReLU(F(x) + S(x))`` with two 3x3 convolutions in F.

    Input ``(N, in_channels, H, W)``, output ``(N, out_channels, ceil(H/stride), ceil(W/stride))``.
    S is the identity where shapes agree and a projection (option B) elsewhere.
    Source: section 3.2, figure 5 left.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, in_channels, H, W)`` to ``(N, out_channels, H', W')``."""
        residual = F.relu(self.bn1(self.conv1(x)))
        residual = self.bn2(self.conv2(residual))
        return F.relu(residual + self.shortcut(x))


class Bottleneck(nn.Module):
    """``ReLU(F(x) + S(x))`` with 1x1, 3x3, 1x1 convolutions in F; four times wider outside.

    Input ``(N, in_channels, H, W)``,
    output ``(N, 4 * bottleneck_channels, ceil(H/stride), ceil(W/stride))``.
    Source: section 4.1, figure 5 right. Departure: the stride is on the 3x3 (v1.5).
    """

    expansion = 4

    def __init__(self, in_channels: int, bottleneck_channels: int, stride: int = 1) -> None:
        super().__init__()
        out_channels = 4 * bottleneck_channels
        self.conv1 = nn.Conv2d(in_channels, bottleneck_channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(bottleneck_channels)
        self.conv2 = nn.Conv2d(
            bottleneck_channels, bottleneck_channels, 3, stride=stride, padding=1, bias=False
        )
        self.bn2 = nn.BatchNorm2d(bottleneck_channels)
        self.conv3 = nn.Conv2d(bottleneck_channels, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, in_channels, H, W)`` to ``(N, 4 * bottleneck_channels, H', W')``."""
        residual = F.relu(self.bn1(self.conv1(x)))
        residual = F.relu(self.bn2(self.conv2(residual)))
        residual = self.bn3(self.conv3(residual))
        return F.relu(residual + self.shortcut(x))
