"""EfficientNet: one small network, scaled in depth, width and resolution at once.

Source: Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML
2019 (arXiv 1905.11946v5), and for all that the paper leaves open the authors' release
(tensorflow/tpu, models/official/efficientnet, commit 7dc921f8): coefficients, rounding, the
squeeze's width, stochastic depth. Departure: convolutions pad symmetrically, where TensorFlow's
"same" pads an even map only at the bottom and on the right; counts are the same, numbers are not.

The order is that of the paper: the scaling rule and its rounding, the block, the network, then the
eight variants as rows of a table.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from solutions.layers import he_initialise

# --- scaling -------------------------------------------------------------------------------------


def compound_scale(
    phi: float, alpha: float = 1.2, beta: float = 1.1, gamma: float = 1.15
) -> tuple[float, float, float]:
    """Factors of depth, width and resolution for the compound coefficient ``phi``.

    ``(alpha**phi, beta**phi, gamma**phi)``. The defaults are those that the authors found by a grid
    search around B0. Source: section 3.3, equation 3. The released B1 to B7 do not lie exactly on
    this curve: use :data:`VARIANTS` for them.
    """
    return alpha**phi, beta**phi, gamma**phi


def cost_factor(depth: float, width: float, resolution: float) -> float:
    """By what factor multiply-adds grow under these factors: ``depth * width² * resolution²``.

    Exact for convolutions without rounding; the linear layer and the squeezes grow otherwise.
    Source: section 3.3.
    """
    return depth * width**2 * resolution**2


def round_filters(channels: int, width: float, divisor: int = 8) -> int:
    """``channels * width``, rounded to the nearest multiple of ``divisor``, but never far down.

    A half is rounded up, the least is ``divisor``, and where rounding would lose more than a tenth
    of ``channels * width`` the next multiple is taken. Source: the authors' ``round_filters``.
    """
    scaled = channels * width
    rounded = max(divisor, int(scaled + divisor / 2) // divisor * divisor)
    return rounded if rounded >= 0.9 * scaled else rounded + divisor


def round_repeats(repeats: int, depth: float) -> int:
    """``repeats * depth``, rounded up. Source: the authors' ``round_repeats``."""
    return math.ceil(repeats * depth)


# --- the block -----------------------------------------------------------------------------------

NORM_EPSILON = 1e-3
NORM_MOMENTUM = 0.01  # the weight of the new batch; TensorFlow says 0.99 of the old average


def norm(channels: int) -> nn.BatchNorm2d:
    """Batch norm with the authors' constants, which are not PyTorch's defaults."""
    return nn.BatchNorm2d(channels, eps=NORM_EPSILON, momentum=NORM_MOMENTUM)


class SqueezeExcitation(nn.Module):
    """``x * sigmoid(W2 SiLU(W1 mean(x)))``: a weight for each channel, from the whole map.

    Input and output ``(N, channels, H, W)``. Both 1x1 convolutions have biases and no batch norm.
    Source: Hu, Shen and Sun, CVPR 2018 (arXiv 1709.01507), section 3; SiLU where they have ReLU,
    as in the authors' release of EfficientNet.
    """

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, squeezed, 1)
        self.excite = nn.Conv2d(squeezed, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, channels, H, W)`` to the same shape."""
        weights = x.mean((2, 3), keepdim=True)  # (N, channels, 1, 1)
        weights = self.excite(F.silu(self.squeeze(weights)))
        return x * torch.sigmoid(weights)


class StochasticDepth(nn.Module):
    """In training each example is zeroed with probability ``drop_rate``, or divided by the rest.

    Input and output ``(N, ...)``; one decision an example. The identity in evaluation mode, and in
    the mean over decisions in training mode. Source: Huang et al., ECCV 2016 (arXiv 1603.09382),
    section 3, which decides for a whole mini-batch and scales in evaluation; in the form of
    EfficientNet's ``drop_connect``, which decides for each example and scales in training.
    """

    def __init__(self, drop_rate: float) -> None:
        super().__init__()
        self.drop_rate = drop_rate

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, ...)`` to the same shape."""
        if not self.training or self.drop_rate == 0:
            return x
        survival = 1 - self.drop_rate
        survives = torch.rand(len(x), dtype=x.dtype, device=x.device) < survival
        return x * survives.reshape(-1, *[1] * (x.dim() - 1)) / survival


