"""Fully connected layers as convolutions, so that a classifier reads images of any size.

A linear layer on flattened maps is a convolution whose kernel is as large as the maps. Source:
Matan, Burges, LeCun and Denker, "Multi-Digit Recognition Using a Space Displacement Neural
Network", NIPS 1991; LeCun et al. 1998, section II.B, "layer C5"; Simonyan and Zisserman 2015,
section 3.2.
"""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn


def linear_as_convolution(linear: nn.Linear, shape: tuple[int, int, int]) -> nn.Conv2d:
    """The convolution that equals ``linear`` on flattened maps of ``shape`` (C, H, W).

    Input ``(N, C, H', W')``, output ``(N, out_features, H' - H + 1, W' - W + 1)``. The parameters
    are shared, not copied: ``linear`` trains with it.
    """
    channels, height, width = shape
    convolution = nn.Conv2d(channels, linear.out_features, (height, width), bias=False)
    convolution.weight.data = linear.weight.data.view(-1, channels, height, width)
    if linear.bias is not None:
        convolution.bias = linear.bias
    return convolution


def fully_convolutional(layers: Iterable[nn.Module], shape: tuple[int, int, int]) -> nn.Sequential:
    """The same ``layers`` with every linear one as a convolution, and no flattening.

    The first linear layer reads maps of ``shape`` (C, H, W), those behind it work on 1x1. Weights
    are shared with ``layers``. Output ``(N, classes, rows, columns)``: one answer for each place.
    """
    converted: list[nn.Module] = []
    for layer in layers:
        if isinstance(layer, nn.Linear):
            converted.append(linear_as_convolution(layer, shape))
            shape = (layer.out_features, 1, 1)
        elif not isinstance(layer, nn.Flatten):
            converted.append(layer)
    return nn.Sequential(*converted)
