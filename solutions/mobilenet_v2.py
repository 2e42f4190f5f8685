"""MobileNetV2: inverted residuals with linear bottlenecks.

Source: Sandler, Howard, Zhu, Zhmoginov and Chen, "MobileNetV2: Inverted Residuals and Linear
Bottlenecks", CVPR 2018 (arXiv 1801.04381). Departures, all as in the authors' code: a block of
expansion 1 has no expanding 1x1 (Table 1 would give it one); numbers of channels are rounded to
multiples of 8; there is no dropout. The paper's text speaks of 19 bottleneck blocks, its Table 2
has 17, and so has this. Convolutions pad by 1 on every side, where TensorFlow pads unevenly at
stride 2.

The order is that of the paper: the block and its variant, then the network, then its builder.
"""

from __future__ import annotations

from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from solutions.layers import he_initialise

# --- channels and blocks -------------------------------------------------------------------------


def make_divisible(value: float, divisor: int = 8) -> int:
    """The multiple of ``divisor`` nearest to ``value``, but never less than 90 % of it.

    Halves go up, and the result is ``divisor`` at least.
    Source: github.com/tensorflow/models, research/slim/nets/mobilenet.
    """
    rounded = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * value else rounded


class InvertedResidual(nn.Module):
    """Expand by a 1x1, filter each channel by a 3x3, project by a linear 1x1; add x where it fits.

    Batch norm follows each convolution, ReLU6 the first two; nothing follows the addition. The skip
    is there where the stride is 1 and the numbers of channels agree.
    Input ``(N, in_channels, H, W)``,
    output ``(N, out_channels, ceil(H/stride), ceil(W/stride))``.
    Source: section 3.4, Table 1 and figure 3b.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden_channels = expansion * in_channels
        self.expand: nn.Module = nn.Identity()
        if expansion != 1:
            self.expand = nn.Sequential(
                nn.Conv2d(in_channels, hidden_channels, 1, bias=False),
                nn.BatchNorm2d(hidden_channels),
                nn.ReLU6(),
            )
        self.filter = nn.Sequential(
            nn.Conv2d(
                hidden_channels, hidden_channels, 3, stride, 1, groups=hidden_channels, bias=False
            ),
            nn.BatchNorm2d(hidden_channels),
            nn.ReLU6(),
        )
        self.project = nn.Sequential(
            nn.Conv2d(hidden_channels, out_channels, 1, bias=False),
            nn.BatchNorm2d(out_channels),
        )
        self.has_skip = stride == 1 and in_channels == out_channels

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, in_channels, H, W)`` to ``(N, out_channels, H', W')``."""
        change: torch.Tensor = self.project(self.filter(self.expand(x)))
        return x + change if self.has_skip else change


class ActivatedResidual(InvertedResidual):
    """An inverted residual that ends in a ReLU6: the bottleneck is not linear.

    Shapes and parameters as :class:`InvertedResidual`. Source: section 6.4, figure 6a.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, in_channels, H, W)`` to ``(N, out_channels, H', W')``."""
        return F.relu6(super().forward(x))


# --- the network ---------------------------------------------------------------------------------

STEM_CHANNELS = 32
HEAD_CHANNELS = 1280
STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""Table 2: expansion, channels, blocks, stride of the first block."""


class Block(Protocol):
    """What the network asks of a block class."""

    def __call__(
        self, in_channels: int, out_channels: int, stride: int, expansion: int, /
    ) -> nn.Module:
        """Make one block."""


class MobileNetV2(nn.Module):
    """A strided 3x3, stages of inverted residuals, a wide 1x1, average pooling, one linear layer.

    Numbers of channels are multiplied by ``width_mult`` and made divisible by 8; the last 1x1 keeps
    its 1280 channels where the multiplier is below 1.
    Input ``(N, 3, H, W)``, output ``(N, num_classes)`` logits. Source: Table 2 and section 4.
    """

    def __init__(self, num_classes: int, *, width_mult: float, block: Block) -> None:
        super().__init__()
        in_channels = make_divisible(STEM_CHANNELS * width_mult)
        head_channels = make_divisible(HEAD_CHANNELS * max(1.0, width_mult))
        self.stem = nn.Sequential(
            nn.Conv2d(3, in_channels, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(in_channels),
            nn.ReLU6(),
        )
        self.stages = nn.Sequential()
        for expansion, channels, blocks, first_stride in STAGES:
            out_channels = make_divisible(channels * width_mult)
            stage = nn.Sequential()
            for position in range(blocks):
                stride = first_stride if position == 0 else 1
                stage.append(block(in_channels, out_channels, stride, expansion))
                in_channels = out_channels
            self.stages.append(stage)
        self.head = nn.Sequential(
            nn.Conv2d(in_channels, head_channels, 1, bias=False),
            nn.BatchNorm2d(head_channels),
            nn.ReLU6(),
        )
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(head_channels, num_classes)
        he_initialise(self)

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the stem, each stage and what follows, as ledgers group them."""
        stages = (f"stages.{index}" for index in range(len(self.stages)))
        return ("stem", *stages, "head", "pool", "classifier")

    def forward_features(self, x: Tensor) -> Tensor:
        """Map ``(N, 3, H, W)`` to ``(N, head_channels, H/32, W/32)``, rounded up."""
        x = self.stages(self.stem(x))
        return self.head(x)  # type: ignore[no-any-return]  # a module's call is untyped

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, 3, H, W)`` to ``(N, num_classes)`` logits."""
        x = self.pool(self.forward_features(x))  # (N, C, 1, 1)
        return self.classifier(torch.flatten(x, 1))  # type: ignore[no-any-return]


def mobilenet_v2(
    width_mult: float = 1.0, num_classes: int = 1000, *, block: Block = InvertedResidual
) -> MobileNetV2:
    """MobileNetV2; released widths are 0.35, 0.5, 0.75, 1, 1.3 and 1.4. Source: Table 2."""
    return MobileNetV2(num_classes, width_mult=width_mult, block=block)