class MBConv(nn.Module):
    """The inverted residual block with squeeze and excitation.

    1x1 expansion (absent where ``expansion`` is 1), depthwise convolution with the stride, squeeze
    and excitation, 1x1 projection; each convolution with batch norm, the first two with SiLU.
    Where stride and channels allow, the input is added.

    Input ``(N, in_channels, H, W)``,
    output ``(N, out_channels, ceil(H/stride), ceil(W/stride))``.
    Source: Table 1 and the authors' release: the squeeze is a quarter of the block's *input*.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int,
        expansion: int,
        drop_rate: float = 0.0,
    ) -> None:
        super().__init__()
        hidden = in_channels * expansion
        self.expand: nn.Module = nn.Identity()
        if expansion != 1:
            self.expand = nn.Sequential(
                nn.Conv2d(in_channels, hidden, 1, bias=False), norm(hidden), nn.SiLU()
            )
        self.depthwise = nn.Sequential(
            nn.Conv2d(
                hidden, hidden, kernel_size, stride, kernel_size // 2, groups=hidden, bias=False
            ),
            norm(hidden),
            nn.SiLU(),
        )
        self.squeeze_excitation = SqueezeExcitation(hidden, max(1, in_channels // 4))
        self.project = nn.Sequential(
            nn.Conv2d(hidden, out_channels, 1, bias=False), norm(out_channels)
        )
        self.has_shortcut = stride == 1 and in_channels == out_channels
        self.drop = StochasticDepth(drop_rate)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, in_channels, H, W)`` to ``(N, out_channels, H', W')``."""
        branch: Tensor = self.depthwise(self.expand(x))
        branch = self.project(self.squeeze_excitation(branch))
        return x + self.drop(branch) if self.has_shortcut else branch


# --- the network ---------------------------------------------------------------------------------


class Stage(NamedTuple):
    """One row of Table 1: the blocks of a stage, before scaling."""

    expansion: int
    kernel_size: int
    stride: int  # of the first block; the others have 1
    channels: int
    repeats: int


STAGES = (
    Stage(1, 3, 1, 16, 1),
    Stage(6, 3, 2, 24, 2),
    Stage(6, 5, 2, 40, 2),
    Stage(6, 3, 2, 80, 3),
    Stage(6, 5, 1, 112, 3),
    Stage(6, 5, 2, 192, 4),
    Stage(6, 3, 1, 320, 1),
)
"""EfficientNet-B0. Source: Table 1 of arXiv v5 (v1 misprints the resolution of stage 6)."""
STEM_CHANNELS, HEAD_CHANNELS = 32, 1280


