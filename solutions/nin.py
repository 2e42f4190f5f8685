"""Network in network, and the 1x1 convolution that it introduced.

Source: Lin, Chen and Yan, "Network In Network", ICLR 2014 (arXiv 1312.4400). The widths, kernels
and poolings of :func:`nin` are not in the paper: they are those of the authors' own CIFAR-10 net
(github.com/mavenlin/cuda-convnet, NIN/cifar-10_def). No departures.

The order: the 1x1 convolution, the block made of it, the network.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

# --- the 1x1 convolution -------------------------------------------------------------------------

Pointwise = tuple[Tensor, Tensor | None]
"""Weight ``(out_channels, in_channels, 1, 1)`` and bias ``(out_channels,)`` of a convolution."""


def conv1x1_as_linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """A 1x1 convolution as what it is: one linear map, applied to the channels of every pixel.

    ``x`` is ``(N, in_channels, H, W)``, ``weight`` ``(out_channels, in_channels, 1, 1)``, ``bias``
    ``(out_channels,)`` or None; the output is ``(N, out_channels, H, W)``. Source: section 3.1,
    "cascaded cross channel parametric pooling".
    """
    pixels = x.permute(0, 2, 3, 1)  # (N, H, W, in_channels): a row of numbers for each pixel
    output = pixels @ weight[:, :, 0, 0].T
    if bias is not None:
        output = output + bias
    return output.permute(0, 3, 1, 2)  # (N, out_channels, H, W)


def merge_1x1(first: Pointwise, second: Pointwise) -> Pointwise:
    """One 1x1 convolution that computes two in a row with nothing between them.

    ``W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2)``; the bias is None when neither has one.
    """
    weight1, bias1 = first
    weight2, bias2 = second
    matrix2 = weight2[:, :, 0, 0]
    weight = matrix2 @ weight1[:, :, 0, 0]
    bias = bias2
    if bias1 is not None:
        bias = matrix2 @ bias1 if bias2 is None else matrix2 @ bias1 + bias2
    return weight[:, :, None, None], bias


# --- the block -----------------------------------------------------------------------------------


def mlpconv(
    in_channels: int, channels: tuple[int, int, int], kernel_size: int, *, padding: int = 0
) -> nn.Sequential:
    """A convolution whose filters are small networks: k x k, then two 1x1, a ReLU after each.

    Input ``(N, in_channels, H, W)``, output ``(N, channels[2], H', W')`` where H' and W' are those
    of the first convolution. Source: section 3.1, equation 2.
    """
    first, second, third = channels
    return nn.Sequential(
        nn.Conv2d(in_channels, first, kernel_size, padding=padding),
        nn.ReLU(),
        nn.Conv2d(first, second, 1),
        nn.ReLU(),
        nn.Conv2d(second, third, 1),
        nn.ReLU(),
    )


# --- the network ---------------------------------------------------------------------------------


class NiN(nn.Module):
    """Three mlpconv blocks, max pooling and dropout between them, global average pooling at last.

    The last block has one channel a class, and the mean of each is that class's score: there is no
    fully connected layer. Input ``(N, 3, H, W)``, output ``(N, num_classes)`` logits, which are
    never negative, because the authors' net ends the last block with a ReLU, too.
    Source: sections 3.2 and 3.3; NIN/cifar-10_def.
    """

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.block1 = mlpconv(3, (192, 160, 96), 5, padding=2)
        self.pool1 = shrink()
        self.block2 = mlpconv(96, (192, 192, 192), 5, padding=2)
        self.pool2 = shrink()
        self.block3 = mlpconv(192, (192, 192, num_classes), 3, padding=1)
        self.pool3 = nn.AdaptiveAvgPool2d(1)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, 3, H, W)`` to ``(N, num_classes)`` logits."""
        x = self.pool1(self.block1(x))  # (N, 96, H/2, W/2)
        x = self.pool2(self.block2(x))  # (N, 192, H/4, W/4)
        x = self.pool3(self.block3(x))  # (N, num_classes, 1, 1)
        return torch.flatten(x, 1)


def shrink() -> nn.Sequential:
    """Max pooling 3x3 of stride 2, rounding up, then dropout of one half."""
    return nn.Sequential(nn.MaxPool2d(3, stride=2, ceil_mode=True), nn.Dropout(0.5))


def nin(num_classes: int = 10) -> NiN:
    """The authors' net for CIFAR-10: 966,986 parameters. Source: NIN/cifar-10_def."""
    return NiN(num_classes)
