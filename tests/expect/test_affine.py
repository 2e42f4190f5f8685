"""Adding inputs up tells affine maps from others; impulses show a convolution's kernel."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from autograder.expect import Unmet, random_input
from autograder.expect.affine import additivity_gap, bends, is_convolution, kernel_of
from autograder.submission import LocalTransport, ModuleHandle, Submission


def handle(make: Any) -> ModuleHandle:
    """A handle on what ``make`` gives, in float64."""
    return Submission(LocalTransport({"Net": make})).build("Net", dtype="float64")


def deep(activation: nn.Module) -> nn.Module:
    """Convolution, ``activation``, average, linear layer."""
    return nn.Sequential(
        nn.Conv2d(2, 4, 3), activation, nn.AvgPool2d(2), nn.Flatten(), nn.Linear(4 * 4, 3)
    )


A, B = random_input((3, 2, 6, 6), 1), random_input((3, 2, 6, 6), 2)


def test_layers_without_activation_are_affine() -> None:
    """Biases and averages do not bend anything."""
    assert additivity_gap(handle(lambda: deep(nn.Identity())), A, B) < 1e-12
    with pytest.raises(Unmet, match=r"the net is linear.*got at most .*hint: Look"):
        bends(handle(lambda: deep(nn.Identity())), A, B, of="the net", hint="Look.")


@pytest.mark.parametrize("activation", [nn.ReLU(), nn.Tanh(), nn.Sigmoid()])
def test_one_activation_bends(activation: nn.Module) -> None:
    """A single activation anywhere is seen."""
    bends(handle(lambda: deep(activation)), A, B, of="the net")


def test_weights_that_start_tiny_or_at_zero_are_seen_through() -> None:
    """It is the layers that bend, not the numbers that they start with."""

    def timid() -> nn.Module:
        net = deep(nn.Tanh())
        for parameter in net.parameters():
            nn.init.zeros_(parameter)
        return net

    assert additivity_gap(handle(timid), A, B) == 0
    bends(handle(timid), A, B, of="the net")


def test_a_kernel_is_read_off() -> None:
    """Impulses show weight and bias of a convolution, and which maps are wired."""
    conv = nn.Conv2d(2, 3, 5)
    with torch.no_grad():
        conv.weight[0, 1] = 0
    module = handle(lambda: conv)
    kernel = kernel_of(module, 2, 5, of="conv")
    torch.testing.assert_close(kernel.weight, conv.weight.detach().double())
    torch.testing.assert_close(kernel.bias, conv.bias.detach().double())
    assert kernel.wiring.tolist() == [[True, False], [True, True], [True, True]]
    is_convolution(module, kernel, random_input((2, 2, 9, 7), 3), of="conv")


def test_an_activation_is_no_convolution() -> None:
    """What follows the convolution shows on other inputs than impulses."""
    module = handle(lambda: nn.Sequential(nn.Conv2d(2, 3, 5), nn.Tanh()))
    kernel = kernel_of(module, 2, 5, of="conv")
    with pytest.raises(Unmet, match=r"output of conv has the right shape but other values"):
        is_convolution(module, kernel, random_input((2, 2, 9, 7), 3), of="conv")


@pytest.mark.parametrize(
    "make", [lambda: nn.Conv2d(2, 3, 3), lambda: nn.Flatten(), lambda: nn.Conv2d(2, 3, 5, 2)]
)
def test_another_size_is_told(make: Any) -> None:
    """A kernel of another size gives another shape."""
    with pytest.raises(Unmet, match="the output of conv has another shape"):
        kernel_of(handle(make), 2, 5, of="conv")