class EfficientNet(nn.Module):
    """B0 with its repeats scaled by ``depth`` and its channels by ``width``.

    ``dropout`` acts on what the linear layer sees; ``drop_rate`` is the rate of stochastic depth
    that the last block nearly has: block ``i`` of ``n`` (from 0) has ``drop_rate * i / n``.
    Input ``(N, 3, H, W)``, output ``(N, num_classes)`` logits. Source: Table 1, sections 3.3, 5.2.
    """

    def __init__(
        self,
        depth: float,
        width: float,
        num_classes: int = 1000,
        *,
        dropout: float = 0.2,
        drop_rate: float = 0.2,
    ) -> None:
        super().__init__()
        in_channels = round_filters(STEM_CHANNELS, width)
        self.stem = nn.Sequential(
            nn.Conv2d(3, in_channels, 3, stride=2, padding=1, bias=False),
            norm(in_channels),
            nn.SiLU(),
        )
        blocks = sum(round_repeats(stage.repeats, depth) for stage in STAGES)
        block = 0
        self.stages = nn.Sequential()
        for expansion, kernel_size, stride, channels, repeats in STAGES:
            out_channels = round_filters(channels, width)
            stage = nn.Sequential()
            for _ in range(round_repeats(repeats, depth)):
                how = (kernel_size, stride, expansion, drop_rate * block / blocks)
                stage.append(MBConv(in_channels, out_channels, *how))
                in_channels, stride, block = out_channels, 1, block + 1
            self.stages.append(stage)
        features = round_filters(HEAD_CHANNELS, width)
        self.head = nn.Sequential(
            nn.Conv2d(in_channels, features, 1, bias=False), norm(features), nn.SiLU()
        )
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(features, num_classes)
        he_initialise(self)

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the stem, each stage, head, pooling and classifier, as ledgers group them."""
        stages = (f"stages.{index}" for index in range(len(self.stages)))
        return ("stem", *stages, "head", "pool", "classifier")

    def forward_features(self, x: Tensor) -> Tensor:
        """Map ``(N, 3, H, W)`` to the head's ``(N, C, H', W')``."""
        return self.head(self.stages(self.stem(x)))  # type: ignore[no-any-return]

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, 3, H, W)`` to ``(N, num_classes)`` logits."""
        x = torch.flatten(self.pool(self.forward_features(x)), 1)  # (N, C)
        return self.classifier(self.dropout(x))  # type: ignore[no-any-return]


# --- the variants --------------------------------------------------------------------------------


class Variant(NamedTuple):
    """One of the released networks: coefficients, image size, dropout before the classifier."""

    depth: float
    width: float
    resolution: int
    dropout: float


VARIANTS = {
    "b0": Variant(1.0, 1.0, 224, 0.2),
    "b1": Variant(1.1, 1.0, 240, 0.2),
    "b2": Variant(1.2, 1.1, 260, 0.3),
    "b3": Variant(1.4, 1.2, 300, 0.3),
    "b4": Variant(1.8, 1.4, 380, 0.4),
    "b5": Variant(2.2, 1.6, 456, 0.4),
    "b6": Variant(2.6, 1.8, 528, 0.5),
    "b7": Variant(3.1, 2.0, 600, 0.5),
}
"""Source: the authors' ``efficientnet_params``. No ``phi`` gives these rows."""


def efficientnet(variant: str, num_classes: int = 1000) -> EfficientNet:
    """EfficientNet-B0 to B7 by the name of its row in :data:`VARIANTS`: ``"b0"`` to ``"b7"``.

    Raises:
        ValueError: no such row.
    """
    if variant not in VARIANTS:
        raise ValueError(f"no variant {variant!r}: there are {', '.join(VARIANTS)}")
    depth, width, _, dropout = VARIANTS[variant]
    return EfficientNet(depth, width, num_classes, dropout=dropout)


def efficientnet_b0(num_classes: int = 1000) -> EfficientNet:
    """EfficientNet-B0, for 224x224 images. Source: Table 2."""
    return efficientnet("b0", num_classes)


def efficientnet_b1(num_classes: int = 1000) -> EfficientNet:
    """EfficientNet-B1, for 240x240 images. Source: Table 2."""
    return efficientnet("b1", num_classes)


def efficientnet_b2(num_classes: int = 1000) -> EfficientNet:
    """EfficientNet-B2, for 260x260 images. Source: Table 2."""
    return efficientnet("b2", num_classes)


def efficientnet_b3(num_classes: int = 1000) -> EfficientNet:
    """EfficientNet-B3, for 300x300 images. Source: Table 2."""
    return efficientnet("b3", num_classes)


def efficientnet_b4(num_classes: int = 1000) -> EfficientNet:
    """EfficientNet-B4, for 380x380 images. Source: Table 2."""
    return efficientnet("b4", num_classes)


def efficientnet_b5(num_classes: int = 1000) -> EfficientNet:
    """EfficientNet-B5, for 456x456 images. Source: Table 2."""
    return efficientnet("b5", num_classes)


def efficientnet_b6(num_classes: int = 1000) -> EfficientNet:
    """EfficientNet-B6, for 528x528 images. Source: Table 2."""
    return efficientnet("b6", num_classes)


def efficientnet_b7(num_classes: int = 1000) -> EfficientNet:
    """EfficientNet-B7, for 600x600 images. Source: Table 2."""
    return efficientnet("b7", num_classes)
