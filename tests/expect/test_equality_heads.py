"""A linear layer on flattened maps and a convolution over all of them are the same layer."""

# ruff: noqa: D102 - the small modules here are described by their class

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from autograder.expect import Unmet, same_module
from autograder.submission import LocalTransport, Submission


class Linear(nn.Module):
    """The maps are flattened."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 3, 3)
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(3 * 4 * 5, 7), nn.ReLU(), nn.Linear(7, 7))

    def forward(self, x):
        return self.head(F.relu(self.conv(x)))


class Convolution(nn.Module):
    """A kernel as large as the maps, then 1x1."""

    def __init__(self, kernel=(4, 5)) -> None:
        super().__init__()
        self.last = nn.Conv2d(7, 7, 1)
        self.conv = nn.Conv2d(2, 3, 3)
        self.head = nn.Conv2d(3, 7, kernel)

    def forward(self, x):
        return self.last(self.head(self.conv(x).relu()).relu()).flatten(1)


class Transposed(nn.Module):
    """A bare matrix with its inputs first."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 3, 3)
        self.first = nn.Parameter(torch.randn(60, 7))
        self.shift = nn.Parameter(torch.randn(7))
        self.last = nn.Linear(7, 7)

    def forward(self, x):
        return self.last(F.relu(self.conv(x).relu().flatten(1) @ self.first + self.shift))


class ChannelsLast(Linear):
    """The maps are flattened position by position: another function."""

    def forward(self, x):
        return self.head(F.relu(self.conv(x)).permute(0, 2, 3, 1))


def submission(net: object) -> Submission:
    """A submission that defines ``Net``."""
    return Submission(LocalTransport({"Net": net}))


@pytest.mark.parametrize(
    ("oracle", "net"),
    [(Linear, Convolution), (Linear, Transposed), (Convolution, Linear)],
)
def test_heads_in_other_forms(oracle: type, net: type) -> None:
    """Whichever of the two the reference has, the other is accepted."""
    same_module(submission(net), submission(oracle), "Net", shape=(2, 2, 6, 7), seed=1)


def test_another_order_is_another_function() -> None:
    """Positions before channels give other numbers under the same weights."""
    with pytest.raises(Unmet, match="other values"):
        same_module(submission(ChannelsLast), submission(Linear), "Net", shape=(2, 2, 6, 7), seed=1)


def test_a_smaller_kernel_does_not_pass_for_the_matrix() -> None:
    """Only a filter over all inputs of the matrix takes its place."""
    with pytest.raises(Unmet, match=r"other layers|another shape"):
        same_module(
            submission(lambda: Convolution((3, 5))), submission(Linear), "Net",
            shape=(2, 2, 6, 7), seed=1,
        )  # fmt: skip
