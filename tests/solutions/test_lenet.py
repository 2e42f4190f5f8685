"""LeNet-5: the counts of 1998 and of today, and what each part computes."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from solutions.counting import count_macs, count_parameters, ledger
from solutions.lenet import (
    C3,
    CONNECTIONS,
    RadialBasisOutput,
    ScaledTanh,
    Subsampling,
    digit_codes,
    lenet5,
    lenet5_1998,
)

PARTS = ("c1", "s2", "c3", "s4", "c5", "f6", "output")


@pytest.mark.parametrize(
    ("padding", "in_channels", "size", "parameters", "macs"),
    [
        (0, 1, 32, 61_706, 416_520),
        (2, 1, 28, 61_706, 416_520),  # d2l's and MNIST's
        (0, 3, 32, 62_006, 651_720),
    ],
)
def test_counts_of_today(
    padding: int, in_channels: int, size: int, parameters: int, macs: int
) -> None:
    """The network that everybody builds, counted on independent implementations."""
    model = lenet5(in_channels=in_channels, padding=padding)
    assert count_parameters(model) == parameters
    assert count_macs(model, (in_channels, size, size)) == macs


def test_counts_of_1998() -> None:
    """Every layer has the parameters that section II.B prints, 60,000 in all."""
    found = ledger(lenet5_1998(), (1, 32, 32)).grouped(*PARTS)
    counts = {row.name: row.parameters for row in found.rows}
    assert counts == {
        "c1": 156, "s2": 12, "c3": 1_516, "s4": 32, "c5": 48_120, "f6": 10_164, "output": 0,
    }  # fmt: skip
    assert found.parameters == count_parameters(lenet5_1998()) == 60_000


@pytest.mark.parametrize("model", [lenet5(), lenet5_1998()], ids=["today", "1998"])
def test_stage_shapes(model: torch.nn.Module) -> None:
    """The maps of figure 2."""
    rows = ledger(model, (1, 32, 32)).grouped(*PARTS).rows
    shapes = [math.prod(row.output_shape) for row in rows]
    assert shapes == [6 * 28 * 28, 6 * 14 * 14, 16 * 10 * 10, 16 * 5 * 5, 120, 84, 10]


def test_connection_table() -> None:
    """Six maps read three neighbours, six read four, three read four apart, one reads all six."""
    columns = list(zip(*CONNECTIONS, strict=True))
    assert [column.count("X") for column in columns] == [3] * 6 + [4] * 9 + [6]
    assert [row.count("X") for row in CONNECTIONS] == [10] * 6
    for start in range(6):
        for length, column in ((3, columns[start]), (4, columns[start + 6])):
            wanted = {(start + step) % 6 for step in range(length)}
            assert {i for i, mark in enumerate(column) if mark == "X"} == wanted


def test_c3_is_a_masked_convolution() -> None:
    """The sixteen small convolutions are one with zeros where there is no connection."""
    c3 = C3().double()
    x = torch.randn(2, 6, 9, 7, dtype=torch.float64)
    weight = torch.zeros(16, 6, 5, 5, dtype=torch.float64)
    for number, (conv, inputs) in enumerate(zip(c3.maps, c3.inputs, strict=True)):
        weight[number, inputs] = conv.weight[0]
    bias = torch.cat([conv.bias for conv in c3.maps])
    torch.testing.assert_close(c3(x), F.conv2d(x, weight, bias))
    assert count_parameters(c3) == 1_516


def test_scaled_tanh() -> None:
    """Appendix A: f(1) = 1, f(-1) = -1, odd, with extremes at 1.7159."""
    squash = ScaledTanh()
    x = torch.tensor([1.0, -1.0, 0.0, 50.0])
    torch.testing.assert_close(squash(x), torch.tensor([1.0, -1.0, 0.0, 1.7159]), atol=1e-4, rtol=0)


def test_subsampling() -> None:
    """A sum of four, times the channel's coefficient, plus its bias."""
    layer = Subsampling(2)
    with torch.no_grad():
        layer.coefficient.copy_(torch.tensor([2.0, 3.0])[:, None, None])
        layer.bias.copy_(torch.tensor([0.5, -0.5])[:, None, None])
    out = layer(torch.arange(16.0).reshape(1, 2, 2, 4))
    assert out.shape == (1, 2, 1, 2)
    torch.testing.assert_close(
        out.flatten(), torch.tensor([2 * 10 + 0.5, 2 * 18 + 0.5, 3 * 42 - 0.5, 3 * 50 - 0.5])
    )


def test_output_is_the_distance_to_the_codes() -> None:
    """Zero for the code itself; four for every bit that differs."""
    codes = digit_codes()
    assert codes.shape == (10, 84)
    assert set(codes.flatten().tolist()) == {-1.0, 1.0}
    distances = RadialBasisOutput(codes)(codes)
    torch.testing.assert_close(distances.diagonal(), torch.zeros(10))
    differ = (codes[3] != codes[8]).sum()
    assert distances[3, 8] == 4 * differ
    assert (distances + torch.eye(10) > 0).all(), "two digits have the same code"


def test_codes_are_not_trained() -> None:
    """The 840 numbers of the output are a buffer."""
    model = lenet5_1998()
    assert "output.codes" in model.state_dict()
    assert "output.codes" not in dict(model.named_parameters())


@pytest.mark.parametrize("model", [lenet5(7), lenet5_1998()], ids=["today", "1998"])
def test_every_parameter_learns(model: torch.nn.Module) -> None:
    """The gradient reaches every parameter."""
    model(torch.randn(3, 1, 32, 32)).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


def test_today_is_not_linear() -> None:
    """f(a) + f(b) - f(0) differs from f(a + b); without its tanh it does not."""
    model = lenet5().double()
    a, b = torch.randn(2, 1, 1, 32, 32, dtype=torch.float64)
    assert (model(a) + model(b) - model(0 * a) - model(a + b)).abs().max() > 1e-3
    for part in (model.c1, model.c3, model.c5, model.f6):
        part[-1] = torch.nn.Identity()
    torch.testing.assert_close(model(a) + model(b) - model(0 * a), model(a + b))
