"""What a layer drops at random, told from outputs and gradients."""

# ruff: noqa: D102 - the small modules here are described by their class

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.expect import Unmet
from autograder.expect.stochastic import (
    Dropping,
    branch_dropping,
    depthwise_by_shape,
    depthwise_in_use,
    dropped_by,
    dropped_features,
    dropping,
    idle_blocks,
)
from autograder.submission import LocalTransport, ModuleHandle, Submission


def handle(module: nn.Module) -> ModuleHandle:
    """A handle on a module."""
    return Submission(LocalTransport({"make": lambda: module})).build("make")


class Drops(nn.Module):
    """Zeroes what has the shape that its mask says, and scales the rest."""

    def __init__(self, axes: int, rate: float = 0.25, factor: float = 4 / 3) -> None:
        super().__init__()
        self.axes, self.rate, self.factor = axes, rate, factor

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        shape = (*x.shape[: self.axes], *[1] * (x.dim() - self.axes))
        return x * (torch.rand(shape) >= self.rate) * self.factor


@pytest.mark.parametrize(
    ("axes", "unit"), [(0, "nothing"), (1, "examples"), (2, "channels"), (4, "values")]
)
def test_unit(axes: int, unit: str) -> None:
    """What is dropped as a whole is the largest thing that always agrees."""
    found = dropped_by(handle(Drops(axes)), of="it")
    assert found.unit == unit
    assert found.share == pytest.approx(0.25 if axes else 0.0, abs=0.08)
    assert found.factor == pytest.approx(4 / 3, abs=1e-6)


def test_whole_batch() -> None:
    """A batch that is zero as a whole is told as such."""
    assert dropped_by(handle(Drops(0, rate=1.1)), of="it") == Dropping("the batch", 1.0, 0.0)


def test_evaluation_mode() -> None:
    """What does nothing drops nothing and scales by one."""
    assert dropped_by(handle(Drops(1)), train=False, of="it") == Dropping("nothing", 0.0, 1.0)


def test_other_functions() -> None:
    """What is no multiple of the input at all is something else."""
    assert dropped_by(handle(nn.Tanh()), of="it").unit == "something else"


def test_another_shape_is_told() -> None:
    """A layer that changes the shape is told which shape was expected."""
    with pytest.raises(Unmet, match="the output of it in training mode has another shape"):
        dropped_by(handle(nn.AvgPool2d(2)), of="it")


def test_zeros_of_the_input_tell_nothing() -> None:
    """Where there was nothing, nothing can be seen to be dropped."""
    whole = torch.ones(4, 2, 3)
    whole[:, :, 0] = 0
    assert dropping(whole * 2, whole) == Dropping("nothing", 0.0, 2.0)


@pytest.mark.parametrize(
    ("other", "same"),
    [(Dropping("examples", 0.3, 1.25), True), (Dropping("channels", 0.2, 1.25), False),
     (Dropping("examples", 0.4, 1.25), False), (Dropping("examples", 0.2, 1.0), False)],
)  # fmt: skip
def test_like(other: Dropping, same: bool) -> None:
    """Alike in unit and factor, and near in share."""
    assert Dropping("examples", 0.25, 1.25).like(other) is same


class Blocks(nn.Module):
    """Two depthwise blocks, the second of which is always left out, and a head with dropout."""

    def __init__(self, rate: float = 0.5) -> None:
        super().__init__()
        self.second = nn.Conv2d(4, 4, 3, padding=1, groups=4)
        self.first = nn.Conv2d(4, 4, 3, padding=1, groups=4)
        self.classify = nn.Linear(64, 6)
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        x = x + F.silu(self.first(x))
        x = x + (0 if self.training else 1) * self.second(x)
        return self.classify(F.dropout(x.flatten(1), self.rate, self.training))


class Residual(nn.Module):
    """x plus a convolution, some examples of which are dropped; or without the x."""

    def __init__(self, channels: int, shortcut: bool, rate: float) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 1)
        self.drop = Drops(1, rate, 1 / (1 - rate))
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        branch = self.drop(self.conv(x))
        return x + branch if self.shortcut else branch


@pytest.mark.parametrize("shortcut", [True, False])
def test_branch_dropping(shortcut: bool) -> None:
    """What is dropped of the branch shows beside a twin of rate zero."""
    made = Submission(LocalTransport({"Residual": Residual}))
    x = torch.randn(300, 3, 2, 4)
    found = branch_dropping(made, "Residual", (3, shortcut), 0.5, x, shortcut=shortcut)
    assert found.unit == "examples"
    assert found.factor == pytest.approx(2.0, abs=1e-3)
    assert found.share == pytest.approx(0.5, abs=0.15)


@pytest.mark.parametrize(
    ("found", "words"),
    [(Dropping("nothing", 0.0, 1.25), "nothing dropped, all times 1.25"),
     (Dropping("examples", 0.2, 1.25), "dropped as a unit: examples (20%); the rest times 1.25"),
     (Dropping("something else", 0.2, 1.0),
      "values that are neither zero nor one fixed multiple of what they are undropped")],
)  # fmt: skip
def test_words(found: Dropping, words: str) -> None:
    """A student reads what was dropped and what became of the rest."""
    assert found.in_words() == words


def test_idle_blocks() -> None:
    """A block that was left out gets no gradient; blocks come in the order of use."""
    net = handle(Blocks(0.0))
    x, upstream = torch.randn(1, 4, 4, 4), torch.ones(1, 6)
    assert idle_blocks(net, x, upstream, seeds=range(2)) == [[False, True], [False, True]]
    in_use = depthwise_in_use(net, x)
    assert depthwise_by_shape(net) == sorted(in_use) != in_use
    found = idle_blocks(net, x, upstream, seeds=[0], weights=in_use[::-1])
    assert found == [[True, False]]


def test_idle_blocks_of_frozen_ones() -> None:
    """Where a block never gets a gradient nobody can tell whether it was left out."""
    blocks = Blocks(0.0)
    blocks.first.requires_grad_(False)
    x, upstream = torch.randn(1, 4, 4, 4), torch.ones(1, 6)
    assert idle_blocks(handle(blocks), x, upstream, seeds=range(2)) == [[], []]


@pytest.mark.parametrize("rate", [0.0, 0.2, 0.5])
def test_dropped_features(rate: float) -> None:
    """The share of features that do not reach the last layer."""
    share = dropped_features(handle(Blocks(rate)), torch.randn(6, 4, 4, 4))
    assert share == pytest.approx(rate, abs=0.12)


class Transposed(nn.Module):
    """A last layer that holds its weight with inputs first, behind dropout or before it."""

    def __init__(self, behind: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(64, 6))
        self.behind = behind

    def forward(self, x: Tensor) -> Tensor:
        if self.behind:
            return F.dropout(x.flatten(1), 0.5, self.training) @ self.weight
        return F.dropout(x.flatten(1) @ self.weight, 0.5, self.training)


@pytest.mark.parametrize(("behind", "share"), [(True, 0.5), (False, 1.0)])
def test_dropped_features_of_a_transposed_weight(behind: bool, share: float) -> None:
    """The weight may stand either way; dropped scores are told as the loss of whole images."""
    found = dropped_features(handle(Transposed(behind)), torch.randn(6, 4, 4, 4))
    assert found == pytest.approx(share, abs=0.12)


def test_dropped_features_of_what_has_no_layers() -> None:
    """Where there is no weight at all nobody can tell."""
    assert dropped_features(handle(nn.Flatten()), torch.randn(1, 1, 1, 1).requires_grad_()) == -1
