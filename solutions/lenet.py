"""LeNet-5, as it was published and as it is built today.

Source: LeCun, Bottou, Bengio and Haffner, "Gradient-Based Learning Applied to Document
Recognition", Proceedings of the IEEE 86(11), 1998, section II.B. :func:`lenet5_1998` is that
network, with exactly 60,000 trainable parameters. :func:`lenet5` is the one of lectures and
libraries: C3 reads all maps, pooling has nothing to learn, the activation is the plain hyperbolic
tangent, and the output is a linear layer: 61,706 parameters.

Departures of :func:`lenet5_1998`: the ten target codes are drawn by us after figure 3, and weights
start as PyTorch's do, not uniformly within 2.4 / fan-in.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CONNECTIONS = (
    "X...XXX..XXXX.XX",
    "XX...XXX..XXXX.X",
    "XXX...XXX..X.XXX",
    ".XXX..XXXX..X.XX",
    "..XXX..XXXX.XX.X",
    "...XXX..XXXX.XXX",
)
"""Table I: row ``i`` marks which of C3's sixteen maps read map ``i`` of S2."""

# --- the network of 1998 -------------------------------------------------------------------------


class ScaledTanh(nn.Module):
    """``1.7159 * tanh(2 a / 3)``, so that f(1) = 1 and f(-1) = -1. Source: appendix A."""

    def forward(self, x: Tensor) -> Tensor:
        """Map any shape to itself."""
        return 1.7159 * torch.tanh(2 * x / 3)


class Subsampling(nn.Module):
    """A trainable 2x2 pooling: the sum of four numbers, times a coefficient, plus a bias.

    Input ``(N, channels, H, W)``, output ``(N, channels, H // 2, W // 2)``; one coefficient and one
    bias a channel. Source: section II.B, "layer S2". The activation follows apart.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.coefficient = nn.Parameter(torch.full((channels, 1, 1), 0.25))
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, channels, H, W)`` to ``(N, channels, H // 2, W // 2)``."""
        sums = F.avg_pool2d(x, 2, divisor_override=1)
        return self.coefficient * sums + self.bias


class C3(nn.Module):
    """5x5 convolutions of which each reads the maps that :data:`CONNECTIONS` marks, and no others.

    Input ``(N, 6, H, W)``, output ``(N, 16, H - 4, W - 4)``; 1,516 parameters where a full
    convolution has 2,416. Source: section II.B, Table I.
    """

    def __init__(self) -> None:
        super().__init__()
        columns = ["".join(column) for column in zip(*CONNECTIONS, strict=True)]
        self.inputs = [[i for i, mark in enumerate(column) if mark == "X"] for column in columns]
        self.maps = nn.ModuleList(nn.Conv2d(len(inputs), 1, 5) for inputs in self.inputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, 6, H, W)`` to ``(N, 16, H - 4, W - 4)``."""
        pairs = zip(self.maps, self.inputs, strict=True)
        return torch.cat([conv(x[:, inputs]) for conv, inputs in pairs], dim=1)


class RadialBasisOutput(nn.Module):
    """The squared distance of the input to each class's code: small means likely.

    Input ``(N, codes.shape[1])``, output ``(N, classes)``. The codes are fixed. Source: equation 7.
    """

    codes: Tensor

    def __init__(self, codes: Tensor) -> None:
        super().__init__()
        self.register_buffer("codes", codes)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, features)`` to ``(N, classes)`` penalties, none negative."""
        return (x[:, None] - self.codes).square().sum(2)


