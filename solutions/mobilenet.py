"""MobileNets of the first generation: depthwise separable convolutions and two multipliers.

Source: Howard et al., "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision
Applications", 2017 (arXiv 1704.04861). Departures: the last depthwise convolution has stride 1, as
the authors' code has and the paper's total of 569 million multiply-adds needs, where Table 1 prints
"s2"; convolutions pad by 1 on every side, where TensorFlow pads unevenly at stride 2. Activations
are the paper's ReLU; the authors' code has ReLU6.

The order is that of the paper: costs and blocks, then the network, then the builders. The second
multiplier, the resolution, is the size of the image and needs no code.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from solutions.layers import he_initialise

# --- cost and blocks -----------------------------------------------------------------------------


def separable_cost_ratio(out_channels: int, kernel_size: int) -> float:
    """Multiply-adds of a depthwise separable convolution over those of the full one.

    ``1/out_channels + 1/kernel_size**2``, whatever the input's channels and the map's size.
    Source: section 3.1.
    """
    return 1 / out_channels + 1 / kernel_size**2


class DepthwiseSeparable(nn.Module):
    """A 3x3 filter for each channel, then a 1x1 over channels; batch norm and ReLU after each.

    Input ``(N, in_channels, H, W)``,
    output ``(N, out_channels, ceil(H/stride), ceil(W/stride))``.
    The stride is the depthwise convolution's. Source: section 3.1, figure 3 right.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(
            in_channels, in_channels, 3, stride, padding=1, groups=in_channels, bias=False
        )
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, in_channels, H, W)`` to ``(N, out_channels, H', W')``."""
        x = F.relu(self.bn1(self.depthwise(x)))
        return F.relu(self.bn2(self.pointwise(x)))


class FullConvolution(nn.Module):
    """What a separable block stands in for: one full 3x3, batch norm, ReLU.

    Shapes as :class:`DepthwiseSeparable`. Source: figure 3 left, the "Conv MobileNet" of Table 4.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, in_channels, H, W)`` to ``(N, out_channels, H', W')``."""
        return F.relu(self.bn(self.conv(x)))


# --- the network ---------------------------------------------------------------------------------

STEM_CHANNELS = 32
STAGES = ((64, 1, 1), (128, 2, 2), (256, 2, 2), (512, 6, 2), (1024, 2, 2))
"""Table 1 by resolution: channels, blocks, stride of the first block."""
SHALLOW_STAGES = ((64, 1, 1), (128, 2, 2), (256, 2, 2), (512, 1, 2), (1024, 2, 2))
"""Without the five blocks of 14x14x512. Source: section 4.1, Table 5."""


class Block(Protocol):
    """What the network asks of a block class."""

    def __call__(self, in_channels: int, out_channels: int, stride: int = 1, /) -> nn.Module:
        """Make one block."""


class MobileNetV1(nn.Module):
    """A strided 3x3, stages of blocks, global average pooling, one linear layer.

    All numbers of channels are multiplied by ``width_mult`` (the paper's alpha), rounded down. Five
    strides of 2 make each map a 32nd of the image's height and width.
    Input ``(N, 3, H, W)``, output ``(N, num_classes)`` logits. Source: Table 1.
    """

    def __init__(
        self,
        stages: Sequence[tuple[int, int, int]],
        num_classes: int,
        *,
        width_mult: float,
        block: Block,
    ) -> None:
        super().__init__()
        in_channels = int(STEM_CHANNELS * width_mult)
        self.stem = nn.Sequential(
            nn.Conv2d(3, in_channels, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(in_channels),
            nn.ReLU(),
        )
        self.stages = nn.Sequential()
        for channels, blocks, first_stride in stages:
            out_channels = int(channels * width_mult)
            stage = nn.Sequential()
            for position in range(blocks):
                stage.append(block(in_channels, out_channels, first_stride if position == 0 else 1))
                in_channels = out_channels
            self.stages.append(stage)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(in_channels, num_classes)
        he_initialise(self)

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the stem, each stage, the pooling and the classifier, as ledgers group them."""
        stages = (f"stages.{index}" for index in range(len(self.stages)))
        return ("stem", *stages, "pool", "classifier")

    def forward_features(self, x: Tensor) -> Tensor:
        """Map ``(N, 3, H, W)`` to the last stage's ``(N, C, H/32, W/32)``, rounded up."""
        x = self.stem(x)
        return self.stages(x)  # type: ignore[no-any-return]  # a module's call is untyped

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, 3, H, W)`` to ``(N, num_classes)`` logits."""
        x = self.pool(self.forward_features(x))  # (N, C, 1, 1)
        return self.classifier(torch.flatten(x, 1))  # type: ignore[no-any-return]


# --- builders ------------------------------------------------------------------------------------


def mobilenet_v1(
    width_mult: float = 1.0, num_classes: int = 1000, *, block: Block = DepthwiseSeparable
) -> MobileNetV1:
    """MobileNet; the paper's widths are 1, 0.75, 0.5 and 0.25. Source: Tables 1 and 6."""
    return MobileNetV1(STAGES, num_classes, width_mult=width_mult, block=block)


def shallow_mobilenet_v1(width_mult: float = 1.0, num_classes: int = 1000) -> MobileNetV1:
    """MobileNet with five blocks fewer, to compare thin with shallow. Source: Table 5."""
    return MobileNetV1(SHALLOW_STAGES, num_classes, width_mult=width_mult, block=DepthwiseSeparable)


def conv_mobilenet(width_mult: float = 1.0, num_classes: int = 1000) -> MobileNetV1:
    """The same network with full 3x3 convolutions in place of separable ones. Source: Table 4."""
    return mobilenet_v1(width_mult, num_classes, block=FullConvolution)
