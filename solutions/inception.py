"""Inception blocks and GoogLeNet.

Source: Szegedy et al., "Going Deeper with Convolutions", CVPR 2015 (arXiv 1409.4842).

:func:`googlenet` is the paper's net. What the paper leaves open is taken from the replica in Caffe
(BVLC/caffe, models/bvlc_googlenet): max poolings of stride 2 have no padding and round up, and the
local response normalisation has size 5, alpha 1e-4 (divided by the size), beta 0.75, k = 1. The
initialisation is He's; the paper names none.

:func:`googlenet_bn` is the net that people load weights into (torchvision's). Departures from the
paper: batch norm (epsilon 1e-3) instead of biases and local response normalisation; a 3x3
convolution where the paper has 5x5; 2x2 windows in the last max pooling; auxiliary heads that pool
to 4x4 whatever the size; dropout 0.2 instead of 0.4; and an input transform, because its weights
come from images in [-1, 1].

The order is that of the paper: costs, blocks, heads, the network, its loss.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from solutions.layers import he_initialise

Reduced = tuple[int, int]
"""Channels of a 1x1 reduction and of the larger convolution behind it."""

# --- costs ---------------------------------------------------------------------------------------


def branch_cost(
    in_channels: int,
    out_channels: int,
    kernel_size: int,
    height: int,
    width: int,
    reduced: int | None = None,
) -> int:
    """Multiplications of a "same" convolution on one image, through a 1x1 reduction if given.

    Source: section 4; the lecture's example is ``branch_cost(192, 32, 5, 28, 28)``, with 16 for
    ``reduced``.
    """
    if reduced is None:
        return height * width * kernel_size**2 * in_channels * out_channels
    return height * width * (in_channels * reduced + kernel_size**2 * reduced * out_channels)


def break_even(in_channels: int, out_channels: int, kernel_size: int) -> int:
    """The largest ``reduced`` with which a branch costs less than without a reduction.

    Solves ``reduced * (in + k * k * out) < k * k * in * out``.
    """
    direct = kernel_size**2 * in_channels * out_channels
    for_each_channel = in_channels + kernel_size**2 * out_channels
    return (direct - 1) // for_each_channel


def inception_cost(
    in_channels: int, c1: int, c3: Reduced, c5: Reduced, pool_proj: int, height: int, width: int
) -> tuple[int, int]:
    """Parameters (with biases) and multiplications of an :class:`Inception` block on one image."""
    (r3, n3), (r5, n5) = c3, c5
    weights = in_channels * (c1 + r3 + r5 + pool_proj) + 9 * r3 * n3 + 25 * r5 * n5
    biases = c1 + r3 + n3 + r5 + n5 + pool_proj
    return weights + biases, weights * height * width


# --- blocks --------------------------------------------------------------------------------------


class Inception(nn.Module):
    """Four branches on the same input, concatenated: 1x1, 3x3, 5x5, and max pooling.

    ``c3`` and ``c5`` are the channels of a 1x1 reduction and of the convolution behind it; the 1x1
    of the pool branch comes after the pooling. A ReLU follows every convolution.
    Input ``(N, in_channels, H, W)``, output ``(N, c1 + c3[1] + c5[1] + pool_proj, H, W)``.
    Source: section 4, figure 2(b).
    """

    def __init__(self, in_channels: int, c1: int, c3: Reduced, c5: Reduced, pool_proj: int) -> None:
        super().__init__()
        self.branch1 = nn.Sequential(nn.Conv2d(in_channels, c1, 1), nn.ReLU())
        self.branch3 = nn.Sequential(
            nn.Conv2d(in_channels, c3[0], 1),
            nn.ReLU(),
            nn.Conv2d(c3[0], c3[1], 3, padding=1),
            nn.ReLU(),
        )
        self.branch5 = nn.Sequential(
            nn.Conv2d(in_channels, c5[0], 1),
            nn.ReLU(),
            nn.Conv2d(c5[0], c5[1], 5, padding=2),
            nn.ReLU(),
        )
        self.branch_pool = nn.Sequential(
            nn.MaxPool2d(3, stride=1, padding=1),
            nn.Conv2d(in_channels, pool_proj, 1),
            nn.ReLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, in_channels, H, W)`` to ``(N, out_channels, H, W)``."""
        branches = (self.branch1, self.branch3, self.branch5, self.branch_pool)
        return torch.cat([branch(x) for branch in branches], dim=1)


