"""Residual networks.

Source: He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition", CVPR 2016
(arXiv 1512.03385). Departures: :class:`Bottleneck` strides in its 3x3 convolution ("v1.5", what
every framework ships today) where the authors' released models stride in the first 1x1
(:class:`BottleneckV1`); the ImageNet stem pools with padding 1, not with ceil rounding.

The order is that of the paper: shortcuts and blocks, then the network, then the builders. A builder
takes the block as an argument, so that every variant is a class and no block has flags.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from solutions.layers import he_initialise

# --- shortcuts and blocks ------------------------------------------------------------------------


class PaddedShortcut(nn.Module):
    """Option A: the identity, subsampled and padded with zero channels; no parameters.

    Input ``(N, in_channels, H, W)``,
    output ``(N, out_channels, ceil(H/stride), ceil(W/stride))``.
    Source: sections 3.3 (A) and 4.2; new channels are appended behind the old ones.
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

    Input ``(N, in_channels, H, W)``,
    output ``(N, out_channels, ceil(H/stride), ceil(W/stride))``.
    S is the identity where shapes agree and a projection (option B) elsewhere.
    Source: section 3.2, figure 5 left.
    """

    expansion = 1

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
    """``ReLU(F(x) + S(x))`` with 1x1, 3x3, 1x1 convolutions in F; wider outside.

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


class PaddedBlock(BasicBlock):
    """A basic block with option A: :class:`PaddedShortcut` where shapes differ.

    Shapes as :class:`BasicBlock`. Source: section 4.2, "identity shortcuts in all cases".
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__(in_channels, out_channels, stride)
        if not isinstance(self.shortcut, nn.Identity):
            self.shortcut = PaddedShortcut(in_channels, out_channels, stride)


class ProjectedBlock(BasicBlock):
    """A basic block with option C: a projection in every shortcut, shapes equal or not.

    Shapes as :class:`BasicBlock`. Source: section 4.1, Table 3 (C).
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__(in_channels, out_channels, stride)
        self.shortcut = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
            nn.BatchNorm2d(out_channels),
        )


