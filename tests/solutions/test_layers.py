"""The formulas of single layers, against torch's own layers."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import nn

from solutions.counting import count_macs, count_parameters
from solutions.layers import (
    conv_macs,
    conv_output_size,
    conv_parameters,
    he_initialise,
    linear_macs,
    linear_parameters,
)


@pytest.mark.parametrize("size", [7, 8, 32, 224])
def test_output_size_is_that_of_torch(size: int) -> None:
    """Kernel, stride, padding and dilation in all combinations give what nn.Conv2d gives."""
    for kernel, stride, padding, dilation in itertools.product(
        (1, 3, 5), (1, 2, 3), (0, 1, 2), (1, 2)
    ):
        if dilation * (kernel - 1) + 1 > size + 2 * padding:
            continue
        with torch.device("meta"):
            layer = nn.Conv2d(1, 1, kernel, stride, padding, dilation)
            expected = layer(torch.empty(1, 1, size, size)).shape[-1]
        got = conv_output_size(size, kernel, stride=stride, padding=padding, dilation=dilation)
        assert got == expected


def test_kernel_larger_than_input_is_refused() -> None:
    """The message gives the kernel's reach and the room it has."""
    with pytest.raises(ValueError, match=r"over 9 pixels does not fit into 4 \+ 2 \* 1 = 6"):
        conv_output_size(4, 5, padding=1, dilation=2)


@pytest.mark.parametrize(("groups", "bias"), [(1, False), (1, True), (2, False), (4, True)])
def test_conv_counts_are_those_of_the_layer(groups: int, bias: bool) -> None:
    """Parameters and multiply-adds by formula equal those of a real layer."""
    layer = nn.Conv2d(4, 8, 3, padding=1, groups=groups, bias=bias)
    assert conv_parameters(4, 8, 3, groups=groups, bias=bias) == count_parameters(layer)
    assert conv_macs(4, 8, 3, (5, 6), groups=groups) == count_macs(layer, (4, 5, 6))


def test_groups_must_divide() -> None:
    """Groups that do not divide the channels are refused with all three numbers."""
    with pytest.raises(ValueError, match=r"3 does not divide 4 and 8"):
        conv_parameters(4, 8, 3, groups=3)


def test_lecture_example_of_inception() -> None:
    """The 5x5 on 28x28x192 costs 120,422,400 multiplications."""
    assert conv_macs(192, 32, 5, (28, 28)) == 120_422_400


@pytest.mark.parametrize("bias", [False, True])
def test_linear_counts_are_those_of_the_layer(bias: bool) -> None:
    """Parameters and multiply-adds by formula equal those of a real layer."""
    layer = nn.Linear(5, 7, bias=bias)
    assert linear_parameters(5, 7, bias=bias) == count_parameters(layer)
    assert linear_macs(5, 7) == count_macs(layer, (5,))


def test_he_initialisation_has_its_variance() -> None:
    """The weights' variance is 2 / (k * k * out_channels), up to sampling."""
    layer = nn.Conv2d(64, 128, 3)
    torch.manual_seed(0)
    he_initialise(layer)
    assert layer.weight.var().item() == pytest.approx(2 / (9 * 128), rel=0.02)