class InceptionBN(nn.Module):
    """:class:`Inception` with batch norm, and 3x3 in the branch that has 5x5 in the paper.

    Shapes as :class:`Inception`. Source: torchvision (pytorch/vision issue 906 tells of the 3x3).
    """

    def __init__(self, in_channels: int, c1: int, c3: Reduced, c5: Reduced, pool_proj: int) -> None:
        super().__init__()
        self.branch1 = conv_norm_relu(in_channels, c1, 1)
        self.branch3 = nn.Sequential(
            conv_norm_relu(in_channels, c3[0], 1), conv_norm_relu(c3[0], c3[1], 3, padding=1)
        )
        self.branch5 = nn.Sequential(
            conv_norm_relu(in_channels, c5[0], 1), conv_norm_relu(c5[0], c5[1], 3, padding=1)
        )
        self.branch_pool = nn.Sequential(
            nn.MaxPool2d(3, stride=1, padding=1), conv_norm_relu(in_channels, pool_proj, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, in_channels, H, W)`` to ``(N, out_channels, H, W)``."""
        branches = (self.branch1, self.branch3, self.branch5, self.branch_pool)
        return torch.cat([branch(x) for branch in branches], dim=1)


def conv_norm_relu(
    in_channels: int, out_channels: int, kernel_size: int, *, stride: int = 1, padding: int = 0
) -> nn.Sequential:
    """Convolution without bias, batch norm with TensorFlow's epsilon, ReLU."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, bias=False),
        nn.BatchNorm2d(out_channels, eps=1e-3),
        nn.ReLU(),
    )


# --- auxiliary heads -----------------------------------------------------------------------------


def auxiliary_head(in_channels: int, num_classes: int = 1000, width: int = 64) -> nn.Sequential:
    """The classifier on an intermediate map of 14x14: used in training, taken off for inference.

    Input ``(N, in_channels, 14, 14)``, output ``(N, num_classes)`` logits; ``width`` as in
    :func:`googlenet`. Source: section 5.
    """
    return nn.Sequential(
        nn.AvgPool2d(5, stride=3),  # (N, in_channels, 4, 4)
        nn.Conv2d(in_channels, 2 * width, 1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(4 * 4 * 2 * width, 16 * width),
        nn.ReLU(),
        nn.Dropout(0.7),
        nn.Linear(16 * width, num_classes),
    )


def auxiliary_head_bn(in_channels: int, num_classes: int = 1000, width: int = 64) -> nn.Sequential:
    """:func:`auxiliary_head` with batch norm, for maps of any size. Source: torchvision."""
    return nn.Sequential(
        nn.AdaptiveAvgPool2d(4),
        conv_norm_relu(in_channels, 2 * width, 1),
        nn.Flatten(),
        nn.Linear(4 * 4 * 2 * width, 16 * width),
        nn.ReLU(),
        nn.Dropout(0.7),
        nn.Linear(16 * width, num_classes),
    )


# --- the network ---------------------------------------------------------------------------------

Row = tuple[int, Reduced, Reduced, int]

BLOCKS: dict[str, Row] = {
    "3a": (64, (96, 128), (16, 32), 32),
    "3b": (128, (128, 192), (32, 96), 64),
    "4a": (192, (96, 208), (16, 48), 64),
    "4b": (160, (112, 224), (24, 64), 64),
    "4c": (128, (128, 256), (24, 64), 64),
    "4d": (112, (144, 288), (32, 64), 64),
    "4e": (256, (160, 320), (32, 128), 128),
    "5a": (256, (160, 320), (32, 128), 128),
    "5b": (384, (192, 384), (48, 128), 128),
}
"""Each block's channels at width 64: 1x1, 3x3 with its reduction, 5x5 with its own, pool branch.

Source: Table 1. All are multiples of 8.
"""


@dataclass(frozen=True)
class Style:
    """What :func:`googlenet` and :func:`googlenet_bn` are made of."""

    stem: Callable[[int], nn.Module]
    block: Callable[[int, int, Reduced, Reduced, int], nn.Module]
    head: Callable[[int, int, int], nn.Module]
    last_window: int  # of the max pooling between stages 4 and 5
    dropout: float


class GoogLeNet(nn.Module):
    """A stem, nine Inception blocks in three stages, global average pooling, one linear layer.

    The stages are cut where the auxiliary heads tap them, behind 4a and 4d. Input ``(N, 3, H, W)``.
    Output ``(N, num_classes)`` logits; in training mode with heads a tuple of three of these: the
    network's, the head's on 4a, the head's on 4d. Source: Table 1, figure 3, section 5.
    """

    def __init__(self, style: Style, num_classes: int, *, aux: bool, width: int) -> None:
        super().__init__()
        channels = {name: sum(branch_channels(scaled(row, width))) for name, row in BLOCKS.items()}
        inputs = dict(zip(BLOCKS, [3 * width, *channels.values()], strict=False))

        def blocks(*names: str) -> OrderedDict[str, nn.Module]:
            made = (style.block(inputs[name], *scaled(BLOCKS[name], width)) for name in names)
            return OrderedDict(zip(names, made, strict=True))

        pool4 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        pool5 = nn.MaxPool2d(style.last_window, stride=2, ceil_mode=True)
        self.stem = style.stem(width)
        self.to_4a = nn.Sequential(
            OrderedDict([*blocks("3a", "3b").items(), ("pool", pool4), *blocks("4a").items()])
        )
        self.to_4d = nn.Sequential(blocks("4b", "4c", "4d"))
        self.to_5b = nn.Sequential(
            OrderedDict([*blocks("4e").items(), ("pool", pool5), *blocks("5a", "5b").items()])
        )
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(style.dropout)
        self.classifier = nn.Linear(channels["5b"], num_classes)
        self.heads = nn.ModuleDict()
        for name in ("4a", "4d") if aux else ():
            self.heads[name] = style.head(channels[name], num_classes, width)
        he_initialise(self)

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor, Tensor]:
        """Map ``(N, 3, H, W)`` to logits, with heads in training mode to three times logits."""
        at_4a = self.to_4a(self.stem(x))
        at_4d = self.to_4d(at_4a)
        x = self.pool(self.to_5b(at_4d))
        logits: Tensor = self.classifier(self.dropout(torch.flatten(x, 1)))
        if self.training and self.heads:
            return logits, self.heads["4a"](at_4a), self.heads["4d"](at_4d)
        return logits


