"""Reference answers of ``assignments/mobilenet`` in the assignment's own form.

``DepthwiseSeparable``, ``separable_cost_ratio``, ``InvertedResidual`` and ``make_divisible`` are
slotted straight from :mod:`solutions.mobilenet` and :mod:`solutions.mobilenet_v2`; here is what the
notebook asks for beyond them. Each body stands alone: it uses torch and the names of earlier
answers, because it is printed into a solved notebook.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from solutions.mobilenet import DepthwiseSeparable
from solutions.mobilenet_v2 import InvertedResidual, make_divisible


def depthwise_conv(x: Tensor, weight: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    """Slide over each channel of ``x`` that channel's own filter.

    Input ``(N, C, H, W)``, ``weight`` ``(C, k, l)``, output ``(N, C, H', W')`` with
    ``H' = (H + 2 * padding - k) // stride + 1`` and ``W'`` alike.
    Source: Howard et al. 2017, section 3.1, equation 3.
    """
    kernel_height, kernel_width = weight.shape[1:]
    padded = F.pad(x, (padding, padding, padding, padding))
    height = padded.shape[2] - kernel_height + 1
    width = padded.shape[3] - kernel_width + 1
    output = x.new_zeros(())
    for i in range(kernel_height):
        for j in range(kernel_width):
            shifted = padded[:, :, i : i + height : stride, j : j + width : stride]
            output = output + weight[:, i, j, None, None] * shifted
    return output


def mobilenet_v1(width_mult: float = 1.0, num_classes: int = 1000) -> nn.Module:
    """MobileNet (Howard et al. 2017, Table 1, the last depthwise convolution with stride 1).

    Input ``(N, 3, H, W)``, output ``(N, num_classes)`` logits.
    """
    in_channels = int(32 * width_mult)
    layers: list[nn.Module] = [
        nn.Conv2d(3, in_channels, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(in_channels),
        nn.ReLU(),
    ]
    for channels, blocks, first_stride in (
        (64, 1, 1),
        (128, 2, 2),
        (256, 2, 2),
        (512, 6, 2),
        (1024, 2, 2),
    ):
        out_channels = int(channels * width_mult)
        for index in range(blocks):
            stride = first_stride if index == 0 else 1
            layers.append(DepthwiseSeparable(in_channels, out_channels, stride))
            in_channels = out_channels
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(in_channels, num_classes)]
    return nn.Sequential(*layers)


def mobilenet_v2(width_mult: float = 1.0, num_classes: int = 1000) -> nn.Module:
    """MobileNetV2 (Sandler et al. 2018, Table 2).

    Input ``(N, 3, H, W)``, output ``(N, num_classes)`` logits.
    """
    in_channels = make_divisible(32 * width_mult)
    layers: list[nn.Module] = [
        nn.Conv2d(3, in_channels, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(in_channels),
        nn.ReLU6(),
    ]
    for expansion, channels, blocks, first_stride in (
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    ):
        out_channels = make_divisible(channels * width_mult)
        for index in range(blocks):
            stride = first_stride if index == 0 else 1
            layers.append(InvertedResidual(in_channels, out_channels, stride, expansion))
            in_channels = out_channels
    head_channels = make_divisible(1280 * max(1.0, width_mult))
    layers += [
        nn.Conv2d(in_channels, head_channels, 1, bias=False),
        nn.BatchNorm2d(head_channels),
        nn.ReLU6(),
    ]
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(head_channels, num_classes)]
    return nn.Sequential(*layers)


def table_macs(rows: Sequence[tuple[Any, ...]], image_size: int) -> int:
    """Multiply-adds of the network that ``rows`` describe, for one square RGB image.

    Rows are as the notebook defines them: "conv", "separable", "bottleneck", "pointwise", "linear".
    """
    size, channels, macs = image_size, 3, 0
    for kind, *numbers in rows:
        if kind == "conv":
            out_channels, stride = numbers
            size = -(-size // stride)
            macs += size * size * 9 * channels * out_channels
        elif kind == "separable":
            out_channels, stride = numbers
            size = -(-size // stride)
            macs += size * size * channels * (9 + out_channels)
        elif kind == "bottleneck":
            expansion, out_channels, repeats, stride = numbers
            for index in range(repeats):
                hidden = expansion * channels
                if expansion != 1:
                    macs += size * size * channels * hidden
                if index == 0:
                    size = -(-size // stride)
                macs += size * size * hidden * (9 + out_channels)
                channels = out_channels
        elif kind == "pointwise":
            (out_channels,) = numbers
            macs += size * size * channels * out_channels
        else:
            (out_channels,) = numbers
            macs += channels * out_channels
        channels = out_channels
    return macs


def verdict() -> dict[str, str]:
    """Which of the notebook's tables cost what the papers print (569 and 300 million)."""
    return {"mobilenet_v1": "corrected", "mobilenet_v2": "B"}


def conclusion() -> dict[str, str]:
    """What the experiment with linear bottlenecks shows (Sandler et al. 2018, section 3.2)."""
    return {
        "better_with_4_channels": "linear",
        "larger_difference_with": "4 channels",
        "spiral_comes_back_from": "30 channels",
    }
