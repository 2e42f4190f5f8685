"""Networks with a part exchanged, and the instruments that tell them apart."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from solutions.datasets import digits
from solutions.lenet import lenet5, lenet5_1998
from solutions.variants import (
    Penalties,
    additivity_gap,
    steps_to_error,
    with_activation,
    with_pooling,
)


def test_activations_are_exchanged_in_a_copy() -> None:
    """Four tanhs become ReLUs; the original and the weights stay."""
    model = lenet5()
    other = with_activation(model, nn.ReLU)
    assert sum(isinstance(m, nn.ReLU) for m in other.modules()) == 4
    assert sum(isinstance(m, nn.Tanh) for m in model.modules()) == 4
    assert torch.equal(other.get_parameter("output.weight"), model.output.weight)


def test_activations_of_1998_are_exchanged_as_well() -> None:
    """The stretched tanh counts as an activation: six of them."""
    other = with_activation(lenet5_1998(), nn.Identity)
    assert sum(isinstance(m, nn.Identity) for m in other.modules()) == 6


def test_pooling_keeps_its_window() -> None:
    """A max pooling of 3x3, stride 2 and padding 1 becomes an average of the same."""
    model = with_pooling(nn.Sequential(nn.MaxPool2d(3, 2, padding=1)), nn.AvgPool2d)
    pooling = model[0]  # type: ignore[index]
    assert isinstance(pooling, nn.AvgPool2d)
    assert (pooling.kernel_size, pooling.stride, pooling.padding) == (3, 2, 1)


def test_additivity_gap_is_zero_for_affine_functions_alone() -> None:
    """A layer with bias has none up to rounding; a square has the cross term."""
    a, b = torch.randn(2, 5, 3, dtype=torch.float64)
    assert additivity_gap(nn.Linear(3, 4).double(), a, b) < 1e-12
    expected = float((2 * a * b).abs().max() / (a + b).square().max())
    assert additivity_gap(torch.square, a, b) == pytest.approx(expected)


def test_additivity_tells_a_lenet_without_activations() -> None:
    """Without tanh the gap vanishes; with it, it is thousands of times as large."""
    torch.manual_seed(0)
    model, (a, b) = lenet5(), torch.rand(2, 4, 1, 32, 32)
    assert additivity_gap(with_activation(model, nn.Identity), a, b) < 1e-4
    assert additivity_gap(model, a, b) > 0.01


def test_penalties_are_negated_and_divided() -> None:
    """The smallest penalty becomes the largest score."""
    model, x = Penalties(temperature=4.0).eval(), torch.rand(2, 1, 32, 32)
    torch.testing.assert_close(model(x), -model.network(x) / 4)


def test_steps_to_error_stop_early_or_give_up() -> None:
    """An error of 1 is reached at once, after ten batches; one below 0 never."""
    data = digits(size=32)
    assert steps_to_error(lenet5(), data, 0.01, error=1.0) == 10
    assert steps_to_error(lenet5(), data, 0.0, error=-1.0, limit=12) == 12


def test_steps_to_error_repeat_themselves() -> None:
    """Same weights and same seed, same number of steps."""
    data, counts = digits(size=32), []
    for _ in range(2):
        torch.manual_seed(0)
        counts.append(steps_to_error(lenet5(), data, 0.05, error=0.8, limit=60, seed=1))
    assert counts[0] == counts[1]