def scaled(row: Row, width: int) -> Row:
    """A row of :data:`BLOCKS` for another width.

    Raises:
        ValueError: if ``width`` is not a multiple of 8, so that channels would be broken numbers.
    """
    if width % 8:
        raise ValueError(f"width must be a multiple of 8, so that all channels are whole: {width}")
    c1, (r3, c3), (r5, c5), pool_proj = row
    eighth = width // 8
    c1, r3, c3, r5, c5, pool_proj = (n // 8 * eighth for n in (c1, r3, c3, r5, c5, pool_proj))
    return c1, (r3, c3), (r5, c5), pool_proj


def branch_channels(row: Row) -> tuple[int, int, int, int]:
    """The channels that each branch of a block puts out."""
    c1, (_, c3), (_, c5), pool_proj = row
    return c1, c3, c5, pool_proj


def stem(width: int) -> nn.Sequential:
    """7x7, pooling, 1x1, 3x3, pooling: height and width become an eighth, channels ``3 * width``.

    Source: Table 1 and figure 3, where the normalisations are.
    """
    return nn.Sequential(
        nn.Conv2d(3, width, 7, stride=2, padding=3),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2, ceil_mode=True),
        nn.LocalResponseNorm(5),
        nn.Conv2d(width, width, 1),
        nn.ReLU(),
        nn.Conv2d(width, 3 * width, 3, padding=1),
        nn.ReLU(),
        nn.LocalResponseNorm(5),
        nn.MaxPool2d(3, stride=2, ceil_mode=True),
    )


def stem_bn(width: int) -> nn.Sequential:
    """:func:`stem` with batch norm, behind the input transform. Source: torchvision."""
    return nn.Sequential(
        ToUnitRange(),
        conv_norm_relu(3, width, 7, stride=2, padding=3),
        nn.MaxPool2d(3, stride=2, ceil_mode=True),
        conv_norm_relu(width, width, 1),
        conv_norm_relu(width, 3 * width, 3, padding=1),
        nn.MaxPool2d(3, stride=2, ceil_mode=True),
    )


class ToUnitRange(nn.Module):
    """Images normalised by ImageNet's mean and deviation, brought to [-1, 1].

    ``(N, 3, H, W)`` to the same shape. Source: torchvision's ``transform_input``.
    """

    scale: Tensor
    shift: Tensor

    def __init__(self) -> None:
        super().__init__()
        mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
        self.register_buffer("scale", (deviation / 0.5)[:, None, None], persistent=False)
        self.register_buffer("shift", ((mean - 0.5) / 0.5)[:, None, None], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Scale and shift each channel."""
        return x * self.scale + self.shift


PAPER = Style(stem, Inception, auxiliary_head, last_window=3, dropout=0.4)
BATCH_NORM = Style(stem_bn, InceptionBN, auxiliary_head_bn, last_window=2, dropout=0.2)


def googlenet(num_classes: int = 1000, *, aux: bool = False, width: int = 64) -> GoogLeNet:
    """The paper's net: 6,998,552 parameters, with its auxiliary heads 13,378,280.

    ``width`` are the channels of the first convolution, a multiple of 8; all others follow in
    proportion. Source: Table 1, figure 3, section 5.
    """
    return GoogLeNet(PAPER, num_classes, aux=aux, width=width)


def googlenet_bn(num_classes: int = 1000, *, aux: bool = False, width: int = 64) -> GoogLeNet:
    """The net that released weights fit: 6,624,904 parameters, with heads 13,004,888.

    ``width`` as in :func:`googlenet`. Source: torchvision; the departures stand above.
    """
    return GoogLeNet(BATCH_NORM, num_classes, aux=aux, width=width)


def googlenet_loss(outputs: Tensor | tuple[Tensor, ...], y: Tensor) -> Tensor:
    """Mean cross-entropy of the network's logits, plus 0.3 of that of each auxiliary head.

    ``outputs`` are what a :class:`GoogLeNet` returns, ``y`` the ``(N,)`` class indices.
    Source: section 5.
    """
    if isinstance(outputs, torch.Tensor):
        return F.cross_entropy(outputs, y)
    logits, *auxiliary = outputs
    loss = F.cross_entropy(logits, y)
    for head in auxiliary:
        loss = loss + 0.3 * F.cross_entropy(head, y)
    return loss
