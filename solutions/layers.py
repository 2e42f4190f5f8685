"""Arithmetic of single layers: sizes, parameters and multiply-adds by formula, and initialisation.

The formulas stand here once; :mod:`solutions.counting` counts the same things on real modules, and
the tests hold the two against each other.
"""

from __future__ import annotations

from torch import nn


def conv_output_size(
    size: int, kernel_size: int, *, stride: int = 1, padding: int = 0, dilation: int = 1
) -> int:
    """Height (or width) of what a convolution or an unpadded pooling makes of ``size`` pixels.

    ``floor((size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1``.

    Raises:
        ValueError: if the kernel is larger than the padded input.
    """
    reach = dilation * (kernel_size - 1) + 1
    room = size + 2 * padding - reach
    if room < 0:
        raise ValueError(
            f"a kernel reaching over {reach} pixels does not fit into "
            f"{size} + 2 * {padding} = {size + 2 * padding} pixels"
        )
    return room // stride + 1


def conv_parameters(
    in_channels: int, out_channels: int, kernel_size: int, *, groups: int = 1, bias: bool = False
) -> int:
    """Weights (``k * k * in_channels / groups`` a filter) and biases of a square convolution.

    Raises:
        ValueError: if ``groups`` does not divide both numbers of channels.
    """
    if in_channels % groups or out_channels % groups:
        raise ValueError(
            f"groups must divide both channel numbers: {groups} does not divide "
            f"{in_channels} and {out_channels}"
        )
    weights = out_channels * (in_channels // groups) * kernel_size**2
    return weights + (out_channels if bias else 0)


def conv_macs(
    in_channels: int,
    out_channels: int,
    kernel_size: int,
    output_size: tuple[int, int],
    *,
    groups: int = 1,
) -> int:
    """Multiply-adds of a convolution on one image: its weights, once a position.

    ``output_size`` is height and width of the *output*; biases are not counted.
    """
    height, width = output_size
    return conv_parameters(in_channels, out_channels, kernel_size, groups=groups) * height * width


def linear_parameters(in_features: int, out_features: int, *, bias: bool = True) -> int:
    """Weights and biases of a fully connected layer."""
    return in_features * out_features + (out_features if bias else 0)


def linear_macs(in_features: int, out_features: int) -> int:
    """Multiply-adds of a fully connected layer on one input: its weights, once each."""
    return in_features * out_features


def he_initialise(model: nn.Module) -> None:
    """Draw every convolution's weight from a normal of variance ``2 / (k * k * out_channels)``.

    Source: He et al., "Delving Deep into Rectifiers", ICCV 2015 (arXiv 1502.01852), section 2.2,
    in the backward form (equation 14).
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