class LeNet1998(nn.Module):
    """C1, S2, C3, S4, C5, F6 and the radial basis output; every layer but the last is squashed.

    Input ``(N, 1, 32, 32)``, output ``(N, 10)`` penalties: the smallest names the digit.
    Source: section II.B, figure 2.
    """

    def __init__(self) -> None:
        super().__init__()
        self.c1 = nn.Sequential(nn.Conv2d(1, 6, 5), ScaledTanh())
        self.s2 = nn.Sequential(Subsampling(6), ScaledTanh())
        self.c3 = nn.Sequential(C3(), ScaledTanh())
        self.s4 = nn.Sequential(Subsampling(16), ScaledTanh())
        self.c5 = nn.Sequential(nn.Conv2d(16, 120, 5), ScaledTanh())
        self.f6 = nn.Sequential(nn.Flatten(), nn.Linear(120, 84), ScaledTanh())
        self.output = RadialBasisOutput(digit_codes())

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, 1, 32, 32)`` to ``(N, 10)`` penalties."""
        x = self.s2(self.c1(x))  # (N, 6, 14, 14)
        x = self.s4(self.c3(x))  # (N, 16, 5, 5)
        x = self.f6(self.c5(x))  # (N, 84)
        return self.output(x)  # type: ignore[no-any-return]  # a module's call is untyped


# --- the network of today ------------------------------------------------------------------------


class LeNet5(nn.Module):
    """Two convolutions with average pooling, three linear layers, tanh after all but the last.

    Input ``(N, in_channels, 32, 32)``, output ``(N, num_classes)`` logits. With ``padding=2`` the
    first convolution takes MNIST's 28x28 images as they are. Source: section II.B, simplified as
    the module's docstring says.
    """

    def __init__(self, num_classes: int = 10, *, in_channels: int = 1, padding: int = 0) -> None:
        super().__init__()
        self.c1 = nn.Sequential(nn.Conv2d(in_channels, 6, 5, padding=padding), nn.Tanh())
        self.s2 = nn.AvgPool2d(2)
        self.c3 = nn.Sequential(nn.Conv2d(6, 16, 5), nn.Tanh())
        self.s4 = nn.AvgPool2d(2)
        self.c5 = nn.Sequential(nn.Flatten(), nn.Linear(16 * 5 * 5, 120), nn.Tanh())
        self.f6 = nn.Sequential(nn.Linear(120, 84), nn.Tanh())
        self.output = nn.Linear(84, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, in_channels, 32, 32)`` to ``(N, num_classes)`` logits."""
        x = self.s2(self.c1(x))  # (N, 6, 14, 14)
        x = self.s4(self.c3(x))  # (N, 16, 5, 5)
        x = self.f6(self.c5(x))  # (N, 84)
        return self.output(x)  # type: ignore[no-any-return]  # a module's call is untyped


# --- builders ------------------------------------------------------------------------------------


def lenet5(num_classes: int = 10, *, in_channels: int = 1, padding: int = 0) -> LeNet5:
    """LeNet-5 of today: 61,706 parameters. ``padding=2`` for images of 28x28."""
    return LeNet5(num_classes, in_channels=in_channels, padding=padding)


def lenet5_1998() -> LeNet1998:
    """LeNet-5 as published: 60,000 trainable parameters. Source: section II.B."""
    return LeNet1998()


def digit_codes() -> Tensor:
    """The targets of F6: ten bitmaps 7 wide and 12 high as ``(10, 84)``, +1 for ink, else -1.

    Drawn by us after figure 3: like digits look alike, so that they get similar codes.
    """
    inks = [[1.0 if dot == "#" else -1.0 for dot in drawn.replace(" ", "")] for drawn in DIGITS]
    return torch.tensor(inks)


_BLANK = " ......."
DIGITS = (
    ".###... ##.##.. #...#.. #...##. #....#. #....#. #....#. ##..##. .#..#.. .####.." + 2 * _BLANK,
    "...##.. ..###.. .####.. ...##.. ...##.. ...##.. ...##.. ...##.. ...##.. .######" + 2 * _BLANK,
    ".#####. ##...## .....## .....## ....##. ...##.. ..##... .##.... ##..... #######" + 2 * _BLANK,
    ".#####. ##...## .....## .....## ..####. .....## .....## .....## ##...## .#####." + 2 * _BLANK,
    "....##. ...###. ..#.##. .##.##. ##..##. ####### ....##. ....##. ....##. ....##." + 2 * _BLANK,
    "####### ##..... ##..... ######. .....## .....## .....## .....## ##...## .#####." + 2 * _BLANK,
    "..####. .##.... ##..... ##..... ######. ##...## ##...## ##...## ##...## .#####." + 2 * _BLANK,
    "####### .....## .....## ....##. ....##. ...##.. ...##.. ..##... ..##... ..##..." + 2 * _BLANK,
    ".#####. ##...## ##...## ##...## .#####. ##...## ##...## ##...## ##...## .#####." + 2 * _BLANK,
    ".#####. ##...## ##...## ##...## ##...## .###### .....## .....## ....##. .####.." + 2 * _BLANK,
)
"""Rows from top to bottom, one digit a string."""
