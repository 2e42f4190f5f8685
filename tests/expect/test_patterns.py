"""A module is first tried under bindings that are likely to fit; that is never a verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from autograder.expect import Unmet, same_module
from autograder.submission import LocalTransport, Submission
from tests.expect.counting import Counting

# ruff: noqa: D102 - the small modules here are described by their class


class Reference(nn.Module):
    """A convolution with batch norm, and a linear map of the channels' means."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, out, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(out)
        self.linear = nn.Linear(out, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(self.norm(self.conv(x)).mean((2, 3)))


class Turned(nn.Module):
    """The same in another order, with a redundant bias and the matrix transposed."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(2))
        self.matrix = nn.Parameter(torch.randn(out, 2))
        self.norm = nn.BatchNorm2d(out)
        self.conv = nn.Conv2d(channels, out, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.conv(x)).mean((2, 3)) @ self.matrix + self.shift


class Twins(nn.Module):
    """Two linear maps of one shape, one after the other."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(channels, out), nn.Linear(channels, out)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.first(x.mean((2, 3))).relu())


class TwinsTurned(Twins):
    """The same, the second one registered first."""

    def forward(self, x: Tensor) -> Tensor:
        return self.first(self.second(x.mean((2, 3))).relu())


class RightWhereNarrow(Reference):
    """Right for few channels; for more there is a ReLU."""

    def forward(self, x: Tensor) -> Tensor:
        if self.conv.in_channels < 4:
            return super().forward(x)
        return self.linear(self.norm(self.conv(x)).relu().mean((2, 3)))


class OtherwiseWhereWide(nn.Module):
    """Right everywhere, but made in another order where there are many channels."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        if channels >= 4:
            self.linear = nn.Linear(out, 2)
        self.conv = nn.Conv2d(channels, out, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(out)
        if channels < 4:
            self.linear = nn.Linear(out, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(self.norm(self.conv(x)).mean((2, 3)))


class AnotherLayerWhereWide(nn.Module):
    """Where there are many channels, a layer more, whose weights are zero to begin with."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.linear = nn.Linear(channels, out)
        if channels > 4:
            self.more = nn.Linear(channels, out, bias=False)
            nn.init.zeros_(self.more.weight)

    def forward(self, x: Tensor) -> Tensor:
        x = x.mean((2, 3))
        return self.linear(x) + self.more(x) if hasattr(self, "more") else self.linear(x)


class ConstantWhereWide(Reference):
    """Where there are many channels, a buffer of ones lies before the running statistics."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__(channels, out)
        if channels > 4:
            del self.norm
            self.register_buffer("ones", torch.ones(out, 1, 1))
            self.norm = nn.BatchNorm2d(out)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.conv(x))
        if hasattr(self, "ones"):
            factors = self.ones.flatten().tolist()
            y = torch.stack([y[:, n] * factor for n, factor in enumerate(factors)], 1)
        return self.linear(y.mean((2, 3)))


def compared(
    factory: Callable[..., nn.Module],
    *configurations: tuple[int, int],
    reference: Callable[..., nn.Module] = Reference,
) -> Counter[str]:
    """What was asked of ``factory`` to compare it with the reference in all configurations."""
    transport = Counting({"Block": factory})
    mine, oracle = Submission(transport), Submission(LocalTransport({"Block": reference}))
    for channels, out in configurations:
        shape = (2, channels, 5, 4)
        same_module(mine, oracle, "Block", channels, out, shape=shape, seed=channels)
    return transport.asked


def test_the_order_of_the_reference_needs_no_trace() -> None:
    """Most write a block's layers down in the order in which they are used."""
    assert compared(Reference, (2, 3), (3, 5)) == {"build": 2, "forward": 2}


def test_the_second_size_needs_no_trace() -> None:
    """Whatever the style: order, a bias that the reference lacks, a transposed matrix."""
    asked = compared(Turned, (2, 3), (3, 5), (6, 4), (2, 2))
    assert asked == {"build": 4, "trace": 1, "forward": 1 + 4}


def test_no_classmate_matters() -> None:
    """Others with the same order help nobody, or verdicts would depend on the queue."""
    first = compared(Turned, (2, 3))
    assert compared(Turned, (2, 3)) == first == {"build": 1, "trace": 1, "forward": 2}


def test_no_other_question_matters() -> None:
    """What fitted in one question is forgotten before the next."""
    transport = Counting({"Block": Turned})
    mine, oracle = Submission(transport), Submission(LocalTransport({"Block": Reference}))
    for _ in range(2):
        mine.forget_shared()
        same_module(mine, oracle, "Block", 2, 3, shape=(2, 2, 5, 4), seed=1)
    assert transport.asked["trace"] == 2


def test_a_right_layout_with_other_weights_is_looked_at() -> None:
    """Two layers of one shape that are registered in the other order: the guess disagrees."""
    asked = compared(TwinsTurned, (3, 3), reference=Twins)
    assert asked == {"build": 1, "trace": 1, "forward": 2}


def test_what_is_wrong_in_the_second_size_alone_is_found() -> None:
    """A binding that fitted once excuses nothing."""
    compared(RightWhereNarrow, (2, 3), (3, 5))
    with pytest.raises(Unmet, match=r"Block\(5, 4\) on \(2, 5, 5, 4\) has the right shape but oth"):
        compared(RightWhereNarrow, (2, 3), (3, 5), (5, 4))


def test_another_order_in_the_second_size_is_looked_at_anew() -> None:
    """Where the known binding does not fit, nothing is said: a trace decides."""
    assert compared(OtherwiseWhereWide, (2, 3), (5, 4))["trace"] == 1


def plain(channels: int, out: int) -> nn.Module:
    """A linear map of the channels' means."""
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, out))


def test_a_layer_more_in_the_second_size_is_found() -> None:
    """Though it changes nothing before it has learned something."""
    compared(AnotherLayerWhereWide, (2, 3), (3, 4), reference=plain)
    with pytest.raises(Unmet, match="made of other layers than the definition"):
        compared(AnotherLayerWhereWide, (2, 3), (6, 4), reference=plain)


def test_a_guess_that_does_not_fit_leaves_nothing_behind() -> None:
    """A constant of the wider block is not overwritten by the narrow one's statistics."""
    assert compared(ConstantWhereWide, (2, 3), (6, 3), (7, 3))["trace"] == 1


def test_a_vector_that_the_reference_lacks_gets_what_changes_nothing() -> None:
    """Where the reference's norm has no scale and no statistics, ours is told the neutral ones."""

    def bare(channels: int, out: int) -> nn.Module:
        return nn.Sequential(nn.BatchNorm2d(channels, affine=False, track_running_stats=False))

    def whole(channels: int, out: int) -> nn.Module:
        return nn.Sequential(nn.BatchNorm2d(channels))

    mine, oracle = (Submission(LocalTransport({"Block": f})) for f in (whole, bare))
    for channels in (3, 5):
        shape = (2, channels, 4, 4)
        same_module(mine, oracle, "Block", channels, 1, shape=shape, seed=1, train=True)
