"""Reference answers of ``assignments/resnet`` in the assignment's own form.

``BasicBlock``, ``Bottleneck``, ``PaddedShortcut`` and ``zero_init_residual`` are slotted straight
from :mod:`solutions.resnet`, ``gradient_profile`` from :mod:`solutions.probes`; here is what the
notebook asks for beyond them. Each body stands alone: it
uses torch and the names of earlier answers, because it is printed into a solved notebook.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from solutions.resnet import Bottleneck, PaddedShortcut


class PaddedBlock(nn.Module):
    """``ReLU(F(x) + S(x))`` with two 3x3 convolutions in F and option A as S.

    Input ``(N, in_channels, H, W)``, output ``(N, out_channels, ceil(H/stride), ceil(W/stride))``.
    Source: He et al. 2015, sections 3.3 and 4.2.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.shortcut = PaddedShortcut(in_channels, out_channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, in_channels, H, W)`` to ``(N, out_channels, H', W')``."""
        residual = F.relu(self.bn1(self.conv1(x)))
        residual = self.bn2(self.conv2(residual))
        return F.relu(residual + self.shortcut(x))


def resnet_cifar(n: int, num_classes: int = 10) -> nn.Module:
    """The network of ``6n + 2`` layers for small images (He et al. 2015, section 4.2).

    Input ``(N, 3, H, W)``, output ``(N, num_classes)`` logits.
    """
    layers: list[nn.Module] = [
        nn.Conv2d(3, 16, 3, padding=1, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(),
    ]
    in_channels = 16
    for out_channels, stride in ((16, 1), (32, 2), (64, 2)):
        for index in range(n):
            layers.append(PaddedBlock(in_channels, out_channels, stride if index == 0 else 1))
            in_channels = out_channels
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(in_channels, num_classes)]
    return nn.Sequential(*layers)


def resnet50(num_classes: int = 1000, width: int = 64) -> nn.Module:
    """ResNet-50, v1.5 (He et al. 2015, Table 1; the stride on each 3x3).

    ``width`` is the channels after the stem. Input ``(N, 3, H, W)``, output ``(N, num_classes)``.
    """
    layers: list[nn.Module] = [
        nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2, padding=1),
    ]
    in_channels = width
    for stage, blocks in enumerate((3, 4, 6, 3)):
        bottleneck_channels = width * 2**stage
        for index in range(blocks):
            stride = 2 if stage > 0 and index == 0 else 1
            layers.append(Bottleneck(in_channels, bottleneck_channels, stride))
            in_channels = 4 * bottleneck_channels
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(in_channels, num_classes)]
    return nn.Sequential(*layers)


def plain_cifar(n: int, num_classes: int = 10) -> nn.Module:
    """The network of :func:`resnet_cifar` without its shortcuts.

    Input ``(N, 3, H, W)``, output ``(N, num_classes)`` logits.
    """
    layers: list[nn.Module] = [
        nn.Conv2d(3, 16, 3, padding=1, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(),
    ]
    in_channels = 16
    for out_channels, stride in ((16, 1), (32, 2), (64, 2)):
        for index in range(2 * n):
            first = index == 0
            layers += [
                nn.Conv2d(
                    in_channels, out_channels, 3, stride if first else 1, padding=1, bias=False
                ),
                nn.BatchNorm2d(out_channels),
                nn.ReLU(),
            ]
            in_channels = out_channels
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(in_channels, num_classes)]
    return nn.Sequential(*layers)


def conclusion() -> dict[str, str]:
    """What the degradation experiment shows (He et al. 2015, section 4.1)."""
    return {
        "trains_better_at_38_layers": "residual",
        "plain_38_against_plain_8": "fails to train",
        "plain_38_gradients_before_training": "do not vanish",
    }
