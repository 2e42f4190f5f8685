"""Linear layers as convolutions."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from solutions.dense import fully_convolutional, linear_as_convolution


@pytest.mark.parametrize("bias", [True, False])
def test_linear_layer_is_a_convolution(bias: bool) -> None:
    """On maps of its own size it gives what the linear layer gives on the flattened maps."""
    linear = nn.Linear(3 * 4 * 5, 6, bias=bias).double()
    convolution = linear_as_convolution(linear, (3, 4, 5))
    x = torch.randn(2, 3, 4, 5, dtype=torch.float64)
    torch.testing.assert_close(convolution(x)[:, :, 0, 0], linear(x.flatten(1)))


def test_larger_maps_get_an_answer_for_each_window() -> None:
    """Position (i, j) holds the linear layer's answer to the window that starts there."""
    linear = nn.Linear(3 * 4 * 5, 6).double()
    x = torch.randn(2, 3, 7, 9, dtype=torch.float64)
    answer = linear_as_convolution(linear, (3, 4, 5))(x)
    assert answer.shape == (2, 6, 4, 5)
    torch.testing.assert_close(answer[:, :, 2, 3], linear(x[:, :, 2:6, 3:8].flatten(1)))


def test_network_slides() -> None:
    """Convolution, flattening and two linear layers become one filter; weights are shared."""
    layers = [nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(2 * 4 * 4, 5), nn.Tanh(), nn.Linear(5, 3)]
    model, sliding = nn.Sequential(*layers).double(), fully_convolutional(layers, (2, 4, 4))
    x = torch.randn(2, 1, 8, 10, dtype=torch.float64)
    scores = sliding(x)
    assert scores.shape == (2, 3, 3, 5)
    torch.testing.assert_close(scores[:, :, 1, 4], model(x[:, :, 1:7, 4:10]))
    nn.init.zeros_(model[-1].weight)
    nn.init.zeros_(model[-1].bias)
    assert not sliding(x).any()
