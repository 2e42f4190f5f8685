"""Reference answers of ``assignments/efficientnet`` in the assignment's own form.

The scaling rule, its rounding, and the blocks are slotted straight from
:mod:`solutions.efficientnet`; here is what the notebook asks for beyond them. Each body stands
alone: it uses torch, what the notebook gives (``STAGES``, ``VARIANTS``, ``norm``) and earlier
answers, because it is printed into a solved notebook.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import nn

from solutions.efficientnet import STAGES, VARIANTS, MBConv, norm, round_filters, round_repeats


def scaled_efficientnet(
    depth: float,
    width: float,
    num_classes: int = 1000,
    dropout: float = 0.2,
    drop_rate: float = 0.2,
) -> nn.Module:
    """B0 with its repeats scaled by ``depth`` and its channels by ``width`` (Table 1).

    Input ``(N, 3, H, W)``, output ``(N, num_classes)`` logits.
    """
    in_channels = round_filters(32, width)
    layers: list[nn.Module] = [
        nn.Conv2d(3, in_channels, 3, stride=2, padding=1, bias=False),
        norm(in_channels),
        nn.SiLU(),
    ]
    blocks = sum(round_repeats(repeats, depth) for *_, repeats in STAGES)
    block = 0
    for expansion, kernel_size, first_stride, channels, repeats in STAGES:
        out_channels = round_filters(channels, width)
        for index in range(round_repeats(repeats, depth)):
            stride = first_stride if index == 0 else 1
            rate = drop_rate * block / blocks
            how = (kernel_size, stride, expansion, rate)
            layers.append(MBConv(in_channels, out_channels, *how))
            in_channels = out_channels
            block += 1
    features = round_filters(1280, width)
    layers += [nn.Conv2d(in_channels, features, 1, bias=False), norm(features), nn.SiLU()]
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    layers += [nn.Dropout(dropout), nn.Linear(features, num_classes)]
    return nn.Sequential(*layers)


def efficientnet(variant: str, num_classes: int = 1000, slim: float = 1.0) -> nn.Module:
    """EfficientNet-B0 to B7 by name, the width coefficient multiplied by ``slim``."""
    depth, width, _, dropout = VARIANTS[variant]
    return scaled_efficientnet(depth, width * slim, num_classes, dropout=dropout)


def efficientnet_macs(depth: float, width: float, resolution: int, num_classes: int = 1000) -> int:
    """Multiply-adds of ``scaled_efficientnet`` for one square image, without building it."""
    size = math.ceil(resolution / 2)
    in_channels = round_filters(32, width)
    macs = 3 * 9 * in_channels * size**2
    for expansion, kernel_size, stride, channels, repeats in STAGES:
        out_channels = round_filters(channels, width)
        for index in range(round_repeats(repeats, depth)):
            hidden = expansion * in_channels
            if expansion != 1:
                macs += in_channels * hidden * size**2
            if index == 0:
                size = math.ceil(size / stride)
            macs += kernel_size**2 * hidden * size**2
            macs += 2 * hidden * max(1, in_channels // 4)
            macs += hidden * out_channels * size**2
            in_channels = out_channels
    features = round_filters(1280, width)
    macs += in_channels * features * size**2
    return macs + features * num_classes


def best_under_budget(
    budget: float, runs: Sequence[tuple[float, float, int, float]]
) -> tuple[float, float, int] | None:
    """Depth, width and resolution of the most accurate of ``runs`` that costs at most ``budget``.

    A run is ``(depth, width, resolution, accuracy)``. Among equally accurate ones the cheapest;
    None when none can be afforded.
    """
    affordable = []
    for depth, width, resolution, accuracy in runs:
        cost = efficientnet_macs(depth, width, resolution)
        if cost <= budget:
            affordable.append((accuracy, -cost, (depth, width, resolution)))
    return max(affordable)[2] if affordable else None


def conclusion() -> dict[str, str]:
    """What the race at equal cost shows on these textures."""
    return {
        "what_pays": "resolution and compound",
        "what_the_base_lacks": "pixels",
        "what_made_compound_good": "resolution",
        "law_against_count": "off by up to a half",
    }