class PlainBlock(nn.Module):
    """A basic block without its shortcut: the plain twin, ``ReLU(F(x))``.

    Shapes as :class:`BasicBlock`, parameters as :class:`PaddedBlock`. Source: section 3.3.
    """

    expansion = 1

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, in_channels, H, W)`` to ``(N, out_channels, H', W')``."""
        x = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(x)))


class BottleneckV1(Bottleneck):
    """A bottleneck block with the stride on the first 1x1, as the authors released it.

    Shapes and parameters as :class:`Bottleneck`; fewer multiply-adds where the stride is 2.
    Source: github.com/KaimingHe/deep-residual-networks.
    """

    def __init__(self, in_channels: int, bottleneck_channels: int, stride: int = 1) -> None:
        super().__init__(in_channels, bottleneck_channels, stride)
        self.conv1 = nn.Conv2d(in_channels, bottleneck_channels, 1, stride=stride, bias=False)
        self.conv2 = nn.Conv2d(bottleneck_channels, bottleneck_channels, 3, padding=1, bias=False)


# --- the network ---------------------------------------------------------------------------------


class Block(Protocol):
    """What the network asks of a block class: call it to make a block, and its expansion."""

    @property
    def expansion(self) -> int:
        """Output channels per unit of the second argument: 4 for bottlenecks, else 1."""

    def __call__(self, in_channels: int, channels: int, stride: int = 1, /) -> nn.Module:
        """Make one block."""


class ResNet(nn.Module):
    """A stem, stages of blocks, global average pooling, one linear layer.

    Stage ``i`` (from 0) has ``blocks_per_stage[i]`` blocks of ``width * 2**i`` channels (times the
    block's expansion); the first block of each stage but the first halves height and width.
    Input ``(N, 3, H, W)``, output ``(N, num_classes)`` logits. Source: Table 1 and section 4.2.
    """

    def __init__(
        self,
        stem: nn.Module,
        block: Block,
        blocks_per_stage: Sequence[int],
        num_classes: int,
        *,
        width: int,
    ) -> None:
        super().__init__()
        self.blocks_per_stage = tuple(blocks_per_stage)
        self.stem = stem
        self.stages = nn.Sequential()
        in_channels = width
        for index, blocks in enumerate(blocks_per_stage):
            channels = width * 2**index
            stage = nn.Sequential()
            for position in range(blocks):
                stride = 2 if index > 0 and position == 0 else 1
                stage.append(block(in_channels, channels, stride))
                in_channels = channels * block.expansion
            self.stages.append(stage)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(in_channels, num_classes)
        he_initialise(self)

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the stem, each stage, the pooling and the classifier, as ledgers group them."""
        stages = (f"stages.{index}" for index in range(len(self.blocks_per_stage)))
        return ("stem", *stages, "pool", "classifier")

    def forward_features(self, x: Tensor) -> Tensor:
        """Map ``(N, 3, H, W)`` to the last stage's ``(N, C, H', W')``."""
        x = self.stem(x)
        return self.stages(x)  # type: ignore[no-any-return]  # a module's call is untyped

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, 3, H, W)`` to ``(N, num_classes)`` logits."""
        x = self.pool(self.forward_features(x))  # (N, C, 1, 1)
        return self.classifier(torch.flatten(x, 1))  # type: ignore[no-any-return]


def zero_init_residual(model: nn.Module) -> None:
    """Zero the last gamma of every residual branch: each block starts as its shortcut.

    Source: Goyal et al. 2017 (arXiv 1706.02677), section 5.1.
    """
    for module in model.modules():
        if isinstance(module, BasicBlock):
            nn.init.zeros_(module.bn2.weight)
        elif isinstance(module, Bottleneck):
            nn.init.zeros_(module.bn3.weight)


# --- builders ------------------------------------------------------------------------------------


def imagenet_stem(width: int) -> nn.Sequential:
    """7x7 convolution and 3x3 pooling, both of stride 2: height and width become a quarter."""
    return nn.Sequential(
        nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2, padding=1),
    )


def cifar_stem(width: int) -> nn.Sequential:
    """3x3 convolution at full resolution: ``(N, 3, H, W)`` to ``(N, width, H, W)``."""
    return nn.Sequential(
        nn.Conv2d(3, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()
    )


def resnet18(num_classes: int = 1000, *, width: int = 64, block: Block = BasicBlock) -> ResNet:
    """ResNet-18 with option B unless ``block`` says otherwise. Source: Table 1."""
    return ResNet(imagenet_stem(width), block, (2, 2, 2, 2), num_classes, width=width)


def resnet34(num_classes: int = 1000, *, width: int = 64, block: Block = BasicBlock) -> ResNet:
    """ResNet-34 with option B unless ``block`` says otherwise. Source: Table 1."""
    return ResNet(imagenet_stem(width), block, (3, 4, 6, 3), num_classes, width=width)


def resnet50(num_classes: int = 1000, *, width: int = 64, block: Block = Bottleneck) -> ResNet:
    """ResNet-50, v1.5 unless ``block`` says otherwise. Source: Table 1."""
    return ResNet(imagenet_stem(width), block, (3, 4, 6, 3), num_classes, width=width)


def resnet101(num_classes: int = 1000, *, width: int = 64, block: Block = Bottleneck) -> ResNet:
    """ResNet-101, v1.5 unless ``block`` says otherwise. Source: Table 1."""
    return ResNet(imagenet_stem(width), block, (3, 4, 23, 3), num_classes, width=width)


def resnet152(num_classes: int = 1000, *, width: int = 64, block: Block = Bottleneck) -> ResNet:
    """ResNet-152, v1.5 unless ``block`` says otherwise. Source: Table 1."""
    return ResNet(imagenet_stem(width), block, (3, 8, 36, 3), num_classes, width=width)


def resnet_cifar(
    n: int, num_classes: int = 10, *, width: int = 16, block: Block = PaddedBlock
) -> ResNet:
    """The net of ``6n + 2`` layers for 32x32 images, option A. Source: section 4.2."""
    return ResNet(cifar_stem(width), block, (n, n, n), num_classes, width=width)


def plain18(num_classes: int = 1000, *, width: int = 64) -> ResNet:
    """ResNet-18 without shortcuts. Source: section 4.1, Table 2."""
    return resnet18(num_classes, width=width, block=PlainBlock)


def plain34(num_classes: int = 1000, *, width: int = 64) -> ResNet:
    """ResNet-34 without shortcuts. Source: section 4.1, Table 2."""
    return resnet34(num_classes, width=width, block=PlainBlock)


def plain_cifar(n: int, num_classes: int = 10, *, width: int = 16) -> ResNet:
    """The net of :func:`resnet_cifar` without shortcuts. Source: section 4.2."""
    return resnet_cifar(n, num_classes, width=width, block=PlainBlock)
